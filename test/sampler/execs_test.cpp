// SPDX-License-Identifier: MIT
// The programs that were run between two samples, and in which container.
#include <cstring>

#include "collector/base/limits.h"
#include "collector/sampler/sampler.h"
#include "test/support/catch.h"
#include "test/support/fake_events.h"
#include "test/support/fake_source.h"

using namespace vigia;
using namespace vigia::test;

namespace {

struct Bench {
    Bench() {
        source.add_cgroup(1, "/");
        source.add_cgroup(50, "/docker/" + std::string(64, 'a'));
        source.add_cgroup(51, "/docker/" + std::string(64, 'a') + "/inner");
        sampler.follow(&events);
    }
    const Sample& take() {
        clock.advance(ns_per_second);
        source.publish(clock.now());
        const auto taken = sampler.take(source, nullptr, 0);
        REQUIRE(taken);
        return **taken;
    }
    void exec(uint32_t pid, uint64_t cgroup_id, std::string_view name) {
        vigia_event_exec exec{};
        std::memcpy(&exec, &events.add(VIGIA_EVENT_EXEC, ++time_ns, pid, cgroup_id), sizeof(exec));
        exec.valid = VIGIA_EVENT_VALID_NAME | VIGIA_EVENT_VALID_CGROUP;
        std::memcpy(exec.file_name, name.data(), std::min(name.size(), sizeof(exec.file_name)));
        std::memcpy(&events.waiting.back(), &exec, sizeof(exec));
    }

    FakeClock clock;
    FakeSource source;
    FakeEvents events;
    sampler::Sampler sampler{{ns_per_second, false, "/proc"}};
    uint64_t time_ns = 0;
};

} // namespace

TEST_CASE("programs are told with the container that ran them, once") {
    Bench bench;
    bench.exec(7, 50, "/bin/early");
    CHECK_FALSE(bench.take().execs_known); // not from the beginning of the interval
    bench.exec(8, 50, "/bin/sh");
    bench.exec(9, 51, std::string(100, 'n')); // fills its field: no NUL at the end
    bench.exec(10, 1, "/sbin/init");
    bench.exec(11, 777, "/bin/gone");
    bench.events.add(VIGIA_EVENT_EXEC, 99, 12, 50).valid = 0;
    const Sample& sample = bench.take();
    REQUIRE(sample.execs_known);
    REQUIRE(sample.execs.size() == 4);
    REQUIRE(sample.containers.size() == 1);
    CHECK(sample.execs[0].file_name == "/bin/sh");
    CHECK(sample.execs[0].pid == 8);
    CHECK(sample.execs[0].container == 0);
    CHECK(sample.execs[1].file_name == std::string(VIGIA_EVENT_FILE_NAME_SIZE_BYTES, 'n'));
    CHECK(sample.execs[1].container == 0);
    CHECK(sample.execs[2].container == no_container);
    CHECK(sample.execs[3].file_name.empty()); // masked
    CHECK(sample.execs[3].container == no_container);
    const Sample& next = bench.take(); // the one whose cgroup nobody knows waited for this
    REQUIRE(next.execs.size() == 1);
    CHECK(next.execs[0].pid == 11);
    CHECK(next.execs[0].container == no_container);
    CHECK(bench.take().execs.empty());
}

TEST_CASE("a program in a container that is younger than the snapshot is told with the next one") {
    Bench bench;
    bench.take();
    bench.exec(8, 60, "/bin/sh");
    CHECK(bench.take().execs.empty());
    bench.source.add_cgroup(60, "/docker/" + std::string(64, 'b'));
    const Sample& sample = bench.take();
    REQUIRE(sample.execs.size() == 1);
    REQUIRE(sample.containers.size() == 2);
    CHECK(sample.execs[0].container == 1);
    CHECK(sample.execs[0].file_name == "/bin/sh");
}

TEST_CASE("programs are not known where nobody reports them, or not all the time") {
    Bench bench;
    bench.events.features = VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT);
    bench.take();
    CHECK_FALSE(bench.take().execs_known);
    bench.events.features = ~uint64_t{0};
    bench.exec(8, 50, "/bin/sh");
    CHECK(bench.take().execs.empty());
    CHECK(bench.take().execs_known);
    bench.sampler.follow(nullptr);
    CHECK_FALSE(bench.take().execs_known);
}

TEST_CASE("a storm of programs is kept to its bound") {
    Bench bench;
    bench.take();
    for (std::size_t i = 0; i < limits::execs_per_sample + 10; ++i) {
        bench.exec(8, 50, "/bin/true");
    }
    CHECK(bench.take().execs.size() == limits::execs_per_sample);
    bench.exec(8, 50, "/bin/true");
    CHECK(bench.take().execs.size() == 1);
}
