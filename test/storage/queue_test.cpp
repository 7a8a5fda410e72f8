// SPDX-License-Identifier: MIT
// submit() as the tick sees it: it never waits, never allocates, and loses loudly.
#include <atomic>
#include <chrono>
#include <thread>

#include "collector/base/limits.h"
#include "test/storage/fixture.h"
#include "test/support/allocations.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

// Keeps the writing thread waiting, as a disk that hangs would.
class StuckDisk {
public:
    explicit StuckDisk(const std::string& path)
        : connection_(Connection::open(path, Connection::Access::read_write).value()) {
        REQUIRE(connection_.execute("PRAGMA busy_timeout=5000; BEGIN IMMEDIATE"));
    }
    void release() { REQUIRE(connection_.execute("ROLLBACK")); }

private:
    Connection connection_;
};

void fill(SampleMaker& maker) {
    maker.container("c", "web", "image");
    for (uint32_t p = 1; p <= 300; p++) {
        maker.process(p, 0.001 * p, p << 20, "worker", "a command line").container = 0;
    }
}

} // namespace

TEST_CASE("submit allocates nothing", "[queue]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    SampleMaker maker;
    fill(maker);
    StuckDisk disk(folder.file("history.db"));
    const Sample& sample = maker.at_ts(start_ts);
    REQUIRE(store->submit(sample));
    // Now the writing thread has what it needs and sleeps until the disk lets it.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    uint64_t before = allocation_count();
    bool all = true;
    for (int i = 0; i < 20; i++) {
        all = store->submit(sample) && all;
    }
    uint64_t after = allocation_count();
    CHECK(all);
    CHECK(after == before);
    disk.release();
}

TEST_CASE("a full queue drops samples, counts them, and tells the history", "[queue]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    fill(maker);
    uint64_t dropped = 0;
    {
        StuckDisk disk(path);
        for (std::size_t i = 0; i < limits::store_queue_batches + 20; i++) {
            dropped += store->submit(maker.at_ts(start_ts + static_cast<int64_t>(i))) ? 0 : 1;
        }
        CHECK(dropped >= 18);
        CHECK(store->stats().batches_dropped == dropped);
        disk.release();
    }
    flush(*store);
    REQUIRE(store->submit(maker.at_ts(start_ts + 1'000)));
    flush(*store);
    CHECK(store->stats().batches_written + store->stats().batches_failed + dropped ==
          limits::store_queue_batches + 21);
    CHECK(sql_integer(path, "SELECT sum(value) FROM v_event WHERE kind = 'samples_lost'") ==
          static_cast<int64_t>(dropped + store->stats().batches_failed));
}

TEST_CASE("decisions go before the samples that were queued earlier", "[queue]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    fill(maker);
    StuckDisk disk(path);
    for (int64_t i = 0; i < 10; i++) {
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
    }
    uint64_t batches_before = UINT64_MAX;
    store->record(some_decision(1), [&](Status status) {
        CHECK(status);
        batches_before = store->stats().batches_written;
    });
    disk.release();
    flush(*store);
    CHECK(batches_before <= 1);
}

TEST_CASE("a disk that hangs lets a bounded number of decisions wait", "[queue]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    std::atomic<std::size_t> answered = 0;
    std::size_t recorded = 0;
    std::vector<Status> refusals;
    const std::thread::id caller = std::this_thread::get_id();
    {
        StuckDisk disk(path);
        // More than the bound: now and then the writing thread gives up on one and takes the next.
        while (refusals.size() < 10 && recorded < 2 * limits::store_queue_decisions) {
            store->record(some_decision(recorded++ % 50 + 1), [&](Status status) {
                answered++;
                if (std::this_thread::get_id() == caller) {
                    refusals.push_back(std::move(status));
                }
            });
        }
        CHECK(recorded >= limits::store_queue_decisions + refusals.size());
        disk.release();
    }
    REQUIRE(refusals.size() == 10);
    for (const Status& refusal : refusals) {
        REQUIRE_FALSE(refusal);
        CHECK(refusal.error().kind() == ErrorKind::unavailable);
    }
    CHECK(refusals[0].error().message().find("decisions wait to be written") != std::string::npos);
    CHECK(store->stats().decisions_refused == refusals.size());
    flush(*store);
    CHECK(answered == recorded);       // each once
    record(*store, some_decision(60)); // and the store goes on
    CHECK(store->stats().decisions_refused == refusals.size());
}

TEST_CASE("what is queued is written when the store ends, within about a second", "[queue]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    fill(maker);
    for (int64_t i = 0; i < 60; i++) {
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
    }
    bool done = false;
    store->record(some_decision(1), [&](Status status) { done = static_cast<bool>(status); });
    store.reset();
    CHECK(done);
    CHECK(!exists(path + "-wal")); // the file alone is the whole database
    CHECK(sql_integer(path, "SELECT count(*) FROM system_raw") == 60);
}

TEST_CASE("flush says so when the time is up", "[queue]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    StuckDisk disk(folder.file("history.db"));
    SampleMaker maker;
    REQUIRE(store->submit(maker.at_ts(start_ts)));
    Status flushed = store->flush(second_ns / 20);
    REQUIRE(!flushed);
    CHECK(flushed.error().kind() == ErrorKind::unavailable);
    disk.release();
}
