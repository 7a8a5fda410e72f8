// SPDX-License-Identifier: MIT
// From the kernel's messages about threads to events about processes.
//
// A process ends with its last thread, which no message says: threads are counted. Those of a
// process that was there before us, or while messages were lost, are counted from what /proc says,
// and its end is believed only if /proc agrees.
//
// Start times are those of /proc/PID/stat, read when the message comes. A process that is gone by
// then gets the time of the message about its birth, cut down to a clock tick as /proc does: the
// same figure but where a tick lay between the two, microseconds apart. One whose birth we missed
// gets it from its age in its exit record: within a few ticks.
//
// A control group is the parent's at birth, and is asked for at exec and, of a process that lived
// for a while, at its end. One that moved without either and is gone by then shows the last one
// known.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collector/base/clock.h"
#include "collector/publish/connector_message.h"
#include "collector/publish/events_file.h"
#include "collector/publish/process_look.h"
#include "collector/publish/taskstats_message.h"

namespace vigia::publish {

// What taskstats can tell here.
struct UsageSupport {
    bool there = false;
    bool has_runtime = false;
    bool has_memory = false;
};

enum class Connector : uint8_t {
    absent,  // no messages come but exit records
    drained, // all that had come was handled
    has_more,
};

// As far as known; 0: not.
struct Identity {
    uint64_t start_time_ns = 0;
    uint64_t cgroup_id = 0;
    uint32_t parent_pid = 0;
};

// One thread. Memory is bounded by limits::event_processes_maximum and event_usages_maximum.
class ProcessLives {
public:
    // Both are borrowed.
    ProcessLives(ProcessLooker& looker, EventSink& sink, uint64_t tick_ns, UsageSupport support);

    // Takes down who is there. After the subscription, so that nobody is born unseen in between.
    void begin(const Instant& now);
    // All exit records that came before the messages that are handled next: the kernel sends a
    // thread's record before the message about its exit. Without a connector they are all there is.
    void note(const ThreadUsage& usage, const Instant& now);
    void handle(const ProcessMessage& message, const Instant& now);
    // Messages did not come: what is known of everybody has to be checked.
    void note_loss(const Instant& now);
    // Whatever only waited for time to pass. Returns when that is to be asked again (ns from now),
    // or 0: after the next message. While the connector has more, what is waited for may be in
    // there, and nothing is settled.
    uint64_t settle(const Instant& now, Connector connector);

    // Who a pid is now.
    Identity identify(uint32_t pid, const Instant& now);
    std::size_t known() const { return processes_.size(); }
    std::size_t waiting() const { return usages_.size(); }

private:
    struct Process {
        uint64_t start_time_ns = 0;   // 0: unknown
        uint64_t birth_ns = 0;        // CLOCK_MONOTONIC, a little after; 0: not seen
        uint64_t cgroup_id = 0;       // 0: unknown
        uint64_t cgroup_asked_ns = 0; // CLOCK_MONOTONIC
        uint32_t parent_pid = 0;      // 0: unknown
        uint32_t uid = 0;
        int32_t live_threads = 1;
        uint32_t epoch = 0; // since when its threads are counted from its birth; 0: not so
        Comm comm{};
        bool has_user = false;
        bool has_comm = false;
        bool is_kernel_thread = false;
        bool was_threaded = false;
        bool usage_missing = false; // of one of its threads
        bool is_ending = false;     // the end is known; its last messages are waited for
        bool is_suspect = false;    // was not in /proc when somebody looked
        bool has_end = false;       // the thread that began its end last is known:
        uint32_t end_status = 0;    // what that one left
        uint64_t end_by_ns = 0;     // CLOCK_MONOTONIC; if is_ending
        ThreadUsage usage;          // summed over the threads that ended
        ProcessMessage last_exit;   // of a thread
    };
    struct Waiting {
        ThreadUsage usage;
        uint64_t since_ns = 0;
    };

    bool is_counted(const Process& process) const { return process.epoch == epoch_; }
    Process* find(uint32_t tgid);
    Process* find_or_meet(uint32_t tgid, const Instant& now);
    Process* insert(uint32_t tgid, const Process& process);
    Process met(uint32_t tgid, const ProcessLook& seen, const Instant& now);
    void ask_cgroup(Process& process, uint32_t tgid, const Instant& now);
    bool is_same(const Process& process, const ProcessLook& seen) const;
    bool is_gone(Process& process, uint32_t tgid);

    void handle_fork(const ProcessMessage& message, const Instant& now);
    void handle_exec(const ProcessMessage& message, const Instant& now);
    void handle_exit(const ProcessMessage& message, const Instant& now);
    void handle_change(const ProcessMessage& message);
    Process born(const ProcessMessage& message, const Process* parent, const Instant& now);
    bool take_usage(Process& process, const ProcessMessage& message);
    void consider_end(uint32_t tgid, Process& process, bool is_hinted, const Instant& now);
    void await_end(uint32_t tgid, Process& process, const Instant& now);
    void end_alone(const ThreadUsage& usage, const Instant& now);
    void finish(uint32_t tgid, Process& process, const Instant& now);
    void complete(uint32_t tgid, Process& process, const Instant& now);
    uint32_t usage_groups(const Process& process) const;
    void write_exit(uint32_t tgid, const Process& process);
    void forget_dead(const Instant& now);
    uint64_t settle_endings(const Instant& now);
    uint64_t settle_orphans(const Instant& now, bool has_connector);

    ProcessLooker& looker_;
    EventSink& sink_;
    uint64_t tick_ns_;
    UsageSupport support_;
    uint32_t epoch_ = 1;
    bool has_lost_ = false;
    uint64_t pruned_ns_ = 0;
    std::unordered_map<uint32_t, Process> processes_; // by thread group
    std::unordered_map<uint32_t, Waiting> usages_;    // by thread
    std::vector<uint32_t> ending_;
};

} // namespace vigia::publish
