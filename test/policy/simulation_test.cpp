// SPDX-License-Identifier: MIT
// At least 100,000 ticks of simulated life in every run. VIGIA_SEED runs one seed (the failing one
// is printed), VIGIA_TICKS more or fewer ticks of each.
#include <cstdlib>
#include <iostream>
#include <string>

#include "test/policy/simulation/simulation.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using vigia::policy::Phase;

namespace {

uint64_t from_environment(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::vector<uint64_t> seeds() {
    const uint64_t chosen = from_environment("VIGIA_SEED", 0);
    return chosen != 0 ? std::vector<uint64_t>{chosen} : std::vector<uint64_t>{1, 2, 3, 4};
}

void tell(uint64_t seed, const Simulation& life) {
    const Auditor& auditor = life.auditor();
    std::cout << "seed " << seed << ": " << life.ticks() << " ticks, " << life.crashes()
              << " crashes, " << life.requests() << " requests; verified "
              << auditor.count(Phase::verified) << ", failed " << auditor.count(Phase::failed)
              << ", abandoned " << auditor.count(Phase::abandoned) << ", dry run "
              << auditor.count(Phase::dry_run) << "; kills after a failed stop "
              << auditor.fallbacks() << '\n';
}

} // namespace

TEST_CASE("no promise is broken in 100,000 ticks of crashes, lies, people and jumping clocks") {
    const uint64_t ticks = from_environment("VIGIA_TICKS", 30'000);
    for (const uint64_t seed : seeds()) {
        Simulation life(seed);
        life.run(ticks);
        tell(seed, life);
        INFO("replay with VIGIA_SEED=" << seed << " VIGIA_TICKS=" << ticks << "; broken at tick "
                                       << life.ticks());
        INFO(life.auditor().violation());
        CHECK(life.auditor().violation().empty());
        CHECK(life.forgotten() == 0);
        if (ticks >= 10'000) { // a life in which nothing happens proves nothing
            CHECK(life.crashes() > 20);
            CHECK(life.requests() > 100);
            for (const Phase phase :
                 {Phase::verified, Phase::failed, Phase::abandoned, Phase::dry_run}) {
                CHECK(life.auditor().count(phase) > 20);
            }
            CHECK(life.auditor().fallbacks() > 5);
        }
    }
}

TEST_CASE("the same seed gives the same life") {
    Simulation once(77);
    Simulation again(77);
    once.run(2'000);
    again.run(2'000);
    const auto& first = once.auditor().database();
    const auto& second = again.auditor().database();
    REQUIRE(first.size() == second.size());
    REQUIRE_FALSE(first.empty());
    for (auto left = first.begin(), right = second.begin(); left != first.end(); ++left, ++right) {
        CHECK(left->second.reason == right->second.reason);
        CHECK(steps_of(left->second) == steps_of(right->second));
    }
}
