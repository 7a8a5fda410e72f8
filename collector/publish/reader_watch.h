// SPDX-License-Identifier: MIT
// Whether anybody has a file open or mapped. Readers that only map a file take no call of ours and
// need none: the kernel knows them.
//
// That somebody comes, inotify tells (IN_OPEN). Whether somebody is there, a write lease tells: it
// is granted to who has the file alone, and a mapping counts as long as it lasts. The lease is
// given back at once; who opens the file in that moment waits for microseconds, or with O_NONBLOCK
// has to try again: so it is asked for only when everybody seems to have gone. Where leases are
// refused for another reason (a file system without them, Linux before 5.3), somebody is taken to
// be there always.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collector/publish/unique_fd.h"

namespace vigia::publish {

enum class ReaderNews : uint8_t { none, went, came };

// One thread, which must have signals blocked: a lease that is broken sends it SIGIO.
class ReaderWatch {
public:
    // `descriptor` is borrowed: the only one by which this process can write the file, and what it
    // has mapped it by. Null where inotify refuses: then nobody can be waited for.
    static std::unique_ptr<ReaderWatch> open(const std::string& path, int descriptor);

    int descriptor() const { return inotify_.get(); } // readable when somebody came or went
    // What happened since the last call; that somebody came is told before that somebody went.
    ReaderNews acknowledge();
    bool anybody() const;

private:
    ReaderWatch(UniqueFd inotify, int descriptor)
        : inotify_(std::move(inotify)), descriptor_(descriptor) {}

    UniqueFd inotify_;
    int descriptor_;
};

} // namespace vigia::publish
