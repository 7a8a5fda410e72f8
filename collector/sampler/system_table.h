// SPDX-License-Identifier: MIT
// The host as a whole in this sample and in the one before.
#pragma once

#include <vector>

#include <vigia/reader.h>

#include "collector/sampler/counters.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Capacity is kept.
class SystemTable {
public:
    // Copies the records of `view`; shown from commit() on.
    void fill(const vigia_view& view);
    // The host's record of the last fill(), for what completes it before commit().
    vigia_system& filled() { return filled_.record; }
    void commit(Interval interval, uint64_t page_size_bytes);
    void clear() { known_ = false; }

    // Spans point into this table.
    SystemSample sample() const;

private:
    struct Content {
        vigia_system record{};
        std::vector<CpuSample> cpus;
        std::vector<vigia_mount> mounts;
    };

    Content current_;
    Content previous_;
    Content filled_;
    SystemRates rates_;
    bool known_ = false; // current_ holds a sample
};

} // namespace vigia::sampler
