// SPDX-License-Identifier: MIT
#include "collector/service/actor.h"

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "collector/service/engines.h"
#include "collector/service/paths.h"
#include "storage/history.h"
#include "test/support/catch.h"
#include "test/support/fake_engine.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using vigia::service::Actor;
using vigia::service::Engines;
using vigia::service::Log;

namespace {

struct Bench {
    Bench() {
        fake.put(id, {.name = "web", .image = "nginx"});
        engines.start([] {}, [](const ContainerTurn&) {});
        REQUIRE(run_until([this] { return engines.complete(); }));
    }

    // Turns the loop until `reached`, for at most ten seconds.
    template <typename Reached>
    bool run_until(Reached reached) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!reached() && std::chrono::steady_clock::now() < end) {
            io_context.restart();
            io_context.poll();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return reached();
    }
    std::unique_ptr<Actor> actor(storage::Store* store) {
        return std::make_unique<Actor>(
            io_context, engines, store, log,
            [this](const policy::ActionReport& report) { reports.push_back(report); });
    }
    policy::ActionRequest request(policy::ActionKind kind) const {
        policy::ActionRequest wanted;
        wanted.decision_id = 1;
        wanted.kind = kind;
        wanted.container_id = id;
        wanted.parameters.memory_bytes = 64U << 20;
        return wanted;
    }
    policy::Decision decision() const {
        policy::Decision made;
        made.id = 1;
        made.realtime_ns = 1'700'000'000'000'000'000;
        made.rule = "too-large";
        made.container_id = id;
        made.container_name = "web";
        made.actions = {policy::ActionKind::stop};
        made.phase = policy::Phase::requested;
        return made;
    }

    const std::string id = fake_id(1);
    FakeEngine fake;
    boost::asio::io_context io_context{1};
    std::vector<std::string> lines;
    Log log{[this](std::string_view line) { lines.emplace_back(line); }};
    Engines engines{io_context, service::engines_at({fake.socket_path()})};
    std::vector<policy::ActionReport> reports;
};

} // namespace

TEST_CASE("a request leaves only when its decision is in the database") {
    Bench bench;
    TemporaryDirectory directory;
    storage::StoreConfig config;
    config.path = directory.file("history.db");
    auto store = storage::Store::open(config);
    REQUIRE(store);
    auto actor = bench.actor(store->get());
    actor->decided(bench.decision());
    actor->requested(bench.request(policy::ActionKind::stop));
    CHECK(bench.fake.writes() == 0);
    REQUIRE(bench.run_until([&] { return bench.fake.writes() > 0; }));
    auto history = storage::History::open(config.path);
    REQUIRE(history);
    auto kept = (*history)->decision(1);
    REQUIRE(kept);
    CHECK(kept->container_name == "web");
    REQUIRE(bench.run_until([&] { return !bench.reports.empty(); }));
    CHECK(bench.reports[0].answer == policy::Answer::done);
    CHECK(bench.reports[0].decision_id == 1);
}

TEST_CASE("without a database a request leaves at once") {
    Bench bench;
    auto actor = bench.actor(nullptr);
    actor->decided(bench.decision());
    actor->requested(bench.request(policy::ActionKind::stop));
    CHECK(bench.run_until([&] { return !bench.reports.empty(); }));
    CHECK(bench.fake.writes() == 1);
}

TEST_CASE("each action is its own request to the engine") {
    Bench bench;
    auto actor = bench.actor(nullptr);
    const std::vector<std::pair<policy::ActionKind, std::string>> wanted{
        {policy::ActionKind::limit, "/update"},
        {policy::ActionKind::pause, "/pause"},
        {policy::ActionKind::stop, "/stop"},
        {policy::ActionKind::kill, "/kill"},
        {policy::ActionKind::remove, "DELETE "}};
    for (const auto& [kind, part] : wanted) {
        INFO(part);
        const std::size_t before = bench.fake.count(part);
        bench.reports.clear();
        actor->requested(bench.request(kind));
        REQUIRE(bench.run_until([&] { return !bench.reports.empty(); }));
        CHECK(bench.fake.count(part) == before + 1);
        CHECK(bench.reports[0].kind == kind);
    }
}

TEST_CASE("a warning asks nobody for anything") {
    Bench bench;
    auto actor = bench.actor(nullptr);
    actor->requested(bench.request(policy::ActionKind::warn));
    REQUIRE(bench.run_until([&] { return !bench.reports.empty(); }));
    CHECK(bench.reports[0].answer == policy::Answer::done);
    CHECK(bench.fake.writes() == 0);
}

TEST_CASE("a container that no engine knows any more is as gone as it was to be") {
    Bench bench;
    auto actor = bench.actor(nullptr);
    policy::ActionRequest request = bench.request(policy::ActionKind::remove);
    request.container_id = fake_id(99);
    actor->requested(request);
    REQUIRE(bench.run_until([&] { return !bench.reports.empty(); }));
    CHECK(bench.reports[0].answer == policy::Answer::already_so);
    CHECK(bench.fake.writes() == 0);
}

TEST_CASE("an answer that comes after the actor has gone reaches nobody") {
    Bench bench;
    auto actor = bench.actor(nullptr);
    actor->requested(bench.request(policy::ActionKind::stop));
    actor.reset();
    CHECK(bench.run_until([&] { return bench.fake.writes() > 0; }));
    for (int turn = 0; turn < 100; ++turn) {
        bench.io_context.restart();
        bench.io_context.poll();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(bench.reports.empty());
}

TEST_CASE("an engine that dies is trouble, and is complete again by itself") {
    Bench bench;
    CHECK(bench.engines.trouble().empty());
    bench.fake.stop();
    REQUIRE(bench.run_until([&] { return !bench.engines.complete(); }));
    CHECK_FALSE(bench.engines.trouble().empty());
    bench.fake.start();
    REQUIRE(bench.run_until([&] { return bench.engines.complete(); }));
    CHECK(bench.engines.trouble().empty());
    CHECK(bench.engines.describe().find("following") != std::string::npos);
}

TEST_CASE("a decision is told as a sentence once, and each of its steps in a line once") {
    policy::Decision decision = Bench().decision();
    decision.reason = "memory is above 512 MiB";
    const auto step = [&](policy::Phase phase, std::string text, int http_status) {
        decision.phase = phase;
        decision.steps.push_back(
            {0, policy::ActionKind::stop, phase, std::move(text), http_status});
    };
    step(policy::Phase::decided, "", 0);
    step(policy::Phase::requested, "", 0);
    CHECK(service::describe(decision, 0) ==
          std::vector<std::string>{
              "decision 1: would stop web by rule too-large: memory is above 512 MiB"});
    decision.mode = policy::Mode::enforce;
    CHECK(
        service::describe(decision, 0) ==
        std::vector<std::string>{"decision 1: stop web by rule too-large: memory is above 512 MiB",
                                 "decision 1: stop web requested"});
    step(policy::Phase::answered, "", 204);
    step(policy::Phase::verified, "gone after 1 s", 0);
    CHECK(service::describe(decision, 2) ==
          std::vector<std::string>{"decision 1: stop web answered: HTTP 204",
                                   "decision 1: stop web verified: gone after 1 s"});
}
