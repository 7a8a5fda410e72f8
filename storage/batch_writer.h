// SPDX-License-Identifier: MIT
// One batch → rows, in one transaction. Writing thread only.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "storage/attached.h"
#include "storage/batch.h"

namespace vigia::storage {

class BatchWriter {
public:
    // On an error nothing of the batch is stored. `lost_batches`: those that could not be written
    // before this one, kept as an event.
    Status write(Attached& attached, const Batch& batch, uint64_t lost_batches);

    // What a batch may add to the log at most, in bytes.
    static uint64_t log_bytes(const Batch& batch);

private:
    Status write_rows(Attached& attached, const Batch& batch, bool merge);
    Status write_containers(Attached& attached, const Batch& batch, bool merge);
    Status write_processes(Attached& attached, const Batch& batch, bool merge);

    // (series, index) in the order of the series, so that every insert is at the table's end
    std::vector<std::pair<int64_t, uint32_t>> order_;
    std::array<int64_t, limits::store_container_rows_per_tick + 1> container_series_;
};

} // namespace vigia::storage
