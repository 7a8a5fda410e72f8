// SPDX-License-Identifier: MIT
// Minutes and hours: true sums, bounded rows, nothing lost over restarts.
#include <cstdlib>

#include "collector/base/limits.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;

namespace {

void run(storage::Store& store, SampleMaker& maker, int64_t from, int64_t to, int64_t step = 1) {
    for (int64_t ts = from; ts < to; ts += step) {
        REQUIRE(store.submit(maker.at(static_cast<uint64_t>(ts) * second_ns,
                                      static_cast<uint64_t>(step) * second_ns)));
        flush(store);
    }
}

} // namespace

TEST_CASE("a minute is written once it is over, with sums, means and the peak", "[rollup]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    for (int64_t i = 0; i < 61; i++) {
        maker.clear();
        maker.process(7, 0.5, static_cast<uint64_t>(i) << 20);
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        flush(*store);
    }
    const char* seven = " FROM process_minute JOIN process USING (process) WHERE pid = 7";
    CHECK(sql_integer(path, std::string("SELECT count(*)") + seven) == 1);
    CHECK(sql_integer(path, std::string("SELECT ts") + seven) == start_ts);
    CHECK(sql_integer(path, std::string("SELECT samples") + seven) == 60);
    CHECK(sql_integer(path, std::string("SELECT cpu_ns") + seven) == 30'000'000'000);
    CHECK(sql_integer(path, std::string("SELECT rss_max_bytes") + seven) == 59 << 20);
    CHECK(sql_integer(path, std::string("SELECT rss_bytes") + seven) == (59 << 20) / 2);
    CHECK(sql_integer(path, "SELECT interval_ns FROM system_minute") == 60'000'000'000);
    CHECK(sql_integer(path, "SELECT memory_total_bytes FROM system_minute") == 8LL << 30);
}

TEST_CASE("an hour is made of its minutes", "[rollup]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    maker.container(std::string(64, 'c'), "web");
    maker.process(7, 0.5, 10 << 20);
    int64_t hour = start_ts / 3600 * 3600 + 3600;
    run(*store, maker, hour, hour + 3700, 20);
    for (const char* kind : {"system", "container", "process"}) {
        std::string name(kind);
        CHECK(sql_integer(path, "SELECT count(*) FROM " + name + "_hour") == 1);
        CHECK(sql_integer(path, "SELECT samples FROM " + name + "_hour") == 180);
        CHECK(sql_integer(path, "SELECT sum(cpu_ns) FROM " + name + "_hour") ==
              sql_integer(path, "SELECT sum(cpu_ns) FROM " + name + "_raw WHERE ts < " +
                                    std::to_string(hour + 3600)));
    }
}

TEST_CASE("what a stopped daemon left undone is rolled up by the next one", "[rollup]") {
    Folder folder;
    std::string path = folder.file("history.db");
    SampleMaker maker;
    maker.process(7, 0.5, 10 << 20);
    {
        auto store = open_store(path);
        run(*store, maker, start_ts, start_ts + 30);
    }
    CHECK(sql_integer(path, "SELECT count(*) FROM system_minute") == 0);
    auto store = open_store(path);
    run(*store, maker, start_ts + 7'200, start_ts + 7'201);
    CHECK(sql_integer(path, "SELECT samples FROM system_minute") == 30);
    CHECK(sql_integer(path, "SELECT samples FROM system_hour") == 30);
}

TEST_CASE("a minute in which thousands of processes came and went stays small and true",
          "[rollup]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    for (int64_t i = 0; i < 61; i++) {
        maker.clear();
        for (uint32_t p = 0; p < 100; p++) {
            auto number = static_cast<uint32_t>(i) * 100 + p + 1;
            maker.process(number, 1e-3 * (p + 1), (1 + p) << 20);
        }
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        flush(*store);
    }
    CHECK(sql_integer(path, "SELECT count(*) FROM process_minute") <=
          static_cast<int64_t>(limits::store_rollup_processes) + 1);
    std::string minute = " WHERE ts < " + std::to_string(start_ts + 60);
    CHECK(sql_integer(path, "SELECT sum(cpu_ns) FROM process_minute") ==
          sql_integer(path, "SELECT sum(cpu_ns) FROM process_raw" + minute));
    // Means are rounded to bytes: at most one byte a sample off.
    int64_t stored = sql_integer(path, "SELECT sum(rss_bytes * samples) FROM process_minute");
    int64_t raw = sql_integer(path, "SELECT sum(rss_bytes) FROM process_raw" + minute);
    CHECK(std::abs(stored - raw) <= 60);
}

TEST_CASE("a minute set back into after its raw rows were dropped keeps what it had", "[rollup]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.raw_age_ns = 120 * second_ns;
    config.age_settle_ns = 0;
    auto store = open_store(config);
    SampleMaker maker;
    maker.process(7, 0.5, 10 << 20);
    run(*store, maker, start_ts, start_ts + 300);
    REQUIRE(sql_integer(path, "SELECT min(ts) FROM system_raw") >= start_ts + 120);
    maker.sample().clock_stepped = true;
    run(*store, maker, start_ts + 10, start_ts + 11);
    maker.sample().clock_stepped = false;
    run(*store, maker, start_ts + 300, start_ts + 301);
    std::string first =
        " FROM process_minute WHERE process != 0 AND ts = " + std::to_string(start_ts);
    CHECK(sql_integer(path, "SELECT samples" + first) == 61);
    CHECK(sql_integer(path, "SELECT cpu_ns" + first) == 61 * 500'000'000LL);
}
