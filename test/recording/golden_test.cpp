// SPDX-License-Identifier: MIT
// Recordings of older versions, as they were made then: test/recording/golden keeps one of each.
// What is in them must be read for ever; make_golden.cpp made them.
#include "collector/recording/replay.h"

#include "test/recording/history.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;

TEST_CASE("the recording of version 1 shows what it showed when it was made") {
    const std::string path = GOLDEN_DIRECTORY "/1.vigrec";
    auto replay = recording::Replay::open(path);
    REQUIRE(replay);
    CHECK((**replay).sample_count() == 33);
    CHECK((**replay).interval_ns() == ns_per_second);
    CHECK((**replay).begin_realtime_ns() == 1'700'000'001'000'000'000);
    REQUIRE((**replay).seek((**replay).end_realtime_ns()));
    REQUIRE((**replay).refresh(0));
    REQUIRE((**replay).refresh(0));
    const auto snapshots = (**replay).acquire();
    REQUIRE(snapshots);
    CHECK(snapshots->writer_instance == 77);
    REQUIRE(snapshots->processes.count[VIGIA_PROCESSES_REGION] == 11);
    const auto* process = static_cast<const vigia_process*>(
        vigia_record(&snapshots->processes, VIGIA_PROCESSES_REGION, 0));
    CHECK(process->pid == 1000);
    CHECK(process->read_bytes == 4096ULL * 33 * 34 / 2);
    CHECK(process->cpu_runtime_ns == 33 * 10'000'000ULL);
    CHECK((**replay).catalog().size() == 7);
    const ContainerInfo* info = (**replay).catalog().find(container_id('6'));
    REQUIRE(info != nullptr);
    CHECK(info->name == "low-6");
    CHECK(info->image == "low:1");
    CHECK((**replay).losses().damaged_chunks == 0);
    CHECK_FALSE((**replay).losses().index_rebuilt);
    CHECK(replayed(path).size() == 33);
}
