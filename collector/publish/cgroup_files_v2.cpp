// SPDX-License-Identifier: MIT
// cgroup v2: Documentation/admin-guide/cgroup-v2.rst.
#include "collector/publish/cgroup_files.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr uint64_t ns_per_us = 1'000;

// A number, or "max".
uint64_t limit(TextScan& scan) {
    scan.skip_blanks();
    if (scan.take("max")) {
        return VIGIA_NO_LIMIT;
    }
    return scan.number();
}

uint64_t limit(std::string_view text) {
    TextScan scan(text);
    return limit(scan);
}

uint64_t number(std::string_view text) {
    return TextScan(text).number();
}

// Calls `visit(key, value)` for each line "key value".
template <typename Visit>
void for_each_pair(std::string_view text, Visit visit) {
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        const std::string_view key = scan.word();
        visit(key, scan.number());
    }
}

void parse_cpu_stat(std::string_view text, vigia_cgroup& record) {
    for_each_pair(text, [&](std::string_view key, uint64_t value) {
        if (key == "usage_usec") {
            record.cpu_usage_ns = value * ns_per_us;
            record.valid |= VIGIA_CGROUP_VALID_CPU;
        } else if (key == "user_usec") {
            record.cpu_user_ns = value * ns_per_us;
        } else if (key == "system_usec") {
            record.cpu_system_ns = value * ns_per_us;
            record.valid |= VIGIA_CGROUP_VALID_CPU_SPLIT;
        } else if (key == "nr_periods") {
            record.cpu_periods = value;
        } else if (key == "nr_throttled") {
            record.cpu_throttled_periods = value;
        } else if (key == "throttled_usec") {
            record.cpu_throttled_ns = value * ns_per_us;
            record.valid |= VIGIA_CGROUP_VALID_THROTTLING;
        }
    });
}

void parse_cpu_max(std::string_view text, vigia_cgroup& record) {
    TextScan scan(text);
    const uint64_t quota_us = limit(scan);
    record.cpu_quota_ns = quota_us == VIGIA_NO_LIMIT ? quota_us : quota_us * ns_per_us;
    record.cpu_period_ns = scan.number() * ns_per_us;
    record.valid |= VIGIA_CGROUP_VALID_CPU_LIMIT;
}

void parse_cpu_weight(std::string_view text, vigia_cgroup& record) {
    record.cpu_weight = number(text);
    record.valid |= VIGIA_CGROUP_VALID_WEIGHT;
}

void parse_memory_current(std::string_view text, vigia_cgroup& record) {
    record.memory_current_bytes = number(text);
    record.valid |= VIGIA_CGROUP_VALID_MEMORY;
}

void parse_memory_max(std::string_view text, vigia_cgroup& record) {
    record.memory_limit_bytes = limit(text);
}

void parse_memory_high(std::string_view text, vigia_cgroup& record) {
    record.memory_high_bytes = limit(text);
    record.valid |= VIGIA_CGROUP_VALID_MEMORY_HIGH;
}

void parse_memory_peak(std::string_view text, vigia_cgroup& record) {
    record.memory_peak_bytes = number(text);
    record.valid |= VIGIA_CGROUP_VALID_MEMORY_PEAK;
}

void parse_memory_stat(std::string_view text, vigia_cgroup& record) {
    for_each_pair(text, [&](std::string_view key, uint64_t value) {
        if (key == "anon") {
            record.memory_anon_bytes = value;
            record.valid |= cgroup_valid_memory_split;
        } else if (key == "file") {
            record.memory_file_bytes = value;
        } else if (key == "inactive_file") {
            record.memory_inactive_file_bytes = value;
        } else if (key == "shmem") {
            record.memory_shared_bytes = value;
        } else if (key == "slab") {
            record.memory_slab_bytes = value;
            record.valid |= VIGIA_CGROUP_VALID_MEMORY_SLAB;
        } else if (key == "pgfault") {
            record.minor_faults = value; // all faults; the major ones are taken off below
        } else if (key == "pgmajfault") {
            record.major_faults = value;
        }
    });
    record.minor_faults -=
        record.major_faults < record.minor_faults ? record.major_faults : record.minor_faults;
}

void parse_memory_events(std::string_view text, vigia_cgroup& record) {
    for_each_pair(text, [&](std::string_view key, uint64_t value) {
        if (key == "oom_kill") {
            record.oom_kills = value;
            record.valid |= VIGIA_CGROUP_VALID_OOM;
        }
    });
}

void parse_swap_current(std::string_view text, vigia_cgroup& record) {
    record.swap_current_bytes = number(text);
    record.valid |= VIGIA_CGROUP_VALID_SWAP;
}

void parse_swap_max(std::string_view text, vigia_cgroup& record) {
    record.swap_limit_bytes = limit(text);
}

// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0", one line per device that was used.
void parse_io_stat(std::string_view text, vigia_cgroup& record) {
    record.io_read_bytes = record.io_write_bytes = 0;
    record.io_read_calls = record.io_write_calls = 0;
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        for (std::string_view word = scan.word(); !word.empty(); word = scan.word()) {
            TextScan pair(word);
            record.io_read_bytes += pair.take("rbytes=") ? pair.number() : 0;
            record.io_write_bytes += pair.take("wbytes=") ? pair.number() : 0;
            record.io_read_calls += pair.take("rios=") ? pair.number() : 0;
            record.io_write_calls += pair.take("wios=") ? pair.number() : 0;
        }
    }
    record.valid |= VIGIA_CGROUP_VALID_IO;
}

void parse_pids_current(std::string_view text, vigia_cgroup& record) {
    record.task_count = number(text);
    record.valid |= cgroup_valid_tasks;
}

void parse_pids_max(std::string_view text, vigia_cgroup& record) {
    record.task_limit = limit(text);
}

void parse_cpu_pressure(std::string_view text, vigia_cgroup& record) {
    record.cpu_pressure = parse_pressure(text);
    record.valid |= VIGIA_CGROUP_VALID_PRESSURE;
}

void parse_memory_pressure(std::string_view text, vigia_cgroup& record) {
    record.memory_pressure = parse_pressure(text);
}

void parse_io_pressure(std::string_view text, vigia_cgroup& record) {
    record.io_pressure = parse_pressure(text);
}

constexpr CgroupFile files[] = {
    {cgroup_place_followed, "cpu.stat", CgroupPace::always, parse_cpu_stat,
     VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_CPU_SPLIT | VIGIA_CGROUP_VALID_THROTTLING},
    {cgroup_place_followed, "cpu.max", CgroupPace::limit, parse_cpu_max,
     VIGIA_CGROUP_VALID_CPU_LIMIT},
    {cgroup_place_followed, "cpu.weight", CgroupPace::limit, parse_cpu_weight,
     VIGIA_CGROUP_VALID_WEIGHT},
    {cgroup_place_followed, "memory.current", CgroupPace::always, parse_memory_current,
     VIGIA_CGROUP_VALID_MEMORY},
    {cgroup_place_followed, "memory.max", CgroupPace::limit, parse_memory_max,
     VIGIA_CGROUP_VALID_MEMORY},
    {cgroup_place_followed, "memory.high", CgroupPace::limit, parse_memory_high,
     VIGIA_CGROUP_VALID_MEMORY_HIGH},
    {cgroup_place_followed, "memory.peak", CgroupPace::active, parse_memory_peak,
     VIGIA_CGROUP_VALID_MEMORY_PEAK},
    {cgroup_place_followed, "memory.stat", CgroupPace::active, parse_memory_stat,
     cgroup_valid_memory_split | VIGIA_CGROUP_VALID_MEMORY_SLAB},
    {cgroup_place_followed, "memory.events", CgroupPace::active, parse_memory_events,
     VIGIA_CGROUP_VALID_OOM},
    {cgroup_place_followed, "memory.swap.current", CgroupPace::active, parse_swap_current,
     VIGIA_CGROUP_VALID_SWAP},
    {cgroup_place_followed, "memory.swap.max", CgroupPace::limit, parse_swap_max,
     VIGIA_CGROUP_VALID_SWAP},
    {cgroup_place_followed, "io.stat", CgroupPace::active, parse_io_stat, VIGIA_CGROUP_VALID_IO},
    {cgroup_place_followed, "pids.current", CgroupPace::always, parse_pids_current,
     cgroup_valid_tasks},
    {cgroup_place_followed, "pids.max", CgroupPace::limit, parse_pids_max, cgroup_valid_tasks},
    {cgroup_place_followed, "cpu.pressure", CgroupPace::always, parse_cpu_pressure,
     VIGIA_CGROUP_VALID_PRESSURE},
    {cgroup_place_followed, "memory.pressure", CgroupPace::always, parse_memory_pressure,
     VIGIA_CGROUP_VALID_PRESSURE},
    {cgroup_place_followed, "io.pressure", CgroupPace::always, parse_io_pressure,
     VIGIA_CGROUP_VALID_PRESSURE},
};

} // namespace

std::span<const CgroupFile> cgroup_files_v2() {
    return files;
}

vigia_pressure parse_pressure(std::string_view text) {
    vigia_pressure pressure{};
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        const std::string_view kind = scan.word();
        scan.skip_words(3); // the averages
        scan.skip_blanks();
        const uint64_t total_ns = scan.take("total=") ? scan.number() * ns_per_us : 0;
        (kind == "some" ? pressure.some_ns : pressure.full_ns) = total_ns;
    }
    return pressure;
}

} // namespace vigia::publish
