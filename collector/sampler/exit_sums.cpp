// SPDX-License-Identifier: MIT
#include "collector/sampler/exit_sums.h"

namespace vigia::sampler {

bool knows_cpu(const vigia_event_exit& event) {
    return (event.valid & (VIGIA_EVENT_VALID_RUNTIME | VIGIA_EVENT_VALID_CPU_SPLIT)) != 0;
}

// A group that the sample lacks has no beginning: then its end says nothing.
ExitSums spent_since(const vigia_process* before, const vigia_event_exit& event) {
    const auto both = [&](uint32_t group, uint64_t sampled) {
        return (event.valid & group) != 0 && (before == nullptr || (before->valid & sampled) != 0);
    };
    const vigia_process unborn{};
    const vigia_process& base = before == nullptr ? unborn : *before;
    ExitSums spent;
    if (both(VIGIA_EVENT_VALID_RUNTIME, VIGIA_PROCESS_VALID_CPU)) {
        spent.cpu_ns = increase(base.cpu_runtime_ns, event.cpu_runtime_ns);
    } else if (both(VIGIA_EVENT_VALID_CPU_SPLIT, VIGIA_PROCESS_VALID_CPU)) {
        spent.cpu_ns = increase(base.cpu_user_ns + base.cpu_system_ns,
                                event.cpu_user_ns + event.cpu_system_ns);
    }
    if (both(VIGIA_EVENT_VALID_CPU_SPLIT, VIGIA_PROCESS_VALID_CPU)) {
        spent.cpu_user_ns = increase(base.cpu_user_ns, event.cpu_user_ns);
        spent.cpu_system_ns = increase(base.cpu_system_ns, event.cpu_system_ns);
    }
    if (both(VIGIA_EVENT_VALID_FAULTS, VIGIA_PROCESS_VALID_FAULTS)) {
        spent.minor_faults = increase(base.minor_faults, event.minor_faults);
        spent.major_faults = increase(base.major_faults, event.major_faults);
    }
    if (both(VIGIA_EVENT_VALID_IO, VIGIA_PROCESS_VALID_IO)) {
        spent.read_bytes = increase(base.read_bytes, event.read_bytes);
        spent.write_bytes = increase(base.write_bytes, event.write_bytes);
    }
    return spent;
}

void ExitSums::add(const ExitSums& other) {
    count += other.count;
    short_lived_count += other.short_lived_count;
    cpu_ns += other.cpu_ns;
    cpu_user_ns += other.cpu_user_ns;
    cpu_system_ns += other.cpu_system_ns;
    read_bytes += other.read_bytes;
    write_bytes += other.write_bytes;
    minor_faults += other.minor_faults;
    major_faults += other.major_faults;
}

ExitRates ExitSums::rates(Interval interval) const {
    ExitRates rates;
    rates.known = true;
    rates.count = count;
    rates.short_lived_count = short_lived_count;
    rates.exits_per_second = interval.per_second(0, count);
    rates.cpu_ratio = interval.ratio(0, cpu_ns);
    rates.cpu_user_ratio = interval.ratio(0, cpu_user_ns);
    rates.cpu_system_ratio = interval.ratio(0, cpu_system_ns);
    rates.read_bytes_per_second = interval.per_second(0, read_bytes);
    rates.write_bytes_per_second = interval.per_second(0, write_bytes);
    rates.minor_faults_per_second = interval.per_second(0, minor_faults);
    rates.major_faults_per_second = interval.per_second(0, major_faults);
    return rates;
}

} // namespace vigia::sampler
