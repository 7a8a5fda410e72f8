// SPDX-License-Identifier: MIT
#include "collector/publish/reader_watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace vigia::publish {

std::unique_ptr<ReaderWatch> ReaderWatch::open(const std::string& path, int descriptor) {
    UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify || ::inotify_add_watch(inotify.get(), path.c_str(), IN_OPEN | IN_CLOSE) < 0) {
        return nullptr;
    }
    return std::unique_ptr<ReaderWatch>(new ReaderWatch(std::move(inotify), descriptor));
}

bool ReaderWatch::acknowledge() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    bool any = false;
    while (::read(inotify_.get(), buffer.data(), buffer.size()) > 0) {
        any = true;
    }
    return any;
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
