// SPDX-License-Identifier: MIT
// A decision on its way: answers, verification, the next action, people who come between.
#include "policy/engine.h"

#include "test/policy/daemon.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

namespace {

constexpr uint64_t second = ns_per_second;
const std::vector<ActionKind> stop_kill_remove{ActionKind::stop, ActionKind::kill,
                                               ActionKind::remove};

RuleConfig memory_rule(std::vector<ActionKind> actions = {ActionKind::stop, ActionKind::remove},
                       uint64_t for_ns = 0) {
    RuleConfig rule =
        rule_of("memory", {above("memory_above", 512.0 * mebibyte, for_ns)}, std::move(actions));
    rule.cooldown_ns = 30 * second;
    rule.verify_ns = 5 * second;
    return rule;
}

} // namespace

TEST_CASE("what became protected meanwhile is not asked for its next action") {
    Config config = enforcing(memory_rule());
    Daemon daemon(config);
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::done, 204);
    config.protect.names = {"web"};
    daemon.reconfigure(config);
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.asked().empty());
    CHECK(daemon.decision(1).phase == Phase::abandoned);
    CHECK(daemon.decision(1).steps.back().text == "protected now: name web");
}

TEST_CASE("a container that a person stopped meanwhile is left alone") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.world.end("web");
    daemon.world.find("web")->info.stopped_by_person = true;
    daemon.tick();
    CHECK(daemon.asked().empty());
    CHECK(daemon.decision(1).phase == Phase::abandoned);
    CHECK(daemon.decision(1).steps.back().text == "a person stopped it meanwhile");
    daemon.answer(Answer::done, 204); // too late: changes nothing
    CHECK(daemon.decision(1).steps.size() == 3);
}

TEST_CASE("a refused action fails with the engine's words, and the next best is taken later") {
    RuleConfig rule = rule_of("count", {above("count_above", 1)}, {ActionKind::stop});
    Daemon daemon(enforcing(rule));
    daemon.world.run("a", 20 * mebibyte);
    daemon.world.run("b", 10 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "stop a");
    daemon.answer(Answer::refused, 500, "driver failed");
    CHECK(daemon.decision(1).phase == Phase::failed);
    CHECK(daemon.decision(1).steps.back().text == "driver failed");
    CHECK(daemon.decision(1).steps.back().http_status == 500);
    daemon.tick();
    CHECK(daemon.asked() == "stop b");
}

TEST_CASE("nobody else pays for an answer that was lost on its way") {
    RuleConfig rule = rule_of("count", {above("count_above", 1)}, {ActionKind::stop});
    rule.verify_ns = 5 * second;
    Daemon daemon(enforcing(rule));
    daemon.world.run("a", 20 * mebibyte);
    daemon.world.run("b", 10 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "stop a");
    daemon.answer(Answer::failed, 0, "no answer within 20 s");
    CHECK(daemon.decision(1).phase == Phase::requested);
    for (unsigned waited = 0; waited < 3; ++waited) {
        daemon.tick();
        CHECK(daemon.asked().empty());
    }
    daemon.world.end("a");
    daemon.tick();
    CHECK(daemon.asked().empty());
    CHECK(daemon.decision(1).phase == Phase::verified);
    const std::string text = daemon.decision(1).steps.back().text;
    INFO(text);
    CHECK(text.find("s, although no answer came; ") != std::string::npos);
}

TEST_CASE("a lost answer whose effect never shows fails with why it was lost") {
    RuleConfig rule = rule_of("count", {above("count_above", 1)}, {ActionKind::stop});
    rule.verify_ns = 5 * second;
    Daemon daemon(enforcing(rule));
    daemon.world.run("a", 20 * mebibyte);
    daemon.world.run("b", 10 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::failed, 0, "no answer within 20 s");
    for (unsigned waited = 0; waited < 5; ++waited) {
        CHECK(daemon.decision(1).phase == Phase::requested);
        daemon.tick();
    }
    CHECK(daemon.decision(1).phase == Phase::failed);
    const std::string text = daemon.decision(1).steps.back().text;
    INFO(text);
    CHECK(text.starts_with("no answer within 20 s; not seen within "));
    CHECK(daemon.asked() == "stop b");
}

TEST_CASE("an answer that it is already so counts as done, and is verified like any other") {
    Daemon daemon(enforcing(memory_rule({ActionKind::stop})));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::already_so, 304);
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::answered); // it runs: not so at all
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::verified);
}

TEST_CASE("an effect that never shows fails at the deadline, and says what is still the case") {
    Daemon daemon(enforcing(memory_rule({ActionKind::stop})));
    daemon.world.run("web", 600 * mebibyte).process_count = 3;
    daemon.tick();
    daemon.answer(Answer::done, 204);
    for (unsigned waited = 0; waited < 4; ++waited) {
        daemon.tick();
        CHECK(daemon.decision(1).phase == Phase::answered);
    }
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::failed);
    CHECK(daemon.decision(1).steps.back().text == "not seen within 5.00 s: processes left: 3");
}

TEST_CASE("an answer that never comes is waited for through grace and deadline, then it is over") {
    RuleConfig rule = memory_rule({ActionKind::stop});
    rule.parameters.stop_grace_seconds = 4;
    Daemon daemon(enforcing(rule));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    for (unsigned waited = 0; waited < 8; ++waited) {
        daemon.tick();
        CHECK(daemon.decision(1).phase == Phase::requested);
    }
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::failed);
}

TEST_CASE("a host that slept does not run into deadlines") {
    Daemon daemon(enforcing(memory_rule({ActionKind::stop})));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::done, 204);
    daemon.world.clock.suspend(3600 * second);
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::answered);
}

TEST_CASE("a kill behind a stop is asked for when the stop failed") {
    for (const bool refused : {true, false}) {
        INFO(refused);
        Daemon daemon(enforcing(memory_rule(stop_kill_remove)));
        daemon.world.run("web", 600 * mebibyte);
        daemon.tick();
        daemon.answer(refused ? Answer::refused : Answer::done, refused ? 500 : 204);
        CHECK(daemon.engine->open_decisions() == 1);
        for (unsigned waited = 0; waited < (refused ? 1 : 5); ++waited) {
            daemon.tick();
        }
        CHECK(daemon.asked() == "kill web");
        daemon.answer(Answer::done, 204);
        daemon.world.end("web");
        daemon.tick();
        CHECK(daemon.asked() == "remove web");
    }
}

TEST_CASE("a kill behind a stop that worked is passed over") {
    Daemon daemon(enforcing(memory_rule(stop_kill_remove)));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::done, 204);
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.asked() == "remove web");
}

TEST_CASE("a container that ended after its stop had failed is not killed any more") {
    Daemon daemon(enforcing(memory_rule(stop_kill_remove)));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::failed, 0, "no answer within 20 s");
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.asked() == "remove web");
}

TEST_CASE("a container that was started anew after the stop is not removed") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::done, 204);
    daemon.world.start("web"); // between two samples: it never looked empty
    for (unsigned waited = 0; waited < 5; ++waited) {
        daemon.tick();
        CHECK(daemon.asked().empty());
    }
    CHECK(daemon.decision(1).phase == Phase::abandoned);
    CHECK(daemon.decision(1).steps.back().text == "it was started anew meanwhile");
}

TEST_CASE("a kill goes only to the life of the container that was decided about") {
    Daemon daemon(enforcing(memory_rule(stop_kill_remove)));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::refused, 500);
    daemon.world.start("web");
    daemon.tick();
    CHECK(daemon.asked().empty());
    CHECK(daemon.decision(1).phase == Phase::abandoned);
}

TEST_CASE("a container that goes away with its stop is removed already") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::done, 204);
    daemon.world.erase("web"); // docker run --rm
    daemon.tick();
    CHECK(daemon.asked().empty());
    CHECK(daemon.decision(1).phase == Phase::verified);
    CHECK(daemon.decision(1).steps.back().text == "gone already");
}

TEST_CASE("a removal is verified only when list and cgroups are complete") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    daemon.answer(Answer::done, 204);
    daemon.world.end("web");
    daemon.tick();
    REQUIRE(daemon.asked() == "remove web");
    daemon.answer(Answer::done, 204);
    daemon.world.erase("web");
    daemon.world.complete = false;
    for (unsigned waited = 0; waited < 20; ++waited) { // patient beyond the deadline
        daemon.tick();
        CHECK(daemon.decision(1).phase == Phase::answered);
    }
    daemon.world.complete = true;
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::verified);
}

TEST_CASE("a limit is verified on the cgroup, and says whether the signal fell") {
    RuleConfig rule = memory_rule({ActionKind::limit});
    rule.parameters.memory_bytes = 400 * mebibyte;
    Daemon daemon(enforcing(rule));
    FakeContainer& web = daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "limit web");
    daemon.answer(Answer::done, 200);
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::answered);
    web.record.memory_limit_bytes = 400 * mebibyte;
    web.memory_bytes = 390 * mebibyte;
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::verified);
    CHECK(daemon.decision(1).steps.back().text ==
          "memory limit 400 MiB after 2.00 s; memory 390 MiB (no longer above 512 MiB)");
}

TEST_CASE("a limit that is in force and a paused container are not asked for again") {
    RuleConfig rule = memory_rule({ActionKind::pause});
    rule.cooldown_ns = 0;
    Daemon daemon(enforcing(rule));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    REQUIRE(daemon.asked() == "pause web");
    daemon.answer(Answer::done, 204);
    daemon.world.find("web")->info.state = ContainerState::paused;
    daemon.tick();
    CHECK(daemon.decision(1).phase == Phase::verified);
    daemon.tick();
    CHECK(daemon.decided().empty());
}

TEST_CASE("a warning asks for nothing and is told at once") {
    Daemon daemon(enforcing(memory_rule({ActionKind::warn, ActionKind::stop})));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    CHECK(daemon.asked() == "stop web");
    CHECK(steps_of(daemon.decision(1)) == "warn decided, warn verified, stop requested");
}

TEST_CASE("a report that nobody waits for changes nothing") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    Verdicts verdicts;
    daemon.engine->report({99, ActionKind::stop, Answer::done, 204, ""}, daemon.world.clock.now(),
                          verdicts);
    daemon.engine->report({1, ActionKind::kill, Answer::done, 204, ""}, daemon.world.clock.now(),
                          verdicts);
    CHECK(verdicts.changed.empty());
    CHECK(daemon.decision(1).phase == Phase::requested);
}

TEST_CASE("open decisions outlive their rule, durations do not") {
    Daemon daemon(enforcing(memory_rule()));
    daemon.world.run("web", 600 * mebibyte);
    daemon.tick();
    Config config = daemon.config;
    config.rules[0] = memory_rule({ActionKind::warn}, 2 * second);
    config.rules[0].name = "other";
    daemon.reconfigure(config);
    daemon.answer(Answer::done, 204);
    daemon.world.end("web");
    daemon.tick();
    CHECK(daemon.asked() == "remove web");
}
