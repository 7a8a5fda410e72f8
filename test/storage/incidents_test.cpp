// SPDX-License-Identifier: MIT
// What befell containers and processes, as rows of table event.
#include <cstring>

#include "collector/base/limits.h"
#include "storage/columns.h"
#include "storage/schema.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

const std::string web_id(64, 'a');

Incident oom_kill(uint64_t realtime_ns, int32_t container = 0) {
    Incident kill;
    kill.kind = IncidentKind::oom_kill;
    kill.realtime_ns = realtime_ns;
    kill.container = container;
    kill.cgroup = "/docker/aaaa";
    kill.pid = 900;
    std::memcpy(kill.comm.data(), "hog\xff", 4);
    kill.rss_bytes = 6 << 20;
    kill.trigger_pid = 77;
    kill.trigger_cgroup = "/system.slice";
    return kill;
}

Incident turn(IncidentKind kind, uint64_t realtime_ns, int32_t container = 0) {
    Incident incident;
    incident.kind = kind;
    incident.realtime_ns = realtime_ns;
    incident.container = container;
    return incident;
}

constexpr uint64_t start_ns = static_cast<uint64_t>(start_ts) * second_ns;

const Cell& cell(const Table& table, std::size_t row, std::string_view column) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), column);
    REQUIRE(at != table.columns.end());
    REQUIRE(row < table.rows.size());
    return table.rows[row][static_cast<std::size_t>(at - table.columns.begin())];
}

void submit(Store& store, const Sample& sample) {
    REQUIRE(store.submit(sample));
    flush(store);
}

Table events_of(const std::string& path, HistoryQuery query = {}) {
    auto table = open_history(path)->events(query);
    REQUIRE(table);
    return std::move(*table);
}

// The first samples of a minute roll up what was before; then comes all other maintenance.
void submit_minute(Store& store, SampleMaker& maker, int64_t ts) {
    submit(store, maker.at_ts(ts));
    for (int64_t i = 1; i < 6; ++i) {
        submit(store, maker.at_ts(ts + i));
    }
}

} // namespace

TEST_CASE("an OOM kill is kept with victim, container and whose need set it off", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    maker.container(web_id, "web", "nginx");
    const Incident kill = oom_kill(start_ns + 250'000'000);
    maker.sample().incidents = std::span(&kill, 1);
    submit(*store, maker.at_ts(start_ts + 1));
    const Table table = events_of(path);
    REQUIRE(table.rows.size() == 1);
    CHECK(cell(table, 0, "kind").text == "oom_kill");
    CHECK(cell(table, 0, "realtime_ns").integer == static_cast<int64_t>(kill.realtime_ns));
    CHECK(cell(table, 0, "container").text == "web");
    CHECK(cell(table, 0, "id").text == web_id);
    CHECK(cell(table, 0, "pid").integer == 900);
    CHECK(cell(table, 0, "comm").text == "hog\xef\xbf\xbd");
    CHECK(cell(table, 0, "cgroup").text == "/docker/aaaa");
    CHECK(cell(table, 0, "rss_bytes").integer == 6 << 20);
    CHECK(cell(table, 0, "trigger_pid").integer == 77);
    CHECK(cell(table, 0, "trigger_cgroup").text == "/system.slice");
    HistoryQuery query;
    query.container = "web";
    query.pid = 900;
    CHECK(events_of(path, query).rows.size() == 1);
    query.pid = 901;
    CHECK(events_of(path, query).rows.empty());
    query = {};
    query.range.since_realtime_ns = start_ns + second_ns;
    CHECK(events_of(path, query).rows.empty());
}

TEST_CASE("what is not known of an incident is NULL", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    const Incident kill = turn(IncidentKind::oom_kill, start_ns, no_container);
    maker.sample().incidents = std::span(&kill, 1);
    submit(*store, maker.at_ts(start_ts));
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE pid IS NULL AND comm IS NULL AND "
                            "container IS NULL AND cgroup IS NULL AND rss_bytes IS NULL AND "
                            "trigger_pid IS NULL AND trigger_cgroup IS NULL") == 1);
}

TEST_CASE("a container that came and went between two samples is in the history", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    ContainerInfo info;
    info.id = std::string(64, 'c');
    info.name = "short";
    ContainerSample gone;
    gone.runtime = Runtime::docker;
    gone.id = info.id;
    gone.info = &info;
    gone.is_gone = true;
    gone.exits.known = true;
    gone.exits.count = 2;
    gone.exits.short_lived_count = 2;
    gone.exits.cpu_ratio = 0.25;
    maker.container(web_id, "web");
    const Incident life[] = {turn(IncidentKind::container_created, start_ns + 1, 1),
                             turn(IncidentKind::container_stopped, start_ns + 2, 1)};
    maker.sample().departed = std::span(&gone, 1);
    maker.sample().incidents = life;
    submit(*store, maker.at_ts(start_ts));
    const std::string row = " FROM container_raw JOIN container USING (container) WHERE name = "
                            "'short'";
    CHECK(sql_integer(path, "SELECT exits" + row) == 2);
    CHECK(sql_integer(path, "SELECT cpu_ns" + row) == 250'000'000);
    CHECK(sql_integer(path, "SELECT memory_bytes IS NULL" + row) == 1);
    CHECK(sql_integer(path, "SELECT containers FROM system_raw") == 1); // it is not there
    const Table table = events_of(path);
    REQUIRE(table.rows.size() == 2);
    CHECK(cell(table, 0, "kind").text == "container_created");
    CHECK(cell(table, 1, "container").text == "short");
    CHECK(cell(table, 1, "value").integer == -1); // nobody told the exit code
}

TEST_CASE("of a storm a bounded number a second is kept, and OOM kills beside it", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    maker.container(web_id, "web");
    std::vector<Incident> storm(200, turn(IncidentKind::container_created, start_ns));
    storm.push_back(oom_kill(start_ns + 1));
    maker.sample().incidents = storm;
    maker.sample().untold_incidents = 5;
    for (uint64_t i = 0; i < 3; ++i) { // within one second
        submit(*store, maker.at(start_ns + i * 1'000));
    }
    constexpr auto kept = static_cast<int64_t>(limits::store_events_per_second);
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'container_created'") == kept);
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'oom_kill'") == 3);
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'incidents_lost'") == 1);
    CHECK(sql_integer(path, "SELECT value FROM event WHERE kind = 'incidents_lost'") ==
          3 * (200 + 5) - kept);
    submit(*store, maker.at_ts(start_ts + 1));
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'incidents_lost'") == 2);
}

TEST_CASE("a container that an event names keeps its name when its rows are gone", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.raw_age_ns = 60 * second_ns;
    config.rollup_age_ns = 7'200 * second_ns;
    config.age_settle_ns = 0;
    auto store = open_store(config);
    SampleMaker maker;
    maker.container(web_id, "web");
    maker.container(std::string(64, 'b'), "other");
    const Incident kill = oom_kill(start_ns + 3'600 * second_ns);
    const Incident old = oom_kill(start_ns);
    maker.sample().incidents = std::span(&old, 1);
    submit(*store, maker.at_ts(start_ts));
    maker.clear();
    maker.sample().incidents = {};
    maker.container(web_id, "web");
    maker.sample().incidents = std::span(&kill, 1);
    submit(*store, maker.at_ts(start_ts + 3'600));
    maker.clear();
    maker.sample().incidents = {};
    for (int64_t i = 0; i < 200; ++i) { // rolled up, aged and swept a minute at a time
        submit_minute(*store, maker, start_ts + 3'720 + i * 60);
    }
    CHECK(sql_integer(path, "SELECT count(*) FROM event") == 0); // as old as rollups may be
    CHECK(sql_integer(path, "SELECT count(*) FROM container WHERE name = 'other'") == 0);
    CHECK(sql_integer(path, "SELECT count(*) FROM container WHERE name = 'web'") == 0);
}

TEST_CASE("a container stays as long as an event names it", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.raw_age_ns = 60 * second_ns;
    config.age_settle_ns = 0;
    auto store = open_store(config);
    SampleMaker maker;
    maker.container(web_id, "web");
    const Incident kill = oom_kill(start_ns);
    maker.sample().incidents = std::span(&kill, 1);
    submit(*store, maker.at_ts(start_ts));
    maker.clear();
    maker.sample().incidents = {};
    submit(*store, maker.at_ts(start_ts + 120));
    store.reset();
    sql_execute(path, "DELETE FROM container_raw; DELETE FROM container_minute; DELETE FROM "
                      "container_hour; INSERT INTO container VALUES (99, 'docker', 'x', 'unused', "
                      "'', 0, 0)");
    store = open_store(config);
    for (int64_t i = 0; i < 10; ++i) {
        submit_minute(*store, maker, start_ts + 300 + i * 60);
    }
    CHECK(sql_integer(path, "SELECT count(*) FROM container WHERE name = 'unused'") == 0);
    CHECK(sql_text(path, "SELECT container FROM v_event WHERE kind = 'oom_kill'") == "web");
}

TEST_CASE("a storm of incidents leaves gaps and losses where they are", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    {
        auto store = open_store(path);
        SampleMaker maker;
        maker.sample().gap = Gap::suspended;
        submit(*store, maker.at_ts(start_ts));
    }
    sql_execute(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                      "12000) INSERT INTO event (ts, kind, value, text) SELECT 1700000041, "
                      "'container_created', 0, '' FROM n");
    auto config = config_at(path);
    config.age_settle_ns = 0;
    auto store = open_store(config);
    SampleMaker maker;
    for (int64_t i = 0; i < 5; ++i) {
        submit_minute(*store, maker, start_ts + 60 + i * 60);
    }
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'container_created'") ==
          10'000);
    CHECK(sql_integer(path, "SELECT count(*) FROM event WHERE kind = 'suspended'") == 1);
}

TEST_CASE("a version-2 database opens, keeps its events and takes new ones", "[incidents]") {
    Folder folder;
    const std::string path = folder.file("history.db");
    sql_execute(path, "PRAGMA auto_vacuum=INCREMENTAL;" + std::string(schema_sql(2)) +
                          "PRAGMA application_id=" + std::to_string(application_id) +
                          "; PRAGMA user_version=2;"
                          "INSERT INTO event (ts, kind, value, text) VALUES (1700000000, "
                          "'suspended', 7, 'slept');");
    Table table = events_of(path); // before any daemon has migrated it
    REQUIRE(table.rows.size() == 1);
    CHECK(cell(table, 0, "realtime_ns").integer == 1'700'000'000'000'000'000);
    CHECK(cell(table, 0, "container").type == Cell::Type::null);
    HistoryQuery query;
    query.container = "web";
    CHECK(events_of(path, query).rows.empty());
    auto store = open_store(path);
    CHECK(store->stats().notice.empty());
    CHECK(sql_integer(path, "PRAGMA user_version") == schema_version);
    SampleMaker maker;
    maker.container(web_id, "web");
    const Incident kill = oom_kill(start_ns);
    maker.sample().incidents = std::span(&kill, 1);
    submit(*store, maker.at_ts(start_ts));
    table = events_of(path);
    REQUIRE(table.rows.size() == 2);
    CHECK(cell(table, 0, "text").text == "slept");
    CHECK(cell(table, 1, "container").text == "web");
}
