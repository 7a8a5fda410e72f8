// SPDX-License-Identifier: MIT
// Rollups: raw rows → one row per minute and series → one per hour and series, each written once
// when its bucket is over. Buckets to do stand in table rollup_due, so that neither a crash nor a
// clock that is set back loses one; they are made from what is stored, never from memory.
// Writing thread only.
#pragma once

#include <cstdint>

#include "storage/columns.h"
#include "storage/sqlite.h"

namespace vigia::storage {

constexpr int64_t minute_seconds = 60;
constexpr int64_t hour_seconds = 3600;

constexpr int64_t bucket_of(int64_t ts, int64_t width) {
    return ts / width * width;
}

// Notes that rows at `ts` have to be rolled up. Inside the transaction that writes them.
Status mark_due(Connection& connection, int64_t ts);

// Rolls up all due buckets but those that `newest_ts` lies in, each in its own transaction. At most
// `buckets_maximum` of each width; returns how many, and after 0 there is nothing more to do until
// newest_ts reaches another minute.
Result<unsigned> roll_up(Connection& connection, int64_t newest_ts, unsigned buckets_maximum);

// Up to where rows of a resolution have been dropped: a bucket before this that becomes due again
// (the clock was set back) is added to what it has, not made anew.
Status set_dropped_until(Connection& connection, const char* resolution, int64_t ts);
Result<int64_t> dropped_until(Connection& connection, const char* resolution);

} // namespace vigia::storage
