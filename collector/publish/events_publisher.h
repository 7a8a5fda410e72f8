// SPDX-License-Identifier: MIT
// Fills the file `events` on a thread of its own, so that neither waits for the refreshes nor makes
// them slower. What it can tell depends on what this process may listen to:
//
//   fork, exec, exit       the process connector; without it exit alone, from taskstats
//   an exit's counters     taskstats
//   control groups         inotify
//   OOM kills              the kernel's log; without it the cgroups' counts, which name no victim
//
// The header's features say which kinds come; a group of fields that is unknown is not valid.
//
// What an event may lack, or have otherwise than the kernel modules tell it:
//   times of cgroup events, OOM kills    when they were noticed: milliseconds late
//   file name of an exec                 as it is when the message is read; of a script, or behind
//                                        a link: its last component, cut to 15 bytes; if the
//                                        process is gone by then: none
//   run time of an exit                  of a process that ever slept: without what ran since the
//                                        last tick or switch; where taking it down took more than a
//                                        millisecond: without that. User and system time are
//                                        samples: of one short life far off, of many right on
//                                        average
//   I/O of an exit                       VIGIA_EVENT_EXIT_COARSE_IO
//   start time, cgroup                   process_lives.h says when they are off
//   trigger of an OOM kill, inner pid    never known
//
// It works while somebody has the file open or mapped, and rests limits::event_linger_ns after the
// last one: nothing is listened to then (reader_watch.h). Who comes next finds the records of
// before, VIGIA_EVENT_SENSOR_UNLOADED as their last, and dropped_count grows by one when all is
// listened to again, which VIGIA_EVENT_SENSOR_LOADED tells: what happened in between is lost, and
// nobody knows how much it was. A reader that follows the file from here on misses nothing.
//
// Lost: dropped_count of the ring grows by the number of the connector's messages that the kernel
// had no room for, which it numbers; some of them are about threads, and would have been no event.
// Exits among them may still come, from their exit records: they are counted there and told all the
// same. For what else was lost it grows by one each time that the kernel says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "collector/base/limits.h"
#include "collector/base/result.h"
#include "collector/publish/cgroup_mounts.h"
#include "collector/publish/directory.h"
#include "collector/publish/event_origin.h"

namespace vigia::publish {

struct EventsConfig {
    CgroupMounts mounts;
    uint64_t tick_ns = 10'000'000;
    uint64_t writer_instance = 1;
    uint32_t records = limits::event_records;
    std::size_t connector_buffer_bytes = limits::connector_buffer_bytes;
    std::size_t taskstats_buffer_bytes = limits::taskstats_buffer_bytes;
    std::size_t cgroup_watches = limits::event_cgroup_watches;
    std::string log_path = "/dev/kmsg";
    std::string proc_path = "/proc";
    bool with_processes = true; // a test may do without the host's
};

struct EventsStats {
    uint64_t records = 0;
    uint64_t lost_messages = 0; // of the connector
    uint64_t overruns = 0;      // times that a socket had no room
    uint64_t malformed = 0;     // messages that were none
    uint64_t known_processes = 0;
    uint64_t unwatched_cgroups = 0;
    uint64_t cpu_ns = 0;  // of the thread
    bool resting = false; // nobody reads
};

// Thread-safe, but for its creation and end.
class EventsPublisher {
public:
    // `directory` is borrowed. Listens and publishes from here on.
    static Result<std::unique_ptr<EventsPublisher>> start(const Directory& directory,
                                                          EventsConfig config);
    // Ends the thread, then the file.
    ~EventsPublisher();
    EventsPublisher(const EventsPublisher&) = delete;
    EventsPublisher& operator=(const EventsPublisher&) = delete;

    const std::vector<EventOrigin>& origins() const;
    EventsStats stats() const;

private:
    struct State;
    explicit EventsPublisher(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace vigia::publish
