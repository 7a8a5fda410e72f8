// SPDX-License-Identifier: MIT
// What goes in comes out.
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;

TEST_CASE("a missing folder and database are made, for owner and group only", "[store]") {
    Folder folder;
    std::string path = folder.file("state/history.db");
    auto store = open_store(path);
    CHECK(exists(path));
    CHECK(store->stats().notice.empty());
    CHECK(store->stats().writable);
    CHECK(store->next_decision_id() == 1);
}

TEST_CASE("a sample is stored with its processes and containers", "[store]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    maker.container(std::string(64, 'c'), "web", "nginx:1");
    maker.process(100, 0.5, 50 << 20, "nginx", "nginx -g daemon off;").container = 0;
    maker.process(200, 0, 10 << 20, "sleeper");
    REQUIRE(store->submit(maker.at_ts(start_ts)));
    flush(*store);
    CHECK(sql_integer(path, "SELECT cpu_ns FROM system_raw") == 1'000'000'000);
    CHECK(sql_integer(path, "SELECT forks FROM system_raw") == 7);
    CHECK(sql_integer(path, "SELECT cpu_ns FROM container_raw") == 500'000'000);
    CHECK(sql_text(path, "SELECT container FROM v_process WHERE pid = 100") == "web");
    CHECK(sql_text(path, "SELECT command_line FROM v_process WHERE pid = 100") ==
          "nginx -g daemon off;");
    CHECK(sql_integer(path, "SELECT rss_bytes FROM v_process WHERE pid = 200") == 10 << 20);
}

TEST_CASE("a process stays one series when the kernel takes over from a publisher", "[store]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    vigia_process& record = maker.process(100, 0.5, 50 << 20).record;
    record.start_time_ns = 77'120'000'000; // of /proc/PID/stat, in ticks
    maker.sample().writer = VIGIA_WRITER_PUBLISHER;
    REQUIRE(store->submit(maker.at_ts(start_ts)));
    record.start_time_ns = 77'123'456'789;
    maker.sample().writer = VIGIA_WRITER_KERNEL;
    maker.sample().gap = Gap::writer_changed;
    REQUIRE(store->submit(maker.at_ts(start_ts + 1)));
    flush(*store);
    CHECK(sql_integer(path, "SELECT count(*) FROM process WHERE pid = 100") == 1);
    CHECK(sql_integer(path, "SELECT count(*) FROM v_process WHERE pid = 100") == 2);
    CHECK(sql_text(path, "SELECT text FROM event WHERE kind = 'writer_changed'") ==
          "the kernel modules write from here on; no rates for this sample");
}

TEST_CASE("a decision comes back with every field, and its later state replaces it", "[store]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    record(*store, some_decision(7, policy::Phase::decided));
    record(*store, some_decision(7, policy::Phase::failed));
    CHECK(store->next_decision_id() == 8);
    auto found = open_history(path)->decision(7);
    REQUIRE(found);
    policy::Decision expected = some_decision(7, policy::Phase::failed);
    CHECK(found->realtime_ns == expected.realtime_ns);
    CHECK(found->boottime_ns == expected.boottime_ns);
    CHECK(found->sample_number == expected.sample_number);
    CHECK(found->mode == expected.mode);
    CHECK(found->rule == expected.rule);
    CHECK(found->reason == expected.reason);
    CHECK(found->runtime == expected.runtime);
    CHECK(found->container_id == expected.container_id);
    CHECK(found->container_name == expected.container_name);
    CHECK(found->image == expected.image);
    CHECK(found->cgroup_id == expected.cgroup_id);
    CHECK(found->ranker == expected.ranker);
    CHECK(found->score_unit == expected.score_unit);
    CHECK(found->candidates_total == expected.candidates_total);
    CHECK(found->actions == expected.actions);
    CHECK(found->action_index == expected.action_index);
    CHECK(found->phase == policy::Phase::failed);
    CHECK(found->parameters.memory_bytes == 1);
    CHECK(found->parameters.cpu_ratio == 0.5);
    CHECK(found->parameters.pids == 2);
    CHECK(found->parameters.stop_grace_seconds == 3);
    REQUIRE(found->readings.size() == 1);
    CHECK(found->readings[0].detector == "count_above");
    CHECK(found->readings[0].value == 13);
    CHECK(found->readings[0].required_ns == 4);
    REQUIRE(found->ranking.size() == 2);
    CHECK(found->ranking[0].chosen);
    CHECK(found->ranking[1].note == "runner-up");
    CHECK(found->ranking[1].score == 1e8);
    REQUIRE(found->steps.size() == 1);
    CHECK(found->steps[0].text == "HTTP 204");
    CHECK(found->steps[0].http_status == 204);
    CHECK(found->steps[0].phase == policy::Phase::answered);
}

TEST_CASE("decision ids go on after a restart, and unfinished decisions are found again",
          "[store]") {
    Folder folder;
    std::string path = folder.file("history.db");
    {
        auto store = open_store(path);
        record(*store, some_decision(1, policy::Phase::verified));
        record(*store, some_decision(2, policy::Phase::requested));
        record(*store, some_decision(3, policy::Phase::dry_run));
    }
    auto store = open_store(path);
    CHECK(store->next_decision_id() == 4);
    auto open = store->recent_decisions(UINT64_MAX);
    REQUIRE(open);
    REQUIRE(open->size() == 1);
    CHECK(open->front().id == 2);
    auto recent = store->recent_decisions(some_decision(3).realtime_ns);
    REQUIRE(recent);
    CHECK(recent->size() == 2);
}

TEST_CASE("an unknown decision is not found", "[history]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    auto found = open_history(path)->decision(99);
    REQUIRE(!found);
    CHECK(found.error().kind() == ErrorKind::not_found);
}

TEST_CASE("a second store on the same file is refused and told who holds it", "[store]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    auto second = storage::Store::open(config_at(folder.file("history.db")));
    REQUIRE(!second);
    CHECK(second.error().kind() == ErrorKind::unavailable);
    CHECK(second.error().message().find("another Vigia (process ") != std::string::npos);
}

TEST_CASE("a new path is refused while running, other settings are taken", "[store]") {
    Folder folder;
    auto store = open_store(folder.file("history.db"));
    CHECK(!store->reconfigure(config_at(folder.file("other.db"))));
    CHECK(store->reconfigure(config_at(folder.file("history.db"))));
}
