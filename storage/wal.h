// SPDX-License-Identifier: MIT
// The write-ahead log: how large it is, when it is emptied, and what happens with a reader in the
// way. Writing thread only; lives as long as its connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "storage/budget.h"
#include "storage/sqlite.h"

namespace vigia::storage {

class Wal {
public:
    // `this` must not move afterwards: SQLite holds on to it.
    void attach(Connection& connection, const std::string& path);

    // Empties the log into the database if it is large, or if `interval_ns` has passed. A reader in
    // the way is no error: what cannot be emptied now is emptied later.
    Status checkpoint_if_due(const Budget& budget, uint64_t interval_ns);
    // All of it, and the file cut to nothing.
    Status empty();
    // Whether a transaction of up to `needed_bytes` fits under the cap; tries to make it so. False:
    // a reader holds the log (or the database is at its limit).
    Result<bool> make_room(const Budget& budget, uint64_t needed_bytes);

    uint64_t size_bytes() const; // of the file
    uint64_t database_size_bytes() const;

private:
    static int on_commit(void* wal, sqlite3* connection, const char* database, int frames);
    Status checkpoint(int mode);
    bool fits(const Budget& budget, uint64_t needed_bytes) const;
    uint64_t in_use_bytes() const { return frames_ * frame_bytes_; }

    Connection* connection_ = nullptr;
    std::string path_;
    uint64_t frame_bytes_ = 0;
    uint64_t blocked_at_bytes_ = 0; // in use when a reader was last in the way; 0: none
    uint64_t frames_ = 0;           // since the log was last begun anew; the file may be longer
    std::chrono::steady_clock::time_point checkpointed_at_ = std::chrono::steady_clock::now();
};

} // namespace vigia::storage
