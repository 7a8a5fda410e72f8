// SPDX-License-Identifier: MIT
// One moment of the host's memory, at rest: the records of `memory` and rates over the interval.
#pragma once

#include <cstdint>
#include <span>

#include <vigia/memory.h>

#include "collector/base/clock.h"

namespace vigia {

// All zero when `known` is false: there was no sample before, or another writer.
struct MemoryRates {
    bool known = false;
    double page_faults_per_second = 0;
    double page_major_faults_per_second = 0;
    double page_in_bytes_per_second = 0;
    double page_out_bytes_per_second = 0;
    double swap_in_bytes_per_second = 0;
    double swap_out_bytes_per_second = 0;
    double allocated_bytes_per_second = 0;
    double scanned_bytes_per_second = 0;   // by reclaim, whoever did it
    double reclaimed_bytes_per_second = 0; // ... and freed by it
    double refaulted_bytes_per_second = 0; // ... and read back
    double allocation_stalls_per_second = 0;
    double compact_stalls_per_second = 0;
};

struct MemorySample {
    Instant at;               // when the writer's walk began
    uint64_t interval_ns = 0; // over which the rates were taken; 0 without rates
    vigia_memory record{};
    MemoryRates rates;
    std::span<const vigia_memory_node> nodes;
    std::span<const vigia_memory_zone> zones;
};

} // namespace vigia
