// SPDX-License-Identifier: MIT
// The file `events` through the ABI's own reader, and what becomes of it.
#include "collector/publish/events_file.h"

#include <sys/stat.h>

#include <vigia/events_reader.h>

#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::publish;
using vigia::test::TemporaryDirectory;

namespace {

vigia_event_exit exit_of(uint32_t pid, uint64_t time_ns) {
    vigia_event_exit record{};
    record.kind = VIGIA_EVENT_EXIT;
    record.pid = pid;
    record.time_ns = time_ns;
    return record;
}

uint64_t changed_ns(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return static_cast<uint64_t>(status.st_ctim.tv_sec) * 1'000'000'000U +
           static_cast<uint64_t>(status.st_ctim.tv_nsec);
}

} // namespace

TEST_CASE("what is written is read, in order, with times that ascend") {
    const TemporaryDirectory scratch;
    const auto directory = Directory::take(scratch.path());
    REQUIRE(directory);
    auto file = EventsFile::create(*directory, VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT), 7, 16);
    REQUIRE(file);
    const std::string path = scratch.file("events");
    vigia_events events{};
    REQUIRE(vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events) == nullptr);
    CHECK(events.file.header.features == VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT));
    CHECK(events.file.header.writer_kind == VIGIA_WRITER_PUBLISHER);
    CHECK(events.file.header.writer_instance == 7);
    CHECK(events.rings[0].ring->cpu == VIGIA_RING_ANY_CPU);
    file->write(exit_of(1, 100));
    file->write(exit_of(2, 90)); // of another CPU, and late
    file->write(exit_of(3, 110));
    uint64_t before_ns = 0;
    for (uint32_t pid = 1; pid <= 3; ++pid) {
        const vigia_event* event = vigia_events_next(&events);
        REQUIRE(event != nullptr);
        CHECK(event->pid == pid);
        CHECK(event->time_ns >= before_ns);
        before_ns = event->time_ns;
    }
    CHECK(vigia_events_next(&events) == nullptr);
    file->drop(5);
    CHECK(vigia_events_dropped_count(&events) == 5);
    vigia_events_close(&events);
}

TEST_CASE("an announcement is seen in the header and by inotify, and only if there is news") {
    const TemporaryDirectory scratch;
    const auto directory = Directory::take(scratch.path());
    REQUIRE(directory);
    auto file = EventsFile::create(*directory, 0, 7, 16);
    REQUIRE(file);
    vigia_events events{};
    REQUIRE(vigia_events_open(scratch.file("events").c_str(), VIGIA_EVENTS_OLDEST, &events) ==
            nullptr);
    const uint64_t made_ns = changed_ns(scratch.file("events"));
    file->announce();
    CHECK(vigia_events_announced(&events) == 0);
    CHECK(changed_ns(scratch.file("events")) == made_ns);
    // The file system's clock ticks slowly: many announcements move it for certain.
    uint64_t announced = 0;
    while (changed_ns(scratch.file("events")) == made_ns) {
        file->write(exit_of(1, 1));
        file->announce();
        ++announced;
    }
    CHECK(vigia_events_announced(&events) == announced);
    CHECK(file->unannounced() == 0);
    vigia_events_close(&events);
}

TEST_CASE("a file of events dies with its writer, and is gone; its records stay readable") {
    const TemporaryDirectory scratch;
    const auto directory = Directory::take(scratch.path());
    REQUIRE(directory);
    vigia_events events{};
    {
        auto file = EventsFile::create(*directory, 0, 7, 16);
        REQUIRE(file);
        REQUIRE(vigia_events_open(scratch.file("events").c_str(), VIGIA_EVENTS_OLDEST, &events) ==
                nullptr);
        for (uint32_t pid = 1; pid <= 20; ++pid) {
            file->write(exit_of(pid, pid));
        }
    }
    CHECK_FALSE(vigia_events_is_live(&events));
    CHECK_FALSE(std::filesystem::exists(scratch.file("events")));
    uint32_t read = 0;
    while (vigia_events_next(&events) != nullptr) {
        ++read;
    }
    CHECK(read == 16);
    CHECK(vigia_events_lost_count(&events) == 4);
    vigia_events_close(&events);
}
