// SPDX-License-Identifier: MIT
// Processes that end between two samples: each is counted once, whenever its event comes.
#include "collector/sampler/sampler.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <random>
#include <sys/stat.h>

#include "test/support/allocations.h"
#include "test/support/catch.h"
#include "test/support/fake_source.h"
#include "test/support/rings.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using vigia::sampler::Sampler;
using vigia::sampler::SamplerConfig;

namespace {

constexpr uint64_t second = ns_per_second;
constexpr uint64_t millisecond = ns_per_millisecond;
const std::string container_path = "/docker/" + std::string(64, 'a');

vigia_file_header events_header(uint32_t capacity, uint64_t kinds) {
    vigia_file_header header = rings_header(1, capacity);
    header.writer_kind = VIGIA_WRITER_KERNEL;
    header.features = kinds;
    return header;
}

constexpr uint64_t all_kinds = VIGIA_EVENTS_FEATURE(VIGIA_EVENT_FORK) |
                               VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXEC) |
                               VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT);

// A host whose snapshots and events a test writes.
struct Bench {
    explicit Bench(uint32_t capacity = 64, uint32_t ring = 65'536, uint64_t kinds = all_kinds)
        : source(capacity), rings(events_header(ring, kinds), scratch.file("events")) {
        source.add_cgroup(1, "/");
        source.add_cgroup(50, container_path);
        events.follow(scratch.path());
        sampler.follow(&events);
    }

    const Sample& take() {
        source.publish(clock.now());
        auto taken = sampler.take(source, nullptr, 0);
        REQUIRE(taken);
        return **taken;
    }
    const Sample& take_after(uint64_t duration_ns) {
        clock.advance(duration_ns);
        return take();
    }
    uint64_t now_ns() const { return clock.now().boottime_ns; }

    vigia_event_exit exit_of(const vigia_process& process) {
        vigia_event_exit event{};
        event.time_ns = clock.now().monotonic_ns;
        event.kind = VIGIA_EVENT_EXIT;
        event.valid = VIGIA_EVENT_VALID_CGROUP | VIGIA_EVENT_VALID_PARENT |
                      VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_VALID_RUNTIME |
                      VIGIA_EVENT_VALID_CPU_SPLIT | VIGIA_EVENT_VALID_FAULTS |
                      VIGIA_EVENT_VALID_IO | VIGIA_EVENT_VALID_STATUS;
        event.pid = process.pid;
        event.parent_pid = process.parent_pid;
        event.start_time_ns = process.start_time_ns;
        event.cgroup_id = process.cgroup_id;
        event.cpu_runtime_ns = process.cpu_runtime_ns;
        event.cpu_user_ns = process.cpu_user_ns;
        event.cpu_system_ns = process.cpu_system_ns;
        event.minor_faults = process.minor_faults;
        event.major_faults = static_cast<uint32_t>(process.major_faults);
        event.read_bytes = process.read_bytes;
        event.write_bytes = process.write_bytes;
        return event;
    }
    template <typename Event>
    void tell(const Event& event) {
        vigia_event plain{};
        static_assert(sizeof(plain) == sizeof(event));
        std::memcpy(&plain, &event, sizeof(plain));
        rings.write(0, plain);
    }
    // A process that is born and ends now, between two samples.
    vigia_process short_lived(uint32_t pid, uint32_t parent, uint64_t cpu_ns) {
        vigia_process process{};
        process.pid = pid;
        process.parent_pid = parent;
        process.start_time_ns = now_ns();
        process.cgroup_id = 50;
        process.cpu_runtime_ns = cpu_ns;
        tell(exit_of(process));
        return process;
    }
    vigia_process remove(uint32_t pid) {
        const auto found = std::find_if(source.processes.begin(), source.processes.end(),
                                        [&](const auto& process) { return process.pid == pid; });
        REQUIRE(found != source.processes.end());
        const vigia_process process = *found;
        source.processes.erase(found);
        return process;
    }

    TemporaryDirectory scratch;
    FakeClock clock;
    FakeSource source;
    Rings rings;
    source::EventFile events;
    Sampler sampler{SamplerConfig{second, false, "/proc"}};
};

const ProcessSample& process_of(const Sample& sample, uint32_t pid) {
    const auto found =
        std::find_if(sample.processes.begin(), sample.processes.end(),
                     [&](const ProcessSample& process) { return process.record.pid == pid; });
    REQUIRE(found != sample.processes.end());
    return *found;
}

} // namespace

TEST_CASE("without a file of events all is as it was, and exits are unknown") {
    FakeClock clock;
    FakeSource source;
    Sampler sampler{SamplerConfig{second, false, "/proc"}};
    TemporaryDirectory scratch;
    source::EventFile none;
    none.follow(scratch.path());
    sampler.follow(&none);
    for (int i = 0; i < 3; ++i) {
        clock.advance(second);
        source.publish(clock.now());
        const auto sample = sampler.take(source, nullptr, 0);
        REQUIRE(sample);
        CHECK_FALSE((*sample)->system.exits.known);
        CHECK((*sample)->exits.empty());
        CHECK((*sample)->lost_events == 0);
    }
}

TEST_CASE("a file that reports no exits leaves them unknown") {
    Bench bench(64, 64, VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXEC));
    bench.take();
    CHECK_FALSE(bench.take_after(second).system.exits.known);
}

TEST_CASE("what was born and died between two samples is counted whole") {
    Bench bench;
    bench.source.add_process(10, 5, 50);
    bench.take();
    bench.clock.advance(second);
    bench.short_lived(100, 10, 300 * millisecond);
    bench.short_lived(101, 10, 200 * millisecond);
    const Sample& sample = bench.take_after(second);
    const ExitRates& exits = sample.system.exits;
    CHECK(exits.known);
    CHECK(exits.count == 2);
    CHECK(exits.short_lived_count == 2);
    CHECK(exits.exits_per_second == Approx(1));
    CHECK(exits.cpu_ratio == Approx(0.25));
    REQUIRE(sample.exits.size() == 2);
    CHECK(sample.exits[0].short_lived);
    REQUIRE(sample.containers.size() == 1);
    CHECK(sample.exits[0].container == 0);
    CHECK(sample.containers[0].exits.cpu_ratio == Approx(0.25));
    CHECK(sample.containers[0].exits.short_lived_count == 2);
    const ProcessSample& parent = process_of(sample, 10);
    REQUIRE(parent.descendants != nullptr);
    CHECK(parent.descendants->count == 2);
    CHECK(parent.descendants->cpu_ratio == Approx(0.25));
    const Sample& next = bench.take_after(second);
    CHECK(next.system.exits.count == 0);
    CHECK(next.exits.empty());
    CHECK(process_of(next, 10).descendants == nullptr);
}

TEST_CASE("a process that was sampled adds only the difference to its last sample") {
    Bench bench;
    bench.source.add_process(7, 100).cpu_runtime_ns = 50 * second;
    bench.take();
    vigia_process last = bench.remove(7);
    last.cpu_runtime_ns += second / 4;
    last.major_faults = 12;
    bench.clock.advance(second);
    bench.tell(bench.exit_of(last));
    const Sample& sample = bench.take();
    CHECK(sample.system.exits.cpu_ratio == Approx(0.25));
    CHECK(sample.system.exits.major_faults_per_second == Approx(12));
    CHECK(sample.system.exits.count == 1);
    CHECK(sample.system.exits.short_lived_count == 0);
    CHECK(std::string(sample.exits[0].comm.data()) == "test");
}

TEST_CASE("an exit after the walk had passed its process counts with the next sample") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    bench.take();
    bench.clock.advance(second);
    process.cpu_runtime_ns = second / 2;
    vigia_process last = process;
    last.cpu_runtime_ns += second / 4;
    bench.tell(bench.exit_of(last)); // it is in the snapshot that is taken now
    const Sample& seen = bench.take();
    CHECK(seen.system.processes_cpu_ratio == Approx(0.5));
    CHECK(seen.system.exits.cpu_ratio == 0);
    CHECK(seen.system.exits.count == 1);
    CHECK(seen.exits.size() == 1);
    bench.remove(7);
    const Sample& gone = bench.take_after(second);
    CHECK(gone.system.exits.cpu_ratio == Approx(0.25));
    CHECK(gone.system.exits.count == 0); // it was counted
    CHECK(gone.exits.empty());
}

TEST_CASE("a zombie is counted by the samples that it is in, and never again") {
    Bench bench;
    bench.take();
    bench.clock.advance(second);
    vigia_process& zombie = bench.source.add_process(7, bench.now_ns());
    zombie.cpu_runtime_ns = second / 2;
    zombie.state = VIGIA_STATE_ZOMBIE;
    bench.tell(bench.exit_of(zombie));
    const Sample& first = bench.take_after(second);
    CHECK(first.system.processes_cpu_ratio == Approx(0.25));
    CHECK(first.system.exits.cpu_ratio == 0);
    CHECK(first.system.exits.count == 1);
    for (int i = 0; i < 5; ++i) {
        CHECK(bench.take_after(second).system.exits.cpu_ratio == 0);
    }
    bench.remove(7);
    const Sample& reaped = bench.take_after(second);
    CHECK(reaped.system.exits.cpu_ratio == 0);
    CHECK(reaped.system.exits.count == 0);
}

TEST_CASE("an event that comes a sample after its process has left still finds it") {
    Bench bench;
    bench.source.add_process(7, 100).cpu_runtime_ns = 50 * second;
    bench.take();
    vigia_process last = bench.remove(7);
    last.cpu_runtime_ns += second / 4;
    CHECK(bench.take_after(second).system.exits.count == 0);
    bench.tell(bench.exit_of(last));
    const Sample& sample = bench.take_after(second);
    CHECK(sample.system.exits.count == 1);
    CHECK(sample.system.exits.cpu_ratio == Approx(0.25));
    bench.tell(bench.exit_of(last)); // told twice: nobody is left whom it could mean
    CHECK(bench.take_after(second).system.exits.cpu_ratio == 0);
}

TEST_CASE("a pid that was given out again belongs to two processes") {
    Bench bench;
    vigia_process& process = bench.source.add_process(7, 100);
    process.cpu_runtime_ns = 50 * second;
    bench.take();
    vigia_process last = process;
    last.cpu_runtime_ns += second / 4;
    bench.tell(bench.exit_of(last));
    bench.clock.advance(second);
    vigia_process between = last; // a third one, unseen
    between.start_time_ns = bench.now_ns() - second / 2;
    between.cpu_runtime_ns = second / 8;
    bench.tell(bench.exit_of(between));
    process.start_time_ns = bench.now_ns() - second / 4;
    process.cpu_runtime_ns = second / 16;
    const Sample& sample = bench.take();
    CHECK(sample.system.exits.count == 2);
    CHECK(sample.system.exits.short_lived_count == 1);
    CHECK(sample.system.exits.cpu_ratio == Approx(0.375));
    CHECK(sample.system.processes_cpu_ratio == Approx(0.0625));
}

TEST_CASE("the exit of a process that is older than we are, and never seen, counts no CPU time") {
    Bench bench;
    bench.take();
    bench.take_after(second);
    vigia_process old{};
    old.pid = 9;
    old.start_time_ns = 3;
    old.cpu_runtime_ns = 1000 * second;
    bench.tell(bench.exit_of(old));
    const Sample& sample = bench.take_after(second);
    CHECK(sample.system.exits.count == 1);
    CHECK(sample.system.exits.short_lived_count == 0);
    CHECK(sample.system.exits.cpu_ratio == 0);
    CHECK(sample.masked_exits == 1);
}

TEST_CASE("an exit whose counters are masked is counted, and said to be masked") {
    Bench bench;
    bench.take();
    bench.clock.advance(second);
    vigia_process process{};
    process.pid = 9;
    process.start_time_ns = bench.now_ns();
    process.cpu_runtime_ns = second;
    vigia_event_exit event = bench.exit_of(process);
    event.valid = VIGIA_EVENT_VALID_START_TIME;
    event.cpu_runtime_ns = 0;
    bench.tell(event);
    const Sample& sample = bench.take();
    CHECK(sample.system.exits.count == 1);
    CHECK(sample.masked_exits == 1);
    CHECK(sample.exits[0].container == no_container);
}

TEST_CASE("user and system time stand for the runtime where that is not told") {
    Bench bench;
    bench.take();
    bench.clock.advance(second);
    vigia_process process{};
    process.pid = 9;
    process.start_time_ns = bench.now_ns();
    process.cpu_user_ns = second / 4;
    process.cpu_system_ns = second / 4;
    vigia_event_exit event = bench.exit_of(process);
    event.valid &= ~VIGIA_EVENT_VALID_RUNTIME;
    bench.tell(event);
    const Sample& sample = bench.take();
    CHECK(sample.system.exits.cpu_ratio == Approx(0.5));
    CHECK(sample.system.exits.cpu_user_ratio == Approx(0.25));
    CHECK(sample.masked_exits == 0);
}

TEST_CASE("children of a parent that ended, too, belong to its nearest living ancestor as well") {
    Bench bench;
    bench.source.add_process(10, 5);
    bench.take();
    bench.clock.advance(second);
    vigia_process shell{};
    shell.pid = 20;
    shell.parent_pid = 10;
    shell.start_time_ns = bench.now_ns();
    shell.cpu_runtime_ns = second / 8;
    vigia_process child = bench.short_lived(21, 20, second / 4);
    bench.clock.advance(millisecond);
    bench.tell(bench.exit_of(shell));
    (void)child;
    const Sample& sample = bench.take_after(second - millisecond);
    const ProcessSample& ancestor = process_of(sample, 10);
    REQUIRE(ancestor.descendants != nullptr);
    CHECK(ancestor.descendants->count == 2);
    CHECK(ancestor.descendants->cpu_ratio == Approx(0.1875));
}

TEST_CASE("lost events are told with the sample whose sums lack them") {
    Bench bench(64, 16);
    bench.take();
    bench.clock.advance(second);
    for (uint32_t pid = 1000; pid < 1050; ++pid) {
        bench.short_lived(pid, 1, millisecond);
    }
    const Sample& sample = bench.take();
    CHECK(sample.system.exits.count == 16);
    CHECK(sample.lost_events == 34);
    CHECK(bench.take_after(second).lost_events == 0);
}

TEST_CASE("draining in between loses nothing, and the listener sees every event once") {
    Bench bench(64, 16);
    uint64_t heard = 0;
    bench.sampler.follow(&bench.events, [&](const vigia_event&) { ++heard; });
    bench.take();
    bench.take_after(second);
    for (uint32_t pid = 1000; pid < 1050; ++pid) {
        bench.short_lived(pid, 1, millisecond);
        bench.sampler.drain();
    }
    const Sample& sample = bench.take_after(second);
    CHECK(sample.system.exits.count == 50);
    CHECK(sample.system.exits.cpu_ratio == Approx(0.05));
    CHECK(sample.lost_events == 0);
    CHECK(heard == 50);
}

TEST_CASE("an exit has the name of the program that ran last") {
    Bench bench;
    bench.take();
    bench.clock.advance(second);
    vigia_process process{};
    process.pid = 30;
    process.start_time_ns = bench.now_ns();
    vigia_event_fork fork{};
    fork.time_ns = bench.clock.now().monotonic_ns;
    fork.kind = VIGIA_EVENT_FORK;
    fork.valid = VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_VALID_NAME | VIGIA_EVENT_VALID_USER;
    fork.pid = 30;
    fork.start_time_ns = process.start_time_ns;
    fork.uid = 1000;
    std::memcpy(fork.comm, "make", 4);
    bench.tell(fork);
    bench.tell(bench.exit_of(process));
    process.pid = fork.pid = 31;
    bench.tell(fork);
    vigia_event_exec exec{};
    exec.time_ns = fork.time_ns + 1;
    exec.kind = VIGIA_EVENT_EXEC;
    exec.valid = VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_VALID_NAME;
    exec.pid = 31;
    exec.start_time_ns = process.start_time_ns;
    std::memcpy(exec.file_name, "/usr/lib/gcc/cc1plus", 20);
    exec.file_name_length_bytes = 20;
    bench.tell(exec);
    bench.tell(bench.exit_of(process));
    process.pid = exec.pid = 32;
    exec.file_name_length_bytes = 200; // the file's own name is cut off
    std::memset(exec.file_name, 'x', sizeof(exec.file_name));
    bench.tell(exec);
    bench.tell(bench.exit_of(process));
    const Sample& sample = bench.take();
    REQUIRE(sample.exits.size() == 3);
    CHECK(std::string(sample.exits[0].comm.data()) == "make");
    CHECK(sample.exits[0].uid == 1000);
    CHECK(std::string(sample.exits[1].comm.data()) == "cc1plus");
    CHECK(sample.exits[1].knows_user);
    CHECK(sample.exits[2].comm[0] == '\0');
    CHECK_FALSE(sample.exits[2].knows_user);
}

TEST_CASE("a container's I/O has what its children read, once, whoever waited for them") {
    Bench bench;
    bench.source.cgroup(50).valid &= ~VIGIA_CGROUP_VALID_IO;
    bench.source.add_process(10, 5, 50);
    bench.source.add_process(11, 6, 50).parent_pid = 10;
    bench.source.processes.back().read_bytes = 5000;
    bench.source.add_process(12, 6, 50).parent_pid = 1; // its parent is outside
    bench.take();
    // 11 reads 1000 more and ends; 10 waits for it and reads 100 itself.
    vigia_process child = bench.remove(11);
    child.read_bytes += 1000;
    bench.source.processes[0].read_bytes += 100 + child.read_bytes;
    bench.tell(bench.exit_of(child));
    // 12 reads 30 and ends; its child 13 has read 20 of them.
    vigia_process outside = bench.remove(12);
    outside.read_bytes += 50;
    vigia_process grandchild{};
    grandchild.pid = 13;
    grandchild.parent_pid = 12;
    grandchild.cgroup_id = 50;
    grandchild.start_time_ns = bench.now_ns() + 1;
    grandchild.read_bytes = 20;
    bench.tell(bench.exit_of(grandchild));
    bench.clock.advance(millisecond);
    bench.tell(bench.exit_of(outside));
    const Sample& sample = bench.take_after(second - millisecond);
    REQUIRE(sample.containers.size() == 1);
    const CgroupRates& rates = sample.containers[0].rates;
    CHECK(rates.io_origin == IoOrigin::processes);
    CHECK(rates.read_bytes_per_second == Approx(1000 + 100 + 50));
    // What ended has read this itself.
    CHECK(sample.system.exits.read_bytes_per_second == Approx(1000 + 50));
}

TEST_CASE("another writer's counters and events do not belong together") {
    Bench bench;
    bench.source.add_process(7, 100).cpu_runtime_ns = second;
    bench.take();
    bench.take_after(second);
    vigia_process last = bench.remove(7);
    last.cpu_runtime_ns += second;
    bench.tell(bench.exit_of(last));
    bench.source.writer = VIGIA_WRITER_KERNEL; // from now on
    const Sample& sample = bench.take_after(second);
    CHECK(sample.gap == Gap::writer_changed);
    CHECK_FALSE(sample.system.exits.known);
    CHECK(bench.take_after(second).system.exits.count == 0);
}

// A fork storm as the kernel would show it: everybody's CPU time is known here, and the sampler has
// to find all of it by snapshots whose walk takes time, and by events.
namespace {

class Storm {
public:
    explicit Storm(uint32_t seed) : random_(seed) {
        parent_ = bench_.source.add_process(10, 5, 50);
        bench_.source.processes.clear();
    }

    double counted_s = 0;       // by the sampler
    double sampled_alone_s = 0; // of that by samples alone
    uint64_t spent_ns = 0;      // by everybody
    uint64_t exits = 0;
    uint64_t counted_exits = 0;

    void run(unsigned samples) {
        take();
        for (unsigned i = 0; i < samples; ++i) {
            for (unsigned step = 0; step < 40; ++step) {
                bench_.clock.advance(second / 40);
                live();
                if (one_in(4)) {
                    bench_.sampler.drain();
                }
            }
            take();
        }
        while (!living_.empty()) {
            end(living_.size() - 1);
        }
        zombies_.clear();
        bench_.clock.advance(second);
        take();
    }

private:
    bool one_in(uint32_t n) { return random_() % n == 0; }
    uint64_t below(uint64_t n) { return random_() % n; }

    void live() {
        for (std::size_t i = 0; i < living_.size(); ++i) {
            const uint64_t ran_ns = below(second / 40);
            living_[i].cpu_runtime_ns += ran_ns;
            spent_ns += ran_ns;
        }
        for (std::size_t i = living_.size(); i-- > 0;) {
            if (one_in(3)) {
                end(i);
            }
        }
        while (living_.size() < 20 && !one_in(6)) {
            begin();
        }
        while (zombies_.size() > 10) {
            zombies_.erase(zombies_.begin());
        }
    }
    void begin() {
        vigia_process process = parent_;
        do { // numbers are given out again soon
            process.pid = 100 + static_cast<uint32_t>(below(60));
        } while (is_taken(process.pid));
        process.parent_pid = 10;
        process.start_time_ns = bench_.now_ns() - below(second / 50);
        process.cpu_runtime_ns = 0;
        living_.push_back(process);
    }
    bool is_taken(uint32_t pid) const {
        const auto has = [&](const auto& list) {
            return std::any_of(list.begin(), list.end(),
                               [&](const auto& process) { return process.pid == pid; });
        };
        return has(living_) || has(zombies_);
    }
    void end(std::size_t index) {
        bench_.tell(bench_.exit_of(living_[index]));
        ++exits;
        if (one_in(3)) {
            zombies_.push_back(living_[index]);
            zombies_.back().state = VIGIA_STATE_ZOMBIE;
        }
        living_.erase(living_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    // The walk takes time: some run on, and end, behind it.
    void take() {
        std::vector<vigia_process>& shown = bench_.source.processes;
        shown = living_;
        shown.insert(shown.end(), zombies_.begin(), zombies_.end());
        std::sort(shown.begin(), shown.end(),
                  [](const auto& left, const auto& right) { return left.pid < right.pid; });
        bench_.source.publish(bench_.clock.now());
        for (std::size_t i = living_.size(); i-- > 0;) {
            if (one_in(4)) {
                living_[i].cpu_runtime_ns += millisecond;
                spent_ns += millisecond;
                end(i);
            }
        }
        const auto taken = bench_.sampler.take(bench_.source, nullptr, 0);
        REQUIRE(taken);
        const Sample& sample = **taken;
        const double interval_s = static_cast<double>(sample.interval_ns) / 1e9;
        sampled_alone_s += sample.system.processes_cpu_ratio * interval_s;
        counted_s +=
            (sample.system.processes_cpu_ratio + sample.system.exits.cpu_ratio) * interval_s;
        counted_exits += sample.system.exits.count;
        CHECK(sample.masked_exits == 0);
        CHECK(sample.lost_events == 0);
    }

    Bench bench_{256};
    std::mt19937 random_;
    vigia_process parent_{};
    std::vector<vigia_process> living_;
    std::vector<vigia_process> zombies_;
};

} // namespace

TEST_CASE("under a fork storm processes and exits make up all CPU time, which samples alone miss") {
    for (uint32_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Storm storm(seed);
        storm.run(30);
        const double spent_s = static_cast<double>(storm.spent_ns) / 1e9;
        CHECK(storm.counted_s == Approx(spent_s).epsilon(1e-9));
        CHECK(storm.sampled_alone_s < 0.2 * spent_s);
        CHECK(storm.counted_exits == storm.exits);
        CHECK(storm.exits > 4000);
    }
}

TEST_CASE("a storm allocates nothing once the tables have grown") {
    Bench bench;
    bench.source.add_process(10, 5, 50);
    bench.take();
    uint32_t pid = 1000;
    const auto tick = [&] {
        bench.clock.advance(second);
        for (unsigned i = 0; i < 500; ++i) {
            bench.short_lived(pid++, 10, millisecond);
        }
        bench.source.publish(bench.clock.now());
        CHECK(bench.sampler.take(bench.source, nullptr, 0));
    };
    for (int i = 0; i < 3; ++i) {
        tick();
    }
    const uint64_t before = allocation_count();
    for (int i = 0; i < 20; ++i) {
        tick();
    }
    CHECK(allocation_count() == before);
}
