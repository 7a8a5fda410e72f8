// SPDX-License-Identifier: MIT
// Whom the engine leaves alone: budget, cool-down, protection, and what it cannot be sure of.
#include "policy/engine.h"

#include "test/policy/daemon.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

namespace {

constexpr uint64_t second = ns_per_second;

RuleConfig memory_rule(std::vector<ActionKind> actions = {ActionKind::stop, ActionKind::remove},
                       uint64_t for_ns = 0) {
    RuleConfig rule =
        rule_of("memory", {above("memory_above", 512.0 * mebibyte, for_ns)}, std::move(actions));
    rule.cooldown_ns = 30 * second;
    rule.verify_ns = 5 * second;
    return rule;
}

} // namespace

TEST_CASE("never more decisions within the window than the budget, whatever is due") {
    Config config = enforcing(memory_rule({ActionKind::warn}));
    config.budget_decisions = 3;
    config.budget_window_ns = 10 * second;
    Daemon daemon(config);
    for (unsigned n = 0; n < 8; ++n) {
        daemon.world.run("c" + std::to_string(n), 600 * mebibyte);
    }
    daemon.tick();
    CHECK(daemon.decided() == "c0, c1, c2");
    REQUIRE(daemon.verdicts.notices.size() == 1);
    CHECK(daemon.verdicts.notices[0].rule == "memory");
    CHECK(daemon.verdicts.notices[0].text == "the budget of decisions is spent");
    for (unsigned waited = 1; waited < 10; ++waited) {
        daemon.tick();
        CHECK(daemon.decided().empty());
        CHECK(daemon.verdicts.notices.empty()); // said once
    }
    daemon.tick();
    CHECK(daemon.decided() == "c3, c4, c5");
}

TEST_CASE("a budget of nothing decides nothing") {
    Config config = enforcing(memory_rule());
    config.budget_decisions = 0;
    Daemon daemon(config);
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    CHECK(daemon.decided().empty());
}

TEST_CASE("a longer window after a reload still knows what was spent") {
    Config config = enforcing(memory_rule({ActionKind::warn}));
    config.budget_decisions = 1;
    config.budget_window_ns = 2 * second;
    Daemon daemon(config);
    daemon.world.run("a", 600 * mebibyte);
    daemon.world.run("b", 600 * mebibyte);
    daemon.tick();
    daemon.tick();
    daemon.tick();
    CHECK(daemon.decided() == "b");
    daemon.world.run("c", 600 * mebibyte);
    config.budget_decisions = 2;
    config.budget_window_ns = 60 * second;
    daemon.reconfigure(config);
    daemon.tick();
    CHECK(daemon.decided().empty());
}

TEST_CASE("a container cools down from the rule that took it, not from others") {
    Config config = enforcing(memory_rule({ActionKind::warn}));
    RuleConfig other = rule_of("pids", {above("pids_above", 10)}, {ActionKind::warn});
    config.rules.push_back(other);
    Daemon daemon(config);
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    CHECK(daemon.decided() == "web");
    daemon.world.find("web")->record.task_count = 20;
    daemon.tick();
    CHECK(daemon.decided() == "web");
    CHECK(daemon.decision(2).rule == "pids");
    for (unsigned waited = 2; waited < 30; ++waited) {
        daemon.tick();
        CHECK(daemon.decided().empty());
    }
    daemon.tick();
    CHECK(daemon.decided() == "web");
}

TEST_CASE("a container with an open decision is not taken again, by any rule") {
    Config config = enforcing(memory_rule());
    config.rules.push_back(rule_of("pids", {above("pids_above", 10)}, {ActionKind::kill}));
    Daemon daemon(config);
    daemon.world.run("web", 600 * mebibyte).record.task_count = 20;
    daemon.tick();
    CHECK(daemon.asked() == "stop web");
    daemon.tick();
    CHECK(daemon.asked().empty());
}

TEST_CASE("nothing protected is taken, however it is protected") {
    Config config = enforcing(memory_rule());
    config.protect.names = {"db-*"};
    config.protect.images = {"registry.example/core:*"};
    config.protect.labels = {{"tier", "gold"}};
    Daemon daemon(config);
    daemon.world.run("db-1", 600 * mebibyte);
    daemon.world.run("image", 600 * mebibyte).info.image = "registry.example/core:9";
    daemon.world.run("label", 600 * mebibyte).info.labels = {{"tier", "gold"}};
    daemon.world.run("own", 600 * mebibyte).info.labels = {{"vigia.protect", "true"}};
    daemon.world.run("grafana-2", 600 * mebibyte);
    daemon.tick();
    CHECK(daemon.decided().empty());
    REQUIRE(daemon.verdicts.notices.size() == 1);
    CHECK(daemon.verdicts.notices[0].text.find("protected") != std::string_view::npos);
    daemon.tick();
    CHECK(daemon.verdicts.notices.empty());
}

TEST_CASE("protected containers do not count, and are not missed") {
    Daemon daemon(enforcing(rule_of("count", {above("count_above", 2)})));
    for (const char* name : {"a", "b", "grafana", "vigia"}) {
        daemon.world.run(name);
    }
    daemon.tick();
    CHECK(daemon.decided().empty());
}

TEST_CASE("a container that no engine has described is never acted on") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte).described = false;
    daemon.tick();
    CHECK(daemon.decided().empty());
    CHECK(daemon.verdicts.notices.size() == 1);
    daemon.world.find("web")->described = true;
    daemon.tick();
    CHECK(daemon.decided() == "web");
}

TEST_CASE("nothing is counted while the engine's list is incomplete or records did not fit") {
    Daemon daemon(enforcing(rule_of("count", {above("count_above", 1)})));
    daemon.world.run("a");
    daemon.world.run("b");
    daemon.world.complete = false;
    daemon.tick();
    CHECK(daemon.decided().empty());
    REQUIRE(daemon.verdicts.notices.size() == 1);
    CHECK(daemon.verdicts.notices[0].text.find("not counted") != std::string_view::npos);
    daemon.world.complete = true;
    daemon.world.truncated_records = 1;
    daemon.tick();
    CHECK(daemon.decided().empty());
    daemon.world.truncated_records = 0;
    daemon.tick();
    CHECK(daemon.decided() == "a");
}

TEST_CASE("counting leaves out whoever an open decision ends already") {
    Daemon daemon(enforcing(rule_of("count", {above("count_above", 2)})));
    for (const char* name : {"a", "b", "c"}) {
        daemon.world.run(name);
    }
    daemon.tick();
    REQUIRE(daemon.asked() == "stop a");
    daemon.tick();
    CHECK(daemon.decided().empty());
    daemon.world.run("d");
    daemon.tick();
    CHECK(daemon.asked() == "stop b");
}
