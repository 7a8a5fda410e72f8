// SPDX-License-Identifier: MIT
// Writes rows of one kind into its _raw table: appended when their second is new, else merged with
// what that second has already (several samples a second, or a clock that was set back): sums add
// up, gauges are those of the later sample. Writing thread only.
#pragma once

#include <cstdint>

#include "storage/columns.h"
#include "storage/sqlite.h"

namespace vigia::storage {

class RawTable {
public:
    static Result<RawTable> prepare(Connection& connection, const Kind& kind);

    // Before merging a sample into a second that has rows: a series that the later sample does not
    // name has become part of the rest row, so its gauges there would count twice.
    Status blank_gauges(int64_t ts);
    // `values`: kind.columns.size() of them. `merge`: the second has rows already.
    Status write(int64_t ts, int64_t series, const int64_t* values, bool merge);

private:
    const Kind* kind_ = nullptr;
    Statement insert_;
    Statement merge_;
    Statement blank_;
};

} // namespace vigia::storage
