// SPDX-License-Identifier: MIT
// The kernel's cgroups under what a host does to them: nested, threaded, removed while they are
// walked, thousands of them. Every field against cgroupfs: test/publish/live_cgroup_test.cpp.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <set>
#include <thread>

#include "collector/publish/cgroup_mounts.h"
#include "test/publish/cgroup_workload.h"
#include "test/publish/plain_proc.h"
#include "test/publish/published.h"
#include "test/publish/subject.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;

namespace {

constexpr int64_t us = 1000;

std::string followed() {
    return publish::parse_cgroup_mounts(slurp("/proc/self/mountinfo"))
        .path[publish::cgroup_place_followed];
}

// The CPU time of a cgroup as cgroupfs shows it, rounded up: v2's file has microseconds.
uint64_t usage_shown_ns(const std::string& path) {
    const auto mounts = publish::parse_cgroup_mounts(slurp("/proc/self/mountinfo"));
    if (mounts.mode == VIGIA_CGROUP_V1) {
        const std::string& cpuacct = mounts.path[publish::cgroup_place_cpuacct];
        return std::stoull(slurp(cpuacct + path + "/cpuacct.usage"));
    }
    const auto shown =
        keyed_numbers(slurp(mounts.path[publish::cgroup_place_followed] + path + "/cpu.stat"));
    return static_cast<uint64_t>((shown.at("usage_usec") + 1) * us);
}

uint64_t inode(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

// Two snapshots: the first may have been too small for what has been made since, the file is larger
// for the second.
Published look(Subject& subject) {
    REQUIRE(subject.refresh());
    { const Published first(subject.directory()); }
    REQUIRE(subject.refresh());
    return Published(subject.directory());
}

const vigia_cgroup& record_of(const Published& seen, const std::string& path) {
    const vigia_cgroup* record = seen.cgroup(path);
    INFO(path);
    REQUIRE(record != nullptr);
    return *record;
}

bool has(const vigia_cgroup& record, uint64_t bits) {
    return (record.valid & bits) == bits;
}

// What has to hold of every snapshot, whatever happens meanwhile.
void check_shape(const Published& seen) {
    REQUIRE(!seen.cgroups.empty());
    std::set<std::string> paths;
    std::set<uint64_t> ids;
    for (std::size_t i = 0; i < seen.cgroups.size(); ++i) {
        const vigia_cgroup& record = seen.cgroups[i];
        const std::string& path = seen.cgroup_paths[i];
        INFO(path);
        REQUIRE((i == 0 || seen.cgroups[i - 1].id < record.id));
        REQUIRE(path.substr(0, 1) == "/");
        REQUIRE(paths.insert(path).second);
        REQUIRE((record.parent_id == 0) == (path == "/"));
        const auto slashes = std::count(path.begin(), path.end(), '/');
        REQUIRE(record.depth == (path == "/" ? 0 : slashes));
        ids.insert(record.id);
    }
}

} // namespace

TEST_CASE("nested, empty and strangely named cgroups are where and what they are") {
    const CgroupWorkload tree;
    REQUIRE(tree.made());
    const auto subject = start_subject("");
    const Published seen = look(*subject);
    check_shape(seen);
    const std::string mount = followed();
    for (const std::string& path : {tree.root, tree.burner, tree.memory, tree.outer, tree.inner,
                                    tree.longest, tree.hostile}) {
        const vigia_cgroup& record = record_of(seen, path);
        CHECK(record.id == inode(mount + path));
        CHECK(record.parent_id == inode(mount + path.substr(0, path.rfind('/'))));
    }
    CHECK(seen.cgroup(tree.empty) == nullptr);
    const vigia_cgroup& outer = record_of(seen, tree.outer);
    CHECK(outer.process_count == 0);
    CHECK(outer.task_count == 1);
    CHECK_FALSE(has(outer, VIGIA_CGROUP_VALID_NAMESPACES));
    CHECK(record_of(seen, tree.inner).process_count == 1);
    CHECK(record_of(seen, tree.longest).task_count == 1);
}

TEST_CASE("limits, throttling and the working set of a cgroup are known") {
    const CgroupWorkload tree;
    ::usleep(500'000);
    const auto subject = start_subject("");
    const Published seen = look(*subject);
    const vigia_cgroup& burner = record_of(seen, tree.burner);
    REQUIRE(has(burner, VIGIA_CGROUP_VALID_CPU_LIMIT | VIGIA_CGROUP_VALID_THROTTLING |
                            VIGIA_CGROUP_VALID_WEIGHT | VIGIA_CGROUP_VALID_CPU));
    CHECK(burner.cpu_quota_ns == 20'000'000);
    CHECK(burner.cpu_period_ns == 100'000'000);
    CHECK((burner.cpu_weight == 50 || burner.cpu_weight == 20)); // v2, or 512 shares
    CHECK(burner.cpu_throttled_periods > 0);
    CHECK(burner.cpu_throttled_ns > 0);
    const vigia_cgroup& memory = record_of(seen, tree.memory);
    REQUIRE(has(memory, VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_MEMORY_INACTIVE |
                            VIGIA_CGROUP_VALID_MEMORY_PEAK | VIGIA_CGROUP_VALID_OOM));
    CHECK(memory.memory_limit_bytes == 64 << 20);
    CHECK(memory.memory_current_bytes >= 16 << 20);
    CHECK(memory.memory_peak_bytes >= memory.memory_current_bytes - (1 << 20));
    CHECK(memory.memory_inactive_file_bytes < memory.memory_current_bytes);
}

TEST_CASE("the processes of a threaded cgroup count in the domain above it") {
    const CgroupWorkload tree;
    if (tree.threaded.empty()) {
        WARN("this host's hierarchy has no threaded cgroups");
        return;
    }
    const auto subject = start_subject("");
    const Published seen = look(*subject);
    const vigia_cgroup& domain = record_of(seen, tree.domain);
    const vigia_cgroup& threaded = record_of(seen, tree.threaded);
    CHECK(domain.process_count == 1);
    CHECK(domain.task_count == 2);
    CHECK(threaded.process_count == 0);
    if (has(threaded, VIGIA_CGROUP_VALID_TASK_COUNT)) {
        CHECK(threaded.task_count == 1);
    }
}

TEST_CASE("time that was used in a removed cgroup stays with those above it") {
    CgroupWorkload tree;
    const auto subject = start_subject("");
    const std::string mount = followed();
    uint64_t before = 0;
    for (int i = 0; i < 10; ++i) {
        const std::string path = tree.make(tree.outer + "/short-" + std::to_string(i));
        const pid_t pid = tree.run(path, [] {
            for (volatile int spin = 0; spin < 20'000'000;) {
                spin = spin + 1;
            }
        });
        ::waitpid(pid, nullptr, 0);
        ::rmdir((mount + path).c_str());
        REQUIRE(subject->refresh());
        const Published seen(subject->directory());
        const uint64_t now = record_of(seen, tree.outer).cpu_usage_ns;
        CHECK(now > before);
        CHECK(now <= usage_shown_ns(tree.outer));
        before = now;
    }
}

TEST_CASE("cgroups that come and go during the walk leave every snapshot whole") {
    CgroupWorkload tree;
    const auto subject = start_subject("");
    const std::string mount = followed();
    std::atomic<bool> done{false};
    std::thread churn([&] {
        for (int i = 0; !done; ++i) {
            const std::string path = mount + tree.outer + "/churn-" + std::to_string(i % 50);
            ::mkdir(path.c_str(), 0755);
            const pid_t pid = ::fork();
            if (pid == 0) {
                const int file = ::open((path + "/cgroup.procs").c_str(), O_WRONLY);
                ::_exit(file >= 0 && ::write(file, "0", 1) == 1 ? 0 : 1);
            }
            ::waitpid(pid, nullptr, 0);
            ::rmdir(path.c_str());
        }
    });
    uint64_t usage_ns = 0;
    for (int i = 0; i < 300; ++i) {
        REQUIRE(subject->refresh());
        const Published seen(subject->directory());
        check_shape(seen);
        const uint64_t now_ns = record_of(seen, tree.root).cpu_usage_ns;
        CHECK(now_ns >= usage_ns);
        usage_ns = now_ns;
    }
    done = true;
    churn.join();
}

// One process at the end of each of 50 chains of 100 cgroups populates them all.
TEST_CASE("five thousand cgroups fit, and each is the one of its path") {
    CgroupWorkload tree;
    const auto subject = start_subject("");
    const std::string mount = followed();
    std::vector<std::string> paths;
    for (int chain = 0; chain < 50; ++chain) {
        std::string path = tree.root + "/" + std::to_string(chain);
        for (int depth = 0; depth < 100; ++depth, path += "/x") {
            paths.push_back(tree.make(path));
        }
        tree.run(paths.back(), [] { ::pause(); });
    }
    REQUIRE(subject->refresh());
    Published seen(subject->directory());
    for (int i = 0; i < 5 && seen.cgroups_slot.truncated_count[VIGIA_CGROUPS_REGION] != 0; ++i) {
        REQUIRE(subject->refresh());
        seen = Published(subject->directory());
    }
    check_shape(seen);
    CHECK(seen.cgroups.size() >= 5000);
    CHECK(seen.cgroups_slot.truncated_count[VIGIA_CGROUPS_REGION] == 0);
    for (const std::string& path : paths) {
        const vigia_cgroup& record = record_of(seen, path);
        REQUIRE(record.id == inode(mount + path));
        REQUIRE(record.task_count == 1);
    }
    std::printf(
        "R6: %zu cgroups in %llu us\n", seen.cgroups.size(),
        static_cast<unsigned long long>(
            (seen.cgroups_slot.end_monotonic_ns - seen.cgroups_slot.begin_monotonic_ns) / us));
}
