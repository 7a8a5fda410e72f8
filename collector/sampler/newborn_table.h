// SPDX-License-Identifier: MIT
// What events told of processes that no sample may ever show: their names and users.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <vigia/events.h>

namespace vigia::sampler {

struct Newborn {
    uint32_t pid = 0;
    uint32_t uid = 0;
    uint64_t start_time_ns = 0;
    uint64_t told_ns = 0; // CLOCK_MONOTONIC
    bool knows_user = false;
    std::array<char, 16> comm{}; // NUL-padded; empty: unknown
};

// One thread. A place for each pid number modulo the table's size: as numbers are given out in
// ascending order, a process is forgotten when so many more have begun.
class NewbornTable {
public:
    // Allocates the table. Before that, nothing is remembered.
    void prepare();

    void born(const vigia_event_fork& event);
    void became(const vigia_event_exec& event);
    // Null if nothing is known of this very process.
    const Newborn* find(uint32_t pid, uint64_t start_time_ns) const;

private:
    Newborn* take(uint32_t pid, uint64_t start_time_ns);

    std::vector<Newborn> places_;
};

} // namespace vigia::sampler
