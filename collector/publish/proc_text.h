// SPDX-License-Identifier: MIT
// Parsers of the text files under /proc/PID. Pure functions over the text: nothing is allocated.
// Each returns false for text that is not what the kernel writes (then the output means nothing).
#pragma once

#include <cstdint>
#include <string_view>

namespace vigia::publish {

// /proc/PID/stat, proc(5). Times in clock ticks, rss in pages.
struct ProcStat {
    uint32_t pid = 0;
    std::string_view comm; // raw bytes, may hold anything; points into the text
    char state = '?';
    uint32_t parent_pid = 0;
    uint32_t flags = 0; // PF_*
    uint64_t minor_faults = 0;
    uint64_t major_faults = 0;
    uint64_t user_ticks = 0;
    uint64_t system_ticks = 0;
    int32_t nice = 0;
    uint32_t thread_count = 0;
    uint64_t start_ticks = 0;
    uint64_t virtual_bytes = 0;
    uint64_t rss_pages = 0;
    uint32_t last_cpu = 0;
    uint64_t block_delay_ticks = 0; // of the leader thread
};
bool parse_proc_stat(std::string_view text, ProcStat& stat);

// /proc/PID/status. A process without memory of its own (kernel thread, zombie) has no Vm lines.
struct ProcStatus {
    bool has_memory = false;    // VmRSS was there
    bool has_rss_split = false; // RssAnon was there (4.5 and newer)
    bool has_namespace_pid = false;
    uint32_t uid = 0;
    uint32_t effective_uid = 0;
    uint32_t namespace_pid = 0; // the innermost
    uint64_t rss_bytes = 0;
    uint64_t rss_anon_bytes = 0;
    uint64_t rss_file_bytes = 0;
    uint64_t rss_shared_bytes = 0;
    uint64_t rss_peak_bytes = 0;
    uint64_t swap_bytes = 0;
    uint64_t voluntary_switches = 0;
    uint64_t involuntary_switches = 0;
};
bool parse_proc_status(std::string_view text, ProcStatus& status);

// /proc/PID/io.
struct ProcIo {
    uint64_t read_chars_bytes = 0;
    uint64_t write_chars_bytes = 0;
    uint64_t read_calls = 0;
    uint64_t write_calls = 0;
    uint64_t read_bytes = 0;
    uint64_t write_bytes = 0;
    uint64_t cancelled_write_bytes = 0;
};
bool parse_proc_io(std::string_view text, ProcIo& io);

// /proc/PID/schedstat: of the leader thread. All zero on a kernel without scheduler information.
struct ProcSchedstat {
    uint64_t runtime_ns = 0;
    uint64_t run_delay_ns = 0;
    uint64_t timeslices = 0;
    bool operator==(const ProcSchedstat&) const = default;
};
bool parse_proc_schedstat(std::string_view text, ProcSchedstat& schedstat);

// The path in a line of /proc/PID/cgroup. `controller` is "" for the unified hierarchy (line 0::),
// else a controller's name or "name=...". False if there is no such line.
bool find_cgroup_path(std::string_view text, std::string_view controller, std::string_view& path);

} // namespace vigia::publish
