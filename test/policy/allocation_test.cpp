// SPDX-License-Identifier: MIT
// A tick on which nothing happens allocates nothing.
#include "test/policy/daemon.h"
#include "test/support/allocations.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

TEST_CASE("an idle tick allocates nothing, with holding detectors and cooling containers too") {
    Config config =
        enforcing(rule_of("memory", {above("memory_above", 10.0 * mebibyte)}, {ActionKind::limit}));
    config.rules[0].parameters.memory_bytes = mebibyte;
    config.rules[0].cooldown_ns = 3600 * ns_per_second;
    config.rules.push_back(rule_of("oom", {above("oom_kills_above", 3)}));
    config.rules.push_back(rule_of("count", {above("count_above", 1000)}));
    config.rules.push_back(rule_of("host", {above("host_memory_above", 0.99)}));
    config.rules.push_back(rule_of("hopeless", {above("pids_above", 5)}, {ActionKind::warn}));
    config.protect.names = {"many-tasks"};
    Daemon daemon(config);
    for (unsigned n = 0; n < 200; ++n) {
        daemon.world.run("container-with-a-long-name-" + std::to_string(n));
    }
    daemon.world.run("hungry", 20 * mebibyte);
    daemon.world.run("limited", 20 * mebibyte).record.memory_limit_bytes = mebibyte;
    daemon.world.run("many-tasks").record.task_count = 10;
    daemon.tick();
    daemon.answer(Answer::refused, 500);
    for (unsigned warm_up = 0; warm_up < 3; ++warm_up) {
        daemon.tick();
    }
    for (unsigned n = 0; n < 100; ++n) {
        const Sample& sample = daemon.world.tick();
        const uint64_t before = allocation_count();
        daemon.engine->evaluate(sample, daemon.verdicts);
        const uint64_t allocations = allocation_count() - before;
        REQUIRE(daemon.verdicts.changed.empty());
        REQUIRE(allocations == 0);
    }
}
