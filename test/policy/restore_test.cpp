// SPDX-License-Identifier: MIT
// A process that died and began anew: nothing is done twice, nothing is forgotten.
#include "test/policy/daemon.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

namespace {

constexpr uint64_t second = ns_per_second;

Config rules(std::vector<ActionKind> actions = {ActionKind::stop, ActionKind::remove}) {
    RuleConfig rule =
        rule_of("memory", {above("memory_above", 512.0 * mebibyte)}, std::move(actions));
    rule.cooldown_ns = 60 * second;
    rule.verify_ns = 5 * second;
    rule.parameters.stop_grace_seconds = 0;
    return enforcing(rule);
}

} // namespace

TEST_CASE("a request of an earlier process is not repeated but verified") {
    Daemon daemon(rules());
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "stop web");
    daemon.restart();
    CHECK(daemon.engine->open_decisions() == 1);
    daemon.tick();
    CHECK(daemon.asked().empty());
    daemon.world.end("web"); // the request had arrived
    daemon.tick();
    CHECK(daemon.asked() == "remove web");
    CHECK(steps_of(daemon.decision(1)) ==
          "stop decided, stop requested, stop verified, remove requested");
}

TEST_CASE("a request that was lost with the process fails at its deadline, and the rule decides") {
    Daemon daemon(rules());
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.restart();
    for (unsigned waited = 0; waited <= 5; ++waited) {
        daemon.tick();
        CHECK(daemon.asked().empty());
    }
    CHECK(daemon.decision(1).phase == Phase::failed);
    daemon.tick(61 * second);
    CHECK(daemon.asked() == "stop web");
    CHECK(daemon.decision(2).id == 2);
}

TEST_CASE("a kill that was due when the process died is asked for if the container is the same") {
    for (const bool same : {true, false}) {
        INFO(same);
        Daemon daemon(rules({ActionKind::stop, ActionKind::kill}));
        daemon.world.run("web", 600 * mebibyte);
        daemon.tick();
        daemon.answer(Answer::refused, 500);
        REQUIRE(daemon.decision(1).phase == Phase::decided);
        daemon.restart();
        if (!same) {
            daemon.world.start("web");
        }
        daemon.tick();
        CHECK(daemon.asked() == (same ? "kill web" : ""));
        CHECK((daemon.decision(1).phase == Phase::abandoned) == !same);
    }
}

TEST_CASE("cool-downs and the budget outlive the process, and a jump of the time of day") {
    for (const int64_t hours : {0, 5, -5}) {
        INFO(hours);
        Config config = rules({ActionKind::warn});
        config.budget_decisions = 2;
        config.budget_window_ns = 30 * second;
        Daemon daemon(config);
        daemon.world.run("a", 600 * mebibyte);
        daemon.world.run("b", 600 * mebibyte);
        daemon.tick();
        REQUIRE(daemon.decided() == "a, b");
        daemon.world.clock.step(hours * 3600 * 1'000'000'000);
        daemon.restart();
        daemon.world.run("c", 600 * mebibyte);
        for (unsigned waited = 0; waited < 20; ++waited) {
            daemon.tick();
            CHECK(daemon.decided().empty()); // the budget
        }
        daemon.tick(30 * second);
        CHECK(daemon.decided() == "c"); // a and b cool down
    }
}

TEST_CASE("after a reboot the time of day tells how old a decision is") {
    Daemon daemon(rules({ActionKind::warn}));
    daemon.world.run("a", 600 * mebibyte);
    daemon.tick(1000 * second);
    REQUIRE(daemon.decided() == "a");
    daemon.world.clock.advance(40 * second);
    Instant now = daemon.world.clock.now();
    now.monotonic_ns = 5 * second;
    now.boottime_ns = 5 * second;
    daemon.world.clock.set(now);
    daemon.restart();
    daemon.tick();
    CHECK(daemon.decided().empty());
    daemon.tick(20 * second);
    CHECK(daemon.decided() == "a");
}

TEST_CASE("what dry run pretended is pretended by the next process as well") {
    Config config = enforcing(rule_of("count", {above("count_above", 1)}));
    config.mode = Mode::dry_run;
    Daemon daemon(config);
    daemon.world.run("a");
    daemon.world.run("b");
    daemon.tick();
    REQUIRE(daemon.decided() == "a");
    daemon.restart();
    daemon.tick();
    CHECK(daemon.decided().empty());
}

TEST_CASE("an open decision whose rule is gone is verified but goes no further") {
    Daemon daemon(rules());
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.config.rules.clear();
    daemon.restart();
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.asked().empty());
    CHECK(daemon.decision(1).phase == Phase::abandoned);
    CHECK(daemon.decision(1).steps.back().text == "its rule is no longer in the configuration");
}

TEST_CASE("an enforcing process that comes back in dry run asks for nothing") {
    Daemon daemon(rules());
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.config.mode = Mode::dry_run;
    daemon.restart();
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.verdicts.requests.empty());
    CHECK(daemon.decision(1).phase == Phase::abandoned);
}

TEST_CASE("a record that makes no sense is abandoned, not acted on") {
    Decision decision;
    decision.id = 41;
    decision.mode = Mode::enforce;
    decision.rule = "memory";
    decision.phase = Phase::requested;
    decision.action_index = 3;
    Daemon daemon(rules());
    daemon.engine->restore({decision});
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    CHECK(daemon.decision(41).phase == Phase::abandoned);
    CHECK(daemon.asked() == "stop web");
    CHECK(daemon.decision(42).container_name == "web"); // ids go on above it
}
