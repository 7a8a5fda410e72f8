// SPDX-License-Identifier: MIT
// The size cap and the ages, while writing goes on.
#include <atomic>
#include <random>
#include <thread>

#include "collector/base/limits.h"
#include "storage/files.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

// Looks at the files' sizes for as long as it lives, as an outsider would.
class SizeWatch {
public:
    explicit SizeWatch(const std::string& path)
        : path_(path), thread_([this] {
              while (!stop_) {
                  uint64_t size = file_size_bytes(path_) + file_size_bytes(path_ + "-wal");
                  largest_ = std::max(largest_.load(), size);
                  std::this_thread::sleep_for(std::chrono::milliseconds(1));
              }
          }) {}
    ~SizeWatch() { finish(); }
    uint64_t finish() {
        stop_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
        return largest_;
    }

private:
    std::string path_;
    std::atomic<bool> stop_{false};
    std::atomic<uint64_t> largest_{0};
    std::thread thread_;
};

// Busy processes of which a few are new with every tick, as on a host that builds software.
void busy_tick(SampleMaker& maker, std::mt19937_64& random, int64_t i, uint32_t processes) {
    maker.clear();
    for (uint32_t p = 0; p < processes; p++) {
        auto pid = p < processes - 5 ? p + 1 : static_cast<uint32_t>(i * 5 + p + 10'000);
        maker.process(pid, static_cast<double>(1 + random() % 1'000'000) / 1e6,
                      random() % (1 << 30), "cc1plus",
                      "/usr/lib/cc1plus -quiet some/long/path/" + std::to_string(pid));
    }
}

} // namespace

TEST_CASE("the size cap holds while writing goes on, and the newest rows stay", "[retention]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.size_cap_bytes = limits::store_size_cap_minimum_bytes;
    auto store = open_store(config);
    auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    SampleMaker maker;
    for (uint64_t id = 1; id <= 50; id++) {
        record(*store,
               some_decision(id, id % 2 == 0 ? policy::Phase::dry_run : policy::Phase::verified));
    }
    SizeWatch watch(path);
    constexpr int64_t ticks = 2'500;
    for (int64_t i = 0; i < ticks; i++) {
        busy_tick(maker, random, i, 400);
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        flush(*store);
    }
    uint64_t largest = watch.finish();
    CHECK(largest <= config.size_cap_bytes);
    CHECK(largest > config.size_cap_bytes / 2);
    CHECK(store->stats().size_bytes <= config.size_cap_bytes);
    CHECK(store->stats().rows_expired > 0);
    CHECK(store->stats().batches_failed == 0);
    CHECK(sql_integer(path, "SELECT max(ts) FROM system_raw") == start_ts + ticks - 1);
    CHECK(sql_integer(path, "SELECT min(ts) FROM system_raw") > start_ts);
    CHECK(sql_integer(path, "SELECT min(ts) FROM system_minute") == start_ts);
    CHECK(sql_integer(path, "SELECT count(*) FROM decision") == 50);
    CHECK(sql_text(path, "PRAGMA quick_check") == "ok");
    // Every row that is left still has its name.
    CHECK(sql_integer(path, "SELECT count(*) FROM process_raw WHERE process NOT IN (SELECT process "
                            "FROM process)") == 0);
    CHECK(sql_integer(path, "SELECT count(*) FROM process_minute WHERE process NOT IN (SELECT "
                            "process FROM process)") == 0);
    // And names without rows have gone: far more than 10,000 processes were seen.
    CHECK(sql_integer(path, "SELECT count(*) FROM process") < 12'000);
}

TEST_CASE("a lower cap makes a large database small again", "[retention]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    auto store = open_store(config);
    std::mt19937_64 random(1);
    SampleMaker maker;
    int64_t i = 0;
    for (; i < 1'500; i++) {
        busy_tick(maker, random, i, 450);
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        flush(*store);
    }
    REQUIRE(store->stats().size_bytes > limits::store_size_cap_minimum_bytes);
    config.size_cap_bytes = limits::store_size_cap_minimum_bytes;
    config.checkpoint_interval_ns = 0;
    REQUIRE(store->reconfigure(config));
    for (int64_t end = i + 120; i < end; i++) {
        busy_tick(maker, random, i, 10);
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        (void)store->flush(long_enough_ns);
    }
    CHECK(store->stats().size_bytes <= config.size_cap_bytes);
    CHECK(store->stats().writable);
}

TEST_CASE("decisions go only when they alone are too much, and dry runs only", "[retention]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.size_cap_bytes = limits::store_size_cap_minimum_bytes;
    auto store = open_store(config);
    policy::Decision large = some_decision(1);
    large.ranking.assign(16,
                         {std::string(64, 'x'), std::string(4'000, 'n'), "image", 1, "", false});
    SampleMaker maker;
    constexpr uint64_t enforced = 50;
    for (uint64_t id = 1; id <= 300; id++) {
        large.id = id;
        large.phase = id <= enforced ? policy::Phase::verified : policy::Phase::dry_run;
        record(*store, large);
        REQUIRE(store->submit(maker.at_ts(start_ts + static_cast<int64_t>(id) * 60)));
        flush(*store);
    }
    CHECK(store->stats().size_bytes <= config.size_cap_bytes);
    CHECK(sql_integer(path, "SELECT count(*) FROM decision WHERE phase_name = 'verified'") ==
          enforced);
    CHECK(sql_integer(path, "SELECT count(*) FROM decision") < 300);
    CHECK(sql_integer(path, "SELECT max(id) FROM decision") == 300);
}

TEST_CASE("raw rows and rollups past their ages go", "[retention]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.raw_age_ns = 600 * second_ns;
    config.rollup_age_ns = 7'200 * second_ns;
    config.age_settle_ns = 0;
    auto store = open_store(config);
    SampleMaker maker;
    int64_t hour = start_ts / 3600 * 3600;
    int64_t end = hour + 5 * 3600;
    // The minute that ends is rolled up by the first sample after it; ages are the next one's.
    for (int64_t ts = hour; ts <= end + 10; ts += 10) {
        maker.clear();
        maker.process(static_cast<uint32_t>(ts % 100'000), 0.5, 1 << 20);
        REQUIRE(store->submit(maker.at(static_cast<uint64_t>(ts) * second_ns, 10 * second_ns)));
        flush(*store);
    }
    CHECK(sql_integer(path, "SELECT min(ts) FROM system_raw") == end - 600);
    CHECK(sql_integer(path, "SELECT min(ts) FROM process_raw") == end - 600);
    CHECK(sql_integer(path, "SELECT min(ts) FROM system_minute") == end - 7'200);
    CHECK(sql_integer(path, "SELECT min(ts) FROM process_minute") == end - 7'200);
    CHECK(sql_integer(path, "SELECT max(ts) FROM system_raw") == end + 10);
    CHECK(sql_integer(path, "SELECT min(first_ts) FROM process WHERE process != 0") >=
          end - 7'200 - 3'600); // names follow their rows within the hour
}
