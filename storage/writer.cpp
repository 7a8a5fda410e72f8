// SPDX-License-Identifier: MIT
#include "storage/writer.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "storage/decisions.h"
#include "storage/rollup.h"

namespace vigia::storage {

namespace {

constexpr unsigned rollups_per_call = 4;

Error reader_in_the_way(const std::string& path, uint64_t log_bytes) {
    return {ErrorKind::unavailable,
            fmt::format("{}: a program that has been reading it for long keeps its write-ahead log "
                        "({} bytes) from being emptied; samples are dropped until it ends",
                        path, log_bytes)};
}

Result<int64_t> find_highest_id(Connection& connection) {
    return connection.integer(
        "SELECT max(coalesce((SELECT max(id) FROM decision), 0), coalesce((SELECT CAST(value AS "
        "INTEGER) FROM meta WHERE key = 'highest_decision_id'), 0))");
}

Status keep_highest_id(Connection& connection, int64_t id) {
    return connection.execute(
        fmt::format("INSERT OR REPLACE INTO meta VALUES ('highest_decision_id', '{}')", id));
}

} // namespace

Result<std::unique_ptr<Writer>> Writer::open(const StoreConfig& config) {
    std::unique_ptr<Writer> writer(new Writer(config));
    Status opened = writer->ensure_open();
    if (!opened) {
        return opened.error();
    }
    return writer;
}

Status Writer::ensure_open() {
    return attached_ ? Status() : use(open_database(config_.path));
}

Status Writer::use(Result<Database> database) {
    if (!database) {
        return database.error();
    }
    Result<std::unique_ptr<Attached>> attached =
        Attached::begin(std::move(database->connection), config_.path, budget_);
    if (!attached) {
        return attached.error().within("open " + config_.path);
    }
    Connection& connection = (*attached)->connection;
    Result<int64_t> highest = find_highest_id(connection);
    if (!highest) {
        return highest.error().within("open " + config_.path);
    }
    // A database begun anew while running goes on counting: an id means one decision only.
    highest_decision_id_ = std::max(highest_decision_id_, *highest);
    if (Status kept = keep_highest_id(connection, highest_decision_id_); !kept) {
        return kept.error().within("open " + config_.path);
    }
    if (!database->notice.empty()) {
        notice_ = database->notice;
    }
    attached_ = std::move(*attached);
    return {};
}

Status Writer::recover(const Error& error) {
    if (attached_) {
        attached_->series.forget(); // names made in a transaction that was rolled back
    }
    if (error.kind() == ErrorKind::damaged) {
        attached_.reset();
        return use(replace_damaged(config_.path, error.message()));
    }
    if (error.kind() == ErrorKind::permission) {
        attached_.reset();
    }
    return error.within("write " + config_.path);
}

Status Writer::write(const Batch& batch, uint64_t lost_batches) {
    if (Status open = ensure_open(); !open) {
        return open;
    }
    uint64_t log_bytes = BatchWriter::log_bytes(batch);
    Result<bool> room = attached_->wal.make_room(budget_, log_bytes);
    if (!room) {
        return recover(room.error());
    }
    if (!*room) {
        return reader_in_the_way(config_.path, attached_->wal.size_bytes());
    }
    Status written = batch_writer_.write(*attached_, batch, lost_batches);
    if (written) {
        return written;
    }
    Status recovered = recover(written.error());
    return recovered ? batch_writer_.write(*attached_, batch, lost_batches) : recovered;
}

Status Writer::write_durably(const policy::Decision& decision) {
    Connection& connection = attached_->connection;
    // synchronous cannot be changed within a transaction.
    Status done = connection.execute("PRAGMA synchronous=FULL");
    if (done) {
        Result<Transaction> transaction = Transaction::begin(connection);
        done = transaction ? write_decision(connection, decision) : Status(transaction.error());
        if (done && static_cast<int64_t>(decision.id) > highest_decision_id_) {
            done = keep_highest_id(connection, static_cast<int64_t>(decision.id));
        }
        if (done) {
            done = transaction->commit();
        }
    }
    Status relaxed = connection.execute("PRAGMA synchronous=NORMAL");
    return done ? relaxed : done;
}

Status Writer::write(const policy::Decision& decision) {
    if (Status open = ensure_open(); !open) {
        return open;
    }
    Status written = write_durably(decision);
    if (!written) {
        Status recovered = recover(written.error());
        written = recovered ? write_durably(decision) : recovered;
    }
    if (written) {
        highest_decision_id_ = std::max(highest_decision_id_, static_cast<int64_t>(decision.id));
    }
    return written;
}

// Ages count from the newest sample, but only while its clock can be believed.
Status Writer::expire(const Batch& batch) {
    if (steady_since_boottime_ns_ == 0 || batch.clock_stepped) {
        steady_since_boottime_ns_ = batch.boottime_ns;
    }
    if (batch.boottime_ns - steady_since_boottime_ns_ < config_.age_settle_ns) {
        return {};
    }
    Result<uint64_t> rows = keep_age(attached_->connection, attached_->wal, config_, batch.ts());
    rows_expired_ += rows ? *rows : 0;
    return rows ? Status() : rows.error();
}

Status Writer::maintain_minute(const Batch& batch) {
    int64_t minute = bucket_of(batch.ts(), minute_seconds);
    if (attached_->maintained_at == minute && !batch.clock_stepped) {
        return {};
    }
    // With a reader in the way the log is left to samples; what is due stays noted.
    Result<bool> room = attached_->wal.make_room(budget_, 2 * budget_.wal_soft_bytes);
    if (!room || !*room) {
        return room ? Status() : room.error();
    }
    Result<unsigned> rolled = roll_up(attached_->connection, batch.ts(), rollups_per_call);
    if (!rolled || *rolled > 0) {
        return rolled ? Status() : rolled.error(); // perhaps more: looked at again next time
    }
    if (Status expired = expire(batch); !expired) {
        return expired;
    }
    Result<uint64_t> swept = attached_->sweep.run(attached_->connection);
    if (!swept) {
        return swept.error();
    }
    if (*swept > 0) {
        attached_->series.forget();
    }
    attached_->maintained_at = minute;
    return {};
}

Status Writer::maintain(const Batch& batch) {
    if (Status open = ensure_open(); !open) {
        return open;
    }
    if (!attached_->in_place()) {
        attached_.reset();
        notice_ = config_.path + ": was moved or removed by somebody; a new database was begun";
        return ensure_open();
    }
    Status done = maintain_minute(batch);
    if (done) {
        Result<uint64_t> rows =
            keep_size(attached_->connection, attached_->wal, budget_, batch.ts());
        rows_expired_ += rows ? *rows : 0;
        done = rows ? Status() : rows.error();
    }
    if (done) {
        done = attached_->wal.checkpoint_if_due(budget_, config_.checkpoint_interval_ns);
    }
    return done ? done : recover(done.error());
}

Status Writer::close() {
    if (!attached_) {
        return {};
    }
    Status ended = attached_->connection.execute(
        fmt::format("UPDATE session SET ended_ts = {} WHERE session = {}", std::time(nullptr),
                    attached_->session));
    Status emptied = attached_->wal.empty();
    // The last one out removes the empty log: then the file alone is the whole database.
    attached_->connection.checkpoint_on_close();
    attached_.reset();
    return ended ? emptied : ended;
}

void Writer::reconfigure(const StoreConfig& config) {
    config_ = config;
    budget_ = Budget::of(config.size_cap_bytes);
    if (attached_) {
        // Cannot fail but for a lack of memory; keep_size() sets it again.
        [[maybe_unused]] Status limited = limit_pages(attached_->connection, budget_);
    }
}

uint64_t Writer::size_bytes() const {
    return file_size_bytes(config_.path) + file_size_bytes(config_.path + "-wal");
}

} // namespace vigia::storage
