// SPDX-License-Identifier: MIT
#include "collector/recording/segments.h"

#include <filesystem>

#include <sys/stat.h>

#include "collector/recording/background.h"
#include "collector/recording/replay.h"
#include "test/recording/history.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::recording;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t cap_bytes = 1 << 20;
constexpr uint64_t day_ns = 24 * 3600 * ns_per_second;

uint64_t size_of(const std::string& folder) {
    uint64_t total = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        total += entry.file_size();
    }
    return total;
}

std::size_t files_in(const std::string& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// Ticks of `history` through `writer`; `each` looks after every one.
template <typename Each>
void append(SegmentWriter& writer, History& history, unsigned ticks, Each each) {
    Camera camera(0);
    Content content;
    for (unsigned i = 0; i < ticks; ++i) {
        history.tick();
        REQUIRE(camera.take(history.source, &history.catalog, nullptr, content));
        const Status done = writer.append(content);
        INFO((done ? "" : done.error().message()));
        REQUIRE(done);
        each();
    }
}

} // namespace

TEST_CASE("a directory of segments never grows beyond its cap, and keeps the newest") {
    const TemporaryDirectory folder;
    History history(200);
    SegmentWriter writer({folder.path(), ns_per_second, cap_bytes, 365 * 10 * day_ns});
    append(writer, history, 1'500, [&] { REQUIRE(size_of(folder.path()) <= cap_bytes); });
    REQUIRE(writer.close());
    CHECK(size_of(folder.path()) <= cap_bytes);
    CHECK(size_of(folder.path()) > cap_bytes / 2);
    CHECK(writer.stats().removed_segments > 0);
    CHECK(writer.stats().samples == 1'500);
    const auto replay = Replay::open(folder.path());
    REQUIRE(replay);
    CHECK((**replay).end_realtime_ns() == history.clock.now().realtime_ns);
    CHECK((**replay).sample_count() < 1'500);
    CHECK((**replay).sample_count() > 100);
    // The names are told again in each segment.
    REQUIRE((**replay).refresh(0));
    CHECK((**replay).catalog().size() == 8);
}

TEST_CASE("what is too old goes, and only that") {
    const TemporaryDirectory folder;
    History history(4);
    // Its clock stands in 2023, and so do the names; the age of a file is its own.
    history.clock.set(SystemClock().now());
    record_history(folder.file("20200101T000000.000Z.vigrec"), 3);
    record_history(folder.file("20200102T000000.000Z.vigrec"), 3);
    write_file(folder.file("20200101.txt"), "somebody's");
    const std::string old = folder.file("20200101T000000.000Z.vigrec");
    fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
    SegmentWriter writer({folder.path(), ns_per_second, cap_bytes, day_ns});
    append(writer, history, 3, [] {});
    REQUIRE(writer.close());
    CHECK_FALSE(fs::exists(old));
    CHECK(fs::exists(folder.file("20200102T000000.000Z.vigrec")));
    CHECK(fs::exists(folder.file("20200101.txt")));
    CHECK(files_in(folder.path()) == 3);
}

TEST_CASE("two segments of one moment have two names") {
    const TemporaryDirectory folder;
    for (int i = 0; i < 2; ++i) {
        History history(4);
        SegmentWriter writer({folder.path(), ns_per_second, cap_bytes, 365 * 10 * day_ns});
        append(writer, history, 3, [] {});
    }
    CHECK(files_in(folder.path()) == 2);
    CHECK(replayed(folder.path()).size() == 6);
}

TEST_CASE("a recorder in the background writes what it was offered, names included") {
    const TemporaryDirectory folder;
    History history;
    uint64_t offered = 0;
    {
        auto recorder =
            Background::start({folder.file("new/place"), ns_per_second, cap_bytes, day_ns * 36500});
        REQUIRE(recorder);
        struct stat status {};
        REQUIRE(stat(folder.file("new/place").c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0700);
        for (; offered < 50; ++offered) {
            history.tick();
            (**recorder).offer(history.source, &history.catalog, nullptr);
            while ((**recorder).stats().segments.samples + (**recorder).stats().dropped_samples <
                   offered) { // within the queue's bound
            }
        }
        CHECK((**recorder).stats().last_error.empty());
        CHECK((**recorder).stats().dropped_samples == 0);
    }
    CHECK(replayed(folder.file("new/place")).size() == offered);
}

TEST_CASE("a recorder that cannot keep up drops samples, counts them, and waits for nobody") {
    const TemporaryDirectory folder;
    History history;
    BackgroundStats stats;
    constexpr uint64_t offered = 3'000;
    {
        auto recorder =
            Background::start({folder.file("r"), ns_per_second, 64 * cap_bytes, day_ns * 36500});
        REQUIRE(recorder);
        for (uint64_t i = 0; i < offered; ++i) {
            history.tick();
            (**recorder).offer(history.source, &history.catalog, nullptr);
        }
        stats = (**recorder).stats();
    }
    CHECK(replayed(folder.file("r")).size() == offered - stats.dropped_samples);
    CHECK(stats.failed_samples == 0);
}

TEST_CASE("a recorder whose directory went away says so and does not give up") {
    const TemporaryDirectory folder;
    History history;
    auto recorder = Background::start({folder.file("r"), ns_per_second, cap_bytes, day_ns * 36500});
    REQUIRE(recorder);
    fs::remove_all(folder.file("r"));
    const auto offer_until = [&](auto wanted) {
        for (int i = 0; i < 1'000 && !wanted((**recorder).stats()); ++i) {
            history.tick();
            (**recorder).offer(history.source, &history.catalog, nullptr);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return wanted((**recorder).stats());
    };
    CHECK(offer_until([](const BackgroundStats& stats) {
        return stats.failed_samples > 0 && !stats.last_error.empty();
    }));
    fs::create_directory(folder.file("r"));
    CHECK(offer_until([](const BackgroundStats& stats) {
        return stats.segments.samples > 2 && stats.last_error.empty();
    }));
    recorder->reset();
    CHECK(replayed(folder.file("r")).size() > 2);
}
