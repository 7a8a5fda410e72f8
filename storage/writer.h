// SPDX-License-Identifier: MIT
// The one writing connection: batches and decisions into the database, rollups, retention,
// checkpoints, and what is done when the database turns out to be damaged or gone. Used by one
// thread at a time: opened by Store::open's caller, then the writing thread's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collector/base/result.h"
#include "policy/decision.h"
#include "storage/attached.h"
#include "storage/batch.h"
#include "storage/batch_writer.h"
#include "storage/database.h"
#include "storage/store.h"

namespace vigia::storage {

class Writer {
public:
    // The lock must be held. Errors as Store::open.
    static Result<std::unique_ptr<Writer>> open(const StoreConfig& config);

    // One transaction. On an error nothing of the batch is stored. `lost_batches` before it.
    Status write(const Batch& batch, uint64_t lost_batches);
    // One transaction, on the disk when this returns (synchronous=FULL).
    Status write(const policy::Decision& decision);
    // After a batch, stored or not: rollups that are due, retention, the log. Bounded work.
    Status maintain(const Batch& batch);
    // Marks the session as ended and empties the log into the database.
    Status close();

    void reconfigure(const StoreConfig& config);
    uint64_t size_bytes() const; // database + log
    uint64_t rows_expired() const { return rows_expired_; }
    int64_t highest_decision_id() const { return highest_decision_id_; }
    // What had to be done since the last call ("... set aside as ..."); empty: nothing.
    std::string take_notice() { return std::exchange(notice_, {}); }

private:
    explicit Writer(const StoreConfig& config)
        : config_(config), budget_(Budget::of(config.size_cap_bytes)) {}

    Status ensure_open();
    Status use(Result<Database> database);
    Status write_durably(const policy::Decision& decision);
    // What an error asks for: a damaged database is replaced (then the write may be tried again,
    // and the result is good), one that cannot be used is opened anew next time.
    Status recover(const Error& error);
    Status maintain_minute(const Batch& batch);
    Status expire(const Batch& batch);

    StoreConfig config_;
    Budget budget_;
    std::unique_ptr<Attached> attached_; // null: to be opened again with the next write
    BatchWriter batch_writer_;
    std::string notice_;
    uint64_t rows_expired_ = 0;
    int64_t highest_decision_id_ = 0;
    uint64_t steady_since_boottime_ns_ = 0; // the clock has not been set since; 0: no sample yet
};

} // namespace vigia::storage
