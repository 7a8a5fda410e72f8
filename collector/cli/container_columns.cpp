// SPDX-License-Identifier: MIT
#include "collector/cli/views.h"

#include <array>

namespace vigia::cli {
namespace {

using Row = ContainerRow;

bool knows(const Row& row, uint64_t valid) {
    return row.container->has_cgroup && (row.container->record.valid & valid) == valid;
}

template <auto Member, uint64_t valid = 0>
Value field(const Row& row) {
    return knows(row, valid) ? to_value(row.container->record.*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value rate(const Row& row) {
    const bool known = row.container->rates.known && knows(row, valid);
    return known ? to_value(row.container->rates.*Member) : Value{};
}

template <auto Pressure, auto Member>
Value pressure(const Row& row) {
    return knows(row, VIGIA_CGROUP_VALID_PRESSURE)
               ? to_value(row.container->record.*Pressure.*Member)
               : Value{};
}

// A field of the engine's description.
template <auto Member>
Value told(const Row& row) {
    return row.container->info != nullptr ? to_value(row.container->info->*Member) : Value{};
}

template <auto Member>
Value told_time(const Row& row) {
    const ContainerInfo* info = row.container->info;
    return info != nullptr && info->*Member != 0 ? Value{info->*Member} : Value{};
}

// Of the cgroup, or summed over its processes: the column io_origin says which.
template <auto Member>
Value io_rate(const Row& row) {
    const bool known = row.container->rates.io_origin != IoOrigin::unknown;
    return known ? to_value(row.container->rates.*Member) : Value{};
}

Value io_origin(const Row& row) {
    switch (row.container->rates.io_origin) {
    case IoOrigin::cgroup:
        return std::string("cgroup");
    case IoOrigin::processes:
        return std::string("processes");
    default:
        return {};
    }
}

Value name(const Row& row) {
    return to_value(row.container->name());
}

Value id(const Row& row) {
    return to_value(row.container->id);
}

Value image(const Row& row) {
    return to_value(row.container->image());
}

Value runtime(const Row& row) {
    return std::string(to_string(row.container->runtime));
}

Value path(const Row& row) {
    return to_value(row.container->path);
}

// The engine's word; without one, what the processes say.
Value state(const Row& row) {
    if (row.container->is_gone) {
        return std::string("gone");
    }
    const ContainerInfo* info = row.container->info;
    if (info != nullptr && info->state != ContainerState::unknown) {
        return std::string(to_string(info->state));
    }
    return row.container->running() ? Value{std::string("running")} : Value{};
}

// Unknown where nothing runs: "no memory" would be a measurement.
Value memory(const Row& row) {
    return row.container->has_cgroup ? Value{row.container->memory_bytes} : Value{};
}

Value memory_share(const Row& row) {
    const uint64_t limit = row.container->record.memory_limit_bytes;
    if (!knows(row, VIGIA_CGROUP_VALID_MEMORY) || limit == VIGIA_NO_LIMIT || limit == 0) {
        return {};
    }
    return static_cast<double>(row.container->memory_bytes) / static_cast<double>(limit);
}

Value processes(const Row& row) {
    return static_cast<uint64_t>(row.container->process_count);
}

Value oldest_age(const Row& row) {
    const uint64_t start = row.container->oldest_start_time_ns;
    const uint64_t now = row.sample->at.boottime_ns;
    return start != 0 && now >= start ? Value{now - start} : Value{};
}

Value labels(const Row& row) {
    if (row.container->info == nullptr) {
        return {};
    }
    std::string text;
    for (const auto& [key, value] : row.container->info->labels) {
        text += (text.empty() ? "" : ",") + key + "=" + value;
    }
    return text;
}

// Of processes that ended within the interval.
template <auto Member>
Value ended(const Row& row) {
    const ExitRates& exits = row.container->exits;
    const bool had_processes = row.container->has_cgroup || row.container->is_gone;
    return exits.known && had_processes ? to_value(exits.*Member) : Value{};
}

Value sample_time(const Row& row) {
    return row.sample->at.realtime_ns;
}

Tone tone_of_state(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || *text == "exited" || *text == "created" || *text == "gone") {
        return Tone::faint;
    }
    return *text == "running" ? Tone::good : *text == "dead" ? Tone::bad : Tone::warning;
}

Tone tone_of_restarts(const Value& value) {
    const auto* count = std::get_if<uint64_t>(&value);
    return count != nullptr && *count > 0 ? Tone::warning : Tone::faint;
}

constexpr uint64_t cpu = VIGIA_CGROUP_VALID_CPU;
constexpr uint64_t cpu_split = VIGIA_CGROUP_VALID_CPU_SPLIT;
constexpr uint64_t cpu_limit = VIGIA_CGROUP_VALID_CPU_LIMIT;
constexpr uint64_t throttling = VIGIA_CGROUP_VALID_THROTTLING;
constexpr uint64_t mem = VIGIA_CGROUP_VALID_MEMORY;
constexpr uint64_t inactive = VIGIA_CGROUP_VALID_MEMORY_INACTIVE;
constexpr uint64_t pages = VIGIA_CGROUP_VALID_MEMORY_PAGES;
constexpr uint64_t faults = VIGIA_CGROUP_VALID_FAULTS;
constexpr uint64_t slab = VIGIA_CGROUP_VALID_MEMORY_SLAB;
constexpr uint64_t swap = VIGIA_CGROUP_VALID_SWAP;
constexpr uint64_t io = VIGIA_CGROUP_VALID_IO;
constexpr uint64_t tasks = VIGIA_CGROUP_VALID_TASK_COUNT;
constexpr uint64_t task_limit = VIGIA_CGROUP_VALID_TASKS;
constexpr uint64_t stalls = VIGIA_CGROUP_VALID_PRESSURE;
constexpr uint64_t oom = VIGIA_CGROUP_VALID_OOM;
using R = vigia_cgroup;
using Q = CgroupRates;
using I = ContainerInfo;
using P = vigia_pressure;

// clang-format off
constexpr Column<Row> columns[] = {
    // name, title, unit, help, shown, drop rank, minimum width, tone
    {{"container", "NAME", Unit::text, "the engine's name; the short id without an engine", true,
      0, 10}, name},
    {{"container_id", "CONTAINER ID", Unit::text,
      "64 hex digits; the machine's name for lxc and nspawn"}, id},
    {{"image", "IMAGE", Unit::text, "image", true, 6, 10}, image},
    {{"runtime", "RUNTIME", Unit::text, "docker, podman, containerd, crio, lxc, nspawn", true, 9},
     runtime},
    {{"state", "STATE", Unit::text,
      "created, running, paused, restarting, removing, exited, dead, gone",
      true, 5, 0, tone_of_state}, state},
    {{"cpu_ratio", "CPU%", Unit::cpu_ratio, "share of one CPU: 1 is one CPU all the time", true, 0,
      0, tone_of_cpu}, rate<&Q::cpu_ratio, cpu>},
    {{"memory_bytes", "MEMORY", Unit::bytes, "working set: memory that cannot simply be dropped",
      true}, memory},
    {{"memory_limit_bytes", "LIMIT", Unit::bytes, "18446744073709551615: no limit", true, 4},
     field<&R::memory_limit_bytes, mem>},
    {{"memory_limit_ratio", "MEM%", Unit::ratio, "working set as a share of the limit", false, 7,
      0, tone_of_share}, memory_share},
    {{"read_bytes_per_second", "READ/S", Unit::bytes_per_second, "read from storage", true, 7, 0,
      tone_of_rate}, io_rate<&Q::read_bytes_per_second>},
    {{"write_bytes_per_second", "WRITE/S", Unit::bytes_per_second, "written to storage", true, 7,
      0, tone_of_rate}, io_rate<&Q::write_bytes_per_second>},
    {{"process_count", "PIDS", Unit::count, "processes in it", true, 2}, processes},
    {{"memory_pressure_some_ratio", "MEM STALL%", Unit::ratio,
      "share of the time in which some task waited for memory", true, 8, 0, tone_of_pressure},
     rate<&Q::memory_pressure_some_ratio, stalls>},
    {{"restart_count", "RESTARTS", Unit::count, "times the engine restarted it", true, 3, 0,
      tone_of_restarts}, told<&I::restart_count>},
    {{"cgroup_id", "CGROUP", Unit::identity, "id of its control group"}, field<&R::id>},
    {{"cgroup_path", "PATH", Unit::text, "path of its control group", false, 9, 20}, path},
    {{"oldest_process_age_ns", "UP", Unit::duration_ns, "age of its oldest process"}, oldest_age},
    {{"created_realtime_ns", "CREATED", Unit::time_ns, "when it was made"},
     told_time<&I::created_realtime_ns>},
    {{"started_realtime_ns", "STARTED", Unit::time_ns, "when it was last started"},
     told_time<&I::started_realtime_ns>},
    {{"finished_realtime_ns", "FINISHED", Unit::time_ns, "when it last ended"},
     told_time<&I::finished_realtime_ns>},
    {{"exit_code", "EXIT", Unit::count, "of its last end"}, told<&I::exit_code>},
    {{"oom_killed", "OOM KILLED", Unit::text, "the engine saw it end for lack of memory"},
     told<&I::oom_killed>},
    {{"stopped_by_person", "BY PERSON", Unit::text, "somebody stopped it: Vigia leaves it alone"},
     told<&I::stopped_by_person>},
    {{"labels", "LABELS", Unit::text, "key=value, separated by commas", false, 9, 10}, labels},
    {{"task_count", "TASKS", Unit::count, "threads"}, field<&R::task_count, tasks>},
    {{"task_limit", "TASK LIMIT", Unit::count, "18446744073709551615: no limit"},
     field<&R::task_limit, task_limit>},
    {{"cpu_usage_ns", "CPU TIME", Unit::duration_ns, "CPU time since it was started"},
     field<&R::cpu_usage_ns, cpu>},
    {{"cpu_user_ns", "USER TIME", Unit::duration_ns, "of that in programs"},
     field<&R::cpu_user_ns, cpu_split>},
    {{"cpu_system_ns", "SYSTEM TIME", Unit::duration_ns, "of that in the kernel"},
     field<&R::cpu_system_ns, cpu_split>},
    {{"cpu_user_ratio", "USR%", Unit::cpu_ratio, "share of one CPU in programs"},
     rate<&Q::cpu_user_ratio, cpu_split>},
    {{"cpu_system_ratio", "SYS%", Unit::cpu_ratio, "share of one CPU in the kernel"},
     rate<&Q::cpu_system_ratio, cpu_split>},
    {{"cpu_quota_ns", "QUOTA", Unit::duration_ns, "CPU time allowed in each period"},
     field<&R::cpu_quota_ns, cpu_limit>},
    {{"cpu_period_ns", "PERIOD", Unit::duration_ns, "length of a period"},
     field<&R::cpu_period_ns, cpu_limit>},
    {{"cpu_weight", "WEIGHT", Unit::count, "1 to 10000; 100 is usual"},
     field<&R::cpu_weight, VIGIA_CGROUP_VALID_WEIGHT>},
    {{"cpu_throttled_ratio", "THROTTLED%", Unit::ratio,
      "share of the periods in which it was held back", false, 0, 0, tone_of_pressure},
     rate<&Q::cpu_throttled_ratio, throttling>},
    {{"cpu_periods", "PERIODS", Unit::count, "periods so far"}, field<&R::cpu_periods, throttling>},
    {{"cpu_throttled_periods", "THROTTLED", Unit::count, "periods in which it was held back"},
     field<&R::cpu_throttled_periods, throttling>},
    {{"cpu_throttled_ns", "HELD BACK", Unit::duration_ns, "time it was held back"},
     field<&R::cpu_throttled_ns, throttling>},
    {{"memory_current_bytes", "CURRENT", Unit::bytes, "all memory with caches"},
     field<&R::memory_current_bytes, mem>},
    {{"memory_peak_bytes", "PEAK", Unit::bytes, "most it ever had"},
     field<&R::memory_peak_bytes, VIGIA_CGROUP_VALID_MEMORY_PEAK>},
    {{"memory_high_bytes", "HIGH", Unit::bytes, "slowed down above this"},
     field<&R::memory_high_bytes, VIGIA_CGROUP_VALID_MEMORY_HIGH>},
    {{"memory_anon_bytes", "ANON", Unit::bytes, "heap and stacks"},
     field<&R::memory_anon_bytes, pages>},
    {{"memory_file_bytes", "FILE", Unit::bytes, "cached files"},
     field<&R::memory_file_bytes, pages>},
    {{"memory_inactive_file_bytes", "INACTIVE", Unit::bytes, "cached files not used lately"},
     field<&R::memory_inactive_file_bytes, inactive>},
    {{"memory_shared_bytes", "SHARED", Unit::bytes, "shared memory"},
     field<&R::memory_shared_bytes, pages>},
    {{"memory_slab_bytes", "SLAB", Unit::bytes, "kernel objects"},
     field<&R::memory_slab_bytes, slab>},
    {{"swap_current_bytes", "SWAP", Unit::bytes, "swapped out"},
     field<&R::swap_current_bytes, swap>},
    {{"swap_limit_bytes", "SWAP LIMIT", Unit::bytes, "18446744073709551615: no limit"},
     field<&R::swap_limit_bytes, swap>},
    {{"minor_faults", "MINFLT", Unit::count, "page faults without storage"},
     field<&R::minor_faults, faults>},
    {{"major_faults", "MAJFLT", Unit::count, "page faults that read storage"},
     field<&R::major_faults, faults>},
    {{"major_faults_per_second", "MAJFLT/S", Unit::per_second, "page faults that read storage"},
     rate<&Q::major_faults_per_second, faults>},
    {{"oom_kills", "OOM KILLS", Unit::count, "processes killed for lack of memory"},
     field<&R::oom_kills, oom>},
    {{"io_read_bytes", "READ", Unit::bytes, "read from storage"}, field<&R::io_read_bytes, io>},
    {{"io_write_bytes", "WRITTEN", Unit::bytes, "written to storage"},
     field<&R::io_write_bytes, io>},
    {{"io_read_calls", "READS", Unit::count, "reads of storage"}, field<&R::io_read_calls, io>},
    {{"io_write_calls", "WRITES", Unit::count, "writes to storage"}, field<&R::io_write_calls, io>},
    {{"io_origin", "I/O FROM", Unit::text,
      "what READ/S and WRITE/S are made of: cgroup, or the sum over its processes"}, io_origin},
    {{"read_calls_per_second", "READS/S", Unit::per_second, "reads of storage"},
     rate<&Q::read_calls_per_second, io>},
    {{"write_calls_per_second", "WRITES/S", Unit::per_second, "writes to storage"},
     rate<&Q::write_calls_per_second, io>},
    {{"cpu_pressure_some_ratio", "CPU STALL%", Unit::ratio,
      "share of the time in which some task waited for a CPU", false, 0, 0, tone_of_pressure},
     rate<&Q::cpu_pressure_some_ratio, stalls>},
    {{"memory_pressure_full_ratio", "MEM FULL%", Unit::ratio,
      "share of the time in which all tasks waited for memory", false, 0, 0, tone_of_pressure},
     rate<&Q::memory_pressure_full_ratio, stalls>},
    {{"io_pressure_some_ratio", "IO STALL%", Unit::ratio,
      "share of the time in which some task waited for storage", false, 0, 0, tone_of_pressure},
     rate<&Q::io_pressure_some_ratio, stalls>},
    {{"io_pressure_full_ratio", "IO FULL%", Unit::ratio,
      "share of the time in which all tasks waited for storage", false, 0, 0, tone_of_pressure},
     rate<&Q::io_pressure_full_ratio, stalls>},
    {{"cpu_pressure_some_ns", "CPU STALLED", Unit::duration_ns,
      "total time some task waited for a CPU"}, pressure<&R::cpu_pressure, &P::some_ns>},
    {{"memory_pressure_some_ns", "MEM STALLED", Unit::duration_ns,
      "total time some task waited for memory"}, pressure<&R::memory_pressure, &P::some_ns>},
    {{"memory_pressure_full_ns", "MEM FULLY", Unit::duration_ns,
      "total time all tasks waited for memory"}, pressure<&R::memory_pressure, &P::full_ns>},
    {{"io_pressure_some_ns", "IO STALLED", Unit::duration_ns,
      "total time some task waited for storage"}, pressure<&R::io_pressure, &P::some_ns>},
    {{"io_pressure_full_ns", "IO FULLY", Unit::duration_ns,
      "total time all tasks waited for storage"}, pressure<&R::io_pressure, &P::full_ns>},
    {{"exits_per_second", "EXITS/S", Unit::per_second, "processes that ended", true, 10, 0,
      tone_of_rate}, ended<&ExitRates::exits_per_second>},
    {{"exit_count", "EXITS", Unit::count, "processes that ended within the interval"},
     ended<&ExitRates::count>},
    {{"short_lived_count", "SHORT", Unit::count,
      "... and had begun within it: no sample has them"}, ended<&ExitRates::short_lived_count>},
    {{"exits_cpu_ratio", "EXITS CPU%", Unit::cpu_ratio,
      "part of CPU% that no living process shows"}, ended<&ExitRates::cpu_ratio>},
    {{"sample_realtime_ns", "SAMPLED", Unit::time_ns, "when this was measured"}, sample_time},
};
// clang-format on

} // namespace

std::span<const Column<ContainerRow>> container_columns() {
    return columns;
}

} // namespace vigia::cli
