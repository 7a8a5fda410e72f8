// SPDX-License-Identifier: MIT
// What is kept of one sample, on its way from the thread that samples to the thread that writes. A
// batch has a fixed size and is never cleared: pages that no sample needed are never touched.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/container.h"
#include "collector/base/limits.h"
#include "collector/sampler/sample.h"
#include "storage/columns.h"

namespace vigia::storage {

// Bytes in Batch::text.
struct TextSlice {
    uint32_t offset;
    uint32_t size_bytes;
};

struct ContainerRow {
    uint32_t sample_index; // in Sample::containers; the rest row has no identity
    Runtime runtime;
    TextSlice id;
    TextSlice name;
    TextSlice image;
    int64_t values[container_column::count];
};

struct ProcessRow {
    uint32_t pid; // 0: the rest row
    uint64_t start_time_ns;
    int64_t uid;
    int32_t container_row; // index into Batch::containers, or no_container
    char comm[VIGIA_COMM_SIZE_BYTES];
    TextSlice command_line;
    int64_t values[process_column::count];
};

struct Batch {
    uint64_t realtime_ns;
    uint64_t boottime_ns;
    uint64_t interval_ns;
    Gap gap;
    vigia_writer_kind writer;
    bool clock_stepped;
    uint64_t truncated_records;
    uint32_t container_count;
    uint32_t process_count;
    uint32_t text_size_bytes;
    int64_t system[system_column::count];
    ContainerRow containers[limits::store_container_rows_per_tick + 1];
    ProcessRow processes[limits::store_process_rows_per_tick + 1];
    char text[limits::store_text_bytes_per_tick];

    int64_t ts() const { return static_cast<int64_t>(realtime_ns / 1'000'000'000); }
    std::string_view slice(TextSlice where) const {
        return {text + where.offset, where.size_bytes};
    }
    uint64_t rows() const { return 1ULL + container_count + process_count; }
};

} // namespace vigia::storage
