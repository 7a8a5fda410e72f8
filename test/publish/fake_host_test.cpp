// SPDX-License-Identifier: MIT
// The publisher on a made-up host: what each file becomes, and what happens when it changes.
#include <cstring>

#include "test/publish/fake_host.h"
#include "test/publish/published.h"
#include "test/support/allocations.h"
#include "test/publish/start.h"
#include "test/support/catch.h"

using namespace vigia;
using publish::Publisher;
using test::FakeHost;
using test::FakeProcess;
using test::Published;
using test::start;

namespace {

Published refreshed(Publisher& publisher) {
    if (const Status done = publisher.refresh(); !done) {
        FAIL(done.error().message());
    }
    return Published(publisher.directory());
}

} // namespace

TEST_CASE("a process is published with everything that its files say") {
    const FakeHost host;
    FakeProcess process;
    process.pid = 42;
    process.comm = "a) S 1 (";
    process.parent_pid = 7;
    process.nice = -5;
    host.put(process);
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    REQUIRE(seen.processes.size() == 1);
    const vigia_process& record = seen.processes[0];
    CHECK(record.pid == 42);
    CHECK(std::string(record.comm) == "a) S 1 (");
    CHECK(record.parent_pid == 7);
    CHECK(record.nice == -5);
    CHECK(record.start_time_ns == 10'000'000'000);
    CHECK(record.state == VIGIA_STATE_SLEEPING);
    CHECK(record.cpu_user_ns == 30'000'000);
    CHECK(record.cpu_system_ns == 20'000'000);
    CHECK(record.cpu_runtime_ns == 51'000'000);
    CHECK(record.run_delay_ns == 7'000);
    CHECK(record.uid == 1000);
    CHECK(record.effective_uid == 1001);
    CHECK(record.namespace_pid == 7);
    CHECK(record.rss_bytes == 65536);
    CHECK(record.rss_anon_bytes == 65536);
    CHECK(record.virtual_bytes == 1048576);
    CHECK(record.minor_faults == 11);
    CHECK(record.major_faults == 12);
    CHECK(record.read_chars_bytes == 1);
    CHECK(record.cancelled_write_bytes == 7);
    CHECK(record.voluntary_switches == 4);
    CHECK(record.involuntary_switches == 5);
    CHECK(record.oom_score_adjustment == -17);
    CHECK((record.valid & VIGIA_PROCESS_VALID_IO) != 0);
    CHECK((record.valid & VIGIA_PROCESS_VALID_CGROUP) == 0); // this host has no cgroups
}

TEST_CASE("a longer name than the kernel's own is cut to fifteen bytes") {
    const FakeHost host;
    FakeProcess process;
    process.comm = "kworker/0:1-events_power_efficient";
    host.put(process);
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(std::string(seen.processes.at(0).comm) == "kworker/0:1-eve");
}

TEST_CASE("a process that did not run is not read again, one that ran is") {
    const FakeHost host;
    FakeProcess process;
    host.put(process);
    const auto publisher = start(host.config());
    refreshed(*publisher);
    process.rss_kib = 128;
    host.put(process);
    CHECK(refreshed(*publisher).processes.at(0).rss_bytes == 65536);
    ++process.timeslices;
    host.put(process);
    CHECK(refreshed(*publisher).processes.at(0).rss_bytes == 131072);
}

TEST_CASE("a process with threads is read every time") {
    const FakeHost host;
    FakeProcess process;
    process.threads = 3;
    host.put(process);
    const auto publisher = start(host.config());
    Published seen = refreshed(*publisher);
    CHECK((seen.processes.at(0).flags & VIGIA_PROCESS_FLAG_LEADER_SWITCHES) != 0);
    CHECK(seen.processes.at(0).cpu_runtime_ns == 50'000'000); // the leader's schedstat is not all
    process.rss_kib = 128;
    host.put(process);
    seen = refreshed(*publisher);
    CHECK(seen.processes.at(0).rss_bytes == 131072);
}

TEST_CASE("what others do to a sleeping process is seen when its time is over") {
    const FakeHost host;
    FakeProcess process;
    host.put(process);
    publish::PublisherConfig config = host.config();
    config.quiet_reread_ns = 0;
    const auto publisher = start(config);
    refreshed(*publisher);
    process.nice = 10;
    host.put(process);
    CHECK(refreshed(*publisher).processes.at(0).nice == 10);
}

TEST_CASE("runtime never falls when a second thread makes schedstat useless") {
    const FakeHost host;
    FakeProcess process;
    process.runtime_ns = 59'000'000;
    host.put(process);
    const auto publisher = start(host.config());
    CHECK(refreshed(*publisher).processes.at(0).cpu_runtime_ns == 59'000'000);
    process.threads = 2;
    ++process.timeslices;
    host.put(process);
    CHECK(refreshed(*publisher).processes.at(0).cpu_runtime_ns == 59'000'000);
    process.user_ticks = 9;
    host.put(process);
    CHECK(refreshed(*publisher).processes.at(0).cpu_runtime_ns == 110'000'000);
}

TEST_CASE("a pid that was given to another process begins a new record") {
    const FakeHost host;
    FakeProcess process;
    process.runtime_ns = 59'000'000;
    host.put(process);
    const auto publisher = start(host.config());
    refreshed(*publisher);
    FakeProcess other;
    other.start_ticks = 2000;
    other.comm = "other";
    other.user_ticks = other.system_ticks = 0;
    other.runtime_ns = 1'000;
    host.put(other);
    const Published seen = refreshed(*publisher);
    CHECK(seen.processes.at(0).start_time_ns == 20'000'000'000);
    CHECK(std::string(seen.processes.at(0).comm) == "other");
    CHECK(seen.processes.at(0).cpu_runtime_ns == 1'000);
}

TEST_CASE("a process that is gone when it is read is counted, not published") {
    const FakeHost host;
    host.put({});
    host.write("proc/77/nothing", "");
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.processes.size() == 1);
    CHECK(seen.processes_slot.vanished_count == 1);
    CHECK(seen.processes_slot.unreadable_count == 0);
}

TEST_CASE("a process whose files make no sense is counted, not published") {
    const FakeHost host;
    host.put({});
    FakeProcess broken;
    broken.pid = 77;
    host.put(broken);
    host.write("proc/77/stat", "77 (half");
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.processes.size() == 1);
    CHECK(seen.processes_slot.unreadable_count == 1);
}

TEST_CASE("without io and schedstat the valid bits are off and the rest is there") {
    const FakeHost host;
    host.write("proc/self/schedstat", "0 0 0\n"); // a kernel without scheduler information
    FakeProcess process;
    process.runtime_ns = process.run_delay_ns = process.timeslices = 0;
    host.put(process);
    host.remove("proc/1/io");
    const auto publisher = start(host.config());
    const vigia_process record = refreshed(*publisher).processes.at(0);
    CHECK((record.valid & VIGIA_PROCESS_VALID_IO) == 0);
    CHECK((record.valid & VIGIA_PROCESS_VALID_RUN_DELAY) == 0);
    CHECK((record.valid & VIGIA_PROCESS_VALID_CPU) != 0);
    CHECK(record.cpu_runtime_ns == 50'000'000);
    CHECK(record.read_chars_bytes == 0);
}

TEST_CASE("children of a process that ended get their new parent at once") {
    const FakeHost host;
    FakeProcess parent;
    parent.pid = 10;
    FakeProcess child;
    child.pid = 11;
    child.parent_pid = 10;
    host.put(parent);
    host.put(child);
    const auto publisher = start(host.config());
    refreshed(*publisher);
    host.remove("proc/10");
    child.parent_pid = 1; // its schedstat stays as it was
    host.put(child);
    const Published seen = refreshed(*publisher);
    REQUIRE(seen.processes.size() == 1);
    CHECK(seen.processes[0].parent_pid == 1);
}

TEST_CASE("a zombie has no memory, and a dead leader's memory is not known") {
    const FakeHost host;
    FakeProcess zombie;
    zombie.pid = 10;
    zombie.state = 'Z';
    FakeProcess leader = zombie;
    leader.pid = 11;
    leader.threads = 2;
    host.put(zombie);
    host.put(leader);
    for (const char* pid : {"10", "11"}) {
        host.write("proc/" + std::string(pid) + "/status", "Name:\tz\nUid:\t0\t0\t0\t0\n");
    }
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    constexpr uint64_t memory = VIGIA_PROCESS_VALID_MEMORY | VIGIA_PROCESS_VALID_RSS_SPLIT;
    CHECK((seen.processes.at(0).valid & memory) == memory);
    CHECK((seen.processes.at(1).valid & memory) == 0);
}

TEST_CASE("processes come out in the order of their pids") {
    const FakeHost host;
    for (const uint32_t pid : {300U, 4U, 20U, 100000U, 5U}) {
        FakeProcess process;
        process.pid = pid;
        host.put(process);
    }
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    REQUIRE(seen.processes.size() == 5);
    for (std::size_t i = 1; i < seen.processes.size(); ++i) {
        CHECK(seen.processes[i - 1].pid < seen.processes[i].pid);
    }
}

TEST_CASE("files grow when there are more processes than they hold") {
    const FakeHost host;
    host.put({});
    publish::PublisherConfig config = host.config();
    config.processes_initial = 2;
    const auto publisher = start(config);
    CHECK(refreshed(*publisher).processes_header.layout_generation == 1);
    vigia_file old{};
    REQUIRE(vigia_open((config.directory + "/processes").c_str(), VIGIA_FILE_PROCESSES, &old) ==
            nullptr);
    for (uint32_t pid = 2; pid <= 100; ++pid) {
        FakeProcess process;
        process.pid = pid;
        host.put(process);
    }
    const Published seen = refreshed(*publisher);
    CHECK(seen.processes.size() == 100);
    CHECK(seen.processes_slot.truncated_count[0] == 0);
    CHECK(seen.processes_header.layout_generation == 2);
    CHECK(seen.processes_header.regions[0].record_capacity >= 100);
    CHECK(vigia_is_live(&old) == 0);
    vigia_view view{};
    REQUIRE(vigia_acquire(&old, &view) != 0); // what it held stays readable
    CHECK(view.count[0] == 1);
    vigia_close(&old);
}

TEST_CASE("the host's own files become system") {
    const FakeHost host;
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.system.valid == (VIGIA_SYSTEM_VALID_CPU | VIGIA_SYSTEM_VALID_MEMORY |
                                VIGIA_SYSTEM_VALID_LOAD | VIGIA_SYSTEM_VALID_PAGING));
    REQUIRE(seen.cpus.size() == 1);
    CHECK(seen.cpus[0].user_ns == 200'000'000); // without the guest's
    CHECK(seen.cpus[0].nice_ns == 40'000'000);
    CHECK(seen.cpus[0].guest_ns == 100'000'000);
    CHECK(seen.cpus[0].idle_ns == 900'000'000);
    CHECK(seen.system.context_switches == 88);
    CHECK(seen.system.interrupts == 77);
    CHECK(seen.system.softirqs == 66);
    CHECK(seen.system.forks == 99);
    CHECK(seen.system.tasks_running == 2);
    CHECK(seen.system.tasks_blocked == 1);
    CHECK(seen.system.memory_total_bytes == 1024000);
    CHECK(seen.system.load_1min_millitasks == 1250);
    CHECK(seen.system.load_15min_millitasks == 50);
    CHECK(seen.system.tasks_total == 456);
    CHECK(seen.system.page_out_bytes == 5120);
    CHECK(seen.system.oom_kills == 8);
    REQUIRE(seen.mounts.size() == 1);
    CHECK(std::string(seen.mounts[0].path) == "/");
    CHECK(seen.mounts[0].total_bytes > 0);
}

TEST_CASE("refreshing allocates nothing once it is warm") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "1\n2\n");
    host.write("cg/a/cgroup.procs", "3\n");
    host.write("cg/a/cpu.stat", "usage_usec 5\n");
    for (uint32_t pid = 1; pid <= 50; ++pid) {
        FakeProcess process;
        process.pid = pid;
        process.threads = 1 + pid % 2;
        host.put(process);
    }
    const auto publisher = start(host.config());
    for (int i = 0; i < 5; ++i) {
        REQUIRE(publisher->refresh());
    }
    const uint64_t before = test::allocation_count();
    for (int i = 0; i < 20; ++i) {
        (void)publisher->refresh();
    }
    CHECK(test::allocation_count() == before);
}
