// SPDX-License-Identifier: MIT
// The processes that ended between two samples: what they spent that no sample shows.
//
// An exit event has the final counters of a whole life. What of them belongs to this interval is
// found by identity, not by time: events are read after the snapshots, so that
//   a process in this sample   has not gone yet, as far as the sample knows: it waits for the next
//   ... in the one before      spent the difference to it; also if its event comes a sample late
//   ... in neither             was born since and spent all of it; or is older than we are, and
//                              nothing of it is counted
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <vigia/events.h>

#include "collector/sampler/counters.h"
#include "collector/sampler/exit_sums.h"
#include "collector/sampler/newborn_table.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Capacity is kept.
class ExitTable {
public:
    // What is joined with what was noted.
    struct Turn {
        Interval interval{0};
        bool known = false;              // exits were reported ever since the sample before
        uint64_t born_after_ns = 0;      // CLOCK_BOOTTIME: who is younger was not there before
        uint64_t previous_ns = 0;        // CLOCK_MONOTONIC of the sample before
        uint64_t boottime_ahead_ns = 0;  // of CLOCK_MONOTONIC
        uint64_t start_tolerance_ns = 0; // within which start times are the same
        std::span<ProcessSample> processes;
        std::span<const ProcessSample> previous;
        std::span<const uint32_t> vanished; // indices into previous, ascending
    };

    // Allocates what is needed from the first event on.
    void prepare() { newborns_.prepare(); }
    void note(const vigia_event& event);
    // Makes exits() and shares() of what was noted; processes are told of their descendants.
    void commit(const Turn& turn);
    // Counters before and after do not belong together: nothing that was noted counts.
    void forget();

    std::span<ExitSample> exits() { return listed_; }
    std::span<const ExitShare> shares() const { return shares_; }
    const ExitSums& sums() const { return sums_; } // over all shares
    uint64_t masked_count() const { return masked_count_; }
    // Exits that found no room, ever.
    uint64_t overflow_count() const { return overflow_count_; }

private:
    struct Departed {
        vigia_process record; // as a sample last had it
        unsigned age = 0;     // in samples
        bool reported = false;
    };
    struct Pending {
        ExitSample exit;
        uint64_t named_ns = 0;   // when it was given its name
        bool is_counted = false; // in an earlier sample
    };

    void note_exit(const vigia_event_exit& event);
    void clear_results();
    void remember_vanished(const Turn& turn);
    Departed* find_departed(const Turn& turn, const vigia_event_exit& event);
    void settle(const Turn& turn, Pending& pending);
    void list(const Turn& turn, Pending& pending, const vigia_process* last);
    void correct_io();

    // exit_ancestors.cpp
    void find_parents(const Turn& turn);
    int32_t find_ended(const ExitShare& child);
    void add_to_ancestors(const Turn& turn);

    NewbornTable newborns_;
    std::vector<Pending> noted_;   // since the last commit, and what waits from before
    std::vector<Pending> settled_; // scratch
    std::vector<ExitSample> listed_;
    std::vector<ExitShare> shares_;
    std::vector<uint32_t> by_pid_;          // shares_, made when one is looked for
    std::vector<Departed> departed_;        // by pid: gone, their events may come late
    std::vector<Departed> departed_before_; // scratch
    std::vector<ExitRates> descendants_;    // what processes point to
    std::vector<std::pair<uint32_t, uint32_t>> ancestors_; // scratch: process and share
    ExitSums sums_;
    uint64_t masked_count_ = 0;
    uint64_t overflow_count_ = 0;
};

} // namespace vigia::sampler
