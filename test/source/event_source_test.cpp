// SPDX-License-Identifier: MIT
#include "collector/source/event_source.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <poll.h>
#include <vector>

#include <sys/stat.h>

#include "test/support/allocations.h"
#include "test/support/catch.h"
#include "test/support/rings.h"
#include "test/support/temporary_directory.h"

namespace vigia::source {
namespace {

using test::Rings;
using test::TemporaryDirectory;

std::vector<uint64_t> times(EventSource& events) {
    std::vector<uint64_t> all;
    while (const vigia_event* event = events.next()) {
        all.push_back(event->time_ns);
    }
    return all;
}

// A test's writer is alive; whatever it announces has arrived when announce() returns.
bool is_readable(const EventSource& events) {
    pollfd polled{events.descriptor(), POLLIN, 0};
    return poll(&polled, 1, 0) == 1;
}

void announce(const std::string& path) {
    REQUIRE(utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0);
}

using Times = std::vector<uint64_t>;

TEST_CASE("without a directory, and in one without events, nothing comes and nothing is wrong") {
    const TemporaryDirectory scratch;
    EventFile events;
    CHECK(events.next() == nullptr);
    CHECK(events.open().error().kind() == ErrorKind::not_found);
    events.follow(scratch.path());
    CHECK(events.next() == nullptr);
    CHECK_FALSE(events.is_open());
    CHECK_FALSE(events.reports(VIGIA_EVENT_FORK));
    CHECK(events.open().error().kind() == ErrorKind::not_found);
    CHECK(events.open().error().message().find("is its writer") != std::string::npos);
    events.follow("/proc/vigia-of-no-host");
    CHECK(events.open().error().message().find("modprobe vigia_events") != std::string::npos);
}

TEST_CASE("what was there before us is given only if it was asked for") {
    const TemporaryDirectory scratch;
    Rings rings(2, 16, scratch.file("events"));
    rings.write(0, 10);
    rings.write(1, 5);
    EventFile newest;
    newest.follow(scratch.path());
    EventFile oldest(VIGIA_EVENTS_OLDEST);
    oldest.follow(scratch.path());
    rings.write(1, 20);
    CHECK(times(newest) == Times{20});
    CHECK(times(oldest) == Times{5, 10, 20});
    CHECK(newest.counters().received == 1);
    CHECK(oldest.counters().received == 3);
    CHECK(newest.counters().missing() == 0);
}

TEST_CASE("a file that comes later is found, and what it overwrote by then is lost") {
    const TemporaryDirectory scratch;
    EventFile events;
    events.follow(scratch.path());
    CHECK(times(events).empty());
    Rings rings(1, 16, scratch.file("events"));
    for (uint64_t i = 1; i <= 20; i++) {
        rings.write(0, i);
    }
    CHECK(times(events).size() == 16);
    CHECK(events.counters().lost == 4);
    CHECK(events.counters().reopened == 0);
}

TEST_CASE("lost and dropped events are counted, and what was dropped before us is not ours") {
    const TemporaryDirectory scratch;
    Rings rings(1, 16, scratch.file("events"));
    vigia_ring_drop(rings.ring(0), 100);
    EventFile events;
    events.follow(scratch.path());
    for (uint64_t i = 1; i <= 50; i++) {
        rings.write(0, i);
    }
    vigia_ring_drop(rings.ring(0), 3);
    CHECK(times(events).size() == 16);
    CHECK(events.counters().received == 16);
    CHECK(events.counters().lost == 34);
    CHECK(events.counters().dropped == 3);
    CHECK(events.counters().missing() == 37);
}

TEST_CASE("a writer that left is read to its end, and the next one from its beginning") {
    const TemporaryDirectory scratch;
    Rings first(1, 16, scratch.file("events"), 1);
    EventFile events;
    events.follow(scratch.path());
    first.write(0, 1);
    CHECK(times(events) == Times{1});
    first.write(0, 2);
    first.end();
    Rings second(1, 16, scratch.file("events"), 2);
    second.write(0, 3);
    CHECK(times(events) == Times{2, 3});
    CHECK(events.counters().reopened == 1);
    CHECK(events.counters().received == 3);
    CHECK(events.counters().missing() == 0);
}

TEST_CASE("a writer that was killed cannot say so: its file is replaced") {
    const TemporaryDirectory scratch;
    auto first = std::make_unique<Rings>(1, 16, scratch.file("events"), 1);
    EventFile events;
    events.follow(scratch.path());
    first->write(0, 1);
    first.reset();
    Rings second(1, 16, scratch.file("events"), 2);
    second.write(0, 2);
    CHECK(times(events) == Times{1, 2});
    std::filesystem::remove(scratch.file("events"));
    second.write(0, 3);
    CHECK(times(events) == Times{3});
    CHECK_FALSE(events.is_open());
    CHECK(times(events).empty());
    CHECK_FALSE(is_readable(events)); // or a loop around it would never rest
}

TEST_CASE("a file whose writer left without removing it is read once") {
    const TemporaryDirectory scratch;
    Rings rings(1, 16, scratch.file("events"), 1);
    EventFile events;
    events.follow(scratch.path());
    rings.write(0, 1);
    rings.end();
    CHECK(times(events) == Times{1});
    CHECK(times(events).empty());
    CHECK_FALSE(events.is_open());
    CHECK_FALSE(is_readable(events));
    Rings next(1, 16, scratch.file("events"), 2);
    next.write(0, 2);
    CHECK(times(events) == Times{2});
}

TEST_CASE("after a change of directory, what both writers saw is given once") {
    const TemporaryDirectory kernel;
    const TemporaryDirectory publisher;
    Rings before(1, 16, publisher.file("events"), 1);
    Rings now(1, 16, kernel.file("events"), 2);
    EventFile events;
    events.follow(publisher.path());
    before.write(0, 10);
    CHECK(times(events) == Times{10});
    now.write(0, 9);
    now.write(0, 10);
    now.write(0, 11);
    events.follow(kernel.path());
    CHECK(times(events) == Times{11});
    now.write(0, 10); // late, and of another process
    CHECK(times(events) == Times{10});
    CHECK(events.counters().received == 3);
    CHECK(events.counters().missing() == 0);
    events.follow("");
    now.write(0, 12);
    CHECK(times(events).empty());
}

TEST_CASE(
    "the descriptor stays the same, is readable after each announcement, and not after all is "
    "read") {
    const TemporaryDirectory scratch;
    EventFile events;
    const int descriptor = events.descriptor();
    REQUIRE(descriptor >= 0);
    events.follow(scratch.path());
    CHECK(times(events).empty());
    CHECK_FALSE(is_readable(events));

    Rings first(1, 16, scratch.file("events"), 1);
    CHECK(is_readable(events)); // it came
    CHECK(times(events).empty());
    CHECK_FALSE(is_readable(events));
    first.write(0, 1);
    CHECK_FALSE(is_readable(events));
    announce(scratch.file("events"));
    CHECK(is_readable(events));
    CHECK(times(events) == Times{1});
    CHECK_FALSE(is_readable(events));

    Rings second(1, 16, scratch.file("events"), 2);
    CHECK(is_readable(events)); // it was replaced
    CHECK(times(events).empty());
    CHECK(times(events).empty()); // its removal tells once more
    second.write(0, 2);
    CHECK_FALSE(is_readable(events));
    announce(scratch.file("events"));
    CHECK(is_readable(events));
    CHECK(times(events) == Times{2});
    CHECK(events.descriptor() == descriptor);
}

TEST_CASE("the kernel is told what was read before the rings are") {
    const TemporaryDirectory scratch;
    vigia_file_header header = test::rings_header(1, 16);
    header.writer_kind = VIGIA_WRITER_KERNEL;
    header.features = VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT);
    Rings rings(header, scratch.file("events"));
    unsigned acknowledged = 0;
    EventFile events(VIGIA_EVENTS_NEWEST, [&](int, unsigned long request, void* argument) {
        CHECK(request == VIGIA_IOC_REFRESH);
        CHECK(static_cast<const vigia_refresh*>(argument)->max_age_ns == UINT64_MAX);
        if (++acknowledged == 1) {
            rings.write(0, 1); // this moment: it is read in this round
        }
        return ENOTTY; // a plain file that only says so is read, too
    });
    events.follow(scratch.path());
    REQUIRE(events.is_open());
    CHECK(events.writer() == VIGIA_WRITER_KERNEL);
    CHECK(events.reports(VIGIA_EVENT_EXIT));
    CHECK_FALSE(events.reports(VIGIA_EVENT_EXEC));
    CHECK(times(events) == Times{1});
    CHECK(acknowledged == 1);
    CHECK_FALSE(is_readable(events));
    CHECK(times(events).empty());
    CHECK(acknowledged == 2);
}

TEST_CASE("a file that contradicts itself is left, and the next one read") {
    const TemporaryDirectory scratch;
    Rings broken(1, 16, scratch.file("events"), 1);
    EventFile events;
    events.follow(scratch.path());
    broken.write(0, 1);
    CHECK(times(events) == Times{1});
    broken.ring(0)->head = 0;
    CHECK(times(events).empty());
    CHECK(events.counters().damaged == 1);
    CHECK_FALSE(is_readable(events));
    Rings sound(1, 16, scratch.file("events"), 2);
    sound.write(0, 2);
    CHECK(times(events) == Times{2});
}

TEST_CASE("a file that became shorter is left without being touched") {
    const TemporaryDirectory scratch;
    Rings rings(1, 16, scratch.file("events"));
    EventFile events;
    events.follow(scratch.path());
    CHECK(times(events).empty());
    std::filesystem::resize_file(scratch.file("events"), 0);
    CHECK(times(events).empty());
    CHECK_FALSE(events.is_open());
    CHECK(events.counters().damaged == 1);
    CHECK(events.open().error().kind() == ErrorKind::damaged);
}

TEST_CASE("a foreign file, a newer one and a FIFO are refused with the reason") {
    const TemporaryDirectory scratch;
    EventFile events;
    events.follow(scratch.path());
    std::ofstream(scratch.file("events")) << std::string(8192, 'x');
    CHECK(events.open().error().kind() == ErrorKind::damaged);
    std::filesystem::remove(scratch.file("events"));
    REQUIRE(mkfifo(scratch.file("events").c_str(), 0600) == 0);
    CHECK(events.open().error().kind() == ErrorKind::damaged);
    std::filesystem::remove(scratch.file("events"));
    vigia_file_header header = test::rings_header(1, 16);
    header.abi_version = header.abi_compatible = VIGIA_ABI_VERSION + 1;
    Rings newer(header, scratch.file("events"));
    CHECK(events.open().error().kind() == ErrorKind::newer);
    CHECK(events.next() == nullptr);
}

TEST_CASE("reading allocates nothing, whether there are events or no file") {
    const TemporaryDirectory scratch;
    const TemporaryDirectory empty;
    Rings rings(2, 64, scratch.file("events"));
    EventFile events;
    events.follow(scratch.path());
    EventFile none;
    none.follow(empty.path());
    const uint64_t before = test::allocation_count();
    for (uint64_t i = 1; i < 1000; i++) {
        rings.write(i % 2, i);
        while (events.next() != nullptr) {
        }
        events.follow(scratch.path());
        CHECK_FALSE(none.next());
    }
    CHECK(test::allocation_count() == before);
    CHECK(events.counters().received == 999);
}

} // namespace
} // namespace vigia::source
