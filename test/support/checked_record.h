// SPDX-License-Identifier: MIT
// Records whose words all follow from the number of their snapshot, so that words of two snapshots
// in one reading show.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vigia::test {

template <typename Record>
using Words = std::array<uint64_t, sizeof(Record) / sizeof(uint64_t)>;

constexpr uint64_t word_factor = 0x9e3779b97f4a7c15ULL;
constexpr uint64_t word_factor_inverse = 0xf1de83e19937733dULL;
static_assert(word_factor * word_factor_inverse == 1);

template <typename Record>
Words<Record> words_of(uint64_t snapshot, uint64_t index) {
    Words<Record> words{};
    for (std::size_t i = 0; i < words.size(); i++) {
        words[i] = (snapshot + i) * word_factor + index;
    }
    return words;
}

// The snapshot that record 0 says it belongs to.
template <typename Record>
uint64_t snapshot_of(const Words<Record>& first) {
    return first[0] * word_factor_inverse;
}

} // namespace vigia::test
