// SPDX-License-Identifier: MIT
// All cgroups of this sample and of the one before, joined by id, with their paths.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <vigia/reader.h>

#include "collector/sampler/counters.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Two tables take turns; their capacity is kept.
class CgroupTable {
public:
    // Copies the records and the text of `view`; shown from commit() on.
    void fill(const vigia_view& view);
    void commit(Interval interval);
    void clear() { current_.clear(); }

    std::span<CgroupSample> cgroups() { return current_; }
    // By id, or null. Logarithmic.
    const CgroupSample* find(uint64_t id) const;

private:
    std::vector<CgroupSample> current_;
    std::vector<CgroupSample> filled_;
    std::vector<char> text_; // what the paths of current_ point into
    std::vector<char> filled_text_;
};

} // namespace vigia::sampler
