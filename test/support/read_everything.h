// SPDX-License-Identifier: MIT
// Reads every byte that a reader may reach through a validated file, so that a sanitizer sees each
// access. Whoever calls it has given vigia_validate a buffer of exactly the file's size.
#pragma once

#include <cstdint>
#include <cstdlib>

#include <vigia/reader.h>

namespace vigia::test {

// Ends the program: for harnesses that must not go on. Inside Catch too, it marks the test failed.
inline void demand(bool true_or_damaged) {
    if (!true_or_damaged) {
        std::abort();
    }
}

inline uint64_t sum_of_bytes(const vigia_file& file, const void* from, uint64_t size_bytes) {
    const auto* byte = static_cast<const unsigned char*>(from);
    demand(byte >= file.map && size_bytes <= file.size_bytes);
    demand(static_cast<uint64_t>(byte - file.map) <= file.size_bytes - size_bytes);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < size_bytes; i++) {
        sum += byte[i];
    }
    return sum;
}

inline uint64_t sum_of_paths(const vigia_view& view) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < view.count[VIGIA_CGROUPS_REGION]; i++) {
        const auto* cgroup =
            static_cast<const vigia_cgroup*>(vigia_record(&view, VIGIA_CGROUPS_REGION, i));
        uint32_t size_bytes = 0;
        const char* path = vigia_cgroup_path(&view, cgroup, &size_bytes);
        demand(size_bytes <= view.count[VIGIA_CGROUPS_REGION_TEXT]);
        sum += sum_of_bytes(*view.file, path, size_bytes);
    }
    return sum;
}

// Every record of every region as its struct, every path. The sum keeps the reads from being
// optimised away.
inline uint64_t read_everything(const vigia_file& file) {
    vigia_view view{};
    if (vigia_acquire(&file, &view) == 0) {
        return 0;
    }
    uint64_t sum = 0;
    for (unsigned region = 0; region < VIGIA_REGION_COUNT; region++) {
        demand(view.count[region] <= file.header.regions[region].record_capacity);
        const uint32_t struct_size = vigia_minimum_record_size_bytes(file.header.file_kind, region);
        for (uint32_t i = 0; i < view.count[region]; i++) {
            sum += sum_of_bytes(file, vigia_record(&view, region, i), struct_size);
        }
    }
    if (file.header.file_kind == VIGIA_FILE_CGROUPS) {
        sum += sum_of_paths(view);
    }
    return sum + (vigia_still_valid(&view) != 0) + (vigia_is_live(&file) != 0);
}

} // namespace vigia::test
