// SPDX-License-Identifier: MIT
// Questions to the history, with and without a daemon that writes.
#include <algorithm>
#include <limits>

#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

std::size_t column(const Table& table, const std::string& name) {
    auto found = std::find(table.columns.begin(), table.columns.end(), name);
    INFO("column " << name);
    REQUIRE(found != table.columns.end());
    return static_cast<std::size_t>(found - table.columns.begin());
}

int64_t integer(const Table& table, std::size_t row, const std::string& name) {
    REQUIRE(row < table.rows.size());
    const Cell& cell = table.rows[row][column(table, name)];
    INFO("column " << name);
    REQUIRE(cell.type == Cell::Type::integer);
    return cell.integer;
}

std::string text(const Table& table, std::size_t row, const std::string& name) {
    REQUIRE(row < table.rows.size());
    return table.rows[row][column(table, name)].text;
}

int64_t total(const Table& table, const std::string& name) {
    int64_t sum = 0;
    for (std::size_t row = 0; row < table.rows.size(); row++) {
        sum += integer(table, row, name);
    }
    return sum;
}

Table answered(Result<Table> table) {
    INFO((table ? std::string() : table.error().message()));
    REQUIRE(table);
    return std::move(*table);
}

// Two containers and three processes for `seconds`, one sample every `step`.
void fill(Store& store, int64_t from, int64_t seconds, int64_t step = 1) {
    SampleMaker maker;
    maker.container(std::string(64, 'a'), "web", "nginx");
    maker.container(std::string(64, 'b'), "db", "postgres").rates.cpu_ratio = 0.25;
    maker.process(1, 0.5, 50 << 20, "nginx").container = 0;
    maker.process(2, 0.25, 90 << 20, "postgres").container = 1;
    maker.process(3, 0.125, 10 << 20, "bash");
    for (int64_t ts = from; ts < from + seconds; ts += step) {
        REQUIRE(store.submit(maker.at(static_cast<uint64_t>(ts) * second_ns,
                                      static_cast<uint64_t>(step) * second_ns)));
        flush(store);
    }
}

HistoryQuery since(int64_t ts, int64_t until = INT32_MAX) {
    HistoryQuery query;
    query.range = {static_cast<uint64_t>(ts) * second_ns, static_cast<uint64_t>(until) * second_ns};
    return query;
}

} // namespace

TEST_CASE("a missing database is not found, with advice", "[history]") {
    Folder folder;
    auto history = History::open(folder.file("history.db"));
    REQUIRE(!history);
    CHECK(history.error().kind() == ErrorKind::not_found);
    CHECK(history.error().message().find(folder.file("history.db")) != std::string::npos);
}

TEST_CASE("somebody else's file is not read", "[history]") {
    Folder folder;
    write_text(folder.file("diary"), std::string(9'000, 'x'));
    sql_execute(folder.file("theirs.db"), "CREATE TABLE theirs (x)");
    for (const char* name : {"diary", "theirs.db"}) {
        auto history = History::open(folder.file(name));
        REQUIRE(!history);
        CHECK(history.error().kind() == ErrorKind::damaged);
    }
}

TEST_CASE("a short time is answered with raw rows, oldest first, the busiest first in each",
          "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    fill(*store, start_ts, 10);
    auto history = open_history(folder.file("history.db"));
    Table system = answered(history->system(since(start_ts + 4)));
    CHECK(system.resolution == Resolution::raw);
    REQUIRE(system.rows.size() == 6);
    CHECK(integer(system, 0, "ts") == start_ts + 4);
    CHECK(integer(system, 5, "ts") == start_ts + 9);
    CHECK(integer(system, 0, "interval_ns") == 1'000'000'000);
    Table processes = answered(history->processes(since(start_ts + 8, start_ts + 8)));
    REQUIRE(processes.rows.size() == 3);
    CHECK(text(processes, 0, "comm") == "nginx");
    CHECK(text(processes, 0, "container") == "web");
    CHECK(text(processes, 2, "comm") == "bash");
    CHECK(integer(processes, 0, "cpu_ns") == 500'000'000);
    CHECK(integer(processes, 0, "interval_ns") == 1'000'000'000);
}

TEST_CASE("filters: container by name or id prefix, pid, comm", "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    fill(*store, start_ts, 3);
    auto history = open_history(folder.file("history.db"));
    HistoryQuery query = since(start_ts);
    for (const char* name : {"db", "bbbb", "b"}) {
        query.container = name;
        CHECK(answered(history->containers(query)).rows.size() == 3);
        CHECK(answered(history->processes(query)).rows.size() == 3);
    }
    query.container = "d";
    CHECK(answered(history->containers(query)).rows.empty());
    query.container = "' OR 1=1 --";
    CHECK(answered(history->containers(query)).rows.empty());
    query.container.reset();
    query.pid = 3;
    CHECK(answered(history->processes(query)).rows.size() == 3);
    query.pid.reset();
    query.comm = "nginx";
    CHECK(answered(history->processes(query)).rows.size() == 3);
    query.comm = "ngin";
    CHECK(answered(history->processes(query)).rows.empty());
}

TEST_CASE("a limit keeps the newest rows", "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    fill(*store, start_ts, 10);
    HistoryQuery query = since(start_ts);
    query.limit = 4;
    Table system = answered(open_history(folder.file("history.db"))->system(query));
    REQUIRE(system.rows.size() == 4);
    CHECK(integer(system, 0, "ts") == start_ts + 6);
}

TEST_CASE("minutes include the one that is not over yet, and lose nothing", "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    fill(*store, start_ts, 150);
    auto history = open_history(folder.file("history.db"));
    HistoryQuery query = since(start_ts);
    query.resolution = Resolution::minute;
    Table system = answered(history->system(query));
    REQUIRE(system.rows.size() == 3);
    CHECK(integer(system, 2, "samples") == 30);
    CHECK(total(system, "interval_ns") == 150 * 1'000'000'000LL);
    Table processes = answered(history->processes(query));
    CHECK(total(processes, "cpu_ns") == 150 * 875'000'000LL);
    CHECK(integer(processes, 0, "interval_ns") == 60'000'000'000);
    Table containers = answered(history->containers(query));
    CHECK(total(containers, "cpu_ns") == 150 * 750'000'000LL);
    CHECK(integer(containers, 0, "memory_max_bytes") == 100 << 20);
}

TEST_CASE("long times choose a coarser resolution by themselves", "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    int64_t hour = start_ts / 3600 * 3600;
    fill(*store, hour, 6 * 24 * 3600, 1'200);
    fill(*store, hour + 6 * 24 * 3600, 120);
    auto history = open_history(folder.file("history.db"));
    int64_t end = hour + 6 * 24 * 3600 + 120;
    CHECK(answered(history->system(since(end - 3'600))).resolution == Resolution::raw);
    CHECK(answered(history->system(since(end - 86'400))).resolution == Resolution::minute);
    Table all = answered(history->system(since(0)));
    CHECK(all.resolution == Resolution::hour);
    CHECK(all.rows.size() == 6 * 24 + 1); // the last hour has only just begun
    CHECK(total(all, "interval_ns") == (6 * 24 * 3600 + 120) * 1'000'000'000LL);
    HistoryQuery query = since(0);
    query.limit = UINT64_MAX;
    CHECK(total(answered(history->processes(query)), "cpu_ns") ==
          (6 * 24 * 3600 + 120) * 875'000'000LL);
}

TEST_CASE("where raw rows have gone, rollups answer", "[history]") {
    Folder folder;
    auto config = config_at(folder.file("history.db"));
    config.raw_age_ns = 300 * second_ns;
    config.age_settle_ns = 0;
    auto store = open_store(config);
    fill(*store, start_ts, 3'000, 10);
    auto history = open_history(folder.file("history.db"));
    CHECK(answered(history->system(since(start_ts))).resolution == Resolution::minute);
    CHECK(answered(history->system(since(start_ts + 2'900))).resolution == Resolution::raw);
}

TEST_CASE("reading works while the daemon writes, and when there is none", "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    auto history = open_history(folder.file("history.db"));
    CHECK(answered(history->system({})).rows.empty());
    fill(*store, start_ts, 5);
    CHECK(answered(history->system({})).rows.size() == 5);
    store.reset();
    CHECK(answered(history->system({})).rows.size() == 5);
    CHECK(answered(open_history(folder.file("history.db"))->system({})).rows.size() == 5);
}

TEST_CASE("decisions come in order, within their time, the newest if there are too many",
          "[history]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    for (uint64_t id = 1; id <= 9; id++) {
        record(*store, some_decision(id));
    }
    auto history = open_history(folder.file("history.db"));
    auto all = history->decisions({}, 1'000);
    REQUIRE(all);
    REQUIRE(all->size() == 9);
    CHECK(all->front().id == 1);
    auto newest = history->decisions({}, 2);
    REQUIRE(newest);
    REQUIRE(newest->size() == 2);
    CHECK(newest->front().id == 8);
    auto some =
        history->decisions({some_decision(3).realtime_ns, some_decision(5).realtime_ns}, 1'000);
    REQUIRE(some);
    CHECK(some->size() == 3);
}

TEST_CASE("hostile names are stored as valid text and found again", "[history]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    const std::string names[] = {"quote'\";--",
                                 "new\nline",
                                 "\x1b[31mred",
                                 "\xff\xfe broken",
                                 std::string(255, '\xc3'),
                                 std::string("nul\0inside", 10)};
    SampleMaker maker;
    uint32_t pid = 1;
    for (const std::string& name : names) {
        maker.container("id-" + std::to_string(pid), name, name);
        maker.process(pid++, 0.1, 1 << 20, name.substr(0, 16), name);
    }
    REQUIRE(store->submit(maker.at_ts(start_ts)));
    policy::Decision decision = some_decision(1);
    decision.container_name = names[3];
    decision.readings[0].subject = names[3];
    decision.readings[0].value = std::numeric_limits<double>::quiet_NaN();
    record(*store, decision);
    CHECK(sql_text(path, "PRAGMA integrity_check") == "ok");
    auto history = open_history(path);
    for (const std::string& name : names) {
        HistoryQuery query = since(start_ts);
        query.container = name;
        CHECK(answered(history->containers(query)).rows.size() == 1);
        query.container.reset();
        query.comm = name.substr(0, std::min<std::size_t>(16, name.find('\0')));
        CHECK(answered(history->processes(query)).rows.size() == 1);
    }
    auto found = history->decision(1);
    REQUIRE(found);
    CHECK(found->container_name == "\xef\xbf\xbd\xef\xbf\xbd broken");
    CHECK(found->readings[0].value != found->readings[0].value);
}

TEST_CASE("a decision whose detail is broken is said to be damaged", "[history]") {
    Folder folder;
    std::string path = folder.file("history.db");
    {
        auto store = open_store(path);
        record(*store, some_decision(1));
    }
    for (const char* detail :
         {"", "{", "[]", "{\"steps\": [{}]}", "{\"readings\": [{\"unit\": 5}]}"}) {
        sql_execute(path, std::string("UPDATE decision SET detail = '") + detail + "'");
        auto found = open_history(path)->decision(1);
        INFO(detail);
        REQUIRE(!found);
        CHECK(found.error().kind() == ErrorKind::damaged);
    }
}
