// SPDX-License-Identifier: MIT
// What the tree of cgroups makes of files that cannot be opened, for a moment or for now.
#include "collector/publish/cgroup_tree.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/base/limits.h"
#include "test/publish/fake_host.h"
#include "test/publish/plain_proc.h"
#include "test/support/catch.h"

using namespace vigia;
using publish::CgroupNode;
using publish::CgroupTree;
using test::FakeHost;

namespace {

constexpr uint64_t second_ns = 1'000'000'000;

// As long as it lives this process can open nothing more.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
};

// A v2 host with one cgroup "/a" that holds a process, and the tree that looks at it.
struct Bench {
    Bench() {
        host.mount("cg", "cgroup2", "rw");
        host.write("cg/cgroup.procs", "");
        host.write("cg/a/cgroup.procs", "41\n");
        host.write("cg/a/cpu.stat", "usage_usec 10\nuser_usec 6\nsystem_usec 4\n");
        host.write("cg/a/memory.current", "4096\n");
        host.write("cg/a/memory.max", "8192\n");
        host.write("cg/a/memory.swap.current", "11\n");
        host.write("cg/a/memory.swap.max", "12\n");
        proc.reset(::open(host.path("proc").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    std::unique_ptr<CgroupTree> tree(uint64_t kept_files) const {
        const std::string mountinfo = test::slurp(host.path("proc/self/mountinfo"));
        return std::make_unique<CgroupTree>(publish::parse_cgroup_mounts(mountinfo), proc.get(),
                                            kept_files);
    }

    FakeHost host;
    publish::UniqueFd proc;
};

vigia_cgroup record_of(const CgroupTree& tree, const std::string& path) {
    const CgroupNode* node = tree.find("0::" + path + "\n");
    if (node == nullptr) {
        FAIL("no cgroup " + path);
    }
    return node->record;
}

constexpr uint64_t all_there = VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_CPU_SPLIT |
                               VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_SWAP;

} // namespace

TEST_CASE("what cannot be opened for want of descriptors is unknown, and known again at once") {
    const Bench bench;
    const auto tree = bench.tree(0); // everything is opened every time
    tree->update(1 * second_ns);
    REQUIRE(record_of(*tree, "/a").valid == all_there);
    const uint64_t pause_ns = GENERATE(second_ns, limits::cgroup_limits_reread_ns);
    {
        const NoDescriptors none;
        tree->update(1 * second_ns + pause_ns);
    }
    vigia_cgroup record = record_of(*tree, "/a");
    CHECK((record.valid & (VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_MEMORY)) == 0);
    CHECK(record.process_count == 1);
    bench.host.write("cg/a/memory.current", "5000\n");
    tree->update(2 * second_ns + pause_ns);
    record = record_of(*tree, "/a");
    CHECK(record.valid == all_there);
    CHECK(record.memory_current_bytes == 5000);
    CHECK(record.memory_limit_bytes == 8192);
    CHECK(record.swap_limit_bytes == 12);
    CHECK(record.cpu_usage_ns == 10'000);
}

TEST_CASE("a cgroup whose CPU time could not be read does not pass for idle") {
    const Bench bench;
    const auto tree = bench.tree(0);
    tree->update(1 * second_ns);
    tree->update(2 * second_ns);
    const auto is_idle = [&] { return tree->activity()[tree->find("0::/a\n")->slot].idle; };
    REQUIRE(is_idle());
    {
        const NoDescriptors none;
        tree->update(3 * second_ns);
    }
    CHECK_FALSE(is_idle());
}

TEST_CASE("children stay while the directory cannot be listed, and newcomers are seen after") {
    const Bench bench;
    const auto tree = bench.tree(100);
    tree->update(1 * second_ns);
    bench.host.write("cg/b/cgroup.procs", "42\n");
    {
        const NoDescriptors none;
        tree->update(2 * second_ns);
    }
    CHECK(record_of(*tree, "/a").valid == all_there); // its files are kept open
    CHECK(tree->find("0::/b\n") == nullptr);
    CHECK(tree->populated().size() == 2); // and the root
    tree->update(3 * second_ns);
    CHECK(record_of(*tree, "/b").process_count == 1);
}

TEST_CASE("a first look without descriptors hides nothing from the second") {
    const Bench bench;
    const auto tree = bench.tree(100);
    {
        const NoDescriptors none;
        tree->update(1 * second_ns);
    }
    CHECK(tree->populated().empty());
    tree->update(2 * second_ns);
    CHECK(record_of(*tree, "/a").valid == all_there);
}

TEST_CASE("a controller that is enabled later is noticed at the pace of the limits") {
    const Bench bench;
    const auto tree = bench.tree(100);
    tree->update(1 * second_ns);
    REQUIRE((record_of(*tree, "/a").valid & VIGIA_CGROUP_VALID_TASKS) == 0);
    bench.host.write("cg/a/pids.current", "13\n");
    bench.host.write("cg/a/pids.max", "max\n");
    tree->update(2 * second_ns);
    CHECK((record_of(*tree, "/a").valid & VIGIA_CGROUP_VALID_TASKS) == 0);
    tree->update(1 * second_ns + limits::cgroup_limits_reread_ns);
    const vigia_cgroup record = record_of(*tree, "/a");
    CHECK((record.valid & VIGIA_CGROUP_VALID_TASKS) != 0);
    CHECK(record.task_count == 13);
    CHECK(record.task_limit == VIGIA_NO_LIMIT);
}

TEST_CASE("a controller that is disabled takes its figures along, and no others") {
    const Bench bench;
    const auto tree = bench.tree(0);
    tree->update(1 * second_ns);
    for (const char* file : {"memory.current", "memory.max"}) {
        bench.host.remove("cg/a/" + std::string(file));
    }
    tree->update(1 * second_ns + limits::cgroup_limits_reread_ns);
    CHECK(record_of(*tree, "/a").valid == (all_there & ~VIGIA_CGROUP_VALID_MEMORY));
    tree->update(2 * second_ns + limits::cgroup_limits_reread_ns);
    CHECK(record_of(*tree, "/a").valid == (all_there & ~VIGIA_CGROUP_VALID_MEMORY));
}

TEST_CASE("a v1 hierarchy that gets the cgroup after the others is read from then on") {
    FakeHost host;
    host.mount("cg/systemd", "cgroup", "rw,name=systemd");
    host.mount("cg/memory", "cgroup", "rw,memory");
    host.write("cg/systemd/cgroup.procs", "");
    host.write("cg/systemd/a/cgroup.procs", "41\n");
    const publish::UniqueFd proc(
        ::open(host.path("proc").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CgroupTree tree(publish::parse_cgroup_mounts(test::slurp(host.path("proc/self/mountinfo"))),
                    proc.get(), 100);
    tree.update(1 * second_ns);
    REQUIRE(tree.populated().size() == 2);
    host.write("cg/memory/a/memory.usage_in_bytes", "4096\n");
    host.write("cg/memory/a/memory.limit_in_bytes", "8192\n");
    tree.update(1 * second_ns + limits::cgroup_limits_reread_ns);
    const CgroupNode* a =
        tree.populated()[0]->path == "/a" ? tree.populated()[0] : tree.populated()[1];
    CHECK((a->record.valid & VIGIA_CGROUP_VALID_MEMORY) != 0);
    CHECK(a->record.memory_current_bytes == 4096);
}

// Only a real cgroup file system has link counts to rely on.
TEST_CASE("a live cgroup made while its parent could not be listed is found at the next update") {
    const publish::CgroupMounts mounts =
        publish::parse_cgroup_mounts(test::slurp("/proc/self/mountinfo"));
    const std::string name = "/vigia-test-list-" + std::to_string(::getpid());
    const std::string path = mounts.path[publish::cgroup_place_followed] + name;
    const publish::UniqueFd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CgroupTree tree(mounts, proc.get(), 1'000);
    tree.update(1 * second_ns);
    const bool made = ::mkdir(path.c_str(), 0755) == 0; // as root alone
    {
        const NoDescriptors none;
        tree.update(2 * second_ns);
    }
    tree.update(3 * second_ns);
    const std::string controller =
        mounts.followed_controller.empty() ? "" : std::string(mounts.followed_controller);
    const bool found = tree.find("0:" + controller + ":" + name + "\n") != nullptr;
    if (made) {
        REQUIRE(::rmdir(path.c_str()) == 0);
    }
    CHECK(found == made);
}
