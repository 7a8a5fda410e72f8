// SPDX-License-Identifier: MIT
// What the publisher remembers of a process between refreshes.
#pragma once

#include <array>
#include <cstdint>

#include <vigia/processes.h>

#include "collector/publish/proc_text.h"

namespace vigia::publish {

// The files of a process that are read again and again.
enum ProcessFile : uint8_t {
    process_file_schedstat,
    process_file_stat,
    process_file_status,
    process_file_io,
    process_file_count,
};

struct ProcessEntry {
    vigia_process record{};
    ProcSchedstat schedstat;           // at the last whole reading
    uint64_t read_at_ns = 0;           // CLOCK_MONOTONIC of the last whole reading
    uint64_t first_read_at_ns = 0;     // ... of the first
    uint64_t active_at_ns = 0;         // ... in which it was seen to have run
    uint64_t oom_adjustment_at_ns = 0; // ... in which oom_score_adj was read
    std::array<int, process_file_count> files{-1, -1, -1, -1}; // kept open, or -1
    uint32_t cgroup_slot = 0; // of record.cgroup_id in CgroupTree::activity(), if that is valid
    bool whole = false;       // has been read completely
    bool reread = false;      // read it whole in the next pass, whatever schedstat says
    bool io_refused = false;  // /proc/PID/io is not for us
    bool has_asked_cgroup = false; // /proc/PID/cgroup was read in vain
};

} // namespace vigia::publish
