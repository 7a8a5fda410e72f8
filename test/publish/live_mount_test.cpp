// SPDX-License-Identifier: MIT
// R6: the space of every mount against statvfs.
#include <sys/statvfs.h>

#include <cstdlib>

#include "test/publish/published.h"
#include "test/publish/start.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;

TEST_CASE("the space of every mount is what statvfs says") {
    const TemporaryDirectory scratch;
    publish::PublisherConfig config;
    config.directory = scratch.file("v");
    config.mounts = {"/", "/no/such/mount", scratch.path()};
    const auto publisher = start(config);
    REQUIRE(publisher->refresh());
    const Published seen(config.directory);
    REQUIRE(seen.mounts.size() == 3);
    CHECK(seen.mounts[1].valid == 0);
    CHECK(seen.mounts[1].total_bytes == 0);
    struct statvfs space {};
    REQUIRE(::statvfs("/", &space) == 0);
    CHECK(seen.mounts[0].valid == VIGIA_MOUNT_VALID_SPACE);
    CHECK(seen.mounts[0].total_bytes == space.f_blocks * space.f_frsize);
    CHECK(seen.mounts[0].inodes_total == space.f_files);
    const auto free_bytes = static_cast<int64_t>(space.f_bfree * space.f_frsize);
    CHECK(std::abs(static_cast<int64_t>(seen.mounts[0].free_bytes) - free_bytes) < (64 << 20));
}
