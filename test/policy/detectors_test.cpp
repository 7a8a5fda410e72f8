// SPDX-License-Identifier: MIT
// Each detector: it detects, it does not detect, and it keeps silent where nothing can be known.
#include <cstring>

#include "policy/builtin.h"
#include "test/policy/world.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::policy;
using namespace vigia::test;

namespace {

// One container "c" on a quiet host; `change` makes it what the test is about.
struct Bench {
    World world;
    FakeContainer* container = &world.run("c");

    // Whether a rule of this detector alone takes the container on the next sample.
    bool detects(const DetectorConfig& detector) {
        Engine engine(enforcing(rule_of("r", {detector})), 1);
        Verdicts verdicts;
        engine.evaluate(world.tick(), verdicts);
        return !verdicts.changed.empty();
    }
};

DetectorConfig share(const std::string& kind, double ratio) {
    DetectorConfig detector = above(kind, ratio);
    detector.share = true;
    return detector;
}

} // namespace

TEST_CASE("memory_above detects bytes above the line, and not at it") {
    Bench bench;
    bench.container->memory_bytes = 512 * mebibyte + 1;
    CHECK(bench.detects(above("memory_above", 512.0 * mebibyte)));
    bench.container->memory_bytes = 512 * mebibyte;
    CHECK_FALSE(bench.detects(above("memory_above", 512.0 * mebibyte)));
}

TEST_CASE("memory_above in percent is of the container's limit, or else of the host's memory") {
    Bench bench;
    bench.container->memory_bytes = 900 * mebibyte;
    CHECK_FALSE(bench.detects(share("memory_above", 0.8))); // of 8 GiB
    bench.container->record.memory_limit_bytes = 1024 * mebibyte;
    CHECK(bench.detects(share("memory_above", 0.8)));
    bench.container->record.memory_limit_bytes = VIGIA_NO_LIMIT;
    bench.container->memory_bytes = 7000 * mebibyte;
    CHECK(bench.detects(share("memory_above", 0.8)));
    bench.world.system.record.valid = 0;
    CHECK_FALSE(bench.detects(share("memory_above", 0.8)));
}

TEST_CASE("a limit above the host's memory is no limit") {
    Bench bench;
    bench.container->record.memory_limit_bytes = 1ULL << 50;
    bench.container->memory_bytes = 7000 * mebibyte;
    CHECK(bench.detects(share("memory_above", 0.8)));
}

TEST_CASE("cpu_above detects more CPUs than its share, and not fewer") {
    Bench bench;
    bench.container->rates.cpu_ratio = 1.6;
    CHECK(bench.detects(above("cpu_above", 1.5)));
    bench.container->rates.cpu_ratio = 1.4;
    CHECK_FALSE(bench.detects(above("cpu_above", 1.5)));
}

TEST_CASE("rates are silent while they are not known") {
    Bench bench;
    bench.container->rates.cpu_ratio = 1.6;
    bench.container->rates.known = false;
    CHECK_FALSE(bench.detects(above("cpu_above", 1.5)));
    bench.container->rates.known = true;
    bench.container->record.valid &= ~uint64_t{VIGIA_CGROUP_VALID_CPU};
    CHECK_FALSE(bench.detects(above("cpu_above", 1.5)));
}

TEST_CASE("io_above detects reads and writes together, and not less") {
    Bench bench;
    bench.container->rates.read_bytes_per_second = 30;
    bench.container->rates.write_bytes_per_second = 30;
    CHECK(bench.detects(above("io_above", 50)));
    bench.container->rates.write_bytes_per_second = 20;
    CHECK_FALSE(bench.detects(above("io_above", 50)));
}

TEST_CASE("io_above also detects what is summed over processes, and is silent without either") {
    Bench bench;
    bench.container->rates.read_bytes_per_second = 60;
    bench.container->record.valid &= ~uint64_t{VIGIA_CGROUP_VALID_IO};
    bench.container->rates.io_origin = IoOrigin::processes;
    CHECK(bench.detects(above("io_above", 50)));
    bench.container->rates.io_origin = IoOrigin::unknown;
    CHECK_FALSE(bench.detects(above("io_above", 50)));
}

TEST_CASE("read_above detects reads, and not writes") {
    Bench bench;
    bench.container->rates.read_bytes_per_second = 60;
    CHECK(bench.detects(above("read_above", 50)));
    bench.container->rates.read_bytes_per_second = 0;
    bench.container->rates.write_bytes_per_second = 60;
    CHECK_FALSE(bench.detects(above("read_above", 50)));
}

TEST_CASE("write_above detects writes, and not reads") {
    Bench bench;
    bench.container->rates.write_bytes_per_second = 60;
    CHECK(bench.detects(above("write_above", 50)));
    bench.container->rates.write_bytes_per_second = 0;
    bench.container->rates.read_bytes_per_second = 60;
    CHECK_FALSE(bench.detects(above("write_above", 50)));
}

TEST_CASE("pids_above detects more tasks than the line, and not fewer") {
    Bench bench;
    bench.container->record.task_count = 101;
    CHECK(bench.detects(above("pids_above", 100)));
    bench.container->record.task_count = 100;
    CHECK_FALSE(bench.detects(above("pids_above", 100)));
}

TEST_CASE("pids_above in percent is of the limit, and silent without one") {
    Bench bench;
    bench.container->record.task_count = 95;
    CHECK_FALSE(bench.detects(share("pids_above", 0.9)));
    bench.container->record.task_limit = 100;
    CHECK(bench.detects(share("pids_above", 0.9)));
    bench.container->record.task_limit = 200;
    CHECK_FALSE(bench.detects(share("pids_above", 0.9)));
    bench.container->record.task_limit = 0; // a kernel that tells the tasks alone
    bench.container->record.valid &= ~uint64_t{VIGIA_CGROUP_VALID_TASKS};
    CHECK_FALSE(bench.detects(share("pids_above", 0.9)));
    CHECK(bench.detects(above("pids_above", 90)));
}

TEST_CASE("the three pressures detect their own resource alone") {
    struct {
        const char* kind;
        double CgroupRates::*rate;
    } const pressures[] = {
        {"cpu_pressure_above", &CgroupRates::cpu_pressure_some_ratio},
        {"memory_pressure_above", &CgroupRates::memory_pressure_some_ratio},
        {"io_pressure_above", &CgroupRates::io_pressure_some_ratio},
    };
    for (const auto& detecting : pressures) {
        for (const auto& pressed : pressures) {
            INFO(detecting.kind << " under " << pressed.kind);
            Bench bench;
            bench.container->rates.*pressed.rate = 0.3;
            CHECK(bench.detects(above(detecting.kind, 0.2)) ==
                  (std::strcmp(detecting.kind, pressed.kind) == 0));
        }
    }
}

TEST_CASE("oom_kills_above detects kills within its window, and not older or earlier ones") {
    World world;
    FakeContainer& container = world.run("c");
    container.record.oom_kills = 40; // history
    DetectorConfig detector = above("oom_kills_above", 1);
    detector.within_ns = 80 * ns_per_second;
    Engine engine(enforcing(rule_of("r", {detector}, {ActionKind::warn})), 1);
    Verdicts verdicts;
    engine.evaluate(world.tick(), verdicts);
    container.record.oom_kills += 1;
    engine.evaluate(world.tick(), verdicts);
    CHECK(verdicts.changed.empty());
    for (unsigned second = 0; second < 90; ++second) { // the first one leaves the window
        engine.evaluate(world.tick(), verdicts);
    }
    container.record.oom_kills += 1;
    engine.evaluate(world.tick(), verdicts);
    CHECK(verdicts.changed.empty());
    container.record.oom_kills += 1;
    engine.evaluate(world.tick(), verdicts);
    CHECK(verdicts.changed.size() == 1);
}

TEST_CASE("execs_above detects its programs in the container, and not others or elsewhere") {
    World world;
    world.run("c");
    world.run("d");
    DetectorConfig detector = above("execs_above", 1);
    detector.programs = {"nc", "/tmp/*"};
    detector.within_ns = 80 * ns_per_second;
    RuleConfig rule = rule_of("r", {detector}, {ActionKind::warn});
    Engine engine(enforcing(rule), 1);
    Verdicts verdicts;
    const auto decisions_after = [&](std::initializer_list<const char*> programs) {
        for (const char* program : programs) {
            world.exec("c", program);
        }
        engine.evaluate(world.tick(), verdicts);
        return verdicts.changed.size();
    };
    CHECK(decisions_after({"/bin/sh", "/usr/bin/ncat", "/usr/tmp/x", "nc/ls"}) == 0);
    CHECK(decisions_after({"/usr/bin/nc"}) == 0);
    world.exec("d", "/usr/bin/nc"); // somebody else's
    world.exec("nowhere", "/usr/bin/nc");
    CHECK(decisions_after({}) == 0);
    for (unsigned second = 0; second < 90; ++second) { // the first one leaves the window
        CHECK(decisions_after({}) == 0);
    }
    CHECK(decisions_after({"/tmp/xmrig"}) == 0);
    world.execs_known = false; // what nobody reported has not happened, as far as a rule knows
    CHECK(decisions_after({"nc"}) == 0);
    world.execs_known = true;
    CHECK(decisions_after({"nc", "/bin/sh"}) == 1);
    CHECK(verdicts.changed.front()->reason.find("runs of nc, /tmp/*") != std::string::npos);
}

TEST_CASE("execs_above without programs counts all, from the container's first moment") {
    World world;
    world.run("c");
    world.exec("c", "/bin/true");
    Engine engine(enforcing(rule_of("r", {above("execs_above", 0)}, {ActionKind::warn})), 1);
    Verdicts verdicts;
    engine.evaluate(world.tick(), verdicts);
    CHECK(verdicts.changed.size() == 1);
}

TEST_CASE("events are urgent only if a rule may hold by them") {
    const auto urgent = [](const char* detector) {
        const Engine engine(enforcing(rule_of("r", {above(detector, 1)}, {ActionKind::warn})), 1);
        std::vector<int> kinds;
        for (int kind = 0; kind < 70; ++kind) {
            vigia_event event{};
            event.kind = static_cast<uint16_t>(kind);
            if (engine.is_urgent(event)) {
                kinds.push_back(kind);
            }
        }
        return kinds;
    };
    CHECK(urgent("execs_above") == std::vector<int>{VIGIA_EVENT_EXEC});
    CHECK(urgent("oom_kills_above") == std::vector<int>{VIGIA_EVENT_OOM_KILL});
    CHECK(urgent("count_above") ==
          std::vector<int>{VIGIA_EVENT_CGROUP_CREATED, VIGIA_EVENT_CGROUP_REMOVED});
    CHECK(urgent("memory_above").empty());
}

TEST_CASE("restarts_above detects a crash loop through its new cgroups, and not a long life") {
    World world;
    FakeContainer& container = world.run("c");
    container.info.restart_count = 50; // over the years
    DetectorConfig detector = above("restarts_above", 3);
    Engine engine(enforcing(rule_of("r", {detector}, {ActionKind::stop})), 1);
    Verdicts verdicts;
    engine.evaluate(world.tick(), verdicts);
    CHECK(verdicts.changed.empty());
    for (unsigned crash = 1; crash <= 4; ++crash) {
        CHECK(verdicts.changed.empty());
        world.end("c", ContainerState::restarting);
        engine.evaluate(world.tick(), verdicts);
        CHECK(verdicts.changed.empty());
        world.start("c");
        ++container.info.restart_count;
        engine.evaluate(world.tick(), verdicts);
    }
    CHECK(verdicts.requests.size() == 1);
}

TEST_CASE("count_above detects more running containers than allowed, and not the allowed ones") {
    Bench bench;
    bench.world.run("d");
    CHECK(bench.detects(above("count_above", 1)));
    CHECK_FALSE(bench.detects(above("count_above", 2)));
    bench.world.end("d");
    CHECK_FALSE(bench.detects(above("count_above", 1)));
}

TEST_CASE("host_memory_above detects what is not available, and not what is") {
    Bench bench;
    bench.world.system.record.memory_available_bytes = 800 * mebibyte; // of 8 GiB
    CHECK(bench.detects(above("host_memory_above", 0.9)));
    bench.world.system.record.memory_available_bytes = 1000 * mebibyte;
    CHECK_FALSE(bench.detects(above("host_memory_above", 0.9)));
    bench.world.system.record = {};
    CHECK_FALSE(bench.detects(above("host_memory_above", 0.9)));
}

TEST_CASE("host_swap_above detects used swap, and nothing on a host without swap") {
    Bench bench;
    CHECK_FALSE(bench.detects(above("host_swap_above", 0.5)));
    bench.world.system.record.swap_total_bytes = 1000;
    bench.world.system.record.swap_free_bytes = 400;
    CHECK(bench.detects(above("host_swap_above", 0.5)));
    bench.world.system.record.swap_free_bytes = 600;
    CHECK_FALSE(bench.detects(above("host_swap_above", 0.5)));
}

TEST_CASE("host_cpu_above detects busy CPUs, and not idle or unknown ones") {
    Bench bench;
    bench.world.system.rates.cpu_ratio = 0.97;
    CHECK(bench.detects(above("host_cpu_above", 0.95)));
    bench.world.system.rates.known = false;
    CHECK_FALSE(bench.detects(above("host_cpu_above", 0.95)));
    bench.world.system.rates.known = true;
    bench.world.system.rates.cpu_ratio = 0.9;
    CHECK_FALSE(bench.detects(above("host_cpu_above", 0.95)));
}

TEST_CASE("host_load_above detects the load, in tasks or for each CPU, and not a lower one") {
    Bench bench;
    bench.world.system.record.load_1min_millitasks = 6'100;
    CHECK(bench.detects(above("host_load_above", 6)));
    CHECK_FALSE(bench.detects(above("host_load_above", 6.2)));
    CHECK_FALSE(bench.detects(share("host_load_above", 1.5))); // how many CPUs is not known
    const CpuSample cpus[4] = {};
    bench.world.system.cpus = cpus;
    CHECK(bench.detects(share("host_load_above", 1.5)));
    CHECK_FALSE(bench.detects(share("host_load_above", 1.6)));
}

TEST_CASE("host_memory_pressure_above detects waiting for memory, and not less of it") {
    Bench bench;
    bench.world.system.rates.memory_pressure_some_ratio = 0.2;
    CHECK(bench.detects(above("host_memory_pressure_above", 0.1)));
    CHECK_FALSE(bench.detects(above("host_memory_pressure_above", 0.2)));
}

TEST_CASE("host_storage_above detects its own mount as df counts, and no other") {
    vigia_mount mounts[2] = {};
    std::memcpy(mounts[0].path, "/", 1);
    std::memcpy(mounts[1].path, "/data", 5);
    for (vigia_mount& mount : mounts) {
        mount.valid = VIGIA_MOUNT_VALID_SPACE;
        mount.total_bytes = 1000;
        mount.free_bytes = 500;
        mount.available_bytes = 400;
    }
    mounts[1].free_bytes = 100;
    mounts[1].available_bytes = 0; // 900 of 900 that users could have
    Bench bench;
    bench.world.system.mounts = mounts;
    DetectorConfig detector = above("host_storage_above", 0.95);
    detector.mount = "/data";
    CHECK(bench.detects(detector));
    detector.mount = "/";
    CHECK_FALSE(bench.detects(detector));
    detector.mount = "/elsewhere";
    CHECK_FALSE(bench.detects(detector));
    mounts[1].valid = 0;
    detector.mount = "/data";
    CHECK_FALSE(bench.detects(detector));
}

TEST_CASE("no detector but the engine's own looks at a container that does not run") {
    for (const DetectorKind& kind : detector_kinds()) {
        INFO(kind.name);
        const auto detector = kind.make(above(std::string(kind.name), 0));
        if (detector->scope() == Scope::container) {
            World world;
            world.run("c", 99 * mebibyte);
            world.end("c");
            const Sample& sample = world.tick();
            CHECK_FALSE(detector->measure({sample, &sample.containers[0], {}, {}}).has_value());
        }
    }
}
