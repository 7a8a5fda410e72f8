// SPDX-License-Identifier: MIT
// The same numbers from the same seed with every compiler and library (splitmix64, by Sebastiano
// Vigna, public domain).
#pragma once

#include <cstddef>
#include <cstdint>

namespace vigia::test {

class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    // 0 to below - 1.
    uint64_t below(uint64_t below) { return next() % below; }
    uint64_t between(uint64_t least, uint64_t most) { return least + below(most - least + 1); }
    // True once in `times`.
    bool once_in(uint64_t times) { return below(times) == 0; }

private:
    uint64_t state_;
};

} // namespace vigia::test
