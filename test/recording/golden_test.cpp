// SPDX-License-Identifier: MIT
// Recordings of older versions, as they were made then: test/recording/golden keeps one of each.
// What is in them must be read for ever; make_golden.cpp made them.
#include <cstring>

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
    CHECK_FALSE((**replay).acquire_memory(0)); // came with version 2, as did events
    CHECK((**replay).events().next() == nullptr);
    CHECK((**replay).losses().damaged_chunks == 0);
    CHECK_FALSE((**replay).losses().index_rebuilt);
    CHECK(replayed(path).size() == 33);
}

TEST_CASE("the recording of version 2 shows its memory and its events") {
    const std::string path = GOLDEN_DIRECTORY "/2.vigrec";
    auto replay = recording::Replay::open(path);
    REQUIRE(replay);
    CHECK((**replay).sample_count() == 33);
    REQUIRE((**replay).seek((**replay).end_realtime_ns()));
    REQUIRE((**replay).refresh(0));
    REQUIRE((**replay).refresh(0));
    const auto view = (**replay).acquire_memory(0);
    REQUIRE(view);
    vigia_memory memory{};
    std::memcpy(&memory, vigia_record(&*view, VIGIA_MEMORY_REGION, 0), sizeof(memory));
    CHECK(memory.page_faults == 33'000);
    source::EventSource& events = (**replay).events();
    CHECK(events.reports(VIGIA_EVENT_FORK));
    for (const vigia_event_kind kind : {VIGIA_EVENT_FORK, VIGIA_EVENT_EXIT}) {
        const vigia_event* event = events.next();
        REQUIRE(event != nullptr);
        CHECK(event->kind == kind);
        CHECK(event->pid == 100'033);
    }
    CHECK(events.next() == nullptr);
    CHECK((**replay).catalog().size() == 7);
    CHECK(replayed(path).size() == 33);
}
