// SPDX-License-Identifier: MIT
#include "collector/service/tick.h"

#include <algorithm>
#include <vector>

#include "test/support/allocations.h"
#include "test/support/catch.h"
#include "test/support/fake_catalog.h"
#include "test/support/fake_source.h"

using namespace vigia;
using namespace vigia::test;
using vigia::service::Ticker;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int many_ticks = 20'000;
#else
constexpr int many_ticks = 1'000'000;
#endif

// "at most two containers, the larger one goes first": what the ticker needs of a policy.
policy::Config two_at_most(policy::Mode mode) {
    policy::Config config;
    config.mode = mode;
    policy::RuleConfig rule;
    rule.name = "two";
    policy::DetectorConfig detector;
    detector.kind = "count_above";
    detector.threshold = 2;
    detector.clear = 2;
    rule.any_of.push_back({{detector}});
    rule.ranker = "largest_memory";
    rule.actions = {policy::ActionKind::stop, policy::ActionKind::remove};
    config.rules.push_back(rule);
    return config;
}

struct Bench {
    explicit Bench(policy::Config config) : engine(std::move(config), 1) {}

    void add_container(char digit, uint64_t memory_bytes) {
        const auto cgroup_id = static_cast<unsigned char>(digit);
        source.add_cgroup(cgroup_id, "/docker/" + container_id(digit)).memory_current_bytes =
            memory_bytes;
        source.add_process(cgroup_id, 100, cgroup_id);
        catalog.add(container_id(digit), std::string("c") + digit);
    }
    bool tick() {
        clock.advance(ns_per_second);
        source.publish(clock.now());
        return static_cast<bool>(ticker.tick(source, 0));
    }

    FakeClock clock;
    FakeSource source;
    FakeCatalog catalog;
    sampler::Sampler sampler{{ns_per_second, false, "/proc"}};
    policy::Engine engine;
    std::vector<std::string> done; // in the order in which the ticker handed it over
    std::vector<policy::ActionRequest> requests;
    Ticker ticker{sampler,
                  engine,
                  nullptr,
                  &catalog,
                  clock,
                  {[this](const policy::Decision& decision) {
                       done.push_back("decided " + decision.container_name);
                   },
                   [this](const policy::ActionRequest& request) {
                       done.push_back("requested " + request.container_id.substr(63));
                       requests.push_back(request);
                   },
                   [this](const policy::Notice& notice) {
                       done.push_back("noticed " + std::string(notice.rule));
                   }}};
};

} // namespace

TEST_CASE("a million quiet ticks allocate nothing and decide nothing") {
    Bench bench(two_at_most(policy::Mode::enforce));
    bench.add_container('1', 100);
    bench.add_container('2', 200);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(bench.tick());
    }
    const uint64_t before = allocation_count();
    bool all = true;
    for (int i = 0; i < many_ticks; ++i) {
        all = bench.tick() && all;
    }
    const uint64_t allocations = allocation_count() - before;
    CHECK(all);
    CHECK(allocations == 0);
    CHECK(bench.done.empty());
    CHECK(bench.ticker.stats().ticks == static_cast<uint64_t>(many_ticks) + 10);
}

TEST_CASE("a decision is handed over before its request") {
    Bench bench(two_at_most(policy::Mode::enforce));
    bench.add_container('1', 100);
    bench.add_container('2', 300);
    bench.add_container('3', 200);
    REQUIRE(bench.tick());
    REQUIRE(bench.done.size() >= 2);
    CHECK(bench.done.front() == "decided c2");
    CHECK(bench.done.back() == "requested 2");
    REQUIRE(bench.requests.size() == 1);
    CHECK(bench.requests[0].kind == policy::ActionKind::stop);
}

TEST_CASE("in dry run no request is ever handed over") {
    Bench bench(two_at_most(policy::Mode::dry_run));
    for (char digit = '1'; digit <= '9'; ++digit) {
        bench.add_container(digit, 100);
    }
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(bench.tick());
    }
    CHECK(bench.requests.empty());
    CHECK_FALSE(bench.done.empty());
}

TEST_CASE("an engine's answer moves the decision on") {
    Bench bench(two_at_most(policy::Mode::enforce));
    for (char digit = '1'; digit <= '3'; ++digit) {
        bench.add_container(digit, 100);
    }
    REQUIRE(bench.tick());
    REQUIRE(bench.requests.size() == 1);
    const policy::ActionRequest stop = bench.requests[0];
    const std::size_t before = bench.done.size();
    bench.ticker.report({stop.decision_id, stop.kind, policy::Answer::done, 204, "HTTP 204"});
    CHECK(bench.done.size() > before);
    // The victim's processes are gone and the engine calls it exited: the next action follows.
    bench.source.processes.erase(bench.source.processes.begin());
    bench.source.cgroups.erase(bench.source.cgroups.begin());
    bench.catalog.containers[0].state = ContainerState::exited;
    REQUIRE(stop.container_id == container_id('1'));
    REQUIRE(bench.tick());
    REQUIRE(bench.requests.size() == 2);
    CHECK(bench.requests[1].kind == policy::ActionKind::remove);
}

TEST_CASE("a rule that holds but must not act is said once") {
    Bench bench(two_at_most(policy::Mode::enforce));
    for (char digit = '1'; digit <= '3'; ++digit) {
        bench.add_container(digit, 100);
        bench.catalog.containers.back().labels.emplace_back("vigia.protect", "true");
    }
    bench.catalog.is_complete = false; // a count over an unknown number
    for (int i = 0; i < 5; ++i) {
        REQUIRE(bench.tick());
    }
    CHECK(bench.requests.empty());
    CHECK(std::count(bench.done.begin(), bench.done.end(), "noticed two") == 1);
}

TEST_CASE("a snapshot seen before is not judged again") {
    Bench bench(two_at_most(policy::Mode::dry_run));
    REQUIRE(bench.tick());
    auto again = bench.ticker.tick(bench.source, 0);
    REQUIRE(again);
    CHECK((*again)->number == 1);
    CHECK(bench.ticker.stats().ticks == 2);
}

TEST_CASE("a tick without a sample is counted, and the next one goes on") {
    Bench bench(two_at_most(policy::Mode::dry_run));
    REQUIRE(bench.tick());
    bench.source.next_refresh = Error(ErrorKind::unavailable, "the writer left");
    CHECK_FALSE(bench.tick());
    bench.source.next_refresh = {};
    CHECK(bench.tick());
    CHECK(bench.ticker.stats().failed_ticks == 1);
}
