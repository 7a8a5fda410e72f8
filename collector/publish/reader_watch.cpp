// SPDX-License-Identifier: MIT
#include "collector/publish/reader_watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vigia::publish {

std::unique_ptr<ReaderWatch> ReaderWatch::open(const std::string& path, int descriptor) {
    UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify || ::inotify_add_watch(inotify.get(), path.c_str(), IN_OPEN | IN_CLOSE) < 0) {
        return nullptr;
    }
    return std::unique_ptr<ReaderWatch>(new ReaderWatch(std::move(inotify), descriptor));
}

ReaderNews ReaderWatch::acknowledge() {
    std::array<char, 4096> buffer;
    ReaderNews news = ReaderNews::none;
    for (;;) {
        const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
        if (size <= 0) {
            return news;
        }
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof(event));
            const bool came = (event.mask & (IN_OPEN | IN_Q_OVERFLOW)) != 0;
            news = came || news == ReaderNews::came ? ReaderNews::came : ReaderNews::went;
            at += sizeof(event) + event.len;
        }
    }
}

// The signal of a lease that is broken while we have it goes to this thread, not to the process,
// which it would end.
bool ReaderWatch::anybody() const {
    const f_owner_ex self{F_OWNER_TID, ::gettid()};
    if (::fcntl(descriptor_, F_SETOWN_EX, &self) != 0 ||
        ::fcntl(descriptor_, F_SETLEASE, F_WRLCK) != 0) {
        return true;
    }
    [[maybe_unused]] const int given_back = ::fcntl(descriptor_, F_SETLEASE, F_UNLCK);
    return false;
}

} // namespace vigia::publish
