// SPDX-License-Identifier: MIT
// Brings one process's entry up to date from its files under /proc.
//
// Most processes of a host sleep, and for them one small file says so. /proc/PID/schedstat counts
// the leader thread's time on a CPU and its time slices: if nothing moved there since the last
// whole reading, a process with one thread has not run since, so neither its times, its faults, its
// I/O nor its name can have changed. Where whole cgroups stand still (CgroupTree::activity), not
// even that is read. What others can do to a sleeping process is seen late, but within
// quiet_reread_ns: memory taken by reclaim or swap, renice, oom_score_adj. A new parent and a new
// cgroup are seen at once (see ProcessTable and CgroupTree).
#pragma once

#include <cstdint>

#include "collector/base/limits.h"
#include "collector/publish/process_entry.h"
#include "collector/publish/text_reader.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

enum class ReadOutcome : uint8_t {
    current,    // the record is what /proc says
    vanished,   // the process is gone
    replaced,   // the pid belongs to another process now
    unreadable, // not for us, or not in the kernel's format
};

// What holds for all processes of a host.
struct ProcessHost {
    uint64_t tick_ns = 10'000'000; // the step of CPU times and start times in stat
    uint64_t page_size_bytes = 4096;
    bool has_schedstat = false;   // schedstat holds figures
    bool has_block_delay = false; // delay accounting is on
    uint64_t quiet_reread_ns = limits::quiet_reread_ns;
};

// Keeps files open between refreshes, up to a budget. A kept descriptor belongs to the process, not
// to its pid: once the process is gone, reading gives ESRCH, whoever has the pid now. One thread.
class ProcessReader {
public:
    // `proc` is an open /proc directory, borrowed.
    ProcessReader(int proc, const ProcessHost& host, uint64_t kept_files_maximum);

    // Brings `entry` (of record.pid) up to date at `now_ns` (CLOCK_MONOTONIC).
    ReadOutcome read(ProcessEntry& entry, uint64_t now_ns);
    // True if the entry is whole and young enough to stand for a process that did not run since.
    bool is_fresh(const ProcessEntry& entry, uint64_t now_ns) const;
    // Closes what is kept for an entry.
    void release(ProcessEntry& entry);

    uint64_t kept_files() const { return kept_files_; }
    uint64_t reads() const { return text_.reads(); }

private:
    Text read_file(ProcessEntry& entry, ProcessFile file, bool keep);
    Text read_path(ProcessEntry& entry, const char* name, UniqueFd& kept);
    int open_directory(ProcessEntry& entry);
    ReadOutcome read_once(ProcessEntry& entry, uint64_t now_ns);
    ReadOutcome read_whole(ProcessEntry& entry, const ProcSchedstat& schedstat, uint64_t now_ns);
    ReadOutcome read_stat(ProcessEntry& entry, const ProcSchedstat& schedstat, bool keep);
    ReadOutcome read_status(ProcessEntry& entry, bool keep);
    ReadOutcome read_io(ProcessEntry& entry, bool keep);
    void read_oom_adjustment(ProcessEntry& entry, uint64_t now_ns);

    int proc_;
    ProcessHost host_;
    uint64_t kept_files_maximum_;
    uint64_t kept_files_ = 0;
    UniqueFd directory_; // /proc/PID of the process being read, once it was needed
    TextReader text_;
};

} // namespace vigia::publish
