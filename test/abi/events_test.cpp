// SPDX-License-Identifier: MIT
// The rings of vigia/events.h: what vigia/events_reader.h refuses, gives, merges, loses and counts.
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "test/support/catch.h"
#include "test/support/rings.h"
#include "test/support/temporary_directory.h"

namespace vigia {
namespace {

using test::Rings;
using test::rings_header;
using test::RingsReader;
using test::TemporaryDirectory;

constexpr uint32_t capacity = 16;

std::vector<uint64_t> times_of(const std::vector<vigia_event>& events) {
    std::vector<uint64_t> times;
    for (const vigia_event& event : events) {
        times.push_back(event.time_ns);
    }
    return times;
}

using Times = std::vector<uint64_t>;

// What the reader says to a file of `size_bytes` with this header.
std::string verdict(const vigia_file_header& header, std::size_t size_bytes) {
    std::vector<uint64_t> bytes(size_bytes / 8 + 1);
    std::memcpy(bytes.data(), &header, std::min(size_bytes, sizeof(header)));
    vigia_file file{};
    const char* error = vigia_events_validate(bytes.data(), size_bytes, &file);
    return error == nullptr ? "good" : error;
}

std::string verdict(const std::function<void(vigia_file_header&)>& change) {
    vigia_file_header header = rings_header(3, capacity);
    const uint64_t size_bytes = header.total_size_bytes;
    change(header);
    return verdict(header, size_bytes);
}

TEST_CASE("a whole file of rings is accepted, and a truncated one refused at every length") {
    const vigia_file_header header = rings_header(3, capacity);
    CHECK(verdict(header, header.total_size_bytes) == "good");
    CHECK(verdict(header, header.total_size_bytes + 4096) == "good");
    for (std::size_t size = 0; size < header.total_size_bytes; size += size < 512 ? 1 : 61) {
        REQUIRE(verdict(header, size) == VIGIA_ERROR_SHORT);
    }
    CHECK(verdict(header, header.total_size_bytes - 1) == VIGIA_ERROR_SHORT);
}

TEST_CASE("foreign, older, newer and other files are refused as rings by their names") {
    CHECK(verdict([](auto& h) { h.magic ^= 1; }) == VIGIA_ERROR_MAGIC);
    CHECK(verdict([](auto& h) { h.endian_tag = 0; }) == VIGIA_ERROR_ENDIAN);
    CHECK(verdict([](auto& h) { h.file_kind = VIGIA_FILE_PROCESSES; }) == VIGIA_ERROR_KIND);
    CHECK(verdict([](auto& h) { h.abi_version = 0; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.abi_version = h.abi_compatible = VIGIA_ABI_VERSION + 1; }) ==
          VIGIA_ERROR_NEWER);
    CHECK(verdict([](auto& h) { h.header_size_bytes -= 8; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.slot_header_size_bytes -= 8; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.regions[0].record_size_bytes -= 8; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.reserved_constant[3] = 1; }) == VIGIA_ERROR_RESERVED);
    CHECK(verdict([](auto& h) { h.features = ~0ULL; }) == "good");
    CHECK(verdict([](auto& h) { h.reserved[0] = 1; }) == "good");
}

TEST_CASE("rings whose numbers contradict each other are refused") {
    const std::vector<std::function<void(vigia_file_header&)>> changes = {
        [](auto& h) { h.writer_instance = 0; },
        [](auto& h) { h.slot_count = 0; },
        [](auto& h) { h.slot_count = 4; },
        [](auto& h) { h.slot_count = VIGIA_EVENTS_MAX_RINGS + 1; },
        [](auto& h) { h.slot_count = ~0U; },
        [](auto& h) { h.slots_offset_bytes += 4; },
        [](auto& h) { h.slots_offset_bytes = 8; },
        [](auto& h) { h.slots_offset_bytes = ~0ULL - 7; },
        [](auto& h) { h.slot_size_bytes += 4; },
        [](auto& h) { h.slot_size_bytes += 8; },
        [](auto& h) { h.slot_size_bytes -= 8; },
        [](auto& h) { h.slot_size_bytes = 0; },
        [](auto& h) { h.slot_size_bytes = ~0ULL - 7; },
        [](auto& h) { h.regions[0].offset_bytes = 0; },
        [](auto& h) { h.regions[0].offset_bytes += 4; },
        [](auto& h) { h.regions[0].offset_bytes += 8; },
        [](auto& h) { h.regions[0].offset_bytes = ~0ULL - 7; },
        [](auto& h) { h.regions[0].record_size_bytes += 4; },
        [](auto& h) { h.regions[0].record_size_bytes += 8; },
        [](auto& h) { h.regions[0].record_size_bytes = ~7U; },
        [](auto& h) { h.regions[0].record_capacity = 0; },
        [](auto& h) { h.regions[0].record_capacity = 8; },
        [](auto& h) { h.regions[0].record_capacity = 15; },
        [](auto& h) { h.regions[0].record_capacity = 32; },
        [](auto& h) { h.regions[0].record_capacity = 1U << 31; },
    };
    for (std::size_t i = 0; i < changes.size(); i++) {
        INFO("change " << i);
        CHECK(verdict(changes[i]) == VIGIA_ERROR_LAYOUT);
    }
}

TEST_CASE("an empty file gives nothing, and then what is written, whole and in its order") {
    Rings rings(1, capacity);
    RingsReader reader(rings);
    CHECK(reader.read_all().empty());
    vigia_event_exit written{};
    written.time_ns = 11;
    written.kind = VIGIA_EVENT_EXIT;
    written.pid = 4711;
    written.cpu_runtime_ns = 99;
    written.write_calls = 7;
    vigia_event event{};
    static_assert(sizeof(written) == sizeof(event));
    std::memcpy(&event, &written, sizeof(event));
    CHECK(rings.write(0, event) == 0);
    CHECK(rings.write(0, 12, 999) == 1);
    const vigia_event* read = vigia_events_next(&reader.events);
    REQUIRE(read != nullptr);
    CHECK(read->sequence == 1);
    event.sequence = 1;
    CHECK(std::memcmp(read, &event, sizeof(event)) == 0);
    CHECK(vigia_event_as_exit(read).cpu_runtime_ns == 99);
    CHECK(vigia_event_as_exit(read).write_calls == 7);
    read = vigia_events_next(&reader.events);
    REQUIRE(read != nullptr);
    CHECK(read->kind == 999); // kinds to come are given as they are
    CHECK(vigia_events_next(&reader.events) == nullptr);
    CHECK(reader.events.rings[0].received_count == 2);
    CHECK(vigia_events_lost_count(&reader.events) == 0);
}

TEST_CASE("records of all rings come by time, equal times by ring") {
    Rings rings(3, 256);
    RingsReader reader(rings);
    Times all;
    for (uint64_t i = 0; i < 200; i++) { // more than one batch
        for (uint32_t ring = 0; ring < 2; ring++) {
            rings.write(ring, 10 * i + 5 * ring);
            all.push_back(10 * i + 5 * ring);
        }
    }
    rings.write(2, 995); // as ring 1 does, too
    all.push_back(995);
    std::sort(all.begin(), all.end());
    CHECK(times_of(reader.read_all()) == all);
    CHECK(vigia_events_lost_count(&reader.events) == 0);
}

TEST_CASE("times that go back within a ring do not keep a record from being given") {
    Rings rings(2, capacity);
    RingsReader reader(rings);
    for (const uint64_t time : {50, 40, 60, 10}) {
        rings.write(0, time);
    }
    rings.write(1, 45);
    Times times = times_of(reader.read_all());
    CHECK(times.size() == 5);
    times.erase(std::find(times.begin(), times.end(), 45));
    CHECK(times == Times{50, 40, 60, 10});
}

TEST_CASE("the oldest are overwritten, and each that is missing is counted") {
    for (const uint64_t count : {15, 16, 17, 31, 32, 33, 1000}) {
        Rings rings(2, capacity);
        RingsReader reader(rings);
        for (uint64_t i = 0; i < count; i++) {
            rings.write(0, i);
        }
        rings.write(1, 5000);
        const uint64_t lost = count > capacity ? count - capacity : 0;
        const std::vector<vigia_event> read = reader.read_all();
        REQUIRE(read.size() == count - lost + 1);
        CHECK(read.front().time_ns == lost);
        CHECK(vigia_events_ring_lost_count(&reader.events, 0) == lost);
        CHECK(vigia_events_ring_lost_count(&reader.events, 1) == 0);
        CHECK(vigia_events_ring_lost_count(&reader.events, 2) == 0);
        CHECK(vigia_events_lost_count(&reader.events) == lost);
        CHECK(reader.events.rings[0].received_count + lost == count);
    }
}

TEST_CASE(
    "a record that is begun is given when it is whole; the one in its place is gone at once") {
    Rings rings(2, capacity);
    RingsReader reader(rings);
    for (uint64_t i = 0; i < capacity; i++) {
        rings.write(0, i);
    }
    uint64_t number = 0;
    vigia_event* place = vigia_ring_begin(rings.writer(0), &number);
    CHECK(number == capacity);
    rings.write(1, 1000); // others are not kept waiting
    CHECK(reader.read_all().size() == capacity - 1 + 1);
    CHECK(vigia_events_lost_count(&reader.events) == 1);
    CHECK(vigia_events_is_pending(&reader.events) == 0);
    vigia_event event{};
    event.time_ns = 777;
    vigia_ring_fill(place, &event);
    CHECK(reader.read_all().empty());
    vigia_ring_commit(place, number);
    CHECK(vigia_events_is_pending(&reader.events) == 1);
    CHECK(times_of(reader.read_all()) == Times{777});
    CHECK(vigia_events_lost_count(&reader.events) == 1);
}

TEST_CASE("a record that an interrupt writes inside another waits for it") {
    Rings rings(1, capacity);
    RingsReader reader(rings);
    uint64_t outer = 0;
    vigia_event* place = vigia_ring_begin(rings.writer(0), &outer);
    CHECK(rings.write(0, 20) == outer + 1);
    CHECK(reader.read_all().empty());
    vigia_event event{};
    event.time_ns = 10;
    vigia_ring_fill(place, &event);
    vigia_ring_commit(place, outer);
    CHECK(times_of(reader.read_all()) == Times{10, 20});
}

TEST_CASE("each reader has a cursor of its own, and begins where it wants to") {
    Rings rings(1, capacity);
    RingsReader first(rings);
    for (uint64_t i = 0; i < 20; i++) {
        rings.write(0, i);
    }
    RingsReader oldest(rings);
    RingsReader newest(rings, VIGIA_EVENTS_NEWEST);
    rings.write(0, 20);
    CHECK(first.read_all().size() == capacity);
    CHECK(vigia_events_lost_count(&first.events) == 5);
    CHECK(oldest.read_all().size() == capacity);
    CHECK(vigia_events_lost_count(&oldest.events) == 1); // what was gone before is not its loss
    CHECK(times_of(newest.read_all()) == Times{20});
    CHECK(vigia_events_lost_count(&newest.events) == 0);
}

TEST_CASE("what the writer could not write is told beside what was overwritten") {
    Rings rings(2, capacity);
    RingsReader reader(rings);
    vigia_ring_drop(rings.ring(0), 3);
    vigia_ring_drop(rings.ring(1), 4);
    vigia_ring_drop(rings.ring(1), 1);
    CHECK(vigia_events_dropped_count(&reader.events) == 8);
    CHECK(vigia_events_lost_count(&reader.events) == 0);
}

TEST_CASE("longer records and ring headers of a newer writer are read by their stride") {
    vigia_file_header header = rings_header(2, capacity);
    header.regions[0].record_size_bytes += 64;
    header.regions[0].offset_bytes += 64;
    header.slot_header_size_bytes += 64;
    header.slot_size_bytes += 64 + 64 * capacity;
    header.total_size_bytes += 2 * (64 + 64 * capacity);
    header.abi_version = VIGIA_ABI_VERSION + 1;
    Rings rings(header);
    RingsReader reader(rings);
    for (uint64_t i = 0; i < 18; i++) {
        rings.write(i % 2, i);
    }
    Times all(18);
    std::generate(all.begin(), all.end(), [next = uint64_t{0}]() mutable { return next++; });
    CHECK(times_of(reader.read_all()) == all);
}

TEST_CASE("a ring that goes backwards ends the reading with its name") {
    Rings rings(1, capacity);
    for (uint64_t i = 0; i < 10; i++) {
        rings.write(0, i);
    }
    RingsReader reader(rings);
    CHECK(reader.read_all().size() == 10);
    rings.ring(0)->head = 9;
    CHECK(reader.read_all().empty());
    REQUIRE(reader.events.error != nullptr);
    CHECK(std::string(reader.events.error) == VIGIA_ERROR_RING);
    CHECK(vigia_events_wait(&reader.events, 0) == 0);
}

TEST_CASE("a head that leaps counts as lost, and reading stays bounded") {
    Rings rings(2, capacity);
    RingsReader reader(rings);
    rings.ring(0)->head = 1ULL << 63;
    rings.write(1, 7);
    CHECK(times_of(reader.read_all()) == Times{7});
    CHECK(vigia_events_ring_lost_count(&reader.events, 0) >= (1ULL << 63) - capacity);
    CHECK(reader.events.error == nullptr);
}

TEST_CASE("a file whose writer left is read to its end, and then left") {
    Rings rings(1, capacity);
    RingsReader reader(rings);
    rings.write(0, 1);
    CHECK(vigia_events_wait(&reader.events, 60000) == 1); // at once: there is something
    uint64_t number = 0;
    vigia_ring_begin(rings.writer(0), &number); // by a writer that is killed
    rings.end();
    CHECK(vigia_events_is_live(&reader.events) == 0);
    CHECK(vigia_events_wait(&reader.events, 60000) == 1);
    CHECK(reader.read_all().size() == 1);
    CHECK(vigia_events_wait(&reader.events, 60000) == 0);
}

TEST_CASE("waiting for a live writer ends with its time") {
    Rings rings(1, capacity);
    RingsReader reader(rings);
    CHECK(vigia_events_wait(&reader.events, 0) == 1);
    CHECK(vigia_events_wait(&reader.events, 7) == 1);
    CHECK(reader.read_all().empty());
}

TEST_CASE("announcements are seen, but are no condition for reading") {
    Rings rings(1, capacity);
    RingsReader reader(rings);
    const uint64_t before = vigia_events_announced(&reader.events);
    rings.write(0, 1);
    CHECK(vigia_events_announced(&reader.events) == before);
    CHECK(reader.read_all().size() == 1);
    vigia_rings_announce(rings.live_header(), before + 1);
    CHECK(vigia_events_announced(&reader.events) == before + 1);
}

TEST_CASE("a writer that comes back is read from its beginning, with the sums carried on") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("events");
    Rings first(2, capacity, path, 1);
    RingsReader reader(path);
    for (uint64_t i = 0; i < 20; i++) {
        first.write(0, i);
    }
    vigia_ring_drop(first.ring(0), 2);
    CHECK(reader.read_all().size() == capacity);
    CHECK(vigia_events_reopen(path.c_str(), &reader.events) == nullptr); // the same still
    CHECK(reader.events.reopened_count == 0);
    CHECK(vigia_events_lost_count(&reader.events) == 4);

    ::unlink(path.c_str());
    CHECK(std::string(vigia_events_reopen(path.c_str(), &reader.events)) == VIGIA_ERROR_OPEN);
    first.write(0, 20); // what is mapped stays readable
    CHECK(reader.read_all().size() == 1);

    Rings second(3, 32, path, 2);
    vigia_ring_drop(second.ring(2), 1);
    for (uint64_t i = 0; i < 40; i++) {
        second.write(1, 100 + i);
    }
    CHECK(vigia_events_reopen(path.c_str(), &reader.events) == nullptr);
    CHECK(reader.events.reopened_count == 1);
    CHECK(times_of(reader.read_all()).front() == 108);
    CHECK(vigia_events_lost_count(&reader.events) == 4 + 8);
    CHECK(vigia_events_dropped_count(&reader.events) == 3);
}

TEST_CASE("what cannot be opened as rings is refused by name, and nothing stays open") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("events");
    vigia_events events{};
    CHECK(std::string(vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events)) ==
          VIGIA_ERROR_OPEN);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(std::string(vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events)) ==
          VIGIA_ERROR_MAGIC);
    { Rings rings(1, capacity, path); }
    REQUIRE(::truncate(path.c_str(), 5000) == 0);
    CHECK(std::string(vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events)) ==
          VIGIA_ERROR_SHORT);
}

TEST_CASE("text that fills its field has no NUL, and ends with the field") {
    vigia_event_exec exec{};
    CHECK(vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name)) == 0);
    std::memset(exec.file_name, '/', sizeof(exec.file_name));
    CHECK(vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name)) ==
          VIGIA_EVENT_FILE_NAME_SIZE_BYTES);
    exec.file_name[3] = '\0';
    CHECK(vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name)) == 3);
}

// Writes and reads in any order, against what a list would have.
TEST_CASE("whatever the order of writing and reading, nothing is unaccounted for") {
    const uint32_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 engine(seed);
    const auto random = [&engine] { return static_cast<uint32_t>(engine()); };
    for (int run = 0; run < 200; run++) {
        const uint32_t ring_count = 1 + random() % 4;
        Rings rings(ring_count, capacity << random() % 4);
        RingsReader reader(rings);
        std::vector<uint64_t> written(ring_count), given(ring_count);
        uint64_t now = 0, last = 0;
        for (int step = 0; step < 300; step++) {
            const uint32_t ring = random() % ring_count;
            for (uint32_t burst = random() % 40; burst > 0; burst--) {
                rings.write(ring, ++now);
                written[ring]++;
            }
            for (uint32_t wanted = random() % 30; wanted > 0; wanted--) {
                uint32_t from = 0;
                const vigia_event* event = vigia_events_next_of(&reader.events, &from);
                if (event == nullptr) {
                    break;
                }
                REQUIRE(event->time_ns > last);
                REQUIRE(event->sequence > given[from]);
                last = event->time_ns;
                given[from] = event->sequence;
                REQUIRE(reader.position(from) >= event->sequence);
            }
        }
        reader.read_all();
        for (uint32_t i = 0; i < ring_count; i++) {
            REQUIRE(reader.events.rings[i].received_count + reader.events.rings[i].lost_count ==
                    written[i]);
        }
    }
}

} // namespace
} // namespace vigia
