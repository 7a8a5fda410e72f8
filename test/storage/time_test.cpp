// SPDX-License-Identifier: MIT
// Seconds, samples within a second, and clocks that are set.
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;

TEST_CASE("several samples within a second become one row whose sums are true", "[time]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.processes_largest = 0;
    auto store = open_store(config);
    SampleMaker maker;
    uint64_t step_ns = second_ns / 5;
    for (uint64_t i = 0; i < 5; i++) {
        maker.clear();
        // Process 1 is active in the first two samples only, then part of the rest.
        maker.process(1, i < 2 ? 0.5 : 0, 10 << 20);
        maker.process(2, 0.25, (20 + i) << 20);
        REQUIRE(store->submit(maker.at(start_ts * second_ns + i * step_ns, step_ns)));
    }
    flush(*store);
    CHECK(sql_integer(path, "SELECT count(*) FROM system_raw") == 1);
    CHECK(sql_integer(path, "SELECT interval_ns FROM system_raw") == 1'000'000'000);
    CHECK(sql_integer(path, "SELECT cpu_ns FROM system_raw") == 1'000'000'000);
    CHECK(sql_integer(
              path,
              "SELECT sum(cpu_ns) FROM process_raw JOIN process USING (process) WHERE pid = 1") ==
          200'000'000);
    CHECK(sql_integer(
              path,
              "SELECT sum(cpu_ns) FROM process_raw JOIN process USING (process) WHERE pid = 2") ==
          250'000'000);
    // Memory is the last sample's: 24 MiB of process 2, and process 1 within the rest.
    CHECK(sql_integer(path, "SELECT rss_bytes FROM v_process WHERE pid = 2") == 24 << 20);
    CHECK(sql_integer(path, "SELECT sum(rss_bytes) FROM process_raw") == 34 << 20);
}

TEST_CASE("a clock that is set back neither loses nor doubles rows", "[time]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    int64_t cpu_ns = 0;
    auto run = [&](int64_t from, int64_t to, bool stepped) {
        for (int64_t ts = from; ts < to; ts++) {
            maker.clear();
            maker.process(1, 0.125, 10 << 20);
            maker.sample().clock_stepped = stepped && ts == from;
            REQUIRE(store->submit(maker.at_ts(ts)));
            flush(*store);
            cpu_ns += 125'000'000;
        }
    };
    run(start_ts, start_ts + 200, false);
    run(start_ts + 30, start_ts + 400, true); // 170 s back, into minutes that are rolled up
    CHECK(sql_integer(path, "SELECT count(*) FROM system_raw") == 400);
    CHECK(sql_integer(path, "SELECT sum(cpu_ns) FROM process_raw") == cpu_ns);
    CHECK(sql_integer(path, "SELECT sum(interval_ns) FROM system_raw") == 570 * 1'000'000'000LL);
    // All whole minutes are rolled up again, with both passes.
    CHECK(sql_integer(path, "SELECT sum(cpu_ns) FROM process_minute") ==
          sql_integer(path, "SELECT sum(cpu_ns) FROM process_raw WHERE ts < (SELECT min(ts) FROM "
                            "rollup_due WHERE width = 60)"));
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'clock_stepped'") == 1);
}

TEST_CASE("a clock that believes in 2050 for a minute does not empty the history", "[time]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    maker.process(1, 0.5, 10 << 20);
    uint64_t boottime_ns = 0;
    auto submit_at = [&](int64_t ts, bool stepped) {
        maker.sample().clock_stepped = stepped;
        maker.at_ts(ts);
        maker.sample().at.boottime_ns = boottime_ns += second_ns;
        REQUIRE(store->submit(maker.sample()));
        flush(*store);
    };
    for (int64_t ts = start_ts; ts < start_ts + 100; ts++) {
        submit_at(ts, false);
    }
    constexpr int64_t year_2050 = 2'524'608'000;
    for (int64_t ts = year_2050; ts < year_2050 + 70; ts++) {
        submit_at(ts, ts == year_2050);
    }
    submit_at(start_ts + 170, true);
    CHECK(sql_integer(path, "SELECT count(*) FROM system_raw WHERE ts < 2000000000") == 101);
}

TEST_CASE("gaps are kept as events", "[time]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    maker.sample().gap = Gap::suspended;
    REQUIRE(store->submit(maker.at(start_ts * second_ns, 5 * second_ns)));
    flush(*store);
    CHECK(sql_integer(path, "SELECT value FROM v_event WHERE kind = 'suspended'") == 5'000);
}
