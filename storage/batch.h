// SPDX-License-Identifier: MIT
// What is kept of one sample, on its way from the thread that samples to the thread that writes. A
// batch has a fixed size and is never cleared: pages that no sample needed are never touched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
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

struct ContainerIdentity {
    Runtime runtime;
    TextSlice id; // empty: the rest row
    TextSlice name;
    TextSlice image;
};

struct ContainerRow {
    uint32_t sample_index; // see Sample::container_at()
    ContainerIdentity identity;
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

struct IncidentRow {
    IncidentKind kind;
    bool has_container;
    uint64_t realtime_ns;
    int64_t value;
    ContainerIdentity container;
    TextSlice cgroup;
    int64_t pid; // unknown, as the rest
    char comm[VIGIA_COMM_SIZE_BYTES];
    int64_t rss_bytes;
    int64_t trigger_pid;
    TextSlice trigger_cgroup;
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
    uint32_t incident_count;
    uint64_t untold_incidents;
    uint32_t text_size_bytes;
    int64_t system[system_column::count];
    ContainerRow containers[limits::store_container_rows_per_tick + 1];
    ProcessRow processes[limits::store_process_rows_per_tick + 1];
    IncidentRow incidents[limits::store_events_per_second];
    char text[limits::store_text_bytes_per_tick];

    int64_t ts() const { return static_cast<int64_t>(realtime_ns / 1'000'000'000); }
    std::string_view slice(TextSlice where) const {
        return {text + where.offset, where.size_bytes};
    }
    uint64_t rows() const { return 1ULL + container_count + process_count + incident_count; }

    // Copies as much of `text_to_keep` as is allowed and finds room.
    TextSlice keep(std::string_view text_to_keep, std::size_t longest_bytes) {
        const std::size_t room = sizeof(text) - text_size_bytes;
        const auto size_bytes =
            static_cast<uint32_t>(std::min({text_to_keep.size(), longest_bytes, room}));
        const TextSlice kept{text_size_bytes, size_bytes};
        if (size_bytes > 0) {
            std::memcpy(text + kept.offset, text_to_keep.data(), size_bytes);
        }
        text_size_bytes += size_bytes;
        return kept;
    }
    void identify(const ContainerSample& container, ContainerIdentity& identity) {
        identity.runtime = container.runtime;
        identity.id = keep(container.id, limits::container_name_bytes);
        identity.name = keep(container.name(), limits::container_name_bytes);
        identity.image = keep(container.image(), limits::image_name_bytes);
    }
};

} // namespace vigia::storage
