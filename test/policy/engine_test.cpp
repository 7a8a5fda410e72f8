// SPDX-License-Identifier: MIT
// Who is taken, when and why. restraint_test.cpp has who is not, chain_test.cpp what follows.
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

TEST_CASE("a container above its memory line is stopped, and removed once it has ended") {
    Daemon daemon(enforcing(memory_rule()), 7);
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "stop web");
    const Decision& decision = daemon.decision(7);
    CHECK(decision.container_name == "web");
    CHECK(decision.phase == Phase::requested);
    CHECK(decision.reason == "web: memory 600 MiB is above 512 MiB; web is taken by "
                             "largest_memory (600 MiB) out of 1");
    daemon.answer(Answer::done, 204);
    CHECK(daemon.decision(7).phase == Phase::answered);
    daemon.tick();
    CHECK(daemon.asked().empty());
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.asked() == "remove web");
    daemon.answer(Answer::done, 204);
    daemon.world.erase("web");
    daemon.tick();
    CHECK(steps_of(daemon.decision(7)) ==
          "stop decided, stop requested, stop answered, stop verified, remove requested, "
          "remove answered, remove verified");
    CHECK(daemon.decision(7).steps.at(3).text == "exited after 2.00 s");
    CHECK(daemon.decision(7).steps.at(6).text == "gone after 1.00 s");
    CHECK(daemon.engine->open_decisions() == 0);
}

TEST_CASE("the classic rules keep 3 low, 2 high and grafana of 7 low, 5 high and grafana") {
    Config config;
    config.mode = Mode::enforce;
    config.classes = {class_of("low", "*low*"), class_of("high", "*high*")};
    config.rules = {rule_of("low", {above("count_above", 3)}),
                    rule_of("high", {above("count_above", 2)}),
                    rule_of("all", {above("count_above", 10)})};
    config.rules[0].container_class = "low";
    config.rules[1].container_class = "high";
    Daemon daemon(config);
    for (unsigned n = 1; n <= 7; ++n) {
        daemon.world.run("low-" + std::to_string(n), n * mebibyte);
    }
    for (unsigned n = 1; n <= 5; ++n) {
        daemon.world.run("high-" + std::to_string(n), n * mebibyte);
    }
    daemon.world.run("grafana", 1000 * mebibyte);
    daemon.tick();
    CHECK(daemon.asked() == "stop low-7, stop low-6, stop low-5, stop low-4, stop high-5, "
                            "stop high-4, stop high-3");
    CHECK(daemon.decision(1).reason ==
          "class low: running containers 7 is above 3; low-7 is taken by largest_memory (7.00 MiB) "
          "out of 7");
    daemon.tick();
    CHECK(daemon.asked().empty());
}

TEST_CASE("the record of a decision has the ranking with runners-up and the excluded") {
    RuleConfig rule = rule_of("count", {above("count_above", 1)}, {ActionKind::stop});
    Daemon daemon(enforcing(rule));
    daemon.world.run("big", 30 * mebibyte);
    daemon.world.run("middle", 20 * mebibyte);
    daemon.world.run("small", 10 * mebibyte);
    daemon.world.run("grafana", 90 * mebibyte);
    daemon.world.run("strange", 80 * mebibyte).described = false;
    daemon.tick();
    REQUIRE(daemon.asked() == "stop big, stop middle");
    const Decision& decision = daemon.decision(1);
    CHECK(decision.candidates_total == 5);
    REQUIRE(decision.ranking.size() == 5);
    CHECK(decision.ranking[0].chosen);
    CHECK(decision.ranking[0].note == "chosen");
    CHECK(decision.ranking[1].note == "chosen at the same moment");
    CHECK(decision.ranking[2].name == "small");
    CHECK(decision.ranking[2].note == "runner-up");
    CHECK(decision.ranking[3].note == "protected: name grafana*");
    CHECK(decision.ranking[4].note == "left alone: no engine has described it");
    CHECK(daemon.decision(2).ranking[1].chosen);
    CHECK_FALSE(daemon.decision(2).ranking[0].chosen);
    REQUIRE(decision.readings.size() == 1);
    CHECK(decision.readings[0].subject == "all containers");
    CHECK(decision.readings[0].value == 3);
    CHECK(decision.readings[0].unit == "containers");
}

TEST_CASE("the record of a ranking is bounded, and the chosen one is always in it") {
    Daemon daemon(enforcing(rule_of("count", {above("count_above", 80)}, {ActionKind::stop})));
    for (unsigned n = 0; n < 110; ++n) {
        daemon.world.run("c" + std::to_string(n), (200 - n) * mebibyte);
    }
    Config config = daemon.config;
    config.budget_decisions = 100;
    daemon.reconfigure(config);
    daemon.tick();
    const Decision& last = daemon.decision(30);
    CHECK(last.ranking.size() == 16);
    CHECK(last.ranking.back().chosen);
    CHECK(last.ranking.back().container_id == last.container_id);
    CHECK(last.candidates_total == 110);
}

TEST_CASE("a duration must be seen as a whole: a gap, a suspension or a missed sample breaks it") {
    for (const int interruption : {0, 1, 2, 3}) {
        INFO(interruption);
        Daemon daemon(enforcing(memory_rule({ActionKind::warn}, 3 * second)));
        daemon.world.run("web", 600 * mebibyte);
        daemon.tick();
        daemon.tick();
        daemon.tick();
        REQUIRE(daemon.decided().empty());
        if (interruption == 1) {
            daemon.world.gap = Gap::late;
        } else if (interruption == 2) {
            daemon.world.clock.suspend(3600 * second); // and the sampler did not say so
        } else if (interruption == 3) {
            daemon.world.sample(); // one that the engine never gets
        }
        daemon.tick();
        CHECK(daemon.decided() == (interruption == 0 ? "web" : ""));
        daemon.tick();
        daemon.tick();
        CHECK(daemon.decided().empty());
        daemon.tick();
        CHECK(daemon.decided() == (interruption == 0 ? "" : "web"));
    }
}

TEST_CASE("a step of the time of day neither breaks nor fulfils a duration") {
    Daemon daemon(enforcing(memory_rule({ActionKind::warn}, 3 * second)));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.world.clock.step(86'400'000'000'000);
    daemon.tick();
    daemon.world.clock.step(-86'400'000'000'000);
    daemon.tick();
    CHECK(daemon.decided().empty());
    daemon.tick();
    CHECK(daemon.decided() == "web");
}

TEST_CASE("a container in a new cgroup is another life, whose durations begin anew") {
    Daemon daemon(enforcing(memory_rule({ActionKind::warn}, 2 * second)));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.tick();
    daemon.world.start("web");
    daemon.tick();
    CHECK(daemon.decided().empty());
    daemon.tick();
    daemon.tick();
    CHECK(daemon.decided() == "web");
}

TEST_CASE("all detectors of a group must hold, and one group is enough") {
    RuleConfig rule = memory_rule({ActionKind::warn});
    rule.any_of[0].detectors.push_back(above("cpu_above", 1));
    rule.any_of.push_back({{above("pids_above", 100)}});
    Daemon daemon(enforcing(rule));
    FakeContainer& memory_only = daemon.world.run("memory-only", 600 * mebibyte);
    FakeContainer& both = daemon.world.run("both", 600 * mebibyte);
    FakeContainer& pids = daemon.world.run("pids");
    memory_only.rates.cpu_ratio = 0.5;
    both.rates.cpu_ratio = 1.5;
    pids.record.task_count = 200;
    daemon.tick();
    CHECK(daemon.decided() == "both, pids");
}

TEST_CASE("a detector of the host and one of containers together take one that holds") {
    RuleConfig rule = memory_rule({ActionKind::stop});
    rule.any_of[0].detectors.push_back(above("host_memory_above", 0.9));
    Daemon daemon(enforcing(rule));
    daemon.world.run("a", 600 * mebibyte);
    daemon.world.run("b", 700 * mebibyte);
    daemon.world.run("c", 10 * mebibyte);
    daemon.tick();
    CHECK(daemon.asked().empty());
    daemon.world.system.record.memory_available_bytes = 0;
    daemon.tick();
    CHECK(daemon.asked() == "stop b");
}

TEST_CASE("a rule about the host takes one container and then waits for its cool-down") {
    RuleConfig rule = rule_of("host", {above("host_memory_above", 0.9)}, {ActionKind::stop});
    rule.cooldown_ns = 5 * second;
    Daemon daemon(enforcing(rule));
    daemon.world.system.record.memory_available_bytes = 0;
    daemon.world.run("a", 30 * mebibyte);
    daemon.world.run("b", 20 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "stop a");
    daemon.tick();
    CHECK(daemon.asked().empty());
    daemon.answer(Answer::done, 204);
    daemon.world.end("a");
    daemon.tick();
    CHECK(daemon.decision(1).steps.back().text ==
          "exited after 2.00 s; memory in use 100.0 % (still above 90.0 %)");
    for (unsigned waited = 1; waited < 5; ++waited) {
        daemon.tick();
        CHECK(daemon.asked().empty());
    }
    daemon.tick();
    CHECK(daemon.asked() == "stop b");
}
