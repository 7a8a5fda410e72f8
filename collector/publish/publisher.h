// SPDX-License-Identifier: MIT
// The publisher: fills the ABI's files from the text files of /proc and cgroupfs, on any kernel
// that cannot load Vigia's modules. Readers cannot tell the difference but by the valid masks.
//
// It never reads anything that can stall the process it looks at (no smaps, no cmdline, no maps).
//
// What a record may lag behind /proc, and by how much at most:
//   a process that ran since the last refresh     nothing
//   one that did not: memory lost to reclaim      quiet_reread_ns
//     and swap, nice, oom_score_adj
//   its parent and its cgroup                     nothing
//   limits and weights of a cgroup                limits::cgroup_limits_reread_ns
//   details of the memory, and the I/O, of one    limits::cgroup_limits_reread_ns
//     in which nothing ran
// How it knows that a process did not run: process_reader.h and CgroupTree::activity().
//
// What text cannot tell: the times of a process with threads move in clock ticks; its run delay and
// switches are the leader thread's (VIGIA_PROCESS_FLAG_LEADER_SWITCHES). Kernel threads and zombies
// have no memory of their own: valid, and 0. memory_slab_bytes is 0 on cgroup v1, which has no
// such figure. A process whose files are refused altogether (hidepid) has no identity and so no
// record; the slot's unreadable_count counts it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/limits.h"
#include "collector/base/result.h"
#include "collector/publish/events_publisher.h"

namespace vigia::publish {

struct PublisherConfig {
    std::string directory;                // made 0750 if missing; files in it are made 0440
    std::vector<std::string> mounts{"/"}; // mount points whose storage is published
    uint64_t refresh_interval_ns = 0;     // told to readers in `info`; 0: on demand
    // A sleeping process is read whole at least this often (see process_reader.h); 0: every time.
    uint64_t quiet_reread_ns = limits::quiet_reread_ns;
    uint32_t processes_initial = limits::processes_initial; // records in the first files
    uint32_t cgroups_initial = limits::cgroups_initial;
    std::string proc_path = "/proc"; // a test may point it elsewhere
    bool with_events = false;        // also fill `events`, on a thread of its own
};

struct PublisherStats {
    uint64_t refreshes = 0;
    uint64_t last_duration_ns = 0;
    uint64_t last_cpu_ns = 0;
    uint64_t total_cpu_ns = 0;
    uint64_t processes = 0;
    uint64_t cgroups = 0;
    uint64_t vanished = 0; // processes that ended while they were read, ever
    uint64_t kept_open_files = 0;
    uint64_t files_read = 0; // reads in the last refresh
};

// One thread, and that of the events. Nothing is allocated in refresh() after warm-up on a host
// whose processes do not change.
class Publisher {
public:
    // Takes the directory for itself (a lock file in it): a second live publisher gets
    // `unavailable`.
    static Result<std::unique_ptr<Publisher>> create(PublisherConfig config);
    // Marks all files dead and removes them.
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    // Writes a new snapshot of every file. An error says what failed first; the other files are
    // written all the same, and one that cannot grow holds what fits (truncated_count).
    Status refresh();
    const PublisherStats& stats() const;
    const std::string& directory() const;
    // nullptr unless with_events.
    const EventsPublisher* events() const;

private:
    struct State;
    explicit Publisher(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace vigia::publish
