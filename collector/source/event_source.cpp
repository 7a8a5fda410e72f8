// SPDX-License-Identifier: MIT
#include "collector/source/event_source.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <vigia/control.h>

#include "collector/base/limits.h"
#include "collector/source/file_error.h"

namespace vigia::source {
namespace {

int ask_kernel(int descriptor, unsigned long request, void* argument) {
    return ioctl(descriptor, request, argument) == 0 ? 0 : errno;
}

bool add_to(int epoll, int descriptor) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

void read_away(int inotify) {
    alignas(inotify_event) std::array<char, 4096> buffer;
    while (::read(inotify, buffer.data(), buffer.size()) > 0) {
    }
}

} // namespace

EventFile::EventFile(vigia_events_start start, Control control)
    : start_(start), control_(control ? std::move(control) : ask_kernel),
      epoll_(epoll_create1(EPOLL_CLOEXEC)), inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (epoll_ >= 0 && inotify_ >= 0) {
        add_to(epoll_, inotify_);
    }
}

EventFile::~EventFile() {
    close();
    if (inotify_ >= 0) {
        ::close(inotify_);
    }
    if (epoll_ >= 0) {
        ::close(epoll_);
    }
}

void EventFile::follow(const std::string& directory) {
    if (directory == directory_) {
        return;
    }
    close();
    if (directory_watch_ >= 0) {
        inotify_rm_watch(inotify_, directory_watch_);
        directory_watch_ = -1;
    }
    acknowledge();
    directory_ = directory;
    path_ = directory.empty() ? "" : directory + "/events";
    passed_over_ns_ = last_ns_;
    was_looked_for_ = false;
    (void)try_open();
}

Status EventFile::open() {
    if (path_.empty()) {
        return Error(ErrorKind::not_found, "this source has no events");
    }
    const char* reason = open_ ? nullptr : try_open();
    return reason == nullptr ? Status() : rejected(path_, reason, errno);
}

// From where a file is read: what was there before us is passed over, unless it was asked for; of
// one that came later, and of one that takes over from another, everything is wanted.
const char* EventFile::try_open() {
    if (path_.empty()) {
        return VIGIA_ERROR_OPEN;
    }
    watch_directory();
    const bool is_first = !std::exchange(was_looked_for_, true);
    const bool only_new = is_first && passed_over_ns_ == 0 && start_ == VIGIA_EVENTS_NEWEST;
    const char* reason = vigia_events_open(
        path_.c_str(), only_new ? VIGIA_EVENTS_NEWEST : VIGIA_EVENTS_OLDEST, &events_);
    if (reason != nullptr) {
        return reason;
    }
    const vigia_file_header& header = events_.file.header;
    if (header.writer_instance == left_instance_ && header.layout_generation == left_layout_ &&
        vigia_events_is_live(&events_) == 0) {
        vigia_events_close(&events_); // read to its end already, and still lying there
        errno = ENOENT;
        return VIGIA_ERROR_OPEN;
    }
    dropped_ = 0;
    dropped_at_start_ = is_first ? vigia_events_dropped_count(&events_) : 0;
    if (!is_first) {
        for (uint32_t i = 0; i < events_.ring_count; i++) {
            events_.rings[i].cursor = 0; // what is overwritten by now was for us
        }
    }
    struct stat status {};
    fstat(events_.descriptor, &status);
    device_ = status.st_dev;
    inode_ = status.st_ino;
    inode_size_bytes_ = status.st_size;
    open_ = true;
    in_round_ = false;
    if (std::exchange(was_open_, true)) {
        closed_.reopened++;
    }
    watch();
    return nullptr;
}

// The directory tells that a file came into it. One of /proc does not: there next() has to look.
void EventFile::watch_directory() {
    if (inotify_ >= 0 && directory_watch_ < 0) {
        directory_watch_ =
            inotify_add_watch(inotify_, directory_.c_str(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
    }
}

// The kernel's file is waited for itself; a publisher touches its file's times with each
// announcement. A file that only says that it is the kernel's takes no poll.
void EventFile::watch() {
    polls_ = events_.file.header.writer_kind == VIGIA_WRITER_KERNEL && epoll_ >= 0 &&
             add_to(epoll_, events_.descriptor);
    if (!polls_ && inotify_ >= 0) {
        file_watch_ =
            inotify_add_watch(inotify_, path_.c_str(), IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
    }
}

void EventFile::close() {
    if (!open_) {
        return;
    }
    if (polls_) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, events_.descriptor, nullptr);
    }
    if (file_watch_ >= 0) {
        inotify_rm_watch(inotify_, file_watch_); // gone by itself if its file is
    }
    const EventCounters all = counters();
    left_instance_ = events_.file.header.writer_instance;
    left_layout_ = events_.file.header.layout_generation;
    closed_.lost = all.lost;
    closed_.dropped = all.dropped;
    vigia_events_close(&events_);
    polls_ = false;
    file_watch_ = -1;
    open_ = false;
    acknowledge(); // that the watch is gone
}

// The mapping is looked at last: behind the end of a file that became shorter it would fault.
bool EventFile::is_current() const {
    if (inode_size_bytes_ != 0) {
        struct stat status {};
        if (stat(path_.c_str(), &status) != 0 || status.st_dev != device_ ||
            status.st_ino != inode_) {
            return false;
        }
    }
    return vigia_events_is_live(&events_) != 0;
}

// Whether what is mapped is still there: nobody but the owner of a plain file can shorten it.
bool EventFile::is_whole() const {
    struct stat status {};
    return inode_size_bytes_ == 0 ||
           (fstat(events_.descriptor, &status) == 0 && status.st_size >= inode_size_bytes_);
}

// Whatever inotify has told is known by now: without this the descriptor would stay readable.
void EventFile::acknowledge() const {
    if (inotify_ >= 0) {
        read_away(inotify_);
    }
}

// Acknowledges what was announced, before it is read: what comes from here on is announced anew.
void EventFile::begin_round() {
    in_round_ = true;
    acknowledge();
    if (!is_whole()) {
        leave_damaged();
        return;
    }
    if (writer() == VIGIA_WRITER_KERNEL) {
        vigia_refresh acknowledge{};
        acknowledge.max_age_ns = UINT64_MAX;
        (void)control_(events_.descriptor, VIGIA_IOC_REFRESH, &acknowledge);
    }
    leaving_ = !is_current();
}

// A file that contradicts itself, or was made shorter, is not looked at again; the next one is.
void EventFile::leave_damaged() {
    closed_.damaged++;
    close();
}

void EventFile::look_for_dropped() {
    const uint64_t count = vigia_events_dropped_count(&events_);
    dropped_ = count > dropped_at_start_ ? count - dropped_at_start_ : 0;
}

const vigia_event* EventFile::take() {
    while (const vigia_event* event = vigia_events_next(&events_)) {
        if (event->time_ns > passed_over_ns_) {
            last_ns_ = std::max(last_ns_, event->time_ns);
            closed_.received++;
            return event;
        }
    }
    passed_over_ns_ = 0;
    return nullptr;
}

const vigia_event* EventFile::next() {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        if (!open_) {
            acknowledge();
            if (try_open() != nullptr) {
                return nullptr;
            }
        }
        if (!in_round_) {
            begin_round();
            if (!open_) {
                return nullptr;
            }
        }
        if (const vigia_event* event = take()) {
            return event;
        }
        in_round_ = false;
        look_for_dropped();
        if (events_.error != nullptr) {
            leave_damaged();
            return nullptr;
        }
        if (!leaving_) {
            return nullptr;
        }
        close(); // all of it is read
    }
    return nullptr;
}

EventCounters EventFile::counters() const {
    EventCounters all = closed_;
    if (open_) {
        all.lost += vigia_events_lost_count(&events_);
        all.dropped += dropped_;
    }
    return all;
}

bool EventFile::reports(vigia_event_kind kind) const {
    return open_ && (events_.file.header.features & VIGIA_EVENTS_FEATURE(kind)) != 0;
}

vigia_writer_kind EventFile::writer() const {
    return open_ ? static_cast<vigia_writer_kind>(events_.file.header.writer_kind)
                 : VIGIA_WRITER_PUBLISHER;
}

} // namespace vigia::source
