// SPDX-License-Identifier: MIT
// Directories that come and go, in a plain directory: inotify sees them as it sees a cgroup's.
#include "collector/publish/cgroup_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "collector/base/limits.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::publish;
using vigia::test::TemporaryDirectory;

namespace {

constexpr std::size_t many = 1'000;

CgroupMounts mounts_of(const std::string& path) {
    CgroupMounts mounts;
    mounts.mode = VIGIA_CGROUP_V2;
    mounts.path[cgroup_place_followed] = path;
    return mounts;
}

std::unique_ptr<CgroupWatch> watch_of(const TemporaryDirectory& scratch, bool with_oom = false,
                                      std::size_t watches = many) {
    Absence absence;
    auto watch = CgroupWatch::open(mounts_of(scratch.path()), with_oom, watches, absence);
    REQUIRE(watch != nullptr);
    return watch;
}

uint64_t inode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

const CgroupChange* find(const std::vector<CgroupChange>& list, const std::string& path) {
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const CgroupChange& one) { return one.path == path; });
    return found != list.end() ? &*found : nullptr;
}

} // namespace

TEST_CASE("a cgroup that comes is told with its id, its parent and its depth") {
    const TemporaryDirectory scratch;
    std::filesystem::create_directory(scratch.file("old"));
    const auto watch = watch_of(scratch);
    CgroupChanges changes;
    watch->receive(changes, 0);
    CHECK(changes.created.empty()); // what was there before is no news
    std::filesystem::create_directory(scratch.file("old/new \"one\"\n"));
    watch->receive(changes, 0);
    REQUIRE(changes.created.size() == 1);
    CHECK(changes.created[0].path == "/old/new \"one\"\n");
    CHECK(changes.created[0].id == inode_of(scratch.file("old/new \"one\"\n")));
    CHECK(changes.created[0].parent_id == inode_of(scratch.file("old")));
    CHECK(changes.created[0].depth == 2);
    CHECK(changes.removed.empty());
}

TEST_CASE("one that goes is told with the id it had") {
    const TemporaryDirectory scratch;
    std::filesystem::create_directories(scratch.file("a/b"));
    const uint64_t id = inode_of(scratch.file("a/b"));
    const auto watch = watch_of(scratch);
    CHECK(watch->known() == 3);
    std::filesystem::remove(scratch.file("a/b"));
    CgroupChanges changes;
    watch->receive(changes, 0);
    REQUIRE(changes.removed.size() == 1);
    CHECK(changes.removed[0].id == id);
    CHECK(changes.removed[0].path == "/a/b");
    CHECK(watch->known() == 2);
}

TEST_CASE("what is made in a new cgroup before it is watched is not missed") {
    const TemporaryDirectory scratch;
    const auto watch = watch_of(scratch);
    std::filesystem::create_directories(scratch.file("a/b/c/d"));
    CgroupChanges changes;
    watch->receive(changes, 0);
    watch->receive(changes, 0);
    CHECK(changes.created.size() == 4);
    REQUIRE(find(changes.created, "/a/b/c/d") != nullptr);
    CHECK(find(changes.created, "/a/b/c/d")->parent_id == inode_of(scratch.file("a/b/c")));
    std::filesystem::create_directory(scratch.file("a/b/c/e"));
    changes.clear();
    watch->receive(changes, 0);
    CHECK(changes.created.size() == 1);
}

TEST_CASE("one that was gone before anybody looked came and went, without an id") {
    const TemporaryDirectory scratch;
    const auto watch = watch_of(scratch);
    std::filesystem::create_directory(scratch.file("brief"));
    std::filesystem::remove(scratch.file("brief"));
    CgroupChanges changes;
    watch->receive(changes, 0);
    REQUIRE(changes.created.size() == 1);
    CHECK(changes.created[0].id == 0);
    REQUIRE(changes.removed.size() == 1);
    CHECK(changes.removed[0].path == "/brief");
    CHECK(watch->known() == 1);
}

TEST_CASE("the same name again is another cgroup, and the last one stays known") {
    const TemporaryDirectory scratch;
    const auto watch = watch_of(scratch);
    CgroupChanges changes;
    for (int i = 0; i < 5; ++i) {
        std::filesystem::create_directory(scratch.file("again"));
        if (i < 4) {
            std::filesystem::remove(scratch.file("again"));
        }
    }
    watch->receive(changes, 0);
    CHECK(changes.removed.size() == 4);
    REQUIRE_FALSE(changes.created.empty());
    CHECK(watch->known() == 2);
    changes.clear();
    std::filesystem::remove(scratch.file("again"));
    watch->receive(changes, 0);
    REQUIRE(changes.removed.size() == 1);
    CHECK(changes.removed[0].id != 0);
}

TEST_CASE("files and links are no cgroups") {
    const TemporaryDirectory scratch;
    std::filesystem::create_directory(scratch.file("real"));
    const auto watch = watch_of(scratch);
    std::ofstream(scratch.file("file")) << "x";
    std::filesystem::create_directory_symlink("/", scratch.file("link"));
    CgroupChanges changes;
    watch->receive(changes, 0);
    CHECK(changes.created.empty());
    CHECK(watch->known() == 2);
}

TEST_CASE("with too few watches the rest is seen later, and counted until then") {
    const TemporaryDirectory scratch;
    for (int i = 0; i < 10; ++i) {
        std::filesystem::create_directory(scratch.file("g" + std::to_string(i)));
    }
    const auto watch = watch_of(scratch, false, 4);
    CHECK(watch->unwatched() == 7);
    for (int i = 0; i < 10; ++i) {
        std::filesystem::create_directory(scratch.file("g" + std::to_string(i) + "/inner"));
    }
    CgroupChanges changes;
    watch->receive(changes, limits::event_cgroup_rescan_ns);
    for (int i = 0; i < 10; ++i) {
        CHECK(find(changes.created, "/g" + std::to_string(i) + "/inner") != nullptr);
    }
    CHECK(changes.created.size() == 10);
    changes.clear();
    for (int i = 0; i < 10; ++i) {
        std::filesystem::remove(scratch.file("g" + std::to_string(i) + "/inner"));
    }
    watch->receive(changes, 2 * limits::event_cgroup_rescan_ns);
    CHECK(changes.removed.size() == 10);
    CHECK(watch->known() == 11);
}

TEST_CASE("kills are the growth of a cgroup's own count") {
    const TemporaryDirectory scratch;
    std::filesystem::create_directory(scratch.file("hungry"));
    const std::string file = scratch.file("hungry/memory.events.local");
    std::ofstream(file) << "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n";
    const auto watch = watch_of(scratch, true);
    CHECK(watch->has_oom());
    CgroupChanges changes;
    watch->receive(changes, 0);
    CHECK(changes.oom_kills.empty());
    std::ofstream(file) << "low 0\nhigh 0\nmax 9\noom 3\noom_kill 4\noom_group_kill 7\n";
    watch->receive(changes, 0);
    const uint64_t id = inode_of(scratch.file("hungry"));
    CHECK(changes.oom_kills == std::vector<uint64_t>{id, id});
    CHECK_FALSE(watch_of(scratch, false)->has_oom());
}

TEST_CASE("without cgroups there is nothing to watch, and a reason") {
    Absence absence;
    CHECK(CgroupWatch::open({}, false, many, absence) == nullptr);
    CHECK_FALSE(absence.remedy.empty());
    CHECK(CgroupWatch::open(mounts_of("/nonexistent"), false, many, absence) == nullptr);
    CHECK(absence.why.find("/nonexistent") != std::string::npos);
}
