// SPDX-License-Identifier: MIT
// Dry run: the same decisions, and not one request.
#include "test/policy/daemon.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

namespace {

constexpr uint64_t second = ns_per_second;

Config dry(RuleConfig rule) {
    Config config = enforcing(std::move(rule));
    config.mode = Mode::dry_run;
    return config;
}

} // namespace

TEST_CASE("dry run decides, asks for nothing, and says what it would have done, once") {
    RuleConfig rule = rule_of("count", {above("count_above", 2)});
    rule.cooldown_ns = 60 * second;
    Daemon daemon(dry(rule));
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        daemon.world.run(name);
    }
    daemon.tick();
    CHECK(daemon.decided() == "a, b, c"); // as it would be, not "all of them one by one"
    CHECK(daemon.verdicts.requests.empty());
    CHECK(daemon.decision(1).phase == Phase::dry_run);
    CHECK(daemon.decision(1).mode == Mode::dry_run);
    CHECK(steps_of(daemon.decision(1)) == "stop decided, stop dry_run");
    CHECK(daemon.engine->open_decisions() == 0);
    for (unsigned waited = 1; waited < 60; ++waited) {
        daemon.tick();
        CHECK(daemon.decided().empty());
    }
    daemon.tick();
    CHECK(daemon.decided() == "a, b, c"); // they are still there
}

TEST_CASE("dry run honours the budget and the cool-down as enforcing does") {
    RuleConfig rule = rule_of("memory", {above("memory_above", 10)}, {ActionKind::stop});
    rule.cooldown_ns = 60 * second;
    Config config = dry(rule);
    config.budget_decisions = 2;
    config.budget_window_ns = 10 * second;
    Daemon daemon(config);
    for (const char* name : {"a", "b", "c"}) {
        daemon.world.run(name);
    }
    daemon.tick();
    CHECK(daemon.decided() == "a, b");
    daemon.tick(10 * second);
    CHECK(daemon.decided() == "c");
    daemon.tick(10 * second);
    CHECK(daemon.decided().empty());
}

TEST_CASE("what one rule would have ended is not taken by another in dry run") {
    Config config = dry(rule_of("memory", {above("memory_above", 10)}, {ActionKind::stop}));
    config.rules.push_back(rule_of("count", {above("count_above", 0)}, {ActionKind::stop}));
    Daemon daemon(config);
    daemon.world.run("a");
    daemon.tick();
    CHECK(daemon.decided() == "a");
    CHECK(daemon.decision(1).rule == "memory");
    daemon.tick();
    CHECK(daemon.decided().empty());
}

TEST_CASE("what would only have been warned about still counts in dry run") {
    Config config = dry(rule_of("memory", {above("memory_above", 10)}, {ActionKind::warn}));
    config.rules.push_back(rule_of("count", {above("count_above", 0)}, {ActionKind::stop}));
    Daemon daemon(config);
    daemon.world.run("a");
    daemon.tick();
    CHECK(daemon.decided() == "a, a");
}

TEST_CASE("a reload into dry run stops a chain where it is") {
    Daemon daemon(enforcing(rule_of("memory", {above("memory_above", 10)})));
    daemon.world.run("a");
    daemon.tick();
    REQUIRE(daemon.asked() == "stop a");
    Config config = daemon.config;
    config.mode = Mode::dry_run;
    daemon.reconfigure(config);
    daemon.answer(Answer::done, 204);
    daemon.world.end("a");
    daemon.tick();
    CHECK(daemon.verdicts.requests.empty());
    CHECK(daemon.decision(1).phase == Phase::abandoned);
    CHECK(daemon.decision(1).steps.back().text == "dry run now");
}
