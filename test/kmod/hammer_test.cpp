// SPDX-License-Identifier: MIT
// The kernel's writer and the user's reader against each other at full speed.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "test/kmod/barriers.h"
#include "test/kmod/image.h"
#include "test/support/catch.h"

#include "kmod/snapshot.h"

namespace vigia::test {
namespace {

constexpr uint32_t records = 4;
constexpr uint64_t snapshots_per_image = 400;
constexpr uint32_t images = 25;
constexpr unsigned readers = 3;

// One walk as kmod/refresh.c makes it.
void walk(Image& image, uint64_t generation) {
    const uint32_t index = vigia_snapshot_next(image.header());
    vigia_slot* slot = image.slot(index);
    vigia_snapshot_begin(slot);
    WRITE_ONCE(slot->generation, generation);
    WRITE_ONCE(slot->record_count[0], records);
    for (uint32_t record = 0; record < records; record++) {
        for (uint32_t word = 0; word < info_words; word++) {
            WRITE_ONCE(image.words(index, record)[word], generation);
        }
    }
    vigia_snapshot_publish(image.header(), index, generation);
}

struct Findings {
    uint64_t whole = 0;     // snapshots read from beginning to end
    uint64_t overtaken = 0; // readings that the writer has overtaken, and that were found out
    uint64_t mixed = 0;     // accepted, with words of two snapshots
    uint64_t went_back = 0; // older than the one before
    uint64_t not_final = 0; // from a dead file, and not its last
    uint32_t reopened = 0;
};

// What vigia_copy() gives of a snapshot: its generation if all words agree, else 0.
uint64_t generation_of(const vigia_view& view) {
    uint64_t common = __atomic_load_n(&view.slot->generation, __ATOMIC_RELAXED);
    for (uint32_t record = 0; record < view.count[0]; record++) {
        uint64_t words[info_words];
        vigia_copy(words, vigia_record(&view, 0, record), sizeof(words));
        for (const uint64_t word : words) {
            common = word == common ? common : 0;
        }
    }
    return view.count[0] == records ? common : 0;
}

// Takes one snapshot; notes what is wrong with it.
void read_once(const vigia_file& file, uint64_t& last, Findings& findings) {
    const bool dead = vigia_is_live(&file) == 0;
    vigia_view view{};
    if (vigia_acquire(&file, &view) == 0) {
        findings.overtaken += view.retries > 0 ? 1 : 0;
        return;
    }
    const uint64_t generation = generation_of(view);
    if (vigia_still_valid(&view) == 0) {
        findings.overtaken++;
        return;
    }
    findings.whole++;
    findings.mixed += generation == 0 ? 1 : 0;
    findings.went_back += generation < last ? 1 : 0;
    findings.not_final += dead && generation % snapshots_per_image != 0 ? 1 : 0;
    last = generation;
}

using Images = std::vector<std::unique_ptr<Image>>;

Findings read_all(const Images& all, const std::atomic<uint32_t>& newest) {
    Findings findings;
    uint64_t last = 0;
    for (uint32_t opened = 0;;) {
        const vigia_file file = all[opened]->file();
        while (vigia_is_live(&file) != 0) {
            read_once(file, last, findings);
        }
        read_once(file, last, findings);
        if (opened + 1 == images) {
            return findings;
        }
        while (newest.load(std::memory_order_acquire) == opened) {
            std::this_thread::yield();
        }
        opened = newest.load(std::memory_order_acquire);
        findings.reopened++;
    }
}

// Fills one image after the other; each ends when the next one is there, as in the kernel's open().
void write_all(const Images& all, std::atomic<uint32_t>& newest) {
    uint64_t generation = 0;
    for (uint32_t image = 0; image < images; image++) {
        newest.store(image, std::memory_order_release);
        for (uint64_t i = 0; i < snapshots_per_image; i++) {
            walk(*all[image], ++generation);
        }
        vigia_snapshot_end(all[image]->header());
    }
}

TEST_CASE("readers of a writer at full speed take whole snapshots, in order, and the last one") {
    Images all;
    for (uint32_t i = 0; i < images; i++) {
        all.push_back(std::make_unique<Image>(records, i + 1));
    }
    std::atomic<uint32_t> newest{0};
    std::vector<Findings> findings(readers);
    std::vector<std::thread> threads;
    for (Findings& each : findings) {
        threads.emplace_back([&] { each = read_all(all, newest); });
    }
    write_all(all, newest);
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const Findings& each : findings) {
        CHECK(each.mixed == 0);
        CHECK(each.went_back == 0);
        CHECK(each.not_final == 0);
        CHECK(each.whole > 0);
        CHECK(each.reopened > 0);
    }
}

TEST_CASE("the slots are taken in turn, and a snapshot stays until the third walk after it") {
    Image image(records);
    const vigia_file file = image.file();
    vigia_view view{};
    CHECK(vigia_acquire(&file, &view) == 0);
    for (uint64_t generation = 1; generation <= 7; generation++) {
        CHECK(vigia_snapshot_next(image.header()) == (generation - 1) % VIGIA_SLOT_COUNT);
        walk(image, generation);
        REQUIRE(vigia_acquire(&file, &view) != 0);
        CHECK(generation_of(view) == generation);
    }
    walk(image, 8);
    walk(image, 9);
    CHECK(vigia_still_valid(&view) != 0);
    CHECK(generation_of(view) == 7);
    vigia_snapshot_begin(image.slot(vigia_snapshot_next(image.header())));
    CHECK(vigia_still_valid(&view) == 0);
}

} // namespace
} // namespace vigia::test
