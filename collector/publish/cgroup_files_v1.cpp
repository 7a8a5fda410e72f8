// SPDX-License-Identifier: MIT
// cgroup v1: Documentation/admin-guide/cgroup-v1. memory.stat's total_* include the descendants, as
// all v2 figures do.
#include "collector/publish/cgroup_files.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr uint64_t ns_per_us = 1'000;
// v1 writes "no limit" as LONG_MAX rounded down to a page, or its double for memory and swap: no
// machine has so much.
constexpr uint64_t no_limit_from_bytes = uint64_t{1} << 62;

uint64_t number(std::string_view text) {
    return TextScan(text).number();
}

uint64_t limit(std::string_view text) {
    const uint64_t bytes = number(text);
    return bytes >= no_limit_from_bytes ? VIGIA_NO_LIMIT : bytes;
}

template <typename Visit>
void for_each_pair(std::string_view text, Visit visit) {
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        const std::string_view key = scan.word();
        visit(key, scan.number());
    }
}

void parse_cpu_usage(std::string_view text, vigia_cgroup& record) {
    record.cpu_usage_ns = number(text);
    record.valid |= VIGIA_CGROUP_VALID_CPU;
}

void parse_cpu_user(std::string_view text, vigia_cgroup& record) {
    record.cpu_user_ns = number(text);
}

void parse_cpu_system(std::string_view text, vigia_cgroup& record) {
    record.cpu_system_ns = number(text);
    record.valid |= VIGIA_CGROUP_VALID_CPU_SPLIT;
}

void parse_cpu_stat(std::string_view text, vigia_cgroup& record) {
    for_each_pair(text, [&](std::string_view key, uint64_t value) {
        if (key == "nr_periods") {
            record.cpu_periods = value;
        } else if (key == "nr_throttled") {
            record.cpu_throttled_periods = value;
        } else if (key == "throttled_time") { // ns, unlike v2
            record.cpu_throttled_ns = value;
            record.valid |= VIGIA_CGROUP_VALID_THROTTLING;
        }
    });
}

// -1: no limit.
void parse_cpu_quota(std::string_view text, vigia_cgroup& record) {
    const int64_t quota_us = TextScan(text).signed_number();
    record.cpu_quota_ns =
        quota_us < 0 ? VIGIA_NO_LIMIT : static_cast<uint64_t>(quota_us) * ns_per_us;
    record.valid |= VIGIA_CGROUP_VALID_CPU_LIMIT;
}

void parse_cpu_period(std::string_view text, vigia_cgroup& record) {
    record.cpu_period_ns = number(text) * ns_per_us;
}

// shares 2..262144 onto weight 1..10000: the linear conversion of the OCI runtimes.
void parse_cpu_shares(std::string_view text, vigia_cgroup& record) {
    const uint64_t shares = number(text);
    record.cpu_weight = shares <= 2 ? 1 : 1 + (shares - 2) * 9999 / 262142;
    record.valid |= VIGIA_CGROUP_VALID_WEIGHT;
}

void parse_memory_usage(std::string_view text, vigia_cgroup& record) {
    record.memory_current_bytes = number(text);
    record.valid |= VIGIA_CGROUP_VALID_MEMORY;
}

void parse_memory_limit(std::string_view text, vigia_cgroup& record) {
    record.memory_limit_bytes = limit(text);
}

void parse_memory_peak(std::string_view text, vigia_cgroup& record) {
    record.memory_peak_bytes = number(text);
    record.valid |= VIGIA_CGROUP_VALID_MEMORY_PEAK;
}

// total_cache counts shared memory too, as v2's "file" does; v1 has no slab figure here.
void parse_memory_stat(std::string_view text, vigia_cgroup& record) {
    uint64_t all_faults = 0;
    for_each_pair(text, [&](std::string_view key, uint64_t value) {
        if (key == "total_rss") {
            record.memory_anon_bytes = value;
            record.valid |= cgroup_valid_memory_split;
        } else if (key == "total_cache") {
            record.memory_file_bytes = value;
        } else if (key == "total_inactive_file") {
            record.memory_inactive_file_bytes = value;
        } else if (key == "total_shmem") {
            record.memory_shared_bytes = value;
        } else if (key == "total_pgfault") {
            all_faults = value;
        } else if (key == "total_pgmajfault") {
            record.major_faults = value;
        } else if (key == "total_swap") {
            record.swap_current_bytes = value;
            record.valid |= VIGIA_CGROUP_VALID_SWAP;
        }
    });
    record.minor_faults = all_faults > record.major_faults ? all_faults - record.major_faults : 0;
}

// v1 limits memory and swap together; what swap may hold is at most the difference.
void parse_memory_swap_limit(std::string_view text, vigia_cgroup& record) {
    const uint64_t both = limit(text);
    const uint64_t memory = record.memory_limit_bytes;
    record.swap_limit_bytes = both == VIGIA_NO_LIMIT || memory == VIGIA_NO_LIMIT ? both
                              : both > memory                                    ? both - memory
                                                                                 : 0;
}

void parse_oom_control(std::string_view text, vigia_cgroup& record) {
    for_each_pair(text, [&](std::string_view key, uint64_t value) {
        if (key == "oom_kill") {
            record.oom_kills = value;
            record.valid |= VIGIA_CGROUP_VALID_OOM;
        }
    });
}

// "8:0 Read 123", "8:0 Write 45", ..., one group of lines per device.
void sum_devices(std::string_view text, uint64_t& read, uint64_t& write) {
    read = write = 0;
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        scan.skip_words(1);
        const std::string_view kind = scan.word();
        const uint64_t value = scan.number();
        read += kind == "Read" ? value : 0;
        write += kind == "Write" ? value : 0;
    }
}

void parse_io_bytes(std::string_view text, vigia_cgroup& record) {
    sum_devices(text, record.io_read_bytes, record.io_write_bytes);
    record.valid |= VIGIA_CGROUP_VALID_IO;
}

void parse_io_calls(std::string_view text, vigia_cgroup& record) {
    sum_devices(text, record.io_read_calls, record.io_write_calls);
}

void parse_pids_current(std::string_view text, vigia_cgroup& record) {
    record.task_count = number(text);
    record.valid |= cgroup_valid_tasks;
}

void parse_pids_max(std::string_view text, vigia_cgroup& record) {
    record.task_limit = text.starts_with("max") ? VIGIA_NO_LIMIT : number(text);
}

constexpr CgroupFile files[] = {
    {cgroup_place_cpuacct, "cpuacct.usage", CgroupPace::always, parse_cpu_usage,
     VIGIA_CGROUP_VALID_CPU},
    {cgroup_place_cpuacct, "cpuacct.usage_user", CgroupPace::active, parse_cpu_user,
     VIGIA_CGROUP_VALID_CPU_SPLIT},
    {cgroup_place_cpuacct, "cpuacct.usage_sys", CgroupPace::active, parse_cpu_system,
     VIGIA_CGROUP_VALID_CPU_SPLIT},
    {cgroup_place_cpu, "cpu.stat", CgroupPace::active, parse_cpu_stat,
     VIGIA_CGROUP_VALID_THROTTLING},
    {cgroup_place_cpu, "cpu.cfs_quota_us", CgroupPace::limit, parse_cpu_quota,
     VIGIA_CGROUP_VALID_CPU_LIMIT},
    {cgroup_place_cpu, "cpu.cfs_period_us", CgroupPace::limit, parse_cpu_period,
     VIGIA_CGROUP_VALID_CPU_LIMIT},
    {cgroup_place_cpu, "cpu.shares", CgroupPace::limit, parse_cpu_shares,
     VIGIA_CGROUP_VALID_WEIGHT},
    {cgroup_place_memory, "memory.usage_in_bytes", CgroupPace::always, parse_memory_usage,
     VIGIA_CGROUP_VALID_MEMORY},
    {cgroup_place_memory, "memory.limit_in_bytes", CgroupPace::limit, parse_memory_limit,
     VIGIA_CGROUP_VALID_MEMORY},
    {cgroup_place_memory, "memory.max_usage_in_bytes", CgroupPace::active, parse_memory_peak,
     VIGIA_CGROUP_VALID_MEMORY_PEAK},
    {cgroup_place_memory, "memory.stat", CgroupPace::active, parse_memory_stat,
     cgroup_valid_memory_split | VIGIA_CGROUP_VALID_SWAP},
    {cgroup_place_memory, "memory.memsw.limit_in_bytes", CgroupPace::limit, parse_memory_swap_limit,
     VIGIA_CGROUP_VALID_SWAP},
    {cgroup_place_memory, "memory.oom_control", CgroupPace::active, parse_oom_control,
     VIGIA_CGROUP_VALID_OOM},
    {cgroup_place_blkio, "blkio.throttle.io_service_bytes_recursive", CgroupPace::active,
     parse_io_bytes, VIGIA_CGROUP_VALID_IO},
    {cgroup_place_blkio, "blkio.throttle.io_serviced_recursive", CgroupPace::active, parse_io_calls,
     VIGIA_CGROUP_VALID_IO},
    {cgroup_place_pids, "pids.current", CgroupPace::always, parse_pids_current, cgroup_valid_tasks},
    {cgroup_place_pids, "pids.max", CgroupPace::limit, parse_pids_max, cgroup_valid_tasks},
};

} // namespace

std::span<const CgroupFile> cgroup_files_v1() {
    return files;
}

} // namespace vigia::publish
