// SPDX-License-Identifier: MIT
#include "storage/wal.h"

#include <algorithm>

#include "storage/files.h"

namespace vigia::storage {

namespace {

constexpr uint64_t page_bytes = 4096; // SQLite's default; asked for at creation
constexpr uint64_t frame_header_bytes = 24;

} // namespace

void Wal::attach(Connection& connection, const std::string& path) {
    connection_ = &connection;
    path_ = path;
    frame_bytes_ = page_bytes + frame_header_bytes;
    frames_ = size_bytes() / frame_bytes_;
    sqlite3_wal_hook(connection.handle(), on_commit, this);
}

int Wal::on_commit(void* wal, sqlite3*, const char*, int frames) {
    static_cast<Wal*>(wal)->frames_ = static_cast<uint64_t>(frames);
    return SQLITE_OK;
}

uint64_t Wal::size_bytes() const {
    return file_size_bytes(path_ + "-wal");
}

uint64_t Wal::database_size_bytes() const {
    return file_size_bytes(path_);
}

Status Wal::checkpoint(int mode) {
    int log_frames = 0;
    int copied_frames = 0;
    // Never waits for a reader.
    sqlite3_busy_timeout(connection_->handle(), 0);
    int code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, mode, &log_frames,
                                         &copied_frames);
    sqlite3_busy_timeout(connection_->handle(), busy_timeout_ms);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED) {
        return sqlite_error(connection_->handle(), code, "empty the write-ahead log");
    }
    checkpointed_at_ = std::chrono::steady_clock::now();
    // All copied: the next commit begins the log anew, unless a reader still needs it.
    if (code == SQLITE_OK && log_frames == copied_frames && mode == SQLITE_CHECKPOINT_TRUNCATE) {
        frames_ = 0;
    }
    return {};
}

Status Wal::checkpoint_if_due(const Budget& budget, uint64_t interval_ns) {
    if (in_use_bytes() > blocked_at_bytes_ + budget.wal_soft_bytes) {
        Status emptied = empty();
        // With a reader in the way every try costs a sync and gains nothing: not with every batch.
        blocked_at_bytes_ = in_use_bytes();
        return emptied;
    }
    blocked_at_bytes_ = std::min(blocked_at_bytes_, in_use_bytes());
    auto interval = std::chrono::nanoseconds(interval_ns);
    if (frames_ == 0 || std::chrono::steady_clock::now() - checkpointed_at_ < interval) {
        return {};
    }
    return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Status Wal::empty() {
    // Copies what it can first; TRUNCATE alone would give up at the first reader.
    Status passive = checkpoint(SQLITE_CHECKPOINT_PASSIVE);
    return passive ? checkpoint(SQLITE_CHECKPOINT_TRUNCATE) : passive;
}

bool Wal::fits(const Budget& budget, uint64_t needed_bytes) const {
    uint64_t log = std::max(size_bytes(), in_use_bytes() + needed_bytes);
    // A database beyond its share (the cap was lowered) can only shrink by writing.
    uint64_t database = std::min(database_size_bytes(), budget.database_bytes);
    return database + log + budget.decisions_bytes <= budget.cap_bytes;
}

Result<bool> Wal::make_room(const Budget& budget, uint64_t needed_bytes) {
    if (fits(budget, needed_bytes)) {
        return true;
    }
    if (Status emptied = empty(); !emptied) {
        return emptied.error();
    }
    return fits(budget, needed_bytes);
}

} // namespace vigia::storage
