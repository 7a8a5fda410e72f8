// SPDX-License-Identifier: MIT
// Makes samples of the file `memory`, which a directory may lack.
#pragma once

#include <memory>
#include <string>

#include "collector/base/result.h"
#include "collector/sampler/memory_sample.h"

namespace vigia::sampler {

// One thread.
class MemorySampler {
public:
    MemorySampler();
    ~MemorySampler();
    MemorySampler(const MemorySampler&) = delete;
    MemorySampler& operator=(const MemorySampler&) = delete;

    // The newest snapshot of <directory>/memory, refreshed to at most `max_age_ns` where its writer
    // works on demand. Valid until the next call. Where nothing new was published it is the last
    // sample again. Errors: not_found if this directory has none, and those of Source::acquire().
    Result<const MemorySample*> take(const std::string& directory, uint64_t max_age_ns);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::sampler
