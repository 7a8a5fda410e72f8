// SPDX-License-Identifier: MIT
// Differences of cumulative counters as rates. A counter that went backwards gives 0: iowait and
// the tick-based CPU times do that by a tick, and nothing else may without a new identity.
#pragma once

#include <cstdint>

#include "collector/base/clock.h"

namespace vigia::sampler {

constexpr uint64_t increase(uint64_t before, uint64_t now) {
    return now > before ? now - before : 0;
}

// One interval and the rates over it.
class Interval {
public:
    constexpr explicit Interval(uint64_t duration_ns) : duration_ns_(duration_ns) {}

    constexpr uint64_t duration_ns() const { return duration_ns_; }
    // Time counters: ns per ns.
    constexpr double ratio(uint64_t before_ns, uint64_t now_ns) const {
        return duration_ns_ == 0 ? 0
                                 : static_cast<double>(increase(before_ns, now_ns)) /
                                       static_cast<double>(duration_ns_);
    }
    // Event and byte counters: per second.
    constexpr double per_second(uint64_t before, uint64_t now) const {
        return ratio(before, now) * static_cast<double>(ns_per_second);
    }

private:
    uint64_t duration_ns_;
};

} // namespace vigia::sampler
