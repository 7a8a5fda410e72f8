// SPDX-License-Identifier: MIT
// How long a detector has held. Time counts only when it was seen: what passed between two samples
// is added if both sides show the detector holding and nothing lies between them that nobody saw.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "collector/base/limits.h"

namespace vigia::policy {

struct Hold {
    bool holding = false;
    uint64_t held_ns = 0;
    double value = 0; // as last measured; meaningful while holding

    // `seen_ns`: since the sample before, or nothing if time passed unseen (first sample, gap,
    // suspension, another container under the same id).
    void advance(std::optional<double> measured, double threshold, double clear,
                 std::optional<uint64_t> seen_ns) {
        const bool continues = holding && seen_ns.has_value();
        const bool hysteresis = continues && clear < threshold;
        const bool holds = measured && (hysteresis ? *measured >= clear : *measured > threshold);
        if (!holds) {
            *this = {};
            return;
        }
        held_ns = continues ? held_ns + *seen_ns : 0;
        holding = true;
        value = *measured;
    }
    // Samples come on a beat with a little jitter: the one that is due when the time is up, but a
    // moment early, must not cost a whole interval more.
    bool ripe(uint64_t for_ns) const {
        const uint64_t jitter_ns = std::min(for_ns / 20, limits::hold_jitter_ns);
        return holding && held_ns + jitter_ns >= for_ns;
    }
};

} // namespace vigia::policy
