// SPDX-License-Identifier: MIT
#include "collector/sampler/sampler.h"

#include "test/support/allocations.h"
#include "test/support/catch.h"
#include "test/support/fake_catalog.h"
#include "test/support/fake_source.h"

using namespace vigia;
using namespace vigia::test;

TEST_CASE("a sample of a host whose processes stay allocates nothing") {
    FakeClock clock;
    FakeSource source(2048);
    FakeCatalog catalog;
    for (uint32_t i = 0; i < 1000; ++i) {
        source.add_process(i + 1, 100, 1 + i % 50);
    }
    for (uint64_t id = 1; id <= 50; ++id) {
        const std::string name = std::string(62, 'b') + std::to_string(id + 10);
        source.add_cgroup(id, "/docker/" + name);
        catalog.add(name, "c" + std::to_string(id));
    }
    sampler::Sampler sampler({ns_per_second, false, "/proc"});
    const auto take = [&] {
        clock.advance(ns_per_second);
        source.publish(clock.now());
        return static_cast<bool>(sampler.take(source, &catalog, 0));
    };
    for (int i = 0; i < 4; ++i) {
        REQUIRE(take());
    }
    const uint64_t before = allocation_count();
    bool all = true;
    for (int i = 0; i < 100; ++i) {
        all = take() && all;
    }
    const uint64_t allocations = allocation_count() - before;
    CHECK(all);
    CHECK(allocations == 0);
}
