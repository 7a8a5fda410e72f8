// SPDX-License-Identifier: MIT
#include "storage/store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "storage/condense.h"
#include "storage/decisions.h"
#include "storage/files.h"
#include "storage/queue.h"
#include "storage/writer.h"

namespace vigia::storage {

namespace {

struct PendingDecision {
    policy::Decision decision;
    std::function<void(Status)> done;
};

} // namespace

struct Store::State {
    LockFile lock_file;
    std::unique_ptr<Writer> writer; // the writing thread's, once it runs
    std::string path;
    std::atomic<uint64_t> next_decision_id{1};
    std::atomic<uint32_t> processes_largest{0};

    mutable std::mutex mutex;         // guards everything below
    std::condition_variable wake;     // work for the writing thread
    std::condition_variable finished; // `completed` has grown
    BatchQueue queue;
    std::deque<PendingDecision> decisions;
    StoreStats stats;
    StoreConfig config;
    bool config_changed = false;
    uint64_t accepted = 0;  // batches and decisions, ever
    uint64_t completed = 0; // of these, written or failed
    uint64_t lost_told = 0; // of the lost batches, those that an event in the database tells of
    bool stopping = false;
    std::chrono::steady_clock::time_point deadline; // once stopping

    std::thread thread; // last: everything it uses is there before it

    void run();
    // One piece of work; false when there is none. `lock` is held before and after.
    bool work(std::unique_lock<std::mutex>& lock);
    void work_on_decision(std::unique_lock<std::mutex>& lock);
    void work_on_batch(std::unique_lock<std::mutex>& lock);
    // After a write: what the statistics say.
    void note(const Status& written, uint64_t rows);
    uint64_t lost() const { return stats.batches_dropped + stats.batches_failed; }
    void drop_queued();
};

void Store::State::note(const Status& written, uint64_t rows) {
    stats.size_bytes = writer->size_bytes();
    stats.rows_expired = writer->rows_expired();
    if (std::string notice = writer->take_notice(); !notice.empty()) {
        stats.notice = std::move(notice);
    }
    stats.writable = static_cast<bool>(written);
    if (written) {
        stats.last_error.clear();
        stats.rows_written += rows;
    } else {
        stats.last_error = written.error().message();
    }
}

void Store::State::work_on_decision(std::unique_lock<std::mutex>& lock) {
    PendingDecision pending = std::move(decisions.front());
    decisions.pop_front();
    lock.unlock();
    Status written = writer->write(pending.decision);
    if (pending.done) {
        pending.done(written);
    }
    lock.lock();
    note(written, written ? 1 : 0);
}

void Store::State::work_on_batch(std::unique_lock<std::mutex>& lock) {
    Batch* batch = queue.pop();
    uint64_t lost_before = lost();
    lock.unlock();
    Status written = writer->write(*batch, lost_before - lost_told);
    // Also after a failure: it may be what makes room for the next one.
    Status maintained = writer->maintain(*batch);
    lock.lock();
    note(written, written ? batch->rows() : 0);
    if (written) {
        stats.batches_written++;
        lost_told = lost_before;
        stats.last_error = maintained ? std::string() : maintained.error().message();
    } else {
        stats.batches_failed++;
    }
    queue.give_back(batch);
}

bool Store::State::work(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(config_changed, false)) {
        writer->reconfigure(config);
    }
    if (!decisions.empty()) {
        work_on_decision(lock);
    } else if (queue.size() > 0) {
        work_on_batch(lock);
    } else {
        return false;
    }
    completed++;
    finished.notify_all();
    return true;
}

// Only when the disk is so slow that the queue cannot be written in time.
void Store::State::drop_queued() {
    while (Batch* batch = queue.pop()) {
        queue.give_back(batch);
        stats.batches_dropped++;
    }
}

void Store::State::run() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
        while (work(lock)) {
            if (stopping && std::chrono::steady_clock::now() > deadline) {
                drop_queued();
            }
        }
        if (stopping) {
            break;
        }
        wake.wait(lock, [this] {
            return stopping || config_changed || !decisions.empty() || queue.size() > 0;
        });
    }
    lock.unlock();
    Status closed = writer->close();
    lock.lock();
    note(closed, 0);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Store>> Store::open(StoreConfig config) {
    if (config.path.empty()) {
        return Error(ErrorKind::usage, "no database file was named");
    }
    config.size_cap_bytes = std::max(config.size_cap_bytes, limits::store_size_cap_minimum_bytes);
    if (Status made = make_folder_of(config.path); !made) {
        return made.error();
    }
    Result<LockFile> lock = LockFile::acquire(config.path);
    if (!lock) {
        return lock.error();
    }
    Result<std::unique_ptr<Writer>> writer = Writer::open(config);
    if (!writer) {
        return writer.error();
    }
    auto state = std::make_unique<State>();
    state->lock_file = std::move(*lock);
    state->writer = std::move(*writer);
    state->path = config.path;
    state->processes_largest = config.processes_largest;
    state->next_decision_id = static_cast<uint64_t>(state->writer->highest_decision_id()) + 1;
    state->stats.notice = state->writer->take_notice();
    state->stats.size_bytes = state->writer->size_bytes();
    state->config = std::move(config);
    state->thread = std::thread(&State::run, state.get());
    return std::unique_ptr<Store>(new Store(std::move(state)));
}

Store::~Store() {
    {
        std::lock_guard<std::mutex> lock(state_->mutex);
        state_->stopping = true;
        state_->deadline = std::chrono::steady_clock::now() +
                           std::chrono::milliseconds(limits::store_close_deadline_ms);
    }
    state_->wake.notify_one();
    state_->thread.join();
}

bool Store::submit(const Sample& sample) {
    Batch* batch;
    {
        std::lock_guard<std::mutex> lock(state_->mutex);
        batch = state_->queue.take_free();
        if (batch == nullptr) {
            state_->stats.batches_dropped++;
            return false;
        }
    }
    condense(sample, state_->processes_largest, *batch);
    {
        std::lock_guard<std::mutex> lock(state_->mutex);
        state_->queue.push(batch);
        state_->accepted++;
    }
    state_->wake.notify_one();
    return true;
}

void Store::record(const policy::Decision& decision, std::function<void(Status)> done) {
    if (decision.id >= state_->next_decision_id) {
        state_->next_decision_id = decision.id + 1;
    }
    std::unique_lock<std::mutex> lock(state_->mutex);
    if (state_->decisions.size() < limits::store_queue_decisions) {
        state_->decisions.push_back({decision, std::move(done)});
        state_->accepted++;
        lock.unlock();
        state_->wake.notify_one();
        return;
    }
    state_->stats.decisions_refused++;
    lock.unlock();
    if (done) {
        done(Error(ErrorKind::unavailable,
                   fmt::format("{}: {} decisions wait to be written: the disk hangs; this one is "
                               "not recorded",
                               state_->path, limits::store_queue_decisions)));
    }
}

Result<std::vector<policy::Decision>> Store::recent_decisions(uint64_t since_realtime_ns) {
    Result<Connection> connection = Connection::open(state_->path, Connection::Access::read_only);
    if (!connection) {
        return connection.error();
    }
    if (Status patient = connection->execute("PRAGMA busy_timeout=1000"); !patient) {
        return patient.error();
    }
    return read_decisions(*connection, "realtime_ns >= ?1 OR phase < ?2 ORDER BY id",
                          static_cast<int64_t>(std::min<uint64_t>(since_realtime_ns, INT64_MAX)),
                          static_cast<int64_t>(policy::Phase::verified));
}

uint64_t Store::next_decision_id() const {
    return state_->next_decision_id;
}

Status Store::reconfigure(StoreConfig config) {
    if (config.path != state_->path) {
        return Error(ErrorKind::usage,
                     fmt::format("the database stays {} until Vigia is restarted; {} was refused",
                                 state_->path, config.path));
    }
    config.size_cap_bytes = std::max(config.size_cap_bytes, limits::store_size_cap_minimum_bytes);
    state_->processes_largest = config.processes_largest;
    {
        std::lock_guard<std::mutex> lock(state_->mutex);
        state_->config = std::move(config);
        state_->config_changed = true;
    }
    state_->wake.notify_one();
    return {};
}

Status Store::flush(uint64_t timeout_ns) {
    std::unique_lock<std::mutex> lock(state_->mutex);
    uint64_t target = state_->accepted;
    auto limit = std::chrono::nanoseconds(std::min<uint64_t>(timeout_ns, 3'600 * ns_per_second));
    if (!state_->finished.wait_for(lock, limit, [&] { return state_->completed >= target; })) {
        return Error(ErrorKind::unavailable, state_->path + ": not all was written in time");
    }
    if (!state_->stats.writable) {
        return Error(ErrorKind::failed, state_->stats.last_error);
    }
    return {};
}

StoreStats Store::stats() const {
    std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->stats;
}

} // namespace vigia::storage
