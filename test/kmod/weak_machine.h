// SPDX-License-Identifier: MIT
// A machine that delays and reorders whatever the C11 memory model lets it: one writer, whose
// stores become visible late and in another order, and readers, whose loads return old values.
//
// Every store leaves a message in its place's history: the value, and the view that comes with it
// (how far, in each place's history, a reader that synchronises with this message has to have got).
// A load may take any message that is not older than the reader's own view of the place; the
// Explorer tries all of them. Release and acquire, of stores and fences, are what makes views
// travel: without them a reader may believe any old value. This is the view-based form of C11's
// relaxed, release and acquire; as readers never write, one reader stands for any number, and the
// writer's run is made once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vigia::test {

// All sequences of choices, one after the other: depth first, by running again.
class Explorer {
public:
    unsigned choose(unsigned count);
    // The next sequence; false when all have been run.
    bool next();
    // True as long as the choices are those of the run before.
    bool is_repeating() const { return at_ < path_.size(); }

private:
    struct Choice {
        unsigned taken;
        unsigned count;
    };
    std::vector<Choice> path_;
    std::size_t at_ = 0;
};

// The places whose barriers a mutant takes away.
enum class Barrier {
    none,
    release_fence,      // smp_wmb() in vigia_snapshot_begin(); in vigia_ring_begin()
    sequence_release,   // in vigia_snapshot_publish(); in vigia_ring_commit()
    current_release,    // in vigia_snapshot_publish()
    generation_release, // "; in vigia_rings_announce()
    state_release,      // in vigia_snapshot_end(); in vigia_rings_end()
    acquire_fence,      // in vigia_still_valid(); in vigia_events_fetch()
    sequence_acquire,   // in vigia_enter_slot(); in vigia_events_copy()
    current_acquire,    // in vigia_acquire()
    generation_acquire, // of who looks for something new; in vigia_events_announced()
    state_acquire,      // in vigia_is_live()
};

class WeakMachine {
public:
    static constexpr std::size_t max_places = 48;
    using View = std::array<uint8_t, max_places>;

    explicit WeakMachine(Barrier missing) : missing_(missing) {}

    // Which barriers stand at a place: {of its stores, of its loads}.
    void name(const void* place, Barrier release, Barrier acquire);

    // The writer's half; it also stores for good, so that the writer can read its own memory.
    void store(void* place, std::size_t size, uint64_t value, int order);
    View writer_view() const { return writer_; }

    // The readers' half, for one reader at a time. Before the first one a load is the writer's, of
    // what it has stored itself.
    void start_reader(Explorer& explorer);
    uint64_t load(const void* place, std::size_t size, int order);
    void join(const View& view); // the reader takes a lock that the writer held at this view
    std::string reader_state() const;

    void fence(int order); // a release is the writer's, an acquire the reader's

private:
    struct Message {
        uint64_t value;
        View view;
    };
    struct Place {
        std::size_t index = 0;
        Barrier release = Barrier::none;
        Barrier acquire = Barrier::none;
        std::vector<Message> history;
    };
    Place& place_of(const void* place);
    static void raise(View& view, const View& other);

    Barrier missing_;
    std::map<const void*, Place> places_;
    View writer_{};       // how far the writer has got
    View writer_fence_{}; // ... at its last release fence
    View reader_{};
    View reader_pending_{}; // of messages that relaxed loads have taken: for the next acquire fence
    Explorer* explorer_ = nullptr;
};

} // namespace vigia::test
