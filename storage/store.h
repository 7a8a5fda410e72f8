// SPDX-License-Identifier: MIT
// The writing side of the history: one connection on one thread behind a bounded queue. Everybody
// else reads (storage/history.h). Tables, units and examples: storage/FORMAT.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "collector/sampler/sample.h"
#include "policy/decision.h"

namespace vigia::storage {

struct StoreConfig {
    std::string path;                       // made with its folders if they do not exist
    uint64_t size_cap_bytes = 512ULL << 20; // database + WAL; never exceeded while running
    uint64_t raw_age_ns = 7ULL * 24 * 3600 * 1'000'000'000;      // raw rows older than this go
    uint64_t rollup_age_ns = 365ULL * 24 * 3600 * 1'000'000'000; // 1-minute and 1-hour rows
    uint32_t processes_largest = 20; // stored even when idle; all others as one row
    uint64_t checkpoint_interval_ns = 30ULL * 1'000'000'000;
    // Ages are looked at only when the clock has gone steadily for this long: a host that believes
    // for a minute that it is 2050 keeps its history.
    uint64_t age_settle_ns = 600ULL * 1'000'000'000;
};

struct StoreStats {
    uint64_t rows_written = 0;
    uint64_t batches_written = 0;
    uint64_t batches_dropped = 0;   // the queue was full: the disk is slower than the samples
    uint64_t batches_failed = 0;    // the disk refused them
    uint64_t decisions_refused = 0; // too many were waiting: the disk hangs
    uint64_t size_bytes = 0;        // database + WAL, as last seen
    uint64_t rows_expired = 0;
    bool writable = true;   // false while the disk refuses; tried again with every batch
    std::string last_error; // empty while all is well
    std::string notice; // what open() had to do: "damaged database set aside as ..."; else empty
};

// Thread-safe where said; else one thread. The store has its own writing thread.
class Store {
public:
    // Opens or creates, migrates, checks. A damaged or foreign file is set aside under a new name
    // and a new database begun (stats().notice says so). Errors: a newer database (newer), one that
    // another Vigia holds (unavailable), no permission.
    static Result<std::unique_ptr<Store>> open(StoreConfig config);
    // Writes what is queued, checkpoints, closes. At most about a second.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Copies what of the sample is worth keeping into a preallocated batch. Never blocks, never
    // allocates after warm-up. False if the queue was full: that sample is lost, and counted.
    bool submit(const Sample& sample);

    // Keeps a decision's present state (insert or replace by id), durably (synchronous=FULL) before
    // `done` is called, on the writing thread, in the order of the calls. Decisions go before
    // samples. If limits::store_queue_decisions are waiting already, which only a disk that hangs
    // brings about, the decision is not kept: `done` gets `unavailable` at once, on the caller's
    // thread, before record() returns and so before those of the decisions that still wait.
    void record(const policy::Decision& decision, std::function<void(Status)> done);

    // Decisions that are not final, and all since `since_realtime_ns`. For Engine::restore.
    Result<std::vector<policy::Decision>> recent_decisions(uint64_t since_realtime_ns);
    uint64_t next_decision_id() const;

    // Age limits and size cap from now on (SIGHUP); a new path is refused.
    Status reconfigure(StoreConfig config);
    // Blocks until all that was queued before is committed or has failed, or the time is up.
    Status flush(uint64_t timeout_ns);
    StoreStats stats() const; // thread-safe

private:
    struct State;
    explicit Store(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace vigia::storage
