// SPDX-License-Identifier: MIT
// Makes samples of the file `memory`, which a source may lack.
#pragma once

#include <memory>

#include "collector/base/result.h"
#include "collector/sampler/memory_sample.h"
#include "collector/source/source.h"

namespace vigia::sampler {

// One thread.
class MemorySampler {
public:
    MemorySampler();
    ~MemorySampler();
    MemorySampler(const MemorySampler&) = delete;
    MemorySampler& operator=(const MemorySampler&) = delete;

    // The newest snapshot of `source`'s memory, refreshed to at most `max_age_ns` where its writer
    // works on demand. `page_size_bytes` is that host's. Valid until the next call. Where nothing
    // new was published it is the last sample again. Errors: those of Source::acquire_memory().
    Result<const MemorySample*> take(source::Source& source, uint64_t max_age_ns,
                                     uint64_t page_size_bytes);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::sampler
