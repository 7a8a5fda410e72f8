// SPDX-License-Identifier: MIT
// Sample → Batch: which processes get a row of their own, and the rest as one row.
#pragma once

#include <cstdint>

#include "storage/batch.h"

namespace vigia::storage {

// Fills `batch`. A process is kept if it used CPU, waited for one, did I/O or had major faults
// within the interval, or is among the `processes_largest` by RSS; if that is more than
// limits::store_process_rows_per_tick, the busiest are. Everything else is added up in the last
// row, so that for each column sum(rows) == sum(all processes), exactly. Allocates nothing. One
// thread per batch.
void condense(const Sample& sample, uint32_t processes_largest, Batch& batch);

} // namespace vigia::storage
