// SPDX-License-Identifier: MIT
// The parts of the engine that can be looked at alone.
#include "policy/budget.h"
#include "policy/builtin.h"
#include "policy/cooldowns.h"
#include "policy/hold.h"
#include "policy/rise.h"
#include "policy/selector.h"
#include "policy/story.h"
#include "test/policy/world.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

namespace {

constexpr uint64_t second = ns_per_second;

ContainerInfo named(const std::string& name, const std::string& image = "x") {
    ContainerInfo info;
    info.name = name;
    info.image = image;
    return info;
}

// The name of the container that a ranker puts first.
std::string first_by(const std::string& ranker, World& world) {
    RuleConfig rule = rule_of("r", {above("count_above", 0)}, {ActionKind::warn});
    rule.ranker = ranker;
    Engine engine(enforcing(rule), 1);
    Verdicts verdicts;
    engine.evaluate(world.tick(), verdicts);
    return verdicts.changed.empty() ? "" : verdicts.changed[0]->container_name;
}

} // namespace

TEST_CASE("a hold is ripe after the time that was seen, not before") {
    Hold hold;
    hold.advance(11, 10, 10, second);
    CHECK(hold.ripe(0));
    CHECK_FALSE(hold.ripe(second));
    hold.advance(11, 10, 10, second);
    CHECK(hold.ripe(second));
    CHECK_FALSE(hold.ripe(2 * second));
    CHECK(hold.ripe(second + 40'000'000)); // the beat's jitter
    CHECK_FALSE(hold.ripe(second + 60'000'000));
}

TEST_CASE("a hold begins anew after a moment below, an unknown value, or unseen time") {
    Hold hold;
    for (const auto interruption : {0, 1, 2}) {
        hold = {};
        hold.advance(11, 10, 10, second);
        hold.advance(11, 10, 10, second);
        REQUIRE(hold.held_ns == second);
        if (interruption == 0) {
            hold.advance(10, 10, 10, second);
            CHECK_FALSE(hold.holding);
            hold.advance(11, 10, 10, second);
        } else if (interruption == 1) {
            hold.advance({}, 10, 10, second);
            CHECK_FALSE(hold.holding);
            hold.advance(11, 10, 10, second);
        } else {
            hold.advance(11, 10, 10, {});
        }
        CHECK(hold.holding);
        CHECK(hold.held_ns == 0);
    }
}

TEST_CASE("with a clear line a hold lasts between the lines, and needs the upper one to begin") {
    Hold hold;
    hold.advance(9, 10, 8, second);
    CHECK_FALSE(hold.holding);
    hold.advance(11, 10, 8, second);
    hold.advance(9, 10, 8, second);
    CHECK(hold.held_ns == second);
    hold.advance(8, 10, 8, second);
    CHECK(hold.holding);
    hold.advance(7.9, 10, 8, second);
    CHECK_FALSE(hold.holding);
}

TEST_CASE("after unseen time the clear line does not carry a hold on") {
    Hold hold;
    hold.advance(11, 10, 8, second);
    hold.advance(9, 10, 8, {});
    CHECK_FALSE(hold.holding);
}

TEST_CASE("a rise counts what came within the window, whatever was before") {
    Rise rise;
    CHECK(rise.advance(100, second, 80 * second) == 0);
    CHECK(rise.advance(103, second, 80 * second) == 3);
    CHECK(rise.advance(104, 40 * second, 80 * second) == 4);
    CHECK(rise.advance(104, 41 * second, 80 * second) == 1);
    CHECK(rise.advance(104, 1000 * second, 80 * second) == 0);
}

TEST_CASE("a counter that began anew rises by what it shows") {
    Rise rise;
    rise.advance(100, second, 80 * second);
    CHECK(rise.advance(2, second, 80 * second) == 2);
}

TEST_CASE("a budget is free again when the window has passed, and counts decisions before boot") {
    Budget budget;
    budget.spend(-5);
    budget.spend(10);
    CHECK_FALSE(budget.allows(10, 2, 100));
    CHECK_FALSE(budget.allows(94, 2, 100));
    CHECK(budget.allows(95, 2, 100));
    CHECK_FALSE(budget.allows(95, 1, 100));
    CHECK_FALSE(budget.allows(500, 0, 100));
}

TEST_CASE("a cool-down is of one container and one rule, and ends") {
    Cooldowns cooldowns;
    cooldowns.add({"a", "r", 100, false}, 0);
    CHECK(cooldowns.until("a", "r", 99) == 100);
    CHECK(cooldowns.until("a", "r", 100) == 0);
    CHECK(cooldowns.until("a", "s", 50) == 0);
    CHECK(cooldowns.until("b", "r", 50) == 0);
    cooldowns.add({"a", "r", 60, false}, 10);
    CHECK(cooldowns.until("a", "r", 99) == 100);
}

TEST_CASE("only a pretended end makes a container count as gone") {
    Cooldowns cooldowns;
    cooldowns.add({"a", "r", 100, false}, 0);
    CHECK(cooldowns.gone_until("a", 0) == 0);
    cooldowns.add({"a", "s", 90, true}, 0);
    CHECK(cooldowns.gone_until("a", 0) == 90);
    CHECK(cooldowns.gone_until("a", 90) == 0);
}

TEST_CASE("Grafana, Vigia and what is labelled are protected from the start") {
    const Config config;
    CHECK(protection_of(config, named("grafana")) == "name grafana*");
    CHECK(protection_of(config, named("grafana-1")) == "name grafana*");
    CHECK(protection_of(config, named("x", "grafana/grafana:11")) == "image grafana*");
    CHECK(protection_of(config, named("x", "registry.example/grafana-oss")) == "image */grafana*");
    CHECK(protection_of(config, named("vigia")) == "name vigia*");
    ContainerInfo labelled = named("web");
    CHECK_FALSE(is_protected(config, labelled));
    labelled.labels = {{"vigia.protect", "false"}};
    CHECK_FALSE(is_protected(config, labelled));
    labelled.labels = {{"vigia.protect", "true"}};
    CHECK(protection_of(config, labelled) == "label vigia.protect=true");
}

TEST_CASE("a selector matches by any pattern of any list, and an empty one nothing") {
    Selector selector;
    CHECK_FALSE(matches(selector, named("web")));
    selector.names = {"db", "web-?"};
    selector.labels = {{"tier", "gold*"}};
    CHECK(match_of(selector, named("web-1")) == "name web-?");
    CHECK(match_of(selector, named("web-10")).empty());
    ContainerInfo info = named("other");
    info.labels = {{"tier", "golden"}};
    CHECK(match_of(selector, info) == "label tier=gold*");
}

TEST_CASE("each ranker puts its own first") {
    World world;
    world.clock.advance(1000 * second);
    FakeContainer& big = world.run("big", 50 * mebibyte);
    FakeContainer& busy = world.run("busy", 20 * mebibyte);
    FakeContainer& chatty = world.run("chatty", 20 * mebibyte);
    FakeContainer& old = world.run("old", 20 * mebibyte);
    FakeContainer& young = world.run("young", 20 * mebibyte);
    FakeContainer& shaky = world.run("shaky", 20 * mebibyte);
    busy.rates.cpu_ratio = 3;
    chatty.rates.write_bytes_per_second = 1000;
    chatty.rates.read_bytes_per_second = 1;
    shaky.info.restart_count = 7;
    for (FakeContainer* one : {&big, &busy, &chatty, &shaky}) {
        one->oldest_start_time_ns = 500 * second;
    }
    old.oldest_start_time_ns = 100 * second;
    young.oldest_start_time_ns = 900 * second;
    CHECK(first_by("largest_memory", world) == "big");
    CHECK(first_by("most_cpu", world) == "busy");
    CHECK(first_by("most_io", world) == "chatty");
    CHECK(first_by("oldest", world) == "old");
    CHECK(first_by("newest", world) == "young");
    CHECK(first_by("most_restarts", world) == "shaky");
}

TEST_CASE("equal candidates go by name") {
    World world;
    for (const char* name : {"c", "a", "b"}) {
        world.run(name, mebibyte);
    }
    for (const RankerKind& kind : ranker_kinds()) {
        INFO(kind.name);
        CHECK(first_by(std::string(kind.name), world) == "a");
    }
}

TEST_CASE("rates that are not known rank last") {
    World world;
    FakeContainer& fresh = world.run("fresh");
    fresh.rates.known = false;
    fresh.rates.cpu_ratio = 9;
    world.run("known").rates.cpu_ratio = 0.1;
    CHECK(first_by("most_cpu", world) == "known");
}

TEST_CASE("a limit is seen when the host shows it, rounded to pages") {
    World world;
    FakeContainer& container = world.run("c");
    ActionParameters parameters;
    parameters.memory_bytes = 100'000'000;
    parameters.cpu_ratio = 1.5;
    parameters.pids = 50;
    const Action& limit = action_of(ActionKind::limit);
    const auto seen = [&] {
        const Sample& sample = world.tick();
        return limit.seen({&sample.containers[0], true, true}, parameters);
    };
    CHECK_FALSE(seen());
    container.record.memory_limit_bytes = 100'000'000 / 4096 * 4096;
    container.record.cpu_quota_ns = 150'000'000;
    container.record.cpu_period_ns = 100'000'000;
    CHECK_FALSE(seen());
    container.record.task_limit = 50;
    CHECK(seen());
    container.record.memory_limit_bytes = 200'000'000;
    CHECK_FALSE(seen());
    container.record.valid = 0; // a host that shows no limits: the engine's word has to do
    CHECK(seen());
    const Sample& sample = world.tick();
    CHECK(limit.tell({&sample.containers[0], true, true}, parameters) ==
          "memory limit not shown by this host, CPU limit not shown by this host, task limit not "
          "shown by this host");
}

TEST_CASE("a container has ended when no process is left and nothing will start it again") {
    World world;
    FakeContainer& container = world.run("c");
    const Action& stop = action_of(ActionKind::stop);
    const auto seen = [&](bool cgroups_complete) {
        const Sample& sample = world.tick();
        return stop.seen({&sample.containers[0], true, cgroups_complete}, {});
    };
    CHECK_FALSE(seen(true));
    container.process_count = 0; // the cgroup is still there, empty; the engine lags behind
    CHECK(seen(true));
    CHECK(seen(false));
    container.has_cgroup = false;
    CHECK(seen(true));
    CHECK_FALSE(seen(false)); // its cgroup may be among the records that did not fit
    container.info.state = ContainerState::exited;
    CHECK(seen(false));
    container.info.state = ContainerState::restarting;
    CHECK_FALSE(seen(true));
    CHECK(stop.seen({nullptr, false, true}, {}));
    CHECK_FALSE(stop.seen({nullptr, true, false}, {}));
}

TEST_CASE("a container is removed only when neither engine nor cgroup has it, and both are known") {
    World world;
    world.run("c");
    world.end("c");
    const Action& remove = action_of(ActionKind::remove);
    const Sample& sample = world.tick();
    CHECK_FALSE(remove.seen({&sample.containers[0], true, true}, {}));
    CHECK_FALSE(remove.seen({nullptr, false, true}, {}));
    CHECK_FALSE(remove.seen({nullptr, true, false}, {}));
    CHECK(remove.seen({nullptr, true, true}, {}));
}

TEST_CASE("values are told with their units") {
    CHECK(format_value(612.0 * mebibyte, "bytes") == "612 MiB");
    CHECK(format_value(50.0 * mebibyte, "bytes_per_second") == "50.0 MiB/s");
    CHECK(format_value(0.8, "ratio") == "80.0 %");
    CHECK(format_value(7, "containers") == "7");
    CHECK(format_value(90, "seconds") == "1m30s");
}
