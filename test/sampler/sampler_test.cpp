// SPDX-License-Identifier: MIT
#include "collector/sampler/sampler.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "test/support/catch.h"
#include "test/support/fake_catalog.h"
#include "test/support/fake_source.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using vigia::sampler::Sampler;
using vigia::sampler::SamplerConfig;

namespace {

constexpr uint64_t second = ns_per_second;

struct Bench {
    FakeClock clock;
    FakeSource source;
    FakeCatalog catalog;
    Sampler sampler{SamplerConfig{second, false, "/proc"}};

    const Sample& take() {
        source.publish(clock.now());
        auto taken = sampler.take(source, &catalog, 0);
        REQUIRE(taken);
        return **taken;
    }
    const Sample& take_after(uint64_t duration_ns) {
        clock.advance(duration_ns);
        return take();
    }
};

} // namespace

TEST_CASE("the first sample has values but no rates") {
    Bench bench;
    bench.source.add_process(7, 100).rss_bytes = 4096;
    const Sample& sample = bench.take();
    CHECK(sample.number == 1);
    CHECK(sample.gap == Gap::first);
    CHECK(sample.interval_ns == 0);
    REQUIRE(sample.processes.size() == 1);
    CHECK(sample.processes[0].record.rss_bytes == 4096);
    CHECK_FALSE(sample.processes[0].rates.known);
    CHECK_FALSE(sample.system.rates.known);
}

TEST_CASE("rates are the counters' increase over the interval") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    bench.take();
    process.cpu_runtime_ns += second / 2;
    process.read_bytes += 3000;
    process.major_faults += 6;
    const Sample& sample = bench.take_after(2 * second);
    CHECK(sample.gap == Gap::none);
    CHECK(sample.interval_ns == 2 * second);
    const ProcessRates& rates = sample.processes[0].rates;
    CHECK(rates.known);
    CHECK(rates.cpu_ratio == Approx(0.25));
    CHECK(rates.read_bytes_per_second == Approx(1500));
    CHECK(rates.major_faults_per_second == Approx(3));
}

TEST_CASE("a reused pid does not inherit its forerunner's counters") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    process.cpu_runtime_ns = 50 * second;
    bench.take();
    process.start_time_ns = bench.clock.now().boottime_ns + second / 2; // another process by now
    process.cpu_runtime_ns = second / 4;
    const Sample& sample = bench.take_after(second);
    CHECK(sample.processes[0].rates.known);
    CHECK(sample.processes[0].rates.cpu_ratio ==
          Approx(0.25)); // its whole life lies in the interval
}

TEST_CASE("a process that is new to us but older than the interval has no rates yet") {
    Bench bench;
    bench.take();
    bench.source.add_process(7, 100).cpu_runtime_ns = 50 * second;
    const Sample& sample = bench.take_after(second);
    CHECK_FALSE(sample.processes[0].rates.known);
    CHECK(sample.processes[0].rates.cpu_ratio == 0);
}

TEST_CASE("a counter that goes backwards gives no rate, and the others go on") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    process.cpu_runtime_ns = 10 * second;
    bench.take();
    process.cpu_runtime_ns = 9 * second;
    process.read_bytes = 100;
    const Sample& sample = bench.take_after(second);
    CHECK(sample.processes[0].rates.cpu_ratio == 0);
    CHECK(sample.processes[0].rates.read_bytes_per_second == Approx(100));
}

TEST_CASE("a group that one of the two snapshots lacks gives no rate") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    process.valid &= ~VIGIA_PROCESS_VALID_IO;
    bench.take();
    process.valid |= VIGIA_PROCESS_VALID_IO;
    process.read_bytes = 1'000'000; // the counter since birth, not since the last sample
    const Sample& sample = bench.take_after(second);
    CHECK(sample.processes[0].rates.read_bytes_per_second == 0);
}

TEST_CASE("processes come and go between their neighbours") {
    Bench bench;
    for (uint32_t pid : {2U, 4U, 6U, 8U}) {
        bench.source.add_process(pid, pid);
    }
    bench.take();
    auto& processes = bench.source.processes;
    processes.erase(processes.begin() + 1); // 4 ends, 5 begins
    bench.source.add_process(5, bench.clock.now().boottime_ns + 1);
    std::sort(
        processes.begin(), processes.end(),
        [](const vigia_process& left, const vigia_process& right) { return left.pid < right.pid; });
    for (vigia_process& process : processes) {
        process.cpu_runtime_ns += second / 10;
    }
    const Sample& sample = bench.take_after(second);
    REQUIRE(sample.processes.size() == 4);
    for (const ProcessSample& process : sample.processes) {
        INFO(process.record.pid);
        CHECK(process.rates.cpu_ratio == Approx(0.1));
    }
}

TEST_CASE("a writer that does not sort is read all the same") {
    Bench bench;
    for (uint32_t pid : {9U, 3U, 5U}) {
        bench.source.add_process(pid, pid);
    }
    bench.take();
    bench.source.processes[0].cpu_runtime_ns = second;
    const Sample& sample = bench.take_after(second);
    CHECK(sample.processes[2].record.pid == 9);
    CHECK(sample.processes[2].rates.cpu_ratio == Approx(1.0));
}

TEST_CASE("a torn snapshot is read again and counted, and one that tears for ever is an error") {
    Bench bench;
    bench.source.add_process(7, 100);
    bench.source.torn = 3;
    const Sample& sample = bench.take();
    CHECK(sample.processes.size() == 1);
    CHECK(sample.torn_reads == 3);
    bench.source.torn = 1000;
    bench.source.publish(bench.clock.now());
    auto taken = bench.sampler.take(bench.source, nullptr, 0);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().kind() == ErrorKind::unavailable);
}

TEST_CASE("a snapshot seen before is the same sample again") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    bench.take();
    process.cpu_runtime_ns = second / 2;
    bench.take_after(second);
    auto again = bench.sampler.take(bench.source, &bench.catalog, 0);
    REQUIRE(again);
    CHECK((*again)->number == 2);
    CHECK((*again)->processes[0].rates.cpu_ratio == Approx(0.5));
    process.cpu_runtime_ns += second;
    CHECK(bench.take_after(second).processes[0].rates.cpu_ratio == Approx(1.0));
}

TEST_CASE("a file that the writer has not reached yet keeps its rates and catches up") {
    Bench bench;
    bench.source.add_process(7, 100, 5);
    vigia_cgroup& cgroup = bench.source.add_cgroup(5, "/a");
    bench.take();
    cgroup.cpu_usage_ns = second / 2;
    bench.take_after(second);
    bench.clock.advance(second);
    bench.source.publish_processes(bench.clock.now());
    auto middle = bench.sampler.take(bench.source, &bench.catalog, 0);
    REQUIRE(middle);
    CHECK((*middle)->number == 3);
    CHECK((*middle)->cgroups[0].rates.cpu_ratio == Approx(0.5));
    cgroup.cpu_usage_ns += 2 * second;
    CHECK(bench.take_after(second).cgroups[0].rates.cpu_ratio == Approx(1.0)); // over two seconds
}

TEST_CASE("a set clock is told and spoils no rate") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    bench.take();
    process.cpu_runtime_ns = second / 2;
    bench.clock.step(-3600 * static_cast<int64_t>(second));
    const Sample& sample = bench.take_after(second);
    CHECK(sample.clock_stepped);
    CHECK(sample.gap == Gap::none);
    CHECK(sample.processes[0].rates.cpu_ratio == Approx(0.5));
    CHECK_FALSE(bench.take_after(second).clock_stepped);
}

TEST_CASE("a suspended host is a gap, and sleeping is not idling") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    bench.take();
    process.cpu_runtime_ns = second / 2;
    bench.clock.suspend(8 * 3600 * second);
    const Sample& sample = bench.take_after(second);
    CHECK(sample.gap == Gap::suspended);
    CHECK_FALSE(sample.clock_stepped);
    CHECK(sample.processes[0].rates.cpu_ratio == Approx(0.5));
}

TEST_CASE("a sample that comes many intervals late is a gap") {
    Bench bench;
    bench.source.add_process(7, 100);
    bench.take();
    CHECK(bench.take_after(10 * second).gap == Gap::late);
    CHECK(bench.take_after(second).gap == Gap::none);
}

TEST_CASE("what is late goes by the interval in force, and by a slower writer's own pace") {
    Bench bench;
    bench.source.add_process(7, 100);
    bench.take();
    CHECK(bench.take_after(10 * second).gap == Gap::late);
    bench.sampler.set_interval(10 * second);
    CHECK(bench.take_after(10 * second).gap == Gap::none);
    bench.sampler.set_interval(second / 10);
    CHECK(bench.take_after(second).gap == Gap::late);
    bench.source.about.refresh_interval_ns = second;
    CHECK(bench.take_after(second).gap == Gap::none);
}

TEST_CASE("another writer's counters are not continued") {
    Bench bench;
    bench.source.add_process(7, 100).cpu_runtime_ns = second;
    bench.take();
    FakeSource other(64, 2);
    other.add_process(7, 100).cpu_runtime_ns = 3 * second;
    bench.clock.advance(second);
    other.publish(bench.clock.now());
    auto taken = bench.sampler.take(other, nullptr, 0);
    REQUIRE(taken);
    CHECK((*taken)->gap == Gap::writer_changed);
    CHECK_FALSE((*taken)->processes[0].rates.known);
}

TEST_CASE("the kernel's counters go on when its modules are loaded again") {
    Bench bench;
    bench.source.writer = VIGIA_WRITER_KERNEL;
    bench.source.about.writer_version = 0x000100;
    bench.source.add_process(7, 100).cpu_runtime_ns = second;
    bench.take();
    FakeSource again(64, 2);
    again.writer = VIGIA_WRITER_KERNEL;
    again.about.writer_version = 0x000100;
    bool continued = true;
    SECTION("in the same version") {}
    SECTION("but not in another version") {
        again.about.writer_version = 0x000200;
        continued = false;
    }
    SECTION("and another kind of writer does not continue them, whatever its instance") {
        again.writer = VIGIA_WRITER_PUBLISHER;
        continued = false;
    }
    again.add_process(7, 100).cpu_runtime_ns = 2 * second;
    bench.clock.advance(2 * second);
    again.publish(bench.clock.now());
    auto taken = bench.sampler.take(again, nullptr, 0);
    REQUIRE(taken);
    CHECK((*taken)->processes[0].rates.known == continued);
    CHECK((*taken)->gap == (continued ? Gap::none : Gap::writer_changed));
    CHECK((*taken)->interval_ns == (continued ? 2 * second : 0));
    CHECK((*taken)->processes[0].rates.cpu_ratio == Approx(continued ? 0.5 : 0.0));
}

TEST_CASE("a source that fails is an error, and the sample after it has its rates") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    bench.take();
    bench.source.next_refresh = Error(ErrorKind::unavailable, "gone");
    bench.clock.advance(second);
    CHECK_FALSE(bench.sampler.take(bench.source, nullptr, 0));
    bench.source.next_refresh = {};
    process.cpu_runtime_ns = second;
    CHECK(bench.take_after(second).processes[0].rates.cpu_ratio == Approx(0.5));
}

TEST_CASE("the host's CPU share counts busy time of all CPUs, without steal and iowait") {
    Bench bench;
    vigia_cpu cpu{};
    bench.source.cpus = {cpu, cpu};
    bench.source.cpus[1].cpu = 1;
    bench.take();
    bench.source.cpus[0].user_ns = second / 2;
    bench.source.cpus[0].idle_ns = second / 2;
    bench.source.cpus[1].idle_ns = second / 2;
    bench.source.cpus[1].iowait_ns = second / 4;
    bench.source.cpus[1].steal_ns = second / 4;
    const Sample& sample = bench.take_after(second);
    CHECK(sample.system.rates.cpu_ratio == Approx(0.25));
    CHECK(sample.system.rates.cpu_iowait_ratio == Approx(0.125));
    CHECK(sample.system.rates.cpu_steal_ratio == Approx(0.125));
    CHECK(sample.system.cpus[0].busy_ratio == Approx(0.5));
    CHECK(sample.system.cpus[1].busy_ratio == 0);
}

TEST_CASE("stalled time is a share of the interval, for the host and for a control group alike") {
    Bench bench;
    bench.source.host.valid |= VIGIA_SYSTEM_VALID_PRESSURE;
    bench.source.add_cgroup(5, "/a").valid |= VIGIA_CGROUP_VALID_PRESSURE;
    bench.source.add_cgroup(6, "/b"); // its writer knows no pressure
    bench.take();
    const auto stall = [](auto& record) {
        record.cpu_pressure.some_ns += second / 10;
        record.memory_pressure = {second / 5, second / 20};
        record.io_pressure = {second / 2, second / 4};
    };
    stall(bench.source.host);
    stall(bench.source.cgroup(5));
    stall(bench.source.cgroup(6));
    const Sample& sample = bench.take_after(second);
    const auto check = [](const auto& rates) {
        CHECK(rates.cpu_pressure_some_ratio == Approx(0.1));
        CHECK(rates.memory_pressure_some_ratio == Approx(0.2));
        CHECK(rates.memory_pressure_full_ratio == Approx(0.05));
        CHECK(rates.io_pressure_some_ratio == Approx(0.5));
        CHECK(rates.io_pressure_full_ratio == Approx(0.25));
    };
    check(sample.system.rates);
    check(sample.cgroups[0].rates);
    CHECK(sample.cgroups[1].rates.known);
    CHECK(sample.cgroups[1].rates.io_pressure_some_ratio == 0);
}

TEST_CASE("a CPU that comes and goes does not disturb the others") {
    Bench bench;
    vigia_cpu cpu{};
    bench.source.cpus = {cpu, cpu, cpu};
    bench.source.cpus[1].cpu = 1;
    bench.source.cpus[2].cpu = 2;
    bench.source.cpus[1].user_ns = 100 * second;
    bench.take();
    bench.source.cpus.erase(bench.source.cpus.begin() + 1);
    bench.source.cpus[1].user_ns = second;
    const Sample& sample = bench.take_after(second);
    CHECK(sample.system.cpus[1].record.cpu == 2);
    CHECK(sample.system.cpus[1].busy_ratio == Approx(1.0));
}

TEST_CASE("a container is its outermost cgroup with the processes of all cgroups inside") {
    Bench bench;
    const std::string id = container_id('1');
    bench.source.add_cgroup(2, "/docker/" + id).memory_current_bytes = 5000;
    bench.source.add_cgroup(3, "/docker/" + id + "/init.scope");
    bench.source.add_cgroup(4, "/system.slice/docker.service");
    bench.source.add_process(10, 300, 2).rss_bytes = 100;
    bench.source.add_process(11, 200, 3).rss_bytes = 200;
    bench.source.add_process(12, 100, 4);
    bench.source.add_process(13, 100, 99); // a cgroup that is not in the snapshot
    bench.catalog.add(id, "web", "nginx");
    const Sample& sample = bench.take();
    REQUIRE(sample.containers.size() == 1);
    const ContainerSample& container = sample.containers[0];
    CHECK(container.runtime == Runtime::docker);
    CHECK(container.name() == "web");
    CHECK(container.image() == "nginx");
    CHECK(container.running());
    CHECK(container.process_count == 2);
    CHECK(container.memory_bytes == 5000);
    CHECK(container.oldest_start_time_ns == 200);
    CHECK(sample.processes[0].container == 0);
    CHECK(sample.processes[1].container == 0);
    CHECK(sample.processes[2].container == no_container);
    CHECK(sample.processes[3].container == no_container);
    CHECK(sample.cgroups[1].container == 0);
    CHECK(sample.containers_complete);
}

TEST_CASE("a container without an engine has its short id for a name, and its processes' memory") {
    Bench bench;
    vigia_cgroup& cgroup = bench.source.add_cgroup(2, "/docker/" + container_id('1'));
    cgroup.valid = 0;
    bench.source.add_process(10, 300, 2).rss_bytes = 100;
    bench.source.add_process(11, 300, 2).rss_bytes = 50;
    const Sample& sample = bench.take();
    CHECK(sample.containers[0].name() == "aaaaaaaaaaaa");
    CHECK(sample.containers[0].info == nullptr);
    CHECK(sample.containers[0].memory_bytes == 150);
}

TEST_CASE("a container's memory is its working set where the split is known") {
    Bench bench;
    vigia_cgroup& cgroup = bench.source.add_cgroup(2, "/docker/" + container_id('1'));
    cgroup.valid |= VIGIA_CGROUP_VALID_MEMORY_SPLIT;
    cgroup.memory_current_bytes = 1000;
    cgroup.memory_inactive_file_bytes = 400;
    CHECK(bench.take().containers[0].memory_bytes == 600);
    cgroup.memory_inactive_file_bytes = 4000; // read a moment later than current
    CHECK(bench.take_after(second).containers[0].memory_bytes == 0);
}

TEST_CASE("the bit of the inactive pages alone is enough for the working set") {
    Bench bench;
    vigia_cgroup& cgroup = bench.source.add_cgroup(2, "/docker/" + container_id('1'));
    cgroup.valid |= VIGIA_CGROUP_VALID_MEMORY_INACTIVE;
    cgroup.memory_current_bytes = 1000;
    cgroup.memory_inactive_file_bytes = 400;
    CHECK(bench.take().containers[0].memory_bytes == 600);
}

TEST_CASE("a whole group's bit of an older writer stands for its parts") {
    Bench bench;
    bench.source.add_cgroup(2, "/a").valid = VIGIA_CGROUP_VALID_MEMORY_SPLIT;
    bench.source.add_cgroup(3, "/b").valid = VIGIA_CGROUP_VALID_TASKS;
    const Sample& sample = bench.take();
    CHECK(sample.cgroups[0].record.valid ==
          (VIGIA_CGROUP_VALID_MEMORY_SPLIT | VIGIA_CGROUP_VALID_MEMORY_INACTIVE |
           VIGIA_CGROUP_VALID_MEMORY_PAGES | VIGIA_CGROUP_VALID_FAULTS));
    CHECK(sample.cgroups[1].record.valid ==
          (VIGIA_CGROUP_VALID_TASKS | VIGIA_CGROUP_VALID_TASK_COUNT));
}

namespace {

// A container of two cgroups, the outer without I/O counters, with a process in each; a process
// beside it.
void add_container_without_io(Bench& bench) {
    const std::string path = "/docker/" + container_id('1');
    bench.source.add_cgroup(2, path).valid = VIGIA_CGROUP_VALID_CPU;
    bench.source.add_cgroup(3, path + "/inner").valid = VIGIA_CGROUP_VALID_CPU;
    bench.source.add_cgroup(4, "/beside").valid = VIGIA_CGROUP_VALID_CPU;
    bench.source.add_process(10, 300, 2);
    bench.source.add_process(11, 300, 3);
    bench.source.add_process(12, 300, 4);
}

void let_all_processes_do_io(Bench& bench) {
    for (vigia_process& process : bench.source.processes) {
        process.read_bytes += 1000;
        process.write_bytes += 100;
    }
}

} // namespace

TEST_CASE("a container whose cgroup tells no I/O has that of its processes, and says so") {
    Bench bench;
    add_container_without_io(bench);
    CHECK(bench.take().containers[0].rates.io_origin == IoOrigin::unknown); // no rates yet
    let_all_processes_do_io(bench);
    const CgroupRates& rates = bench.take_after(second).containers[0].rates;
    CHECK(rates.io_origin == IoOrigin::processes);
    CHECK(rates.read_bytes_per_second == Approx(2000));
    CHECK(rates.write_bytes_per_second == Approx(200));
    CHECK(rates.read_calls_per_second == 0);
}

TEST_CASE("a container's I/O is not summed if that of a process in it is unknown") {
    Bench bench;
    add_container_without_io(bench);
    bench.source.processes[1].valid &= ~uint64_t{VIGIA_PROCESS_VALID_IO};
    bench.take();
    let_all_processes_do_io(bench);
    const CgroupRates& rates = bench.take_after(second).containers[0].rates;
    CHECK(rates.io_origin == IoOrigin::unknown);
    CHECK(rates.read_bytes_per_second == 0);
}

TEST_CASE("a cgroup that tells its I/O is believed before its processes") {
    Bench bench;
    add_container_without_io(bench);
    bench.source.cgroup(2).valid |= VIGIA_CGROUP_VALID_IO;
    bench.take();
    let_all_processes_do_io(bench);
    bench.source.cgroup(2).io_read_bytes += 5000;
    const CgroupRates& rates = bench.take_after(second).containers[0].rates;
    CHECK(rates.io_origin == IoOrigin::cgroup);
    CHECK(rates.read_bytes_per_second == Approx(5000));
}

TEST_CASE("containers that only the engine knows are there too, and are not running") {
    Bench bench;
    bench.source.add_cgroup(2, "/docker/" + container_id('2'));
    bench.source.add_process(10, 300, 2);
    bench.catalog.add(container_id('3'), "stopped").state = ContainerState::exited;
    bench.catalog.add(container_id('2'), "alive");
    bench.catalog.add(container_id('1'), "created").state = ContainerState::created;
    const Sample& sample = bench.take();
    REQUIRE(sample.containers.size() == 3);
    CHECK(sample.containers[0].name() == "created"); // by id
    CHECK_FALSE(sample.containers[0].running());
    CHECK(sample.containers[1].name() == "alive");
    CHECK(sample.containers[1].running());
    CHECK(sample.containers[2].name() == "stopped");
    CHECK(sample.processes[0].container == 1);
    CHECK(sample.cgroups[0].container == 1);
}

TEST_CASE("a cgroup path that points out of the text is no path") {
    Bench bench;
    bench.source.add_process(7, 1);
    auto& [record, path] = bench.source.cgroups.emplace_back();
    record.id = 9;
    bench.source.publish(bench.clock.now());
    // publish() sets true offsets; damage them behind its back
    auto snapshots = bench.source.acquire();
    REQUIRE(snapshots);
    auto* damaged = const_cast<vigia_cgroup*>(static_cast<const vigia_cgroup*>(
        vigia_record(&snapshots->cgroups, VIGIA_CGROUPS_REGION, 0)));
    damaged->path_offset_bytes = 0xfffffff0U;
    damaged->path_size_bytes = 0x100U;
    auto taken = bench.sampler.take(bench.source, nullptr, 0);
    REQUIRE(taken);
    CHECK((*taken)->cgroups[0].path.empty());
}

TEST_CASE("a command line is read once in a life, and again after an exec") {
    TemporaryDirectory proc;
    const auto write = [&](const std::string& text) {
        std::filesystem::create_directories(proc.file("7"));
        std::ofstream(proc.file("7/cmdline"), std::ios::binary) << text;
    };
    FakeClock clock;
    FakeSource source;
    source.add_process(7, 100, 1, "sh");
    source.add_process(8, 100, 1, "gone");
    Sampler sampler(SamplerConfig{second, true, proc.path()});
    const auto line = [&] {
        source.publish(clock.now());
        clock.advance(second);
        auto taken = sampler.take(source, nullptr, 0);
        REQUIRE(taken);
        CHECK((*taken)->processes[1].command_line.empty());
        return std::string((*taken)->processes[0].command_line);
    };
    write(std::string("sh\0-c\0true\0", 11));
    CHECK(line() == "sh -c true");
    write("changed");
    CHECK(line() == "sh -c true");
    std::memcpy(source.processes[0].comm, "make", 5);
    CHECK(line() == "changed");
    write(std::string(10'000, 'x'));
    source.processes[0].start_time_ns = 200; // another process
    CHECK(line() == std::string(4096, 'x'));
}

TEST_CASE("a kernel thread's command line is not looked for") {
    TemporaryDirectory proc;
    std::filesystem::create_directories(proc.file("7"));
    std::ofstream(proc.file("7/cmdline")) << "never";
    FakeClock clock;
    FakeSource source;
    source.add_process(7, 100).flags = VIGIA_PROCESS_FLAG_KERNEL_THREAD;
    source.publish(clock.now());
    Sampler sampler(SamplerConfig{second, true, proc.path()});
    auto taken = sampler.take(source, nullptr, 0);
    REQUIRE(taken);
    CHECK((*taken)->processes[0].command_line.empty());
}
