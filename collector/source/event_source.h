// SPDX-License-Identifier: MIT
// What happens to processes and control groups, as it happens: the file `events` of a directory,
// whoever writes it, followed through everything that may befall its writer.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include <vigia/events_reader.h>

#include "collector/base/result.h"
#include "collector/source/source.h"

namespace vigia::source {

// Since an EventSource was made, over all writers. received + lost is what was written meanwhile.
struct EventCounters {
    uint64_t received = 0; // given by next()
    uint64_t lost = 0;     // overwritten before they could be read
    uint64_t dropped = 0;  // known to a writer that could not write them
    uint64_t reopened = 0; // writers that came in the place of another
    uint64_t damaged = 0;  // files that contradicted themselves, and were left

    // What is missing in all.
    uint64_t missing() const { return lost + dropped; }
};

// One thread. Nothing here blocks, and next() allocates only when a file is opened.
class EventSource {
public:
    virtual ~EventSource() = default;
    // The next event, or null if there is none now. It stays where it is until the next call. Call
    // it until it gives null: that is what makes descriptor() unreadable, and finds new writers.
    virtual const vigia_event* next() = 0;
    // Readable when there may be something new, always the same one; -1 if it cannot be waited for.
    // It may be readable for nothing. The kernel's announcements lag by a bounded time.
    virtual int descriptor() const { return -1; }
    virtual EventCounters counters() const = 0;
    // Whether a writer is read at this moment.
    virtual bool is_open() const = 0;
    // Whether that one reports events of this kind. False without one.
    virtual bool reports(vigia_event_kind kind) const = 0;
    virtual vigia_writer_kind writer() const = 0;
};

// The file `events` of one directory at a time.
//
// It is opened when it is there, again when its writer left or replaced it, and another one when
// follow() names another directory. What a first file holds from before its opening is given only
// if it was asked for; a file that comes later is read from its beginning, and what it has
// overwritten by then is lost. After a change of directory, events that are not later than the last
// one given are passed over: both writers saw them.
class EventFile final : public EventSource {
public:
    // `control`: see open_directory().
    explicit EventFile(vigia_events_start start = VIGIA_EVENTS_NEWEST, Control control = {});
    ~EventFile() override;
    EventFile(const EventFile&) = delete;
    EventFile& operator=(const EventFile&) = delete;

    // Reads <directory>/events from now on; empty: nothing. Free of cost if it is the same again,
    // so that it can be called with SwitchingSource::directory() before every reading.
    void follow(const std::string& directory);
    // Opens the file if it is not open; next() does so, too. Errors: not_found, permission, newer,
    // damaged, failed.
    Status open();

    const vigia_event* next() override;
    int descriptor() const override { return epoll_; }
    EventCounters counters() const override;
    bool is_open() const override { return open_; }
    bool reports(vigia_event_kind kind) const override;
    vigia_writer_kind writer() const override;
    const std::string& path() const { return path_; }

private:
    const char* try_open();
    void begin_round();
    const vigia_event* take();
    void look_for_dropped();
    bool is_current() const;
    bool is_whole() const;
    void leave_damaged();
    void close();
    void watch();
    void watch_directory();
    void acknowledge() const;

    vigia_events_start start_;
    Control control_;
    std::string directory_;
    std::string path_;

    vigia_events events_{}; // while open_
    bool open_ = false;
    bool in_round_ = false; // between two nulls
    bool leaving_ = false;  // its writer had left before this round began
    bool polls_ = false;    // its descriptor can be waited for
    dev_t device_ = 0;
    ino_t inode_ = 0;
    off_t inode_size_bytes_ = 0;    // 0 for a file of /proc
    uint64_t dropped_ = 0;          // as of the last null
    uint64_t dropped_at_start_ = 0; // before we came

    uint64_t left_instance_ = 0; // of the writer whose file was closed last
    uint64_t left_layout_ = 0;
    bool was_looked_for_ = false; // a file of this directory
    bool was_open_ = false;
    uint64_t last_ns_ = 0;        // of the latest event given
    uint64_t passed_over_ns_ = 0; // events up to here were another writer's, too
    EventCounters closed_;        // of files before this one; received of all

    int epoll_;
    int inotify_;
    int directory_watch_ = -1;
    int file_watch_ = -1;
};

} // namespace vigia::source
