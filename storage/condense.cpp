// SPDX-License-Identifier: MIT
#include "storage/condense.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unistd.h>

#include "storage/incidents.h"
#include "storage/largest.h"
#include "storage/sqlite.h"

namespace vigia::storage {

namespace {

constexpr double ns_in_second = 1e9;

int64_t clamp(uint64_t value) {
    return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

// `amount` as a count, whatever a broken counter made of it.
int64_t count_of(double amount) {
    if (!(amount > 0)) {
        return 0;
    }
    return amount < 9e18 ? std::llround(amount) : INT64_MAX;
}

// What a rate amounts to within the interval.
struct Interval {
    bool known;
    double ns;
    int64_t of_ratio(double ratio) const { return known ? count_of(ratio * ns) : unknown; }
    int64_t of_rate(double per_second) const {
        return known ? count_of(per_second * (ns / ns_in_second)) : unknown;
    }
};

int64_t if_valid(bool valid, int64_t value) {
    return valid ? value : unknown;
}

void add(int64_t& sum, int64_t value) {
    if (value == unknown) {
        return;
    }
    if (sum == unknown) {
        sum = 0;
    }
    if (__builtin_add_overflow(sum, value, &sum)) {
        sum = INT64_MAX;
    }
}

// `sum` holds `value`, unless it was saturated by counters that make no sense.
void take_away(int64_t& sum, int64_t value) {
    if (value != unknown) {
        sum = std::max<int64_t>(sum, value) - value;
    }
}

template <std::size_t size>
void fill_unknown(int64_t (&values)[size]) {
    std::fill(values, values + size, unknown);
}

// ---- system

// Whether a record has all that `wanted` names.
bool has(const vigia_system& record, uint64_t wanted) {
    return vigia_system_has(record.valid, wanted) != 0;
}

void condense_cpu(const SystemRates& rates, Interval interval, double cpus, int64_t* to) {
    using namespace system_column;
    to[cpu_ns] = interval.of_ratio(rates.cpu_ratio * cpus);
    to[cpu_user_ns] = interval.of_ratio(rates.cpu_user_ratio * cpus);
    to[cpu_system_ns] = interval.of_ratio(rates.cpu_system_ratio * cpus);
    to[cpu_iowait_ns] = interval.of_ratio(rates.cpu_iowait_ratio * cpus);
    to[cpu_steal_ns] = interval.of_ratio(rates.cpu_steal_ratio * cpus);
}

void condense_activity(const SystemSample& system, Interval interval, int64_t* to) {
    using namespace system_column;
    const SystemRates& rates = system.rates;
    const auto rate_if = [&](uint64_t wanted, double per_second) {
        return if_valid(has(system.record, wanted), interval.of_rate(per_second));
    };
    to[context_switches] =
        rate_if(VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES, rates.context_switches_per_second);
    to[interrupts] = rate_if(VIGIA_SYSTEM_VALID_INTERRUPTS, rates.interrupts_per_second);
    to[forks] = rate_if(VIGIA_SYSTEM_VALID_FORKS, rates.forks_per_second);
}

void condense_paging(const SystemRates& rates, Interval interval, int64_t* to) {
    using namespace system_column;
    to[page_faults] = interval.of_rate(rates.page_faults_per_second);
    to[page_major_faults] = interval.of_rate(rates.page_major_faults_per_second);
    to[page_in_bytes] = interval.of_rate(rates.page_in_bytes_per_second);
    to[page_out_bytes] = interval.of_rate(rates.page_out_bytes_per_second);
    to[swap_in_bytes] = interval.of_rate(rates.swap_in_bytes_per_second);
    to[swap_out_bytes] = interval.of_rate(rates.swap_out_bytes_per_second);
}

void condense_pressure(const SystemRates& rates, Interval interval, int64_t* to) {
    using namespace system_column;
    to[cpu_pressure_some_ns] = interval.of_ratio(rates.cpu_pressure_some_ratio);
    to[memory_pressure_some_ns] = interval.of_ratio(rates.memory_pressure_some_ratio);
    to[memory_pressure_full_ns] = interval.of_ratio(rates.memory_pressure_full_ratio);
    to[io_pressure_some_ns] = interval.of_ratio(rates.io_pressure_some_ratio);
    to[io_pressure_full_ns] = interval.of_ratio(rates.io_pressure_full_ratio);
}

void condense_gauges(const vigia_system& record, int64_t* to) {
    using namespace system_column;
    bool load = has(record, VIGIA_SYSTEM_VALID_LOAD);
    bool tasks = has(record, VIGIA_SYSTEM_VALID_TASKS);
    bool pages = has(record, VIGIA_SYSTEM_VALID_PAGES);
    bool cached = has(record, VIGIA_SYSTEM_VALID_CACHED);
    bool swap_total = has(record, VIGIA_SYSTEM_VALID_SWAP_TOTAL);
    bool swap_free = has(record, VIGIA_SYSTEM_VALID_SWAP_FREE);
    to[load_1min_millitasks] = if_valid(load, clamp(record.load_1min_millitasks));
    to[tasks_total] = if_valid(load, clamp(record.tasks_total));
    to[tasks_running] = if_valid(tasks, clamp(record.tasks_running));
    to[tasks_blocked] = if_valid(tasks, clamp(record.tasks_blocked));
    to[memory_total_bytes] = if_valid(pages, clamp(record.memory_total_bytes));
    to[memory_available_bytes] = if_valid(pages, clamp(record.memory_available_bytes));
    to[memory_cached_bytes] = if_valid(cached, clamp(record.memory_cached_bytes));
    to[swap_total_bytes] = if_valid(swap_total, clamp(record.swap_total_bytes));
    to[swap_free_bytes] = if_valid(swap_free, clamp(record.swap_free_bytes));
}

void condense_exits(const Sample& sample, int64_t* to) {
    using namespace system_column;
    const ExitRates& ended = sample.system.exits;
    Interval interval{ended.known, static_cast<double>(sample.interval_ns)};
    to[exits] = if_valid(ended.known, clamp(ended.count));
    to[short_lived] = if_valid(ended.known, clamp(ended.short_lived_count));
    to[exits_cpu_ns] = interval.of_ratio(ended.cpu_ratio);
    to[lost_events] = if_valid(ended.known, clamp(sample.lost_events));
}

void condense_system(const Sample& sample, Batch& batch) {
    const SystemSample& system = sample.system;
    std::size_t cpus = system.cpus.empty() ? sample.info.cpu_count : system.cpus.size();
    Interval interval{system.rates.known, static_cast<double>(sample.interval_ns)};
    int64_t* to = batch.system;
    fill_unknown(batch.system);
    // Without an interval there is nothing to divide by: unknown, not zero.
    to[system_column::interval_ns] = if_valid(sample.interval_ns > 0, clamp(sample.interval_ns));
    to[system_column::cpu_count] = if_valid(cpus > 0, static_cast<int64_t>(cpus));
    to[system_column::processes] = static_cast<int64_t>(sample.processes.size());
    if (has(system.record, VIGIA_SYSTEM_VALID_CPU_TIMES)) {
        condense_cpu(system.rates, interval, static_cast<double>(cpus), to);
    }
    condense_activity(system, interval, to);
    if (has(system.record, VIGIA_SYSTEM_VALID_PAGING)) {
        condense_paging(system.rates, interval, to);
    }
    if (has(system.record, VIGIA_SYSTEM_VALID_PRESSURE)) {
        condense_pressure(system.rates, interval, to);
    }
    condense_gauges(system.record, to);
    condense_exits(sample, to);
}

// ---- containers

void condense_container(const ContainerSample& container, uint64_t interval_ns, int64_t* to) {
    using namespace container_column;
    uint64_t valid = container.record.valid;
    const CgroupRates& rates = container.rates;
    Interval interval{rates.known, static_cast<double>(interval_ns)};
    std::fill(to, to + count, unknown);
    if (valid & VIGIA_CGROUP_VALID_CPU) {
        to[cpu_ns] = interval.of_ratio(rates.cpu_ratio);
    }
    if (rates.io_origin != IoOrigin::unknown) {
        to[read_bytes] = interval.of_rate(rates.read_bytes_per_second);
        to[write_bytes] = interval.of_rate(rates.write_bytes_per_second);
    }
    if (valid & VIGIA_CGROUP_VALID_PRESSURE) {
        to[memory_pressure_full_ns] = interval.of_ratio(rates.memory_pressure_full_ratio);
        to[io_pressure_full_ns] = interval.of_ratio(rates.io_pressure_full_ratio);
    }
    if (valid & VIGIA_CGROUP_VALID_OOM) {
        to[oom_kills] = if_valid(rates.known, clamp(rates.oom_kills));
    }
    const ExitRates& ended = container.exits;
    to[exits] = if_valid(ended.known, clamp(ended.count));
    to[short_lived] = if_valid(ended.known, clamp(ended.short_lived_count));
    to[exits_cpu_ns] = Interval{ended.known, interval.ns}.of_ratio(ended.cpu_ratio);
    to[memory_bytes] = clamp(container.memory_bytes);
    to[swap_bytes] = if_valid((valid & VIGIA_CGROUP_VALID_SWAP) != 0,
                              clamp(container.record.swap_current_bytes));
    to[processes] = container.process_count;
    to[tasks] =
        if_valid((valid & VIGIA_CGROUP_VALID_TASK_COUNT) != 0, clamp(container.record.task_count));
}

// Of one that is gone only what ended in it is known: at least that was used.
void condense_departed(const ContainerSample& container, uint64_t interval_ns, int64_t* to) {
    using namespace container_column;
    condense_container(container, interval_ns, to);
    to[cpu_ns] = to[exits_cpu_ns];
    to[memory_bytes] = unknown;
}

void condense_containers(const Sample& sample, Batch& batch) {
    ContainerRow rest{};
    rest.sample_index = UINT32_MAX;
    fill_unknown(rest.values);
    int64_t running = 0;
    bool folded = false;
    batch.container_count = 0;
    const std::size_t all = sample.containers.size() + sample.departed.size();
    for (uint32_t i = 0; i < all; i++) {
        const ContainerSample& container = *sample.container_at(static_cast<int32_t>(i));
        if (!container.has_cgroup && !(container.is_gone && container.exits.count > 0)) {
            continue;
        }
        running += container.has_cgroup ? 1 : 0;
        int64_t values[container_column::count];
        if (container.is_gone) {
            condense_departed(container, sample.interval_ns, values);
        } else {
            condense_container(container, sample.interval_ns, values);
        }
        if (batch.container_count < limits::store_container_rows_per_tick) {
            ContainerRow& row = batch.containers[batch.container_count++];
            row.sample_index = i;
            batch.identify(container, row.identity);
            std::copy(std::begin(values), std::end(values), row.values);
            continue;
        }
        folded = true;
        for (std::size_t column = 0; column < container_column::count; column++) {
            add(rest.values[column], values[column]);
        }
    }
    batch.system[system_column::containers] = running;
    if (folded) {
        batch.containers[batch.container_count++] = rest;
    }
}

// ---- processes

void condense_process(const ProcessSample& process, uint64_t interval_ns, int64_t* to) {
    using namespace process_column;
    const vigia_process& record = process.record;
    const ProcessRates& rates = process.rates;
    uint64_t valid = record.valid;
    Interval interval{rates.known, static_cast<double>(interval_ns)};
    std::fill(to, to + count, unknown);
    if (valid & VIGIA_PROCESS_VALID_CPU) {
        to[cpu_ns] = interval.of_ratio(rates.cpu_ratio);
    }
    if (valid & VIGIA_PROCESS_VALID_RUN_DELAY) {
        to[run_delay_ns] = interval.of_ratio(rates.run_delay_ratio);
    }
    if (valid & VIGIA_PROCESS_VALID_IO) {
        to[read_bytes] = interval.of_rate(rates.read_bytes_per_second);
        to[write_bytes] = interval.of_rate(rates.write_bytes_per_second);
    }
    if (valid & VIGIA_PROCESS_VALID_FAULTS) {
        to[major_faults] = interval.of_rate(rates.major_faults_per_second);
    }
    to[rss_bytes] = if_valid((valid & VIGIA_PROCESS_VALID_MEMORY) != 0, clamp(record.rss_bytes));
    to[swap_bytes] =
        if_valid((valid & VIGIA_PROCESS_VALID_RSS_SPLIT) != 0, clamp(record.swap_bytes));
    to[tasks] = record.thread_count;
}

// How busy: a byte of I/O weighs as a ns of CPU, so 1 GB/s weighs as one CPU. 0: idle.
uint64_t weight_of(const int64_t* values) {
    using namespace process_column;
    uint64_t weight = 0;
    for (std::size_t column : {cpu_ns, read_bytes, write_bytes, run_delay_ns, major_faults}) {
        uint64_t part = values[column] == unknown ? 0 : static_cast<uint64_t>(values[column]);
        weight += std::min<uint64_t>(part, UINT64_MAX / 8);
    }
    return weight;
}

using Chosen = std::array<uint32_t, limits::store_process_rows_per_tick>;

template <std::size_t n>
std::size_t append(const Largest<n>& from, Chosen& to, std::size_t size) {
    for (const auto& item : from) {
        to[size++] = item.second;
    }
    return size;
}

// Sorted indices of the processes with a row of their own; adds every process up in `total`.
std::size_t choose(const Sample& sample, uint32_t processes_largest, Chosen& chosen,
                   int64_t* total) {
    std::size_t largest_rows =
        std::min<std::size_t>(processes_largest, limits::store_processes_largest_maximum);
    Largest<limits::store_processes_largest_maximum> largest(largest_rows);
    Largest<limits::store_process_rows_per_tick> busiest(limits::store_process_rows_per_tick -
                                                         largest_rows);
    for (uint32_t i = 0; i < sample.processes.size(); i++) {
        int64_t values[process_column::count];
        condense_process(sample.processes[i], sample.interval_ns, values);
        for (std::size_t column = 0; column < process_column::count; column++) {
            add(total[column], values[column]);
        }
        if (uint64_t weight = weight_of(values); weight > 0) {
            busiest.offer(weight, i);
        }
        if (int64_t rss = values[process_column::rss_bytes]; rss > 0) {
            largest.offer(static_cast<uint64_t>(rss), i);
        }
    }
    std::size_t size = append(busiest, chosen, append(largest, chosen, 0));
    std::sort(chosen.begin(), chosen.begin() + size);
    return static_cast<std::size_t>(std::unique(chosen.begin(), chosen.begin() + size) -
                                    chosen.begin());
}

int32_t container_row_of(const ProcessSample& process, const Batch& batch) {
    if (process.container == no_container) {
        return no_container;
    }
    auto wanted = static_cast<uint32_t>(process.container);
    const ContainerRow* end = batch.containers + batch.container_count;
    const ContainerRow* row =
        std::lower_bound(batch.containers, end, wanted,
                         [](const ContainerRow& r, uint32_t i) { return r.sample_index < i; });
    return row != end && row->sample_index == wanted ? static_cast<int32_t>(row - batch.containers)
                                                     : no_container;
}

// The kernel knows the start to the ns, a publisher to the clock tick of /proc/PID/stat, which cuts
// the rest off. Cut alike, a process stays one series whoever writes.
uint64_t start_tick_ns(uint64_t start_time_ns, vigia_writer_kind writer) {
    static const uint64_t tick_ns = ns_per_second / static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
    return writer == VIGIA_WRITER_KERNEL ? start_time_ns - start_time_ns % tick_ns : start_time_ns;
}

void identify(const ProcessSample& process, vigia_writer_kind writer, Batch& batch,
              ProcessRow& row) {
    const vigia_process& record = process.record;
    row.pid = record.pid;
    row.start_time_ns = start_tick_ns(record.start_time_ns, writer);
    row.uid = if_valid((record.valid & VIGIA_PROCESS_VALID_USER) != 0, record.uid);
    row.container_row = container_row_of(process, batch);
    std::memcpy(row.comm, record.comm, sizeof(row.comm));
    row.command_line = batch.keep(process.command_line, limits::store_command_line_bytes);
}

// What ended has no row of its own. Its I/O is in the counters of the parents that waited for it.
bool add_exits(const Sample& sample, int64_t* rest) {
    const ExitRates& ended = sample.system.exits;
    const Interval interval{ended.known, static_cast<double>(sample.interval_ns)};
    const int64_t cpu = interval.of_ratio(ended.cpu_ratio);
    if (cpu == unknown || cpu == 0) {
        return false;
    }
    add(rest[process_column::cpu_ns], cpu);
    add(rest[process_column::major_faults], interval.of_rate(ended.major_faults_per_second));
    return true;
}

void condense_processes(const Sample& sample, uint32_t processes_largest, Batch& batch) {
    Chosen chosen;
    ProcessRow rest{};
    rest.container_row = no_container;
    rest.uid = unknown;
    fill_unknown(rest.values);
    std::size_t kept = choose(sample, processes_largest, chosen, rest.values);
    for (std::size_t i = 0; i < kept; i++) {
        const ProcessSample& process = sample.processes[chosen[i]];
        ProcessRow& row = batch.processes[i];
        identify(process, sample.writer, batch, row);
        condense_process(process, sample.interval_ns, row.values);
        for (std::size_t column = 0; column < process_column::count; column++) {
            take_away(rest.values[column], row.values[column]);
        }
    }
    batch.process_count = static_cast<uint32_t>(kept);
    const bool any_ended = add_exits(sample, rest.values);
    if (kept < sample.processes.size() || any_ended) {
        batch.processes[batch.process_count++] = rest;
    }
}

} // namespace

void condense(const Sample& sample, uint32_t processes_largest, Batch& batch) {
    batch.realtime_ns = sample.at.realtime_ns;
    batch.boottime_ns = sample.at.boottime_ns;
    batch.interval_ns = sample.interval_ns;
    batch.gap = sample.gap;
    batch.writer = sample.writer;
    batch.clock_stepped = sample.clock_stepped;
    batch.truncated_records = sample.truncated_records;
    batch.text_size_bytes = 0;
    condense_system(sample, batch);
    condense_containers(sample, batch);
    condense_processes(sample, processes_largest, batch);
    condense_incidents(sample, batch);
}

} // namespace vigia::storage
