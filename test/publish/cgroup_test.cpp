// SPDX-License-Identifier: MIT
// Control groups of v1, hybrid and v2 hosts, made of plain files.
#include <cstring>

#include "collector/publish/cgroup_files.h"
#include "collector/publish/cgroup_mounts.h"
#include "test/publish/fake_host.h"
#include "test/publish/published.h"
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

void put_process(const FakeHost& host, uint32_t pid, const std::string& cgroup_lines = "0::/\n") {
    FakeProcess process;
    process.pid = pid;
    process.cgroup_lines = cgroup_lines;
    host.put(process);
}

vigia_cgroup must_find(const Published& seen, const std::string& path) {
    const vigia_cgroup* record = seen.cgroup(path);
    if (record == nullptr) {
        FAIL("no cgroup " + path);
    }
    return *record;
}

void put_v2(const FakeHost& host, const std::string& at, const std::string& procs) {
    host.write(at + "/cgroup.procs", procs);
    host.write(at + "/cpu.stat", "usage_usec 10\nuser_usec 6\nsystem_usec 4\nnr_periods 3\n"
                                 "nr_throttled 2\nthrottled_usec 1\n");
    host.write(at + "/cpu.max", "50000 100000\n");
    host.write(at + "/cpu.weight", "79\n");
    host.write(at + "/memory.current", "4096\n");
    host.write(at + "/memory.max", "max\n");
    host.write(at + "/memory.high", "8192\n");
    host.write(at + "/memory.peak", "5000\n");
    host.write(at + "/memory.stat", "anon 1\nfile 2\nkernel 9\nshmem 3\nslab 4\n"
                                    "inactive_file 5\npgfault 10\npgmajfault 4\n");
    host.write(at + "/memory.events", "low 0\noom 1\noom_kill 7\noom_group_kill 1\n");
    host.write(at + "/memory.swap.current", "11\n");
    host.write(at + "/memory.swap.max", "12\n");
    host.write(at + "/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
                                "8:16 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=0 dios=0\n");
    host.write(at + "/pids.current", "13\n");
    host.write(at + "/pids.max", "max\n");
    const std::string pressure = "avg10=0.00 avg60=0.00 avg300=0.00 total=";
    host.write(at + "/cpu.pressure", "some " + pressure + "1\nfull " + pressure + "2\n");
    host.write(at + "/memory.pressure", "some " + pressure + "3\nfull " + pressure + "4\n");
    host.write(at + "/io.pressure", "some " + pressure + "5\nfull " + pressure + "6\n");
}

} // namespace

TEST_CASE("a v2 cgroup is published with everything that its files say") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw,nsdelegate");
    host.write("cg/cgroup.procs", "");
    host.write("cg/a/cgroup.procs", "");
    put_v2(host, "cg/a/docker-1.scope", "42\n");
    host.write("cg/empty/cgroup.procs", "");
    put_process(host, 42);
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.info.cgroup_mode == VIGIA_CGROUP_V2);
    CHECK(seen.cgroups.size() == 3); // the empty one is not there
    const vigia_cgroup record = must_find(seen, "/a/docker-1.scope");
    CHECK(record.id == host.inode("cg/a/docker-1.scope"));
    CHECK(record.parent_id == host.inode("cg/a"));
    CHECK(record.depth == 2);
    CHECK(record.process_count == 1);
    CHECK(must_find(seen, "/a").process_count == 0);
    CHECK(record.cpu_usage_ns == 10'000);
    CHECK(record.cpu_user_ns == 6'000);
    CHECK(record.cpu_system_ns == 4'000);
    CHECK(record.cpu_quota_ns == 50'000'000);
    CHECK(record.cpu_period_ns == 100'000'000);
    CHECK(record.cpu_periods == 3);
    CHECK(record.cpu_throttled_periods == 2);
    CHECK(record.cpu_throttled_ns == 1'000);
    CHECK(record.cpu_weight == 79);
    CHECK(record.memory_current_bytes == 4096);
    CHECK(record.memory_limit_bytes == VIGIA_NO_LIMIT);
    CHECK(record.memory_high_bytes == 8192);
    CHECK(record.memory_peak_bytes == 5000);
    CHECK(record.memory_anon_bytes == 1);
    CHECK(record.memory_file_bytes == 2);
    CHECK(record.memory_shared_bytes == 3);
    CHECK(record.memory_slab_bytes == 4);
    CHECK((record.valid & VIGIA_CGROUP_VALID_MEMORY_SLAB) != 0);
    CHECK(record.memory_inactive_file_bytes == 5);
    CHECK(record.minor_faults == 6);
    CHECK(record.major_faults == 4);
    CHECK(record.oom_kills == 7);
    CHECK(record.swap_current_bytes == 11);
    CHECK(record.swap_limit_bytes == 12);
    CHECK(record.io_read_bytes == 11);
    CHECK(record.io_write_bytes == 22);
    CHECK(record.io_read_calls == 33);
    CHECK(record.io_write_calls == 44);
    CHECK(record.task_count == 13);
    CHECK(record.task_limit == VIGIA_NO_LIMIT);
    CHECK(record.cpu_pressure.full_ns == 2'000);
    CHECK(record.memory_pressure.some_ns == 3'000);
    CHECK(record.io_pressure.full_ns == 6'000);
    CHECK(record.valid == (VIGIA_BIT(20) - 1 - VIGIA_CGROUP_VALID_NAMESPACES));
    CHECK(must_find(seen, "/a").valid == 0);
    REQUIRE(seen.process(42) != nullptr);
    CHECK(seen.process(42)->cgroup_id == record.id);
}

TEST_CASE("a v1 cgroup takes its figures from the controllers") {
    FakeHost host;
    for (const char* controller : {"cpu", "cpuacct", "memory", "blkio", "pids"}) {
        host.mount("cg/" + std::string(controller), "cgroup", "rw," + std::string(controller));
    }
    host.mount("cg/systemd", "cgroup", "rw,xattr,name=systemd");
    host.write("cg/systemd/cgroup.procs", "");
    host.write("cg/systemd/docker/7/cgroup.procs", "42\n");
    host.write("cg/systemd/docker/cgroup.procs", "");
    host.write("cg/cpuacct/docker/7/cpuacct.usage", "1234567\n");
    host.write("cg/cpuacct/docker/7/cpuacct.usage_user", "1000000\n");
    host.write("cg/cpuacct/docker/7/cpuacct.usage_sys", "234567\n");
    host.write("cg/cpu/docker/7/cpu.stat", "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n");
    host.write("cg/cpu/docker/7/cpu.cfs_quota_us", "-1\n");
    host.write("cg/cpu/docker/7/cpu.cfs_period_us", "100000\n");
    host.write("cg/cpu/docker/7/cpu.shares", "1024\n");
    host.write("cg/memory/docker/7/memory.usage_in_bytes", "4096\n");
    host.write("cg/memory/docker/7/memory.limit_in_bytes", "8192\n");
    host.write("cg/memory/docker/7/memory.max_usage_in_bytes", "5000\n");
    host.write("cg/memory/docker/7/memory.memsw.limit_in_bytes", "10000\n");
    host.write("cg/memory/docker/7/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n"
                                                        "oom_kill 5\n");
    host.write("cg/memory/docker/7/memory.stat",
               "cache 99\nrss 99\ntotal_cache 2\ntotal_rss 1\ntotal_shmem 3\ntotal_swap 8\n"
               "total_inactive_file 4\ntotal_pgfault 10\ntotal_pgmajfault 3\n");
    host.write("cg/blkio/docker/7/blkio.throttle.io_service_bytes_recursive",
               "8:0 Read 1\n8:0 Write 2\n8:0 Sync 3\n8:0 Total 3\n8:16 Read 10\n8:16 Write 20\n"
               "Total 33\n");
    host.write("cg/blkio/docker/7/blkio.throttle.io_serviced_recursive",
               "8:0 Read 5\n8:0 Write 6\nTotal 11\n");
    host.write("cg/pids/docker/7/pids.current", "9\n");
    host.write("cg/pids/docker/7/pids.max", "100\n");
    put_process(host, 42);
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.info.cgroup_mode == VIGIA_CGROUP_V1);
    const vigia_cgroup record = must_find(seen, "/docker/7");
    CHECK(record.id == host.inode("cg/systemd/docker/7"));
    CHECK(record.cpu_usage_ns == 1'234'567);
    CHECK(record.cpu_user_ns == 1'000'000);
    CHECK(record.cpu_system_ns == 234'567);
    CHECK(record.cpu_throttled_ns == 3);
    CHECK(record.cpu_quota_ns == VIGIA_NO_LIMIT);
    CHECK(record.cpu_period_ns == 100'000'000);
    CHECK(record.cpu_weight == 39);
    CHECK(record.memory_current_bytes == 4096);
    CHECK(record.memory_limit_bytes == 8192);
    CHECK(record.memory_peak_bytes == 5000);
    CHECK(record.memory_anon_bytes == 1);
    CHECK(record.memory_file_bytes == 2);
    CHECK(record.memory_shared_bytes == 3);
    CHECK(record.memory_inactive_file_bytes == 4);
    CHECK(record.minor_faults == 7);
    CHECK(record.major_faults == 3);
    CHECK(record.swap_current_bytes == 8);
    CHECK(record.swap_limit_bytes == 1808);
    CHECK(record.oom_kills == 5);
    CHECK(record.io_read_bytes == 11);
    CHECK(record.io_write_bytes == 22);
    CHECK(record.io_read_calls == 5);
    CHECK(record.io_write_calls == 6);
    CHECK(record.task_count == 9);
    CHECK(record.task_limit == 100);
    CHECK((record.valid & VIGIA_CGROUP_VALID_PRESSURE) == 0);    // v1 has none
    CHECK((record.valid & VIGIA_CGROUP_VALID_MEMORY_SLAB) == 0); // nor this
    CHECK(seen.process(42)->cgroup_id == record.id);
}

TEST_CASE("v1's huge numbers mean no limit") {
    FakeHost host;
    host.mount("cg/memory", "cgroup", "rw,memory");
    host.write("cg/memory/cgroup.procs", "1\n");
    host.write("cg/memory/memory.usage_in_bytes", "4096\n");
    host.write("cg/memory/memory.limit_in_bytes", "9223372036854771712\n");
    host.write("cg/memory/memory.memsw.limit_in_bytes", "9223372036854771712\n");
    const auto publisher = start(host.config());
    const vigia_cgroup record = must_find(refreshed(*publisher), "/");
    CHECK(record.memory_limit_bytes == VIGIA_NO_LIMIT);
    CHECK(record.swap_limit_bytes == VIGIA_NO_LIMIT);
}

TEST_CASE("a hybrid host has ids of the unified hierarchy and figures of v1") {
    FakeHost host;
    host.mount("cg/unified", "cgroup2", "rw");
    host.mount("cg/memory", "cgroup", "rw,memory");
    host.write("cg/unified/cgroup.procs", "");
    host.write("cg/unified/docker/7/cgroup.procs", "42\n");
    host.write("cg/unified/docker/cgroup.procs", "");
    host.write("cg/unified/docker/7/cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n");
    host.write("cg/memory/docker/7/memory.usage_in_bytes", "4096\n");
    host.write("cg/memory/docker/7/memory.limit_in_bytes", "8192\n");
    put_process(host, 42);
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.info.cgroup_mode == VIGIA_CGROUP_HYBRID);
    const vigia_cgroup record = must_find(seen, "/docker/7");
    CHECK(record.id == host.inode("cg/unified/docker/7"));
    CHECK(record.memory_current_bytes == 4096);
    CHECK(record.cpu_usage_ns == 5'000);
    CHECK(seen.process(42)->cgroup_id == record.id);
}

TEST_CASE("a hybrid host's idle cgroup keeps v1's user and system time") {
    FakeHost host;
    host.mount("cg/unified", "cgroup2", "rw");
    host.mount("cg/cpuacct", "cgroup", "rw,cpuacct");
    host.write("cg/unified/cgroup.procs", "");
    host.write("cg/unified/a/cgroup.procs", "42\n");
    host.write("cg/unified/a/cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n");
    host.write("cg/cpuacct/a/cpuacct.usage", "5000\n");
    host.write("cg/cpuacct/a/cpuacct.usage_user", "4000\n");
    host.write("cg/cpuacct/a/cpuacct.usage_sys", "1000\n");
    put_process(host, 42);
    const auto publisher = start(host.config());
    for (int refresh = 0; refresh < 4; ++refresh) { // idle from the second on
        const vigia_cgroup record = must_find(refreshed(*publisher), "/a");
        CHECK(record.cpu_usage_ns == 5'000);
        CHECK(record.cpu_user_ns == 4'000);
        CHECK(record.cpu_system_ns == 1'000);
    }
}

TEST_CASE("cgroups come, go and change hands between refreshes") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "42\n");
    put_process(host, 42);
    const auto publisher = start(host.config());
    CHECK(refreshed(*publisher).process(42)->cgroup_id == host.inode("cg"));

    host.write("cg/a/b/cgroup.procs", "42\n");
    host.write("cg/a/cgroup.procs", "");
    host.write("cg/cgroup.procs", "");
    Published seen = refreshed(*publisher);
    CHECK(seen.process(42)->cgroup_id == host.inode("cg/a/b"));
    CHECK(must_find(seen, "/").process_count == 0);

    host.write("cg/cgroup.procs", "42\n");
    host.remove("cg/a");
    seen = refreshed(*publisher);
    CHECK(seen.process(42)->cgroup_id == host.inode("cg"));
    CHECK(seen.cgroup("/a/b") == nullptr);
    CHECK(seen.cgroup("/a") == nullptr);
}

TEST_CASE("processes of an idle cgroup are not read, and are as soon as it runs") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "");
    put_v2(host, "cg/a", "41\n");
    FakeProcess process;
    process.pid = 41;
    process.threads = 3; // without the cgroup's word it is read every time
    host.put(process);
    const auto publisher = start(host.config());
    refreshed(*publisher);
    process.rss_kib = 128;
    host.put(process);
    CHECK(refreshed(*publisher).process(41)->rss_bytes == 65536);
    host.write("cg/a/cpu.stat", "usage_usec 11\nuser_usec 6\nsystem_usec 5\n");
    CHECK(refreshed(*publisher).process(41)->rss_bytes == 131072);
}

TEST_CASE("of an idle cgroup the small figures are fresh, the long files wait until it runs") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "");
    put_v2(host, "cg/a", "41\n");
    put_process(host, 41);
    const auto publisher = start(host.config());
    refreshed(*publisher);
    host.write("cg/a/memory.current", "5000\n");
    host.write("cg/a/memory.stat", "anon 77\n");
    host.write("cg/a/memory.max", "9999\n");
    Published seen = refreshed(*publisher);
    CHECK(must_find(seen, "/a").memory_current_bytes == 5000);
    CHECK(must_find(seen, "/a").memory_anon_bytes == 1);
    CHECK(must_find(seen, "/a").memory_limit_bytes == VIGIA_NO_LIMIT);
    host.write("cg/a/cpu.stat", "usage_usec 11\nuser_usec 6\nsystem_usec 5\n");
    seen = refreshed(*publisher);
    CHECK(must_find(seen, "/a").memory_anon_bytes == 77);
}

TEST_CASE("a newcomer in an idle cgroup is read, whatever its CPU time says") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "");
    put_v2(host, "cg/a", "41\n");
    put_process(host, 41);
    const auto publisher = start(host.config());
    refreshed(*publisher);
    refreshed(*publisher);
    put_process(host, 42);
    host.write("cg/a/cgroup.procs", "41\n42\n");
    const Published seen = refreshed(*publisher);
    REQUIRE(seen.process(42) != nullptr);
    CHECK(seen.process(42)->cgroup_id == host.inode("cg/a"));
}

TEST_CASE("a process that no list names is asked for its cgroup") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "1\n");
    host.write("cg/a/cgroup.procs", "2\n");
    put_process(host, 41, "1:name=systemd:/elsewhere\n0::/a\n");
    put_process(host, 42, "0::/gone (deleted)\n");
    const auto publisher = start(host.config());
    const Published seen = refreshed(*publisher);
    CHECK(seen.process(41)->cgroup_id == host.inode("cg/a"));
    CHECK((seen.process(42)->valid & VIGIA_PROCESS_VALID_CGROUP) == 0);
    CHECK(seen.process(42)->cgroup_id == 0);
}

TEST_CASE("cgroups are in the order of their ids, and grow with their paths") {
    FakeHost host;
    host.mount("cg", "cgroup2", "rw");
    host.write("cg/cgroup.procs", "1\n");
    for (int i = 0; i < 40; ++i) {
        host.write("cg/" + std::string(200, 'x') + std::to_string(i) + "/cgroup.procs", "1\n");
    }
    publish::PublisherConfig config = host.config();
    config.cgroups_initial = 2;
    auto publisher = Publisher::create(config);
    REQUIRE(publisher);
    const Published seen = refreshed(**publisher);
    REQUIRE(seen.cgroups.size() == 41);
    for (std::size_t i = 1; i < seen.cgroups.size(); ++i) {
        CHECK(seen.cgroups[i - 1].id < seen.cgroups[i].id);
    }
    CHECK(seen.cgroup("/" + std::string(200, 'x') + "39") != nullptr);
}

TEST_CASE("mount points are found among others, with blanks and with parts of hierarchies") {
    const publish::CgroupMounts mounts = publish::parse_cgroup_mounts(
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        "31 23 0:29 /part /a/part rw shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu\\040acct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "33 31 0:30 / /u rw - cgroup2 cgroup2 rw\n"
        "34 31 0:31 / /second rw - cgroup2 cgroup2 rw\n"
        "35 31 0:32 / /s rw - cgroup cgroup rw,name=systemd\n"
        "nonsense\n\n36 - -\n");
    CHECK(mounts.mode == VIGIA_CGROUP_HYBRID);
    CHECK(mounts.path[publish::cgroup_place_followed] == "/u");
    CHECK(mounts.followed_controller.empty());
    CHECK(mounts.path[publish::cgroup_place_cpu] == "/sys/fs/cgroup/cpu acct");
    CHECK(mounts.path[publish::cgroup_place_cpuacct] == "/sys/fs/cgroup/cpu acct");
    CHECK(mounts.path[publish::cgroup_place_memory].empty());
    CHECK(publish::parse_cgroup_mounts("").mode == VIGIA_CGROUP_NONE);
    CHECK(publish::parse_cgroup_mounts("1 2 0:3 / /s rw - cgroup c rw,name=systemd\n").mode ==
          VIGIA_CGROUP_V1);
}

TEST_CASE("no text makes a cgroup parser read beyond it") {
    for (const auto& files : {publish::cgroup_files_v2(), publish::cgroup_files_v1()}) {
        for (const publish::CgroupFile& file : files) {
            for (const std::string text :
                 {"", "\n", " ", "max", "usage_usec", "usage_usec ", "8:0", "8:0 rbytes=",
                  "8:0 Read", "some", "full total=", "\n\n\n", "-", "99999999999999999999999999"}) {
                vigia_cgroup record{};
                file.parse(std::string(text), record); // ASan looks on
                CHECK(record.id == 0);
            }
        }
    }
}
