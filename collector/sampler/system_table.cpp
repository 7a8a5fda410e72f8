// SPDX-License-Identifier: MIT
#include "collector/sampler/system_table.h"

#include <cstring>

#include "collector/sampler/pressure.h"

namespace vigia::sampler {
namespace {

// What the CPUs did between two readings, in ns. Guest time is apart from user time in the ABI.
struct CpuTimes {
    uint64_t user_ns = 0;
    uint64_t system_ns = 0;
    uint64_t idle_ns = 0;
    uint64_t iowait_ns = 0;
    uint64_t steal_ns = 0;

    uint64_t busy_ns() const { return user_ns + system_ns; }
    uint64_t total_ns() const { return busy_ns() + idle_ns + iowait_ns + steal_ns; }

    void add(const CpuTimes& other) {
        user_ns += other.user_ns;
        system_ns += other.system_ns;
        idle_ns += other.idle_ns;
        iowait_ns += other.iowait_ns;
        steal_ns += other.steal_ns;
    }
};

CpuTimes between(const vigia_cpu& before, const vigia_cpu& now) {
    CpuTimes times;
    times.user_ns = increase(before.user_ns, now.user_ns) + increase(before.nice_ns, now.nice_ns) +
                    increase(before.guest_ns, now.guest_ns) +
                    increase(before.guest_nice_ns, now.guest_nice_ns);
    times.system_ns = increase(before.system_ns, now.system_ns) +
                      increase(before.irq_ns, now.irq_ns) +
                      increase(before.softirq_ns, now.softirq_ns);
    times.idle_ns = increase(before.idle_ns, now.idle_ns);
    times.iowait_ns = increase(before.iowait_ns, now.iowait_ns);
    times.steal_ns = increase(before.steal_ns, now.steal_ns);
    return times;
}

double share(uint64_t part_ns, uint64_t total_ns) {
    return total_ns == 0 ? 0 : static_cast<double>(part_ns) / static_cast<double>(total_ns);
}

void add_cpu_rates(SystemRates& rates, const CpuTimes& times) {
    rates.cpu_ratio = share(times.busy_ns(), times.total_ns());
    rates.cpu_user_ratio = share(times.user_ns, times.total_ns());
    rates.cpu_system_ratio = share(times.system_ns, times.total_ns());
    rates.cpu_iowait_ratio = share(times.iowait_ns, times.total_ns());
    rates.cpu_steal_ratio = share(times.steal_ns, times.total_ns());
}

void add_counter_rates(SystemRates& rates, const vigia_system& before, const vigia_system& now,
                       Interval interval, uint64_t page_size_bytes) {
    const auto both_have = [&](uint64_t wanted) {
        return vigia_system_has(before.valid, wanted) && vigia_system_has(now.valid, wanted);
    };
    if (both_have(VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES)) {
        rates.context_switches_per_second =
            interval.per_second(before.context_switches, now.context_switches);
    }
    if (both_have(VIGIA_SYSTEM_VALID_INTERRUPTS)) {
        rates.interrupts_per_second = interval.per_second(before.interrupts, now.interrupts);
    }
    if (both_have(VIGIA_SYSTEM_VALID_FORKS)) {
        rates.forks_per_second = interval.per_second(before.forks, now.forks);
    }
    if (both_have(VIGIA_SYSTEM_VALID_PAGING)) {
        const auto page = static_cast<double>(page_size_bytes);
        rates.page_faults_per_second = interval.per_second(before.page_faults, now.page_faults);
        rates.page_major_faults_per_second =
            interval.per_second(before.page_major_faults, now.page_major_faults);
        rates.page_in_bytes_per_second =
            interval.per_second(before.page_in_bytes, now.page_in_bytes);
        rates.page_out_bytes_per_second =
            interval.per_second(before.page_out_bytes, now.page_out_bytes);
        rates.swap_in_bytes_per_second =
            page * interval.per_second(before.swap_in_pages, now.swap_in_pages);
        rates.swap_out_bytes_per_second =
            page * interval.per_second(before.swap_out_pages, now.swap_out_pages);
    }
    if (both_have(VIGIA_SYSTEM_VALID_PRESSURE)) {
        set_pressure(rates, before, now, interval);
    }
}

const vigia_cpu* find_cpu(const std::vector<CpuSample>& cpus, uint32_t cpu, std::size_t hint) {
    if (hint < cpus.size() && cpus[hint].record.cpu == cpu) {
        return &cpus[hint].record;
    }
    for (const CpuSample& candidate : cpus) { // only after a CPU came or went
        if (candidate.record.cpu == cpu) {
            return &candidate.record;
        }
    }
    return nullptr;
}

} // namespace

void SystemTable::fill(const vigia_view& view) {
    filled_.record = {};
    if (view.count[VIGIA_SYSTEM_REGION] > 0) {
        std::memcpy(&filled_.record, vigia_record(&view, VIGIA_SYSTEM_REGION, 0),
                    sizeof(vigia_system));
    }
    filled_.cpus.resize(view.count[VIGIA_SYSTEM_REGION_CPUS]);
    for (uint32_t i = 0; i < filled_.cpus.size(); ++i) {
        std::memcpy(&filled_.cpus[i].record, vigia_record(&view, VIGIA_SYSTEM_REGION_CPUS, i),
                    sizeof(vigia_cpu));
    }
    filled_.mounts.resize(view.count[VIGIA_SYSTEM_REGION_MOUNTS]);
    for (uint32_t i = 0; i < filled_.mounts.size(); ++i) {
        std::memcpy(&filled_.mounts[i], vigia_record(&view, VIGIA_SYSTEM_REGION_MOUNTS, i),
                    sizeof(vigia_mount));
        filled_.mounts[i].path[VIGIA_MOUNT_PATH_SIZE_BYTES - 1] = '\0';
    }
}

void SystemTable::commit(Interval interval, uint64_t page_size_bytes) {
    std::swap(previous_, current_);
    std::swap(current_, filled_);
    rates_ = {};
    rates_.known = known_ && interval.duration_ns() > 0;
    CpuTimes total;
    for (std::size_t i = 0; i < current_.cpus.size(); ++i) {
        CpuSample& cpu = current_.cpus[i];
        const vigia_cpu* before =
            rates_.known ? find_cpu(previous_.cpus, cpu.record.cpu, i) : nullptr;
        const CpuTimes times = before == nullptr ? CpuTimes{} : between(*before, cpu.record);
        cpu.busy_ratio = share(times.busy_ns(), times.total_ns());
        total.add(times);
    }
    if (rates_.known) {
        add_cpu_rates(rates_, total);
        add_counter_rates(rates_, previous_.record, current_.record, interval, page_size_bytes);
    }
    known_ = true;
}

SystemSample SystemTable::sample() const {
    SystemSample sample;
    sample.record = current_.record;
    sample.rates = rates_;
    sample.cpus = current_.cpus;
    sample.mounts = current_.mounts;
    return sample;
}

} // namespace vigia::sampler
