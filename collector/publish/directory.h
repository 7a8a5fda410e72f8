// SPDX-License-Identifier: MIT
// The directory that a publisher fills: made if missing, held by a lock, cleaned of what a killed
// publisher left.
#pragma once

#include <string>

#include "collector/base/result.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

class Directory {
public:
    // Makes `path` 0750 if it is missing and locks it. A directory that others may write, or that
    // belongs to somebody else, is refused (permission); one with a live publisher is
    // `unavailable`. Files of a dead publisher are marked dead, so that their readers notice, and
    // removed. Anything else under the name of such a file is refused (usage) and left alone.
    static Result<Directory> take(const std::string& path);

    // A new file "<name>.new" of `size_bytes`, all allocated, mode 0600 and not there before: a
    // full file system is an error here, never a fault on access. Errors name the file.
    Result<std::string> create_file(const std::string& name, uint64_t size_bytes) const;
    // Makes "<name>.new" read-only (0440) and gives it its name, replacing an older one at once.
    Status commit_file(const std::string& name) const;
    void remove_file(const std::string& name) const;
    const std::string& path() const { return path_; }

private:
    Directory(std::string path, UniqueFd directory, UniqueFd lock)
        : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}
    void clear_stale_files() const;
    void bury(const char* name) const;

    std::string path_;
    UniqueFd directory_;
    UniqueFd lock_; // flock()ed as long as we live
};

} // namespace vigia::publish
