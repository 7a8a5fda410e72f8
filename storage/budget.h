// SPDX-License-Identifier: MIT
// How the size cap is divided between the database and its write-ahead log.
#pragma once

#include <algorithm>
#include <cstdint>

#include "collector/base/limits.h"

namespace vigia::storage {

struct Budget {
    uint64_t cap_bytes;
    uint64_t database_bytes;   // never more pages than this (max_page_count)
    uint64_t drop_above_bytes; // used pages: from here on the oldest rows go
    uint64_t wal_soft_bytes;   // from here on it is emptied as soon as no reader is in the way
    uint64_t decisions_bytes;  // room in the log that samples leave to decisions

    static Budget of(uint64_t cap_bytes) {
        constexpr uint64_t mebibyte = 1ULL << 20;
        Budget budget;
        budget.cap_bytes = std::max(cap_bytes, limits::store_size_cap_minimum_bytes);
        budget.database_bytes = budget.cap_bytes - std::min(budget.cap_bytes / 4, 64 * mebibyte);
        budget.drop_above_bytes =
            budget.database_bytes - std::max(budget.database_bytes / 32, mebibyte);
        budget.wal_soft_bytes = std::min(budget.cap_bytes / 16, 4 * mebibyte);
        budget.decisions_bytes = mebibyte;
        return budget;
    }
};

} // namespace vigia::storage
