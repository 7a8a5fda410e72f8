// SPDX-License-Identifier: MIT
// Everything that a weakly ordered machine may do with the snapshot protocol: the real writer
// (kmod/snapshot.h) and the real reader (vigia/reader.h), compiled onto WeakMachine. The writer
// fills a file, marks it dead and goes on in a larger one; a reader looks at any time, and reopens.
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
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
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include "test/kmod/barriers.h"
#include "test/kmod/image.h"

#include "kmod/snapshot.h"
#pragma GCC diagnostic pop

namespace vigia::test {
namespace {

constexpr uint64_t many_snapshots = 5; // in the first file: every slot, and two of them twice
constexpr uint64_t few_snapshots = VIGIA_SLOT_COUNT; // ... every slot once
constexpr uint64_t second_file_snapshots = 2;
constexpr unsigned rounds = 3;
constexpr uint32_t last_word = info_words - 1;

// The records' first and last word stand for all of them.
void walk(Image& image, uint64_t generation) {
    const uint32_t index = vigia_snapshot_next(image.header());
    vigia_snapshot_begin(image.slot(index));
    WRITE_ONCE(image.slot(index)->generation, generation);
    WRITE_ONCE(image.words(index)[0], generation);
    WRITE_ONCE(image.words(index)[last_word], generation);
    vigia_snapshot_publish(image.header(), index, generation);
}

struct World {
    World(Barrier missing, uint64_t count) : weak(missing), first_file_snapshots(count) {
        machine = &weak;
        for (Image& image : images) {
            name_barriers(image);
        }
        for (uint64_t i = 1; i <= first_file_snapshots; i++) {
            walk(images[0], i);
        }
        vigia_snapshot_end(images[0].header());
        reopenings.push_back(weak.writer_view());
        for (uint64_t i = 1; i <= second_file_snapshots; i++) {
            walk(images[1], first_file_snapshots + i);
            reopenings.push_back(weak.writer_view());
        }
    }

    void name_barriers(Image& image) {
        vigia_file_header* header = image.header();
        weak.name(&header->current_slot, Barrier::current_release, Barrier::current_acquire);
        weak.name(&header->generation, Barrier::generation_release, Barrier::generation_acquire);
        weak.name(&header->state, Barrier::state_release, Barrier::state_acquire);
        for (uint32_t i = 0; i < VIGIA_SLOT_COUNT; i++) {
            image.slot(i)->record_count[0] = 1;
            weak.name(&image.slot(i)->sequence, Barrier::sequence_release,
                      Barrier::sequence_acquire);
        }
    }

    WeakMachine weak;
    uint64_t first_file_snapshots;
    std::array<Image, 2> images{Image(1, 1), Image(1, 2)};
    std::array<vigia_file, 2> files{images[0].file(), images[1].file()};
    // Where the writer may be when a reader opens the second file, which takes the channel's lock.
    std::vector<WeakMachine::View> reopenings;
};

struct Outcomes {
    uint64_t runs = 0;
    uint64_t whole = 0;
    uint64_t overtaken = 0;
    uint64_t nothing_yet = 0;
    uint64_t reopened = 0;
    std::set<std::string> wrong; // what must never be
};

// Readers of ABI version 1 did not look at current_slot a second time.
int acquire_without_second_look(const vigia_file* file, vigia_view* view) {
    for (view->retries = 0; view->retries < VIGIA_READ_ATTEMPTS; view->retries++) {
        const uint32_t slot = vigia_current_slot(file);
        if (slot >= VIGIA_SLOT_COUNT) {
            return 0;
        }
        if (vigia_enter_slot(file, slot, view) != 0) {
            return view->sequence != 0 ? 1 : 0;
        }
    }
    return 0;
}
using Acquire = int (*)(const vigia_file*, vigia_view*);

// One reader's run, round after round.
class Run {
public:
    Run(World& world, Acquire acquire, Explorer& explorer, std::set<std::string>& visited,
        Outcomes& outcomes)
        : world_(world), acquire_(acquire), explorer_(explorer), visited_(visited),
          outcomes_(outcomes) {
        world_.weak.start_reader(explorer);
    }

    void run() {
        outcomes_.runs++;
        for (round_ = 0; round_ < rounds && is_new_state(); round_++) {
            read_once();
        }
    }

private:
    // False if another run has been here and goes on from here in the same ways.
    bool is_new_state() {
        return explorer_.is_repeating() ||
               visited_
                   .insert(world_.weak.reader_state() + static_cast<char>(round_) +
                           static_cast<char>(opened_) + static_cast<char>(seen_))
                   .second;
    }

    void expect(bool condition, const char* otherwise) {
        if (!condition) {
            outcomes_.wrong.insert(otherwise);
        }
    }

    void reopen() {
        const auto& views = world_.reopenings;
        world_.weak.join(views[explorer_.choose(static_cast<unsigned>(views.size()))]);
        opened_ = 1;
        seen_here_ = false;
        outcomes_.reopened++;
    }

    void read_once() {
        const vigia_file& file = world_.files[opened_];
        const uint64_t announced =
            __atomic_load_n(&vigia_live_header(&file)->generation, __ATOMIC_ACQUIRE);
        const bool dead = vigia_is_live(&file) == 0;
        vigia_view view{};
        if (acquire_(&file, &view) == 0) {
            note_nothing(view, announced, dead);
        } else {
            use(view, announced, dead);
        }
        if (dead) {
            reopen();
        }
    }

    void note_overtaken(bool dead) {
        expect(!dead, "a dead file is being written");
        expect(world_.first_file_snapshots > VIGIA_SLOT_COUNT,
               "a reader is sent away though nobody came back to its slot");
        outcomes_.overtaken++;
    }

    void note_nothing(const vigia_view& view, uint64_t announced, bool dead) {
        if (view.retries == VIGIA_READ_ATTEMPTS) {
            note_overtaken(dead);
            return;
        }
        expect(announced == 0 && !seen_here_ && !dead, "a snapshot that was there is not there");
        outcomes_.nothing_yet++;
    }

    void use(const vigia_view& view, uint64_t announced, bool dead) {
        const auto* words = static_cast<const uint64_t*>(vigia_record(&view, 0, 0));
        const uint64_t generation = __atomic_load_n(&view.slot->generation, __ATOMIC_RELAXED);
        const uint64_t first = __atomic_load_n(&words[0], __ATOMIC_RELAXED);
        const uint64_t last = __atomic_load_n(&words[last_word], __ATOMIC_RELAXED);
        if (vigia_still_valid(&view) == 0) {
            note_overtaken(dead);
            return;
        }
        expect(first == generation && last == generation, "words of two snapshots are mixed");
        expect(generation >= seen_, "an older snapshot follows a newer one");
        expect(generation >= announced, "a snapshot is announced before it is there");
        expect(!dead || generation == world_.first_file_snapshots, "a dead file is not at its end");
        seen_ = generation;
        seen_here_ = true;
        outcomes_.whole++;
    }

    World& world_;
    Acquire acquire_;
    Explorer& explorer_;
    std::set<std::string>& visited_;
    Outcomes& outcomes_;
    unsigned round_ = 0;
    unsigned opened_ = 0;
    uint64_t seen_ = 0;
    bool seen_here_ = false;
};

Outcomes explore(Barrier missing, uint64_t snapshots, Acquire acquire = vigia_acquire) {
    const auto world = std::make_unique<World>(missing, snapshots);
    Explorer explorer;
    std::set<std::string> visited;
    Outcomes outcomes;
    do {
        Run(*world, acquire, explorer, visited, outcomes).run();
    } while (explorer.next());
    machine = nullptr;
    return outcomes;
}

// Compared with, so that a failure shows what was wrong.
const std::set<std::string> nothing;

TEST_CASE("no order of loads and stores breaks the snapshot protocol") {
    const Outcomes outcomes = explore(Barrier::none, many_snapshots);
    INFO(outcomes.runs << " runs: " << outcomes.whole << " whole, " << outcomes.overtaken
                       << " overtaken, " << outcomes.nothing_yet << " before the first, "
                       << outcomes.reopened << " reopened");
    CHECK(outcomes.wrong == nothing);
    CHECK(outcomes.whole > 1000);
    CHECK(outcomes.overtaken > 1000);
    CHECK(outcomes.nothing_yet > 0);
    CHECK(outcomes.reopened > 100);
}

TEST_CASE("no reader waits for a writer that does not come back to its slot") {
    // (the second look is left out: it may send a reader on to a newer snapshot)
    const Outcomes outcomes = explore(Barrier::none, few_snapshots, acquire_without_second_look);
    CHECK(outcomes.wrong == nothing);
    CHECK(outcomes.overtaken == 0);
    CHECK(outcomes.whole > 100);
}

TEST_CASE("readers of version 1 take whole snapshots too, if not always in order") {
    const Outcomes outcomes = explore(Barrier::none, many_snapshots, acquire_without_second_look);
    CHECK(outcomes.wrong == std::set<std::string>{"an older snapshot follows a newer one"});
}

TEST_CASE("every barrier is needed: without it the model finds what goes wrong") {
    struct Mutant {
        Barrier missing;
        uint64_t snapshots;
        Acquire acquire;
        std::string wrong;
    };
    const std::string mixed = "words of two snapshots are mixed";
    const std::string announced = "a snapshot is announced before it is there";
    const std::string sent_away = "a reader is sent away though nobody came back to its slot";
    const std::string not_final = "a dead file is not at its end";
    const std::vector<Mutant> mutants = {
        {Barrier::release_fence, many_snapshots, vigia_acquire, mixed},
        {Barrier::sequence_release, many_snapshots, acquire_without_second_look, mixed},
        {Barrier::current_release, few_snapshots, acquire_without_second_look, sent_away},
        {Barrier::generation_release, many_snapshots, vigia_acquire, announced},
        {Barrier::state_release, many_snapshots, vigia_acquire, not_final},
        {Barrier::acquire_fence, many_snapshots, vigia_acquire, mixed},
        {Barrier::sequence_acquire, many_snapshots, vigia_acquire, mixed},
        {Barrier::current_acquire, few_snapshots, acquire_without_second_look, sent_away},
        {Barrier::generation_acquire, many_snapshots, vigia_acquire, announced},
        {Barrier::state_acquire, many_snapshots, vigia_acquire, not_final},
    };
    for (const Mutant& mutant : mutants) {
        const Outcomes outcomes = explore(mutant.missing, mutant.snapshots, mutant.acquire);
        INFO("barrier " << static_cast<int>(mutant.missing) << ", " << outcomes.runs << " runs");
        CHECK(outcomes.wrong.count(mutant.wrong) == 1);
    }
}

} // namespace
} // namespace vigia::test
