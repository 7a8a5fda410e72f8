// SPDX-License-Identifier: MIT
// Rates of stalled time, which the host and every control group have alike.
#pragma once

#include "collector/sampler/counters.h"

namespace vigia::sampler {

// Sets the pressure ratios of `rates` (SystemRates or CgroupRates) from two records of the same
// host or group, both of which must hold pressure.
template <typename Rates, typename Record>
void set_pressure(Rates& rates, const Record& before, const Record& now, Interval interval) {
    rates.cpu_pressure_some_ratio =
        interval.ratio(before.cpu_pressure.some_ns, now.cpu_pressure.some_ns);
    rates.memory_pressure_some_ratio =
        interval.ratio(before.memory_pressure.some_ns, now.memory_pressure.some_ns);
    rates.memory_pressure_full_ratio =
        interval.ratio(before.memory_pressure.full_ns, now.memory_pressure.full_ns);
    rates.io_pressure_some_ratio =
        interval.ratio(before.io_pressure.some_ns, now.io_pressure.some_ns);
    rates.io_pressure_full_ratio =
        interval.ratio(before.io_pressure.full_ns, now.io_pressure.full_ns);
}

} // namespace vigia::sampler
