// SPDX-License-Identifier: MIT
// The database as files: the lock beside it, its header before SQLite touches it, its size, and the
// new name of one that cannot be used.
#pragma once

#include <cstdint>
#include <string>

#include "collector/base/result.h"

namespace vigia::storage {

// flock() on "<path>.lock", released when the object or the process ends. The file stays and holds
// the pid of the last holder, for the message that the next one gets.
class LockFile {
public:
    LockFile() = default;
    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&& other) noexcept;
    ~LockFile();
    // Errors: unavailable (another process holds it), permission, failed.
    static Result<LockFile> acquire(const std::string& path);

private:
    explicit LockFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

enum class Content : uint8_t { absent, empty, database, foreign };

// What the first 100 bytes say, without SQLite.
struct Header {
    Content content = Content::absent;
    int64_t application_id = 0;
    int64_t user_version = 0;
};

// Errors: usage if the path is no regular file; permission, failed.
Result<Header> read_header(const std::string& path);

// Makes the folders of `path` that do not exist: its own 0750; those above it 0700, but 0750 for
// root, whose group may be meant to read. The error names the folder that could not be made.
Status make_folder_of(const std::string& path);

// Makes the file (0640) if it does not exist.
Status make_file(const std::string& path);

// Renames the database, its -wal and its -shm to "<path>.<reason>-<UTC time>[-n]". Nothing is ever
// deleted or overwritten. Returns the new name.
Result<std::string> set_aside(const std::string& path, const std::string& reason);

// 0 if the file does not exist.
uint64_t file_size_bytes(const std::string& path);

} // namespace vigia::storage
