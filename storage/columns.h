// SPDX-License-Identifier: MIT
// What is kept of a sample, column by column: the one list from which the writing, the rollups and
// the reading make their SQL. The names and their order are the format (storage/FORMAT.md).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace vigia::storage {

enum class Merge : unsigned char {
    sum,   // within the row's interval: adds up over time and over series
    gauge, // at the row's moment: the last of a second, the mean of a bucket
};

struct Column {
    std::string_view name;
    Merge merge;
};

// A kind of sample: tables <name>_raw, <name>_minute and <name>_hour.
struct Kind {
    std::string_view name;
    std::string_view series; // column naming the series; empty: there is only one
    std::span<const Column> columns;
    std::string_view peak;     // rollups only: the largest value of ...
    std::size_t peak_of;       // ... this column
    std::size_t first_columns; // so many the first version of the format had
};

namespace system_column {
enum : std::size_t {
    interval_ns,
    cpu_ns,
    cpu_user_ns,
    cpu_system_ns,
    cpu_iowait_ns,
    cpu_steal_ns,
    context_switches,
    interrupts,
    forks,
    page_faults,
    page_major_faults,
    page_in_bytes,
    page_out_bytes,
    swap_in_bytes,
    swap_out_bytes,
    cpu_pressure_some_ns,
    memory_pressure_some_ns,
    memory_pressure_full_ns,
    io_pressure_some_ns,
    io_pressure_full_ns,
    cpu_count,
    load_1min_millitasks,
    tasks_running,
    tasks_blocked,
    tasks_total,
    processes,
    containers,
    memory_total_bytes,
    memory_available_bytes,
    memory_cached_bytes,
    swap_total_bytes,
    swap_free_bytes,
    exits,
    short_lived,
    exits_cpu_ns,
    lost_events,
    count
};
}

namespace container_column {
enum : std::size_t {
    cpu_ns,
    read_bytes,
    write_bytes,
    memory_pressure_full_ns,
    io_pressure_full_ns,
    oom_kills,
    memory_bytes,
    swap_bytes,
    processes,
    tasks,
    exits,
    short_lived,
    exits_cpu_ns,
    count
};
}

namespace process_column {
enum : std::size_t {
    cpu_ns,
    run_delay_ns,
    read_bytes,
    write_bytes,
    major_faults,
    rss_bytes,
    swap_bytes,
    tasks,
    count
};
}

constexpr std::size_t columns_maximum = system_column::count;

inline constexpr Column system_columns[] = {
    {"interval_ns", Merge::sum},
    {"cpu_ns", Merge::sum},
    {"cpu_user_ns", Merge::sum},
    {"cpu_system_ns", Merge::sum},
    {"cpu_iowait_ns", Merge::sum},
    {"cpu_steal_ns", Merge::sum},
    {"context_switches", Merge::sum},
    {"interrupts", Merge::sum},
    {"forks", Merge::sum},
    {"page_faults", Merge::sum},
    {"page_major_faults", Merge::sum},
    {"page_in_bytes", Merge::sum},
    {"page_out_bytes", Merge::sum},
    {"swap_in_bytes", Merge::sum},
    {"swap_out_bytes", Merge::sum},
    {"cpu_pressure_some_ns", Merge::sum},
    {"memory_pressure_some_ns", Merge::sum},
    {"memory_pressure_full_ns", Merge::sum},
    {"io_pressure_some_ns", Merge::sum},
    {"io_pressure_full_ns", Merge::sum},
    {"cpu_count", Merge::gauge},
    {"load_1min_millitasks", Merge::gauge},
    {"tasks_running", Merge::gauge},
    {"tasks_blocked", Merge::gauge},
    {"tasks_total", Merge::gauge},
    {"processes", Merge::gauge},
    {"containers", Merge::gauge},
    {"memory_total_bytes", Merge::gauge},
    {"memory_available_bytes", Merge::gauge},
    {"memory_cached_bytes", Merge::gauge},
    {"swap_total_bytes", Merge::gauge},
    {"swap_free_bytes", Merge::gauge},
    {"exits", Merge::sum}, // since version 2, as the next three
    {"short_lived", Merge::sum},
    {"exits_cpu_ns", Merge::sum},
    {"lost_events", Merge::sum},
};
static_assert(std::size(system_columns) == system_column::count);

inline constexpr Column container_columns[] = {
    {"cpu_ns", Merge::sum},
    {"read_bytes", Merge::sum},
    {"write_bytes", Merge::sum},
    {"memory_pressure_full_ns", Merge::sum},
    {"io_pressure_full_ns", Merge::sum},
    {"oom_kills", Merge::sum},
    {"memory_bytes", Merge::gauge},
    {"swap_bytes", Merge::gauge},
    {"processes", Merge::gauge},
    {"tasks", Merge::gauge},
    {"exits", Merge::sum}, // since version 2, as the next two
    {"short_lived", Merge::sum},
    {"exits_cpu_ns", Merge::sum},
};
static_assert(std::size(container_columns) == container_column::count);

inline constexpr Column process_columns[] = {
    {"cpu_ns", Merge::sum},       {"run_delay_ns", Merge::sum}, {"read_bytes", Merge::sum},
    {"write_bytes", Merge::sum},  {"major_faults", Merge::sum}, {"rss_bytes", Merge::gauge},
    {"swap_bytes", Merge::gauge}, {"tasks", Merge::gauge},
};
static_assert(std::size(process_columns) == process_column::count);

inline constexpr Kind system_kind{
    "system", "", system_columns, "cpu_max_ns", system_column::cpu_ns, system_column::exits};
inline constexpr Kind container_kind{"container",
                                     "container",
                                     container_columns,
                                     "memory_max_bytes",
                                     container_column::memory_bytes,
                                     container_column::exits};
inline constexpr Kind process_kind{"process",
                                   "process",
                                   process_columns,
                                   "rss_max_bytes",
                                   process_column::rss_bytes,
                                   process_column::count};
inline constexpr const Kind* kinds[] = {&system_kind, &container_kind, &process_kind};

// The series of everything that has no row of its own, so that sums stay true.
constexpr long long rest_series = 0;

} // namespace vigia::storage
