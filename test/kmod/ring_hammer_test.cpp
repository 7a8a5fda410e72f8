// SPDX-License-Identifier: MIT
// Writers of rings and their readers against each other at full speed: every record that is given
// is whole, in order, after its cause; and none is unaccounted for.
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "test/support/catch.h"
#include "test/support/rings.h"

namespace vigia::test {
namespace {

constexpr uint32_t ring_count = 3;
constexpr uint64_t records_per_ring = 60000;
constexpr unsigned reader_count = 2;

// What the writers share: a clock that never goes back for anybody, and how far each one has got.
struct World {
    explicit World(uint32_t capacity) : rings(ring_count, capacity) {}

    Rings rings;
    std::atomic<uint64_t> clock{1};
    std::array<std::atomic<uint64_t>, ring_count> committed{};
};

// Fills all words of record `number` so that they prove each other; says what this writer had seen
// of its neighbour's ring before.
vigia_event record_of(uint32_t ring, uint64_t number, uint64_t time_ns, uint64_t seen) {
    vigia_event event{};
    event.time_ns = time_ns;
    event.kind = VIGIA_EVENT_FORK;
    event.cpu = static_cast<uint16_t>(ring);
    event.pid = static_cast<uint32_t>(number);
    event.start_time_ns = seen;
    event.cgroup_id = time_ns ^ number;
    for (uint64_t& word : event.body) {
        word = event.cgroup_id;
    }
    return event;
}

bool is_whole(const vigia_event& event) {
    for (const uint64_t word : event.body) {
        if (word != event.cgroup_id) {
            return false;
        }
    }
    return event.cgroup_id == (event.time_ns ^ (event.sequence - 1)) &&
           event.pid == event.sequence - 1;
}

void write_all(World& world, uint32_t ring) {
    std::atomic<uint64_t>& neighbour = world.committed[(ring + 1) % ring_count];
    for (uint64_t i = 0; i < records_per_ring; i++) {
        const uint64_t seen = neighbour.load(std::memory_order_acquire);
        uint64_t number = 0;
        vigia_event* place = vigia_ring_begin(world.rings.writer(ring), &number);
        const vigia_event event = record_of(ring, number, world.clock.fetch_add(1), seen);
        vigia_ring_fill(place, &event);
        vigia_ring_commit(place, number);
        world.committed[ring].store(number + 1, std::memory_order_release);
        if (i % 512 == 511) {
            std::this_thread::yield(); // on a machine of two CPUs the readers need some, too
        }
    }
}

struct Findings {
    uint64_t received = 0;
    uint64_t lost = 0;
    uint64_t mixed = 0;       // words of two records
    uint64_t went_back = 0;   // older than one of the same ring before
    uint64_t cause_later = 0; // before what its writer had seen
    uint64_t unaccounted = 0; // neither received nor lost
    bool damaged = false;
};

void note(RingsReader& reader, const vigia_event& event, uint32_t from,
          std::array<uint64_t, ring_count>& last, Findings& findings) {
    findings.mixed += is_whole(event) && event.cpu == from ? 0 : 1;
    findings.went_back += event.sequence > last[from] ? 0 : 1;
    findings.cause_later += reader.position((from + 1) % ring_count) >= event.start_time_ns ? 0 : 1;
    last[from] = event.sequence;
}

Findings read_all(RingsReader& reader) {
    Findings findings;
    std::array<uint64_t, ring_count> last{};
    for (bool was_live = true; was_live;) {
        was_live = vigia_events_is_live(&reader.events) != 0;
        uint32_t from = 0;
        while (const vigia_event* event = vigia_events_next_of(&reader.events, &from)) {
            note(reader, *event, from, last, findings);
        }
    }
    for (uint32_t i = 0; i < ring_count; i++) {
        const vigia_events_ring& ring = reader.events.rings[i];
        findings.received += ring.received_count;
        findings.unaccounted += records_per_ring - ring.received_count - ring.lost_count;
    }
    findings.lost = vigia_events_lost_count(&reader.events);
    findings.damaged = reader.events.error != nullptr;
    return findings;
}

std::vector<Findings> hammer(uint32_t capacity) {
    World world(capacity);
    std::vector<Findings> findings(reader_count);
    // Before the first record is written: what a reader finds gone when it begins is not its loss.
    std::vector<std::unique_ptr<RingsReader>> begun;
    for (unsigned i = 0; i < reader_count; i++) {
        begun.push_back(std::make_unique<RingsReader>(world.rings));
    }
    std::vector<std::thread> readers, writers;
    for (unsigned i = 0; i < reader_count; i++) {
        readers.emplace_back([&, i] { findings[i] = read_all(*begun[i]); });
    }
    for (uint32_t i = 0; i < ring_count; i++) {
        writers.emplace_back([&world, i] { write_all(world, i); });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    world.rings.end();
    for (std::thread& reader : readers) {
        reader.join();
    }
    return findings;
}

void check_sound(const Findings& findings) {
    CHECK(findings.mixed == 0);
    CHECK(findings.went_back == 0);
    CHECK(findings.cause_later == 0);
    CHECK(findings.unaccounted == 0);
    CHECK(!findings.damaged);
    CHECK(findings.received + findings.lost == ring_count * records_per_ring);
}

TEST_CASE("readers that are overtaken again and again account for every record") {
    for (const uint32_t capacity : {16U, 64U, 1024U}) {
        INFO("capacity " << capacity);
        for (const Findings& findings : hammer(capacity)) {
            check_sound(findings);
            CHECK(findings.received > 0);
        }
    }
}

TEST_CASE("readers of rings that hold all of it lose nothing") {
    for (const Findings& findings : hammer(65536)) {
        check_sound(findings);
        CHECK(findings.lost == 0);
        CHECK(findings.received == ring_count * records_per_ring);
    }
}

} // namespace
} // namespace vigia::test
