// SPDX-License-Identifier: MIT
#include "collector/cli/views.h"

#include <array>

namespace vigia::cli {
namespace {

using Row = SystemRow;

const vigia_system& record_of(const Row& row) {
    return row.sample->system.record;
}

bool has(const Row& row, uint64_t wanted) {
    return vigia_system_has(record_of(row).valid, wanted) != 0;
}

template <auto Member, uint64_t valid>
Value field(const Row& row) {
    return has(row, valid) ? to_value(record_of(row).*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value rate(const Row& row) {
    const bool known = row.sample->system.rates.known && has(row, valid);
    return known ? to_value(row.sample->system.rates.*Member) : Value{};
}

template <auto Pressure, auto Member>
Value pressure(const Row& row) {
    return has(row, VIGIA_SYSTEM_VALID_PRESSURE) ? to_value(record_of(row).*Pressure.*Member)
                                                 : Value{};
}

template <auto Member>
Value info_text(const Row& row) {
    return to_value(name_in(row.sample->info.*Member));
}

Value cpu_count(const Row& row) {
    return static_cast<uint64_t>(row.sample->info.cpu_count);
}

Value uptime(const Row& row) {
    return row.sample->at.boottime_ns;
}

Value boot_time(const Row& row) {
    const uint64_t boot = row.sample->info.boot_realtime_ns;
    return boot != 0 ? Value{boot} : Value{};
}

Value process_count(const Row& row) {
    return static_cast<uint64_t>(row.sample->processes.size());
}

Value container_count(const Row& row) {
    return static_cast<uint64_t>(row.sample->containers.size());
}

Value used_memory(const Row& row) {
    const vigia_system& record = record_of(row);
    if (!has(row, VIGIA_SYSTEM_VALID_PAGES) ||
        record.memory_available_bytes > record.memory_total_bytes) {
        return {};
    }
    return record.memory_total_bytes - record.memory_available_bytes;
}

// Of processes that ended within the interval.
template <auto Member>
Value ended(const Row& row) {
    const ExitRates& exits = row.sample->system.exits;
    return exits.known ? to_value(exits.*Member) : Value{};
}

Value processes_cpu(const Row& row) {
    return row.sample->system.rates.known ? Value{row.sample->system.processes_cpu_ratio} : Value{};
}

template <auto Member>
Value missing(const Row& row) {
    return row.sample->system.exits.known ? Value{row.sample->*Member} : Value{};
}

Value sample_time(const Row& row) {
    return row.sample->at.realtime_ns;
}

Value interval(const Row& row) {
    return row.sample->interval_ns;
}

constexpr uint64_t cpu = VIGIA_SYSTEM_VALID_CPU_TIMES;
constexpr uint64_t tasks = VIGIA_SYSTEM_VALID_TASKS;
constexpr uint64_t switches = VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES;
constexpr uint64_t interrupts = VIGIA_SYSTEM_VALID_INTERRUPTS;
constexpr uint64_t forks = VIGIA_SYSTEM_VALID_FORKS;
constexpr uint64_t pages = VIGIA_SYSTEM_VALID_PAGES;
constexpr uint64_t cached = VIGIA_SYSTEM_VALID_CACHED;
constexpr uint64_t committed = VIGIA_SYSTEM_VALID_COMMITTED;
constexpr uint64_t commit_limit = VIGIA_SYSTEM_VALID_COMMIT_LIMIT;
constexpr uint64_t swap_total = VIGIA_SYSTEM_VALID_SWAP_TOTAL;
constexpr uint64_t swap_free = VIGIA_SYSTEM_VALID_SWAP_FREE;
constexpr uint64_t load = VIGIA_SYSTEM_VALID_LOAD;
constexpr uint64_t paging = VIGIA_SYSTEM_VALID_PAGING;
constexpr uint64_t stalls = VIGIA_SYSTEM_VALID_PRESSURE;
using R = vigia_system;
using Q = SystemRates;
using P = vigia_pressure;
using N = vigia_info;

// clang-format off
constexpr Column<Row> columns[] = {
    {{"hostname", "HOST", Unit::text, "name of the host", true}, info_text<&N::hostname>},
    {{"kernel_release", "KERNEL", Unit::text, "release of the kernel", true},
     info_text<&N::kernel_release>},
    {{"uptime_ns", "UP", Unit::duration_ns, "time since boot, suspension included", true}, uptime},
    {{"boot_realtime_ns", "BOOTED", Unit::time_ns, "when the host booted"}, boot_time},
    {{"cpu_count", "CPUS", Unit::count, "CPUs", true}, cpu_count},
    {{"process_count", "PROCESSES", Unit::count, "processes", true}, process_count},
    {{"container_count", "CONTAINERS", Unit::count, "containers, running or not", true},
     container_count},
    {{"cpu_ratio", "CPU%", Unit::ratio, "busy share of all CPUs: 1 is all of them", true, 0, 0,
      tone_of_share}, rate<&Q::cpu_ratio, cpu>},
    {{"cpu_user_ratio", "USER%", Unit::ratio, "in programs"}, rate<&Q::cpu_user_ratio, cpu>},
    {{"cpu_system_ratio", "SYSTEM%", Unit::ratio, "in the kernel"},
     rate<&Q::cpu_system_ratio, cpu>},
    {{"cpu_iowait_ratio", "IOWAIT%", Unit::ratio, "idle with a task waiting for storage"},
     rate<&Q::cpu_iowait_ratio, cpu>},
    {{"cpu_steal_ratio", "STEAL%", Unit::ratio, "taken by the hypervisor"},
     rate<&Q::cpu_steal_ratio, cpu>},
    {{"load_1min_millitasks", "LOAD 1MIN", Unit::count, "load average in thousandths, 1 minute",
      true}, field<&R::load_1min_millitasks, load>},
    {{"load_5min_millitasks", "LOAD 5MIN", Unit::count, "5 minutes"},
     field<&R::load_5min_millitasks, load>},
    {{"load_15min_millitasks", "LOAD 15MIN", Unit::count, "15 minutes"},
     field<&R::load_15min_millitasks, load>},
    {{"tasks_total", "TASKS", Unit::count, "threads"}, field<&R::tasks_total, load>},
    {{"tasks_running", "RUNNING", Unit::count, "threads that run or could"},
     field<&R::tasks_running, tasks>},
    {{"tasks_blocked", "BLOCKED", Unit::count, "threads that wait for storage"},
     field<&R::tasks_blocked, tasks>},
    {{"memory_total_bytes", "MEMORY", Unit::bytes, "memory of the host", true},
     field<&R::memory_total_bytes, pages>},
    {{"memory_used_bytes", "USED", Unit::bytes, "total - available", true}, used_memory},
    {{"memory_available_bytes", "AVAILABLE", Unit::bytes, "can be had without swapping", true},
     field<&R::memory_available_bytes, pages>},
    {{"memory_free_bytes", "FREE", Unit::bytes, "not used for anything"},
     field<&R::memory_free_bytes, pages>},
    {{"memory_buffers_bytes", "BUFFERS", Unit::bytes, "block device cache"},
     field<&R::memory_buffers_bytes, pages>},
    {{"memory_cached_bytes", "CACHED", Unit::bytes, "file cache"},
     field<&R::memory_cached_bytes, cached>},
    {{"memory_anon_bytes", "ANON", Unit::bytes, "heap and stacks"},
     field<&R::memory_anon_bytes, pages>},
    {{"memory_shared_bytes", "SHARED", Unit::bytes, "shared memory and tmpfs"},
     field<&R::memory_shared_bytes, pages>},
    {{"memory_mapped_bytes", "MAPPED", Unit::bytes, "mapped files"},
     field<&R::memory_mapped_bytes, pages>},
    {{"memory_slab_reclaimable_bytes", "SLAB RECL", Unit::bytes,
      "kernel objects that can be dropped"}, field<&R::memory_slab_reclaimable_bytes, pages>},
    {{"memory_slab_unreclaimable_bytes", "SLAB UNRECL", Unit::bytes, "kernel objects that cannot"},
     field<&R::memory_slab_unreclaimable_bytes, pages>},
    {{"memory_dirty_bytes", "DIRTY", Unit::bytes, "to be written"},
     field<&R::memory_dirty_bytes, pages>},
    {{"memory_writeback_bytes", "WRITEBACK", Unit::bytes, "being written"},
     field<&R::memory_writeback_bytes, pages>},
    {{"memory_page_tables_bytes", "PAGE TABLES", Unit::bytes, "page tables"},
     field<&R::memory_page_tables_bytes, pages>},
    {{"memory_kernel_stack_bytes", "KERNEL STACK", Unit::bytes, "stacks of the kernel"},
     field<&R::memory_kernel_stack_bytes, pages>},
    {{"memory_committed_bytes", "COMMITTED", Unit::bytes, "promised to programs"},
     field<&R::memory_committed_bytes, committed>},
    {{"memory_commit_limit_bytes", "COMMIT LIMIT", Unit::bytes,
      "most that may be promised under strict overcommit"},
     field<&R::memory_commit_limit_bytes, commit_limit>},
    {{"swap_total_bytes", "SWAP", Unit::bytes, "swap space", true},
     field<&R::swap_total_bytes, swap_total>},
    {{"swap_free_bytes", "SWAP FREE", Unit::bytes, "swap space not used", true},
     field<&R::swap_free_bytes, swap_free>},
    {{"swap_cached_bytes", "SWAP CACHED", Unit::bytes, "in swap and in memory"},
     field<&R::swap_cached_bytes, cached>},
    {{"cpu_pressure_some_ratio", "CPU STALL%", Unit::ratio,
      "share of the time in which some task waited for a CPU", true, 0, 0, tone_of_pressure},
     rate<&Q::cpu_pressure_some_ratio, stalls>},
    {{"memory_pressure_some_ratio", "MEM STALL%", Unit::ratio,
      "... in which some task waited for memory", true, 0, 0, tone_of_pressure},
     rate<&Q::memory_pressure_some_ratio, stalls>},
    {{"memory_pressure_full_ratio", "MEM FULL%", Unit::ratio,
      "... in which all tasks waited for memory", false, 0, 0, tone_of_pressure},
     rate<&Q::memory_pressure_full_ratio, stalls>},
    {{"io_pressure_some_ratio", "IO STALL%", Unit::ratio,
      "... in which some task waited for storage", true, 0, 0, tone_of_pressure},
     rate<&Q::io_pressure_some_ratio, stalls>},
    {{"io_pressure_full_ratio", "IO FULL%", Unit::ratio,
      "... in which all tasks waited for storage", false, 0, 0, tone_of_pressure},
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
    {{"context_switches", "SWITCHES", Unit::count, "context switches since boot"},
     field<&R::context_switches, switches>},
    {{"context_switches_per_second", "SWITCH/S", Unit::per_second, "context switches", true},
     rate<&Q::context_switches_per_second, switches>},
    {{"interrupts", "INTERRUPTS", Unit::count, "interrupts since boot"},
     field<&R::interrupts, interrupts>},
    {{"interrupts_per_second", "INT/S", Unit::per_second, "interrupts"},
     rate<&Q::interrupts_per_second, interrupts>},
    {{"softirqs", "SOFTIRQS", Unit::count, "soft interrupts since boot"},
     field<&R::softirqs, interrupts>},
    {{"forks", "FORKS", Unit::count, "processes and threads made since boot"},
     field<&R::forks, forks>},
    {{"forks_per_second", "FORKS/S", Unit::per_second, "processes and threads made"},
     rate<&Q::forks_per_second, forks>},
    {{"page_faults", "FAULTS", Unit::count, "page faults since boot"},
     field<&R::page_faults, paging>},
    {{"page_faults_per_second", "FAULTS/S", Unit::per_second, "page faults"},
     rate<&Q::page_faults_per_second, paging>},
    {{"page_major_faults", "MAJFLT", Unit::count, "page faults that read storage"},
     field<&R::page_major_faults, paging>},
    {{"page_major_faults_per_second", "MAJFLT/S", Unit::per_second,
      "page faults that read storage"}, rate<&Q::page_major_faults_per_second, paging>},
    {{"page_in_bytes", "PAGED IN", Unit::bytes, "read from storage since boot"},
     field<&R::page_in_bytes, paging>},
    {{"page_in_bytes_per_second", "READ/S", Unit::bytes_per_second, "read from storage", true},
     rate<&Q::page_in_bytes_per_second, paging>},
    {{"page_out_bytes", "PAGED OUT", Unit::bytes, "written to storage since boot"},
     field<&R::page_out_bytes, paging>},
    {{"page_out_bytes_per_second", "WRITE/S", Unit::bytes_per_second, "written to storage", true},
     rate<&Q::page_out_bytes_per_second, paging>},
    {{"swap_in_pages", "SWAP IN", Unit::count, "pages swapped in since boot"},
     field<&R::swap_in_pages, paging>},
    {{"swap_in_bytes_per_second", "SWAP IN/S", Unit::bytes_per_second, "swapped in"},
     rate<&Q::swap_in_bytes_per_second, paging>},
    {{"swap_out_pages", "SWAP OUT", Unit::count, "pages swapped out since boot"},
     field<&R::swap_out_pages, paging>},
    {{"swap_out_bytes_per_second", "SWAP OUT/S", Unit::bytes_per_second, "swapped out"},
     rate<&Q::swap_out_bytes_per_second, paging>},
    {{"oom_kills", "OOM KILLS", Unit::count, "processes killed for lack of memory"},
     field<&R::oom_kills, paging>},
    {{"exits_per_second", "EXITS/S", Unit::per_second, "processes that ended"},
     ended<&ExitRates::exits_per_second>},
    {{"exit_count", "EXITS", Unit::count, "processes that ended within the interval"},
     ended<&ExitRates::count>},
    {{"short_lived_count", "SHORT", Unit::count,
      "... and had begun within it: no sample has them"}, ended<&ExitRates::short_lived_count>},
    {{"processes_cpu_ratio", "PROCESSES CPU%", Unit::cpu_ratio,
      "of all processes that are there: 1 is one CPU"}, processes_cpu},
    {{"exits_cpu_ratio", "EXITS CPU%", Unit::cpu_ratio,
      "of those that ended within the interval: with the above, all that processes took"},
     ended<&ExitRates::cpu_ratio>},
    {{"lost_events", "LOST EVENTS", Unit::count,
      "within the interval: then the sums of what ended are a lower bound"},
     missing<&Sample::lost_events>},
    {{"masked_exits", "MASKED EXITS", Unit::count, "of processes whose CPU time was not told"},
     missing<&Sample::masked_exits>},
    {{"interval_ns", "INTERVAL", Unit::duration_ns, "over which the rates were taken"}, interval},
    {{"sample_realtime_ns", "SAMPLED", Unit::time_ns, "when this was measured"}, sample_time},
};
// clang-format on

} // namespace

std::span<const Column<SystemRow>> system_columns() {
    return columns;
}

} // namespace vigia::cli
