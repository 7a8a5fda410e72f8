// SPDX-License-Identifier: MIT
// Everything that a weakly ordered machine may do with the rings: the real writer
// (vigia/events_writer.h) and the real reader (vigia/events_reader.h), compiled onto WeakMachine.
// The writer overwrites its rings again and again, announces, and leaves; a reader looks at any
// time.
#include <array>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "test/kmod/weak_machine.h"
#include "test/support/catch.h"

namespace vigia::test {
// The machine under test; the redirected code below has no other way to know it.
static WeakMachine* machine = nullptr;
} // namespace vigia::test

extern "C++" {
static uint64_t model_load(const volatile void* place, std::size_t size, int order) {
    return vigia::test::machine->load(const_cast<const void*>(place), size, order);
}
static void model_store(volatile void* place, std::size_t size, uint64_t value, int order) {
    vigia::test::machine->store(const_cast<void*>(place), size, value, order);
}
static void model_fence(int order) {
    vigia::test::machine->fence(order);
}
}

// The standard headers above keep the compiler's own; what is included below runs on the machine.
#define __atomic_load_n(place, order) model_load((place), sizeof(*(place)), (order))
#define __atomic_store_n(place, value, order)                                                      \
    model_store((place), sizeof(*(place)), (value), (order))
#define __atomic_thread_fence(order) model_fence(order)
#define VIGIA_READ_ATTEMPTS 2
#define VIGIA_EVENTS_BATCH 2
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include "test/support/rings.h"
#pragma GCC diagnostic pop

namespace vigia::test {
namespace {

// What the writer does: in which ring it writes, one after the other; rings are smaller than those
// of files.
struct Script {
    uint32_t capacity;
    std::vector<uint32_t> rings;
    unsigned rounds = 2;  // in which the reader takes what there is
    bool is_whole = true; // false: only the records' times, and no announcements: fewer runs
};
const Script lapped{2, {0, 0, 0, 0, 0}};
const Script caused{2, {0, 1, 0, 1}};
const Script caused_and_lapped{4, {0, 0, 0, 1, 0, 0}, 1, false};

// The time, and one word of the body, stand for all of a record; both say which one it is.
uint64_t time_of(uint32_t ring, uint64_t number, const Script& script) {
    uint64_t time = 0, seen = 0;
    for (const uint32_t each : script.rings) {
        time++;
        if (each == ring && seen++ == number) {
            return time;
        }
    }
    return 0;
}

vigia_file_header tiny_header(uint32_t capacity) {
    vigia_file_header header = rings_header(2, VIGIA_EVENTS_MIN_CAPACITY);
    header.regions[0].record_capacity = capacity;
    return header;
}

struct World {
    World(Barrier missing, const Script& what) : weak(missing), script(what) {
        machine = &weak;
        vigia_file_header* header = rings.live_header();
        weak.name(&header->generation, Barrier::generation_release, Barrier::generation_acquire);
        weak.name(&header->state, Barrier::state_release, Barrier::state_acquire);
        for (uint32_t ring = 0; ring < 2; ring++) {
            for (uint32_t place = 0; place < script.capacity; place++) {
                weak.name(&event_at(ring, place)->sequence, Barrier::sequence_release,
                          Barrier::sequence_acquire);
            }
        }
        for (const uint32_t ring : script.rings) {
            write(ring);
        }
        vigia_rings_end(header);
    }

    vigia_event* event_at(uint32_t ring, uint64_t number) {
        const vigia_ring_writer* writer = rings.writer(ring);
        return reinterpret_cast<vigia_event*>(writer->records +
                                              (number % script.capacity) * writer->stride_bytes);
    }

    void write(uint32_t ring) {
        uint64_t number = 0;
        vigia_event* event = vigia_ring_begin(rings.writer(ring), &number);
        const uint64_t time_ns = time_of(ring, number, script);
        VIGIA_RING_STORE(event->time_ns, time_ns);
        if (script.is_whole) {
            VIGIA_RING_STORE(event->body[9], time_ns);
        }
        vigia_ring_commit(event, number);
        written[ring] = number + 1;
        if (script.is_whole) {
            vigia_rings_announce(rings.live_header(), ++announced);
        }
    }

    WeakMachine weak;
    Script script;
    Rings rings{tiny_header(script.capacity)};
    std::array<uint64_t, 2> written{};
    uint64_t announced = 0;
};

struct Outcomes {
    uint64_t runs = 0;
    uint64_t received = 0;
    uint64_t lost = 0;
    uint64_t overtaken = 0; // readings in which the copy was in vain
    uint64_t empty = 0;
    std::set<std::string> wrong; // what must never be
};

using Next = const vigia_event* (*)(vigia_events*, uint32_t*);

// One reader's run, round after round: the real reader, but for what `next` changes.
class Run {
public:
    Run(World& world, Next next, Explorer& explorer, std::set<std::string>& visited,
        Outcomes& outcomes)
        : world_(world), next_(next), explorer_(explorer), visited_(visited), outcomes_(outcomes) {
        world_.weak.start_reader(explorer);
        file_.map = reinterpret_cast<const unsigned char*>(world_.rings.live_header());
        file_.header = *world_.rings.live_header();
        // as vigia_events_attach() with all rings still empty
        events_.file = file_;
        events_.descriptor = -1;
        events_.rings = readers_.data();
        events_.ring_count = events_.current = 2;
        for (uint32_t i = 0; i < 2; i++) {
            readers_[i].ring = world_.rings.ring(i);
        }
    }

    void run() {
        outcomes_.runs++;
        for (round_ = 0; round_ < world_.script.rounds && is_new_state(); round_++) {
            read_once();
        }
    }

private:
    // False if another run has been here and goes on from here in the same ways.
    bool is_new_state() {
        if (explorer_.is_repeating()) {
            return true;
        }
        std::string state = world_.weak.reader_state() + static_cast<char>(round_);
        for (const vigia_events_ring& ring : readers_) {
            for (const uint64_t part : {ring.cursor, ring.lost_count, uint64_t{ring.begin},
                                        uint64_t{ring.end}, uint64_t{ring.was_overtaken}}) {
                state.push_back(static_cast<char>(part));
            }
        }
        return visited_.insert(state).second;
    }

    void expect(bool condition, const char* otherwise) {
        if (!condition) {
            outcomes_.wrong.insert(otherwise);
        }
    }

    void read_once() {
        const uint64_t announced = vigia_events_announced(&events_);
        const bool dead = vigia_events_is_live(&events_) == 0;
        uint32_t from = 0;
        bool is_empty = true;
        while (const vigia_event* event = next_(&events_, &from)) {
            use(*event, from);
            is_empty = false;
        }
        outcomes_.empty += is_empty ? 1 : 0;
        expect(events_.error == nullptr, "a sound ring is called damaged");
        uint64_t accounted = 0;
        bool gave_up = false; // a bounded reader may, if the writer is too fast
        for (uint32_t i = 0; i < 2; i++) {
            const vigia_events_ring& ring = readers_[i];
            accounted += ring.cursor;
            gave_up = gave_up || ring.was_overtaken != 0;
            expect(ring.received_count + ring.lost_count + (ring.end - ring.begin) == ring.cursor,
                   "records are neither received nor lost");
            expect(!dead || ring.cursor == world_.written[i], "a dead file is not at its end");
            expect(ring.received_count + ring.lost_count <= world_.written[i],
                   "more is lost than there was");
            outcomes_.lost += ring.lost_count;
            outcomes_.overtaken += ring.was_overtaken;
        }
        expect(accounted >= announced || gave_up, "a record is announced before it is there");
    }

    void use(const vigia_event& event, uint32_t from) {
        outcomes_.received++;
        const uint64_t number = event.sequence - 1;
        expect(event.time_ns == time_of(from, number, world_.script) &&
                   (!world_.script.is_whole || event.body[9] == event.time_ns),
               "words of two records are mixed");
        expect(event.sequence > last_[from], "an older record follows a newer one");
        last_[from] = event.sequence;
        // All that the writer did before this record is its cause.
        for (uint32_t other = 0; other < 2; other++) {
            const vigia_events_ring& ring = readers_[other];
            const uint64_t position =
                ring.begin < ring.end ? ring.buffer[ring.begin].sequence - 1 : ring.cursor;
            expect(time_of(other, position, world_.script) == 0 ||
                       time_of(other, position, world_.script) >
                           time_of(from, number, world_.script),
                   "an effect comes before its cause");
        }
    }

    World& world_;
    Next next_;
    Explorer& explorer_;
    std::set<std::string>& visited_;
    Outcomes& outcomes_;
    unsigned round_ = 0;
    vigia_file file_{};
    vigia_events events_{};
    std::array<vigia_events_ring, 2> readers_{};
    std::array<uint64_t, 2> last_{};
};

// A reader that trusts its first look at the rings.
const vigia_event* next_after_one_look(vigia_events* events, uint32_t* from) {
    for (unsigned attempts = 0; attempts < 2; attempts++) {
        if (vigia_events_choose(events, 1) != 0) {
            *from = events->current;
            vigia_events_ring& ring = events->rings[*from];
            ring.received_count++;
            return &ring.buffer[ring.begin++];
        }
        for (uint32_t i = 0; i < events->ring_count; i++) {
            vigia_events_fetch(&events->file.header, &events->rings[i]);
        }
        events->horizon_ns = UINT64_MAX;
    }
    return nullptr;
}

// All runs, or those up to the first that goes wrong as `until` says.
Outcomes explore(Barrier missing, const Script& script, Next next = vigia_events_next_of,
                 const std::string& until = "nothing") {
    const auto world = std::make_unique<World>(missing, script);
    Explorer explorer;
    std::set<std::string> visited;
    Outcomes outcomes;
    do {
        Run(*world, next, explorer, visited, outcomes).run();
    } while (outcomes.wrong.count(until) == 0 && explorer.next());
    machine = nullptr;
    return outcomes;
}

// Compared with, so that a failure shows what was wrong.
const std::set<std::string> nothing;

TEST_CASE("no order of loads and stores breaks the ring protocol") {
    const Outcomes outcomes = explore(Barrier::none, lapped);
    INFO(outcomes.runs << " runs: " << outcomes.received << " received, " << outcomes.lost
                       << " lost, " << outcomes.overtaken << " overtaken, " << outcomes.empty
                       << " empty");
    CHECK(outcomes.wrong == nothing);
    CHECK(outcomes.received > 1000);
    CHECK(outcomes.lost > 1000);
    CHECK(outcomes.overtaken > 0);
    CHECK(outcomes.empty > 0);
}

TEST_CASE("no order of loads and stores shows an effect before its cause in another ring") {
    const Outcomes outcomes = explore(Barrier::none, caused);
    INFO(outcomes.runs << " runs: " << outcomes.received << " received");
    CHECK(outcomes.wrong == nothing);
    CHECK(outcomes.received > 1000);
}

TEST_CASE("nor in a ring whose records are overwritten while they are copied") {
    const Outcomes outcomes = explore(Barrier::none, caused_and_lapped);
    INFO(outcomes.runs << " runs: " << outcomes.received << " received, " << outcomes.lost
                       << " lost");
    CHECK(outcomes.wrong == nothing);
    CHECK(outcomes.lost > 1000);
}

TEST_CASE("a reader that looks only once at the rings may show an effect before its cause") {
    const Outcomes outcomes = explore(Barrier::none, caused, next_after_one_look);
    CHECK(outcomes.wrong.count("an effect comes before its cause") == 1);
}

TEST_CASE("every barrier of the rings is needed: without it the model finds what goes wrong") {
    struct Mutant {
        Barrier missing;
        std::string wrong;
    };
    const std::string mixed = "words of two records are mixed";
    const std::string announced = "a record is announced before it is there";
    const std::string not_final = "a dead file is not at its end";
    const std::vector<Mutant> mutants = {
        {Barrier::release_fence, mixed},          {Barrier::sequence_release, mixed},
        {Barrier::generation_release, announced}, {Barrier::state_release, not_final},
        {Barrier::acquire_fence, mixed},          {Barrier::sequence_acquire, mixed},
        {Barrier::generation_acquire, announced}, {Barrier::state_acquire, not_final},
    };
    for (const Mutant& mutant : mutants) {
        const Outcomes outcomes =
            explore(mutant.missing, lapped, vigia_events_next_of, mutant.wrong);
        INFO("barrier " << static_cast<int>(mutant.missing) << ", " << outcomes.runs << " runs");
        CHECK(outcomes.wrong.count(mutant.wrong) == 1);
    }
}

} // namespace
} // namespace vigia::test
