// SPDX-License-Identifier: MIT
// What processes that ended have spent: of one, and over many.
#pragma once

#include <cstdint>

#include <vigia/events.h>

#include "collector/sampler/counters.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

struct ExitSums {
    uint64_t count = 0;
    uint64_t short_lived_count = 0;
    uint64_t cpu_ns = 0;
    uint64_t cpu_user_ns = 0;
    uint64_t cpu_system_ns = 0;
    uint64_t read_bytes = 0;
    uint64_t write_bytes = 0;
    uint64_t minor_faults = 0;
    uint64_t major_faults = 0;

    void add(const ExitSums& other);
    ExitRates rates(Interval interval) const; // known
};

// The part of one exit that belongs to a sample.
struct ExitShare {
    static constexpr int32_t none = -1;

    uint32_t pid = 0;
    uint32_t parent_pid = 0; // 0: unknown
    uint64_t start_time_ns = 0;
    uint64_t time_ns = 0;
    uint64_t cgroup_id = 0;      // 0: unknown
    int32_t listed = none;       // index into the sample's exits; none: an earlier sample's
    int32_t parent = none;       // index into the processes of this sample, if that is there
    int32_t ended_parent = none; // ... or into the shares, if it ended, too
    ExitSums spent;
    // I/O of a process has that of children that it waited for: the kernel adds a child's whole
    // life to its parent's counters. So a sum over processes has it already where the parent is in
    // the same sum, and what an earlier sample had of it for the second time.
    bool knows_io = false;
    uint64_t final_read_bytes = 0;
    uint64_t final_write_bytes = 0;
    uint64_t earlier_read_bytes = 0;
    uint64_t earlier_write_bytes = 0;
};

// Its CPU time, if that was told in one way or the other.
bool knows_cpu(const vigia_event_exit& event);

// What the process spent after `before`, its record in a sample (null: it was not born then), in
// the groups that both know.
ExitSums spent_since(const vigia_process* before, const vigia_event_exit& event);

} // namespace vigia::sampler
