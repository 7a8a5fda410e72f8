// SPDX-License-Identifier: MIT
// A directory of our own in memory, 0700, for as long as a view is shown.
#pragma once

#include <string>

#include "collector/base/result.h"

namespace vigia::cli {

// Movable; the owner removes the directory, which must be empty then.
class PrivateDirectory {
public:
    // In $XDG_RUNTIME_DIR, /run or /dev/shm, else /tmp. Also sweeps up after views that were
    // killed: directories of ours whose process is gone.
    static Result<PrivateDirectory> create();
    PrivateDirectory(PrivateDirectory&& other) noexcept;
    PrivateDirectory& operator=(PrivateDirectory&&) = delete;
    ~PrivateDirectory();

    const std::string& path() const { return path_; }

private:
    explicit PrivateDirectory(std::string path) : path_(std::move(path)) {}
    std::string path_; // empty: moved from
};

} // namespace vigia::cli
