// SPDX-License-Identifier: MIT
#include "collector/recording/replay.h"

#include "collector/base/limits.h"
#include "collector/recording/camera.h"
#include "collector/recording/writer.h"
#include "collector/sampler/memory_sampler.h"
#include "collector/sampler/sampler.h"
#include "test/recording/history.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using vigia::recording::Replay;

namespace {

// What a sampler saw of the same history while it happened.
std::vector<std::string> lived(unsigned ticks) {
    History history;
    sampler::Sampler sampler({ns_per_second, false, "/proc"});
    std::vector<std::string> samples;
    for (unsigned i = 0; i < ticks; ++i) {
        history.tick();
        const auto sample = sampler.take(history.source, &history.catalog, 0);
        REQUIRE(sample);
        samples.push_back(bytes_of(**sample));
    }
    return samples;
}

constexpr uint64_t first_ns = 1'700'000'000'000'000'000 + ns_per_second;

} // namespace

TEST_CASE("a replay shows sample for sample what the source showed") {
    const TemporaryDirectory folder;
    constexpr unsigned ticks = 70; // more than two keys
    record_history(folder.file("a.vigrec"), ticks);
    const auto then = lived(ticks);
    const auto now = replayed(folder.file("a.vigrec"));
    REQUIRE(now.size() == then.size());
    for (unsigned i = 0; i < ticks; ++i) {
        INFO("sample " << i);
        CHECK(now[i] == then[i]);
    }
}

TEST_CASE("a replay has the time of the recording") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), 40);
    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    CHECK((**replay).begin_realtime_ns() == first_ns);
    CHECK((**replay).end_realtime_ns() == first_ns + 39 * ns_per_second);
    CHECK((**replay).interval_ns() == ns_per_second);
    CHECK((**replay).until_next_ns() == 0);
    REQUIRE((**replay).refresh(0));
    CHECK((**replay).now().realtime_ns == first_ns);
    CHECK((**replay).until_next_ns() == ns_per_second);
}

TEST_CASE("seeking finds the last sample that is not later, and the one before it") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), 40);
    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    REQUIRE((**replay).seek(first_ns + 33 * ns_per_second + 5));
    REQUIRE((**replay).refresh(0));
    CHECK((**replay).now().realtime_ns == first_ns + 32 * ns_per_second);
    REQUIRE((**replay).refresh(0));
    CHECK((**replay).now().realtime_ns == first_ns + 33 * ns_per_second);
    CHECK_FALSE((**replay).has_next());
    CHECK((**replay).refresh(0).error().kind() == ErrorKind::not_found);

    REQUIRE((**replay).seek(first_ns)); // backwards, to the very first
    REQUIRE((**replay).refresh(0));
    CHECK((**replay).now().realtime_ns == first_ns);
    CHECK_FALSE((**replay).has_next());
    CHECK((**replay).seek(first_ns - 1).error().kind() == ErrorKind::not_found);
}

TEST_CASE("a range has both its ends") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), 40);
    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    REQUIRE((**replay).set_range({first_ns + 10 * ns_per_second, first_ns + 12 * ns_per_second}));
    unsigned count = 0;
    for (; (**replay).has_next(); ++count) {
        REQUIRE((**replay).refresh(0));
        CHECK((**replay).now().realtime_ns == first_ns + (10 + count) * ns_per_second);
    }
    CHECK(count == 3);
    CHECK_FALSE((**replay).set_range({first_ns + 40 * ns_per_second, UINT64_MAX}));
}

TEST_CASE("names are those of the moment, also after seeking back") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), 40);
    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    const auto containers_at = [&](unsigned second) {
        REQUIRE((**replay).seek(first_ns + second * ns_per_second));
        while ((**replay).has_next()) {
            REQUIRE((**replay).refresh(0));
        }
        return (**replay).catalog().size();
    };
    CHECK(containers_at(39) == 8);
    CHECK(containers_at(3) == 1);
    CHECK(containers_at(0) == 0);
    CHECK(containers_at(20) == 4);
    const ContainerInfo* info = (**replay).catalog().find(container_id('0'));
    REQUIRE(info != nullptr);
    CHECK(info->name == "low-0");
    CHECK(*info->label("quoted \"and\n torn") == std::string("\xff\x00z", 3));
    CHECK((**replay).catalog().complete());
}

TEST_CASE("the memory of then is there, and is missing where it was not recorded") {
    const TemporaryDirectory folder;
    History history;
    auto writer =
        recording::Writer::create({folder.file("a.vigrec"), ns_per_second, 0}, history.clock.now());
    REQUIRE(writer);
    recording::Camera camera(0);
    recording::Content content;
    for (uint64_t i = 0; i < 4; ++i) {
        vigia_memory_zone zone{};
        zone.free_bytes = i;
        history.with_memory = i != 2;
        history.source.zones.assign(i, zone);
        history.source.torn_memory = i == 3 ? 2 : 0; // the writer laps two attempts
        history.tick();
        const auto taken = camera.take(history.source, &history.catalog, nullptr, content);
        REQUIRE((taken && *taken));
        REQUIRE((**writer).append(content));
    }
    REQUIRE((**writer).close());

    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    CHECK((**replay).acquire_memory(0).error().kind() == ErrorKind::not_found);
    sampler::MemorySampler sampler;
    for (uint64_t i = 0; i < 4; ++i) {
        INFO("sample " << i);
        REQUIRE((**replay).refresh(0));
        const auto memory = sampler.take(**replay, 0, 4096);
        REQUIRE(static_cast<bool>(memory) == (i != 2));
        if (memory) {
            CHECK((**memory).record.page_faults == 1000 * (i + 1));
            CHECK((**memory).zones.size() == i);
            CHECK((**memory).rates.page_faults_per_second == (i == 0 ? 0 : 1000));
        } else {
            CHECK(memory.error().message().find("no file memory") != std::string::npos);
        }
    }
}

TEST_CASE("what happened between two samples comes with the later one") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), 40);
    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    source::EventSource& events = (**replay).events();
    CHECK(events.next() == nullptr);
    CHECK_FALSE(events.is_open());
    for (uint32_t number = 1; number <= 40; ++number) {
        INFO("sample " << number);
        REQUIRE((**replay).refresh(0));
        CHECK(events.is_open());
        CHECK(events.reports(VIGIA_EVENT_EXIT));
        for (const vigia_event_kind kind : {VIGIA_EVENT_FORK, VIGIA_EVENT_EXIT}) {
            const vigia_event* event = events.next();
            REQUIRE(event != nullptr);
            CHECK(event->kind == kind);
            CHECK(event->pid == 100'000 + number);
            CHECK(event->time_ns < (**replay).now().monotonic_ns);
        }
        CHECK(events.next() == nullptr);
        CHECK(events.counters().lost == number / 10 * 5);
    }
    CHECK(events.counters().received == 80);
}

TEST_CASE("more events than one sample may hold come with the next one") {
    const TemporaryDirectory folder;
    History history;
    auto writer =
        recording::Writer::create({folder.file("a.vigrec"), ns_per_second, 0}, history.clock.now());
    REQUIRE(writer);
    recording::Camera camera(0);
    recording::Content content;
    constexpr std::size_t count = limits::recording_events + 10;
    history.events.features = 0; // its writer has just left
    for (std::size_t i = 0; i < count; ++i) {
        history.events.add(VIGIA_EVENT_EXEC, i, 1);
    }
    for (unsigned tick = 0; tick < 3; ++tick) {
        history.tick();
        history.events.waiting.pop_back(); // the tick's own
        history.events.waiting.pop_back();
        REQUIRE(camera.take(history.source, &history.catalog, &history.events, content));
        REQUIRE((**writer).append(content));
    }
    REQUIRE((**writer).close());
    auto replay = Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    for (const std::size_t expected : {limits::recording_events, std::size_t{10}, std::size_t{0}}) {
        REQUIRE((**replay).refresh(0));
        CHECK_FALSE((**replay).events().is_open());
        std::size_t given = 0;
        while ((**replay).events().next() != nullptr) {
            ++given;
        }
        CHECK(given == expected);
    }
}

TEST_CASE("what the kernel cannot know of the host is filled in when it is recorded") {
    // The fake source as the kernel's, or as a publisher's.
    class Kernel final : public source::Source {
    public:
        Status refresh(uint64_t) override { return {}; }
        Result<source::Snapshots> acquire() override {
            auto snapshots = history.source.acquire();
            snapshots->writer = writer;
            return snapshots;
        }
        std::string description() const override { return "test"; }
        History history;
        vigia_writer_kind writer = VIGIA_WRITER_KERNEL;
    };
    Kernel source;
    recording::Camera camera(0, [](vigia_system& host) { host.forks = 4'711; });
    recording::Content content;
    const auto forks = [&] {
        source.history.tick();
        REQUIRE(camera.take(source, nullptr, nullptr, content));
        recording::Image image;
        REQUIRE(image.open(content.sample));
        const vigia_view& view = image.snapshots().system;
        return static_cast<const vigia_system*>(vigia_record(&view, VIGIA_SYSTEM_REGION, 0))->forks;
    };
    CHECK(forks() == 4'711);
    source.writer = VIGIA_WRITER_PUBLISHER;
    CHECK(forks() == 0);
}

TEST_CASE("a directory of recordings is one recording") {
    const TemporaryDirectory folder;
    record_history(folder.file("20260101T000000Z.vigrec"), 10);
    record_history(folder.file("20260101T000010Z.vigrec"), 5);
    write_file(folder.file("notes.txt"), "no recording");
    CHECK(replayed(folder.path()).size() == 15);
}

TEST_CASE("what is no recording is said to be none") {
    const TemporaryDirectory folder;
    CHECK(Replay::open(folder.file("none")).error().kind() == ErrorKind::not_found);
    CHECK(Replay::open(folder.path()).error().kind() == ErrorKind::not_found);
    CHECK(Replay::open("/dev/null").error().kind() == ErrorKind::failed);
    write_file(folder.file("text"), std::string(1000, 'x'));
    CHECK(Replay::open(folder.file("text")).error().kind() == ErrorKind::damaged);
    record_history(folder.file("empty"), 0);
    CHECK(Replay::open(folder.file("empty")).error().kind() == ErrorKind::not_found);
}
