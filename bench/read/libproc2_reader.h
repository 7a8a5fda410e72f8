// SPDX-License-Identifier: MIT
// The rival: libproc2 of procps 4, asked for the fields that the benchmark sums.
#pragma once

#include <cstdint>

namespace vigia::bench {

struct Libproc2Reading {
    uint64_t processes = 0;
    double ns_per_process = 0; // CPU time, of the fastest round
    uint64_t sum = 0;          // of all fields, so that they are really read
};

// Reads every process of the live host `rounds` times. processes is 0 if libproc2 could not.
Libproc2Reading read_with_libproc2(unsigned rounds);

// CPU time of this thread: what others run meanwhile does not count.
uint64_t cpu_now_ns();

} // namespace vigia::bench
