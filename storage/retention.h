// SPDX-License-Identifier: MIT
// What goes when it is too old or too much. Oldest raw rows first, then oldest minutes, then oldest
// hours; the newest hour of raw rows and the newest day of minutes stay as long as anything else
// can go; events after them; decisions only go when nothing else is left, and of these only dry
// runs. In small steps, each a transaction. Writing thread only.
#pragma once

#include <cstdint>

#include "storage/budget.h"
#include "storage/sqlite.h"
#include "storage/store.h"
#include "storage/wal.h"

namespace vigia::storage {

// Makes SQLite itself refuse to grow beyond the budget.
Status limit_pages(Connection& connection, const Budget& budget);

// Drops until the pages in use are below the budget, and gives free pages back to the filesystem.
// After every batch; does nothing most times. `newest_ts`: the present, as the samples tell it.
// Returns the number of rows dropped.
Result<uint64_t> keep_size(Connection& connection, Wal& wal, const Budget& budget,
                           int64_t newest_ts);

// Drops what is past its age, and events beyond the newest 10,000 of what befell containers and the
// newest 10,000 others. Once a minute. Events have the age of rollups.
Result<uint64_t> keep_age(Connection& connection, Wal& wal, const StoreConfig& config,
                          int64_t newest_ts);

// Removes the names of series that have no rows left, up to 1,000 of each kind a call, going on
// where the last call ended. Returns how many: if any, a cache of series is stale.
class SeriesSweep {
public:
    Result<uint64_t> run(Connection& connection);

private:
    int64_t next_container_ = 1; // 0 is the rest row and stays
    int64_t next_process_ = 1;
};

} // namespace vigia::storage
