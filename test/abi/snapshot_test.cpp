// SPDX-License-Identifier: MIT
// Taking snapshots: vigia_acquire, vigia_still_valid and what lies between them.
#include <atomic>
#include <thread>
#include <vector>

#include "test/support/abi_writer.h"
#include "test/support/catch.h"
#include "test/support/checked_record.h"
#include "test/support/read_everything.h"

namespace vigia {
namespace {

using test::AbiWriter;

vigia_file validated(const AbiWriter& writer, uint32_t kind) {
    vigia_file file{};
    REQUIRE(vigia_validate(writer.map(), writer.size_bytes(), kind, &file) == nullptr);
    return file;
}

TEST_CASE("there is no snapshot before the first publication") {
    AbiWriter writer("", VIGIA_FILE_INFO, 1);
    const vigia_file file = validated(writer, VIGIA_FILE_INFO);
    vigia_view view{};
    CHECK_FALSE(vigia_acquire(&file, &view));
    writer.begin();
    CHECK_FALSE(vigia_acquire(&file, &view));
    writer.publish();
    CHECK(vigia_acquire(&file, &view));
    CHECK(view.slot->generation == 1);
}

TEST_CASE("a current slot that does not exist or was never filled is no snapshot") {
    AbiWriter writer("", VIGIA_FILE_INFO, 1);
    const vigia_file file = validated(writer, VIGIA_FILE_INFO);
    vigia_view view{};
    for (const uint32_t slot : {0U, 1U, 2U, 3U, 0x80000000U, VIGIA_NO_SLOT}) {
        writer.live_header().current_slot = slot;
        CHECK_FALSE(vigia_acquire(&file, &view));
    }
}

TEST_CASE("a reader that finds the writer in every slot gives up and says how often it looked") {
    AbiWriter writer("", VIGIA_FILE_INFO, 1);
    const vigia_file file = validated(writer, VIGIA_FILE_INFO);
    writer.begin();
    writer.live_header().current_slot = 0;
    vigia_view view{};
    CHECK_FALSE(vigia_acquire(&file, &view));
    CHECK(view.retries == VIGIA_READ_ATTEMPTS);
}

TEST_CASE("a view is valid until the writer enters its slot") {
    AbiWriter writer("", VIGIA_FILE_INFO, 1);
    const vigia_file file = validated(writer, VIGIA_FILE_INFO);
    vigia_view view{};
    writer.begin();
    writer.publish();
    REQUIRE(vigia_acquire(&file, &view));
    for (int later = 0; later < 2; later++) {
        writer.begin();
        CHECK(vigia_still_valid(&view));
        writer.publish();
        CHECK(vigia_still_valid(&view));
    }
    writer.begin();
    CHECK_FALSE(vigia_still_valid(&view));
    writer.publish();
    CHECK_FALSE(vigia_still_valid(&view));
}

TEST_CASE("record counts beyond the capacity are clamped to it") {
    AbiWriter writer("", VIGIA_FILE_PROCESSES, 7);
    const vigia_file file = validated(writer, VIGIA_FILE_PROCESSES);
    writer.begin();
    writer.slot().record_count[0] = 8;
    writer.slot().record_count[1] = 1;
    writer.slot().record_count[3] = ~0U;
    writer.publish();
    vigia_view view{};
    REQUIRE(vigia_acquire(&file, &view));
    CHECK(view.count[0] == 7);
    CHECK(view.count[1] == 0);
    CHECK(view.count[3] == 0);
}

TEST_CASE("a cgroup path out of the text's bounds is empty") {
    AbiWriter writer("", VIGIA_FILE_CGROUPS, 1);
    const vigia_file file = validated(writer, VIGIA_FILE_CGROUPS);
    writer.begin();
    writer.add_text(VIGIA_CGROUPS_REGION_TEXT, "/a/b");
    writer.publish();
    vigia_view view{};
    REQUIRE(vigia_acquire(&file, &view));
    const auto path = [&](uint32_t offset_bytes, uint32_t size_bytes) {
        vigia_cgroup cgroup{};
        cgroup.path_offset_bytes = offset_bytes;
        cgroup.path_size_bytes = size_bytes;
        uint32_t found_bytes = 99;
        const char* found = vigia_cgroup_path(&view, &cgroup, &found_bytes);
        return std::string(found, found_bytes);
    };
    CHECK(path(0, 4) == "/a/b");
    CHECK(path(2, 2) == "/b");
    CHECK(path(4, 0).empty());
    CHECK(path(0, 5).empty());
    CHECK(path(4, 1).empty());
    CHECK(path(5, 0).empty());
    CHECK(path(~0U, 4).empty());
    CHECK(path(4, ~0U).empty());
    CHECK(path(~0U, ~0U).empty());
}

TEST_CASE("a reader knows which fields a writer of another version has") {
    vigia_file_header header =
        test::make_header(VIGIA_FILE_PROCESSES, test::regions_of(VIGIA_FILE_PROCESSES, 1));
    const AbiWriter writer("", header);
    const vigia_file file = validated(writer, VIGIA_FILE_PROCESSES);
    struct GrownProcess {
        vigia_process first_version;
        uint64_t appended;
    };
    vigia_view view{};
    view.file = &file;
    CHECK(VIGIA_HAS_FIELD(&view, 0, vigia_process, reserved));
    CHECK_FALSE(VIGIA_HAS_FIELD(&view, 0, GrownProcess, appended));
}

TEST_CASE("a dead file keeps its last snapshot") {
    AbiWriter writer("", VIGIA_FILE_INFO, 1);
    const vigia_file file = validated(writer, VIGIA_FILE_INFO);
    writer.begin();
    writer.publish();
    CHECK(vigia_is_live(&file));
    writer.mark_dead();
    CHECK_FALSE(vigia_is_live(&file));
    vigia_view view{};
    CHECK(vigia_acquire(&file, &view));
    CHECK(vigia_still_valid(&view));
}

using Words = test::Words<vigia_process>;

struct Readings {
    uint64_t accepted = 0;
    uint64_t rejected = 0;       // lapped, as vigia_still_valid said
    uint64_t rejected_mixed = 0; // and words of several snapshots were indeed among them
    uint64_t accepted_mixed = 0; // the one thing that must not be
};

constexpr uint32_t hammer_records = 32;

// Reads one snapshot, letting the writer run in the middle of it.
void read_once(const vigia_file& file, Readings& readings) {
    vigia_view view{};
    if (vigia_acquire(&file, &view) == 0) {
        return;
    }
    std::array<Words, hammer_records> copies;
    for (uint32_t i = 0; i < view.count[0]; i++) {
        vigia_copy(&copies[i], vigia_record(&view, 0, i), sizeof(Words));
        if (i == hammer_records / 2 && readings.accepted % 2 == 0) {
            std::this_thread::yield();
        }
    }
    const uint32_t count = view.count[0];
    const bool valid = vigia_still_valid(&view) != 0;
    const uint64_t snapshot = test::snapshot_of<vigia_process>(copies[0]);
    bool mixed = count != hammer_records;
    for (uint32_t i = 0; i < count; i++) {
        mixed = mixed || copies[i] != test::words_of<vigia_process>(snapshot, i);
    }
    readings.accepted += valid;
    readings.rejected += !valid;
    readings.accepted_mixed += valid && mixed;
    readings.rejected_mixed += !valid && mixed;
}

TEST_CASE("a writer at full speed never lets a mixed snapshot through") {
    AbiWriter writer("", VIGIA_FILE_PROCESSES, hammer_records);
    const vigia_file file = validated(writer, VIGIA_FILE_PROCESSES);
    constexpr std::size_t reader_count = 3;
    constexpr uint64_t enough = 2'000;
    std::array<Readings, reader_count> readings{};
    std::atomic<std::size_t> reading{reader_count};

    uint64_t snapshots = 0;
    const auto publish_next = [&writer, &snapshots] {
        writer.begin();
        for (uint32_t i = 0; i < hammer_records; i++) {
            writer.add(0, test::words_of<vigia_process>(snapshots, i));
        }
        writer.publish();
        snapshots++;
    };
    publish_next();
    std::vector<std::thread> readers;
    for (Readings& own : readings) {
        readers.emplace_back([&own, &file, &reading] {
            // bounded: a protocol that lets nothing through, or never laps, ends and fails below
            for (uint64_t i = 0; i < 20'000'000; i++) {
                read_once(file, own);
                if (own.accepted >= enough && own.rejected_mixed >= 20) {
                    break;
                }
            }
            reading.fetch_sub(1);
        });
    }
    while (reading.load() != 0) {
        publish_next();
    }
    for (std::thread& reader : readers) {
        reader.join();
    }
    for (const Readings& own : readings) {
        INFO(snapshots << " snapshots, " << own.accepted << " accepted, " << own.rejected
                       << " rejected, of which mixed " << own.rejected_mixed);
        CHECK(own.accepted_mixed == 0);
        CHECK(own.accepted >= enough);
        // the hammer hits: without the check these would have got through
        CHECK(own.rejected_mixed >= 20);
    }
}

} // namespace
} // namespace vigia
