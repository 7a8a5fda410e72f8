// SPDX-License-Identifier: MIT
// Arbitrary bytes as a file of rings. The first byte of an input chooses how much of a good header
// is put in front of the rest (bytes that were never right would never get past the magic), and
// whether the rings are given sequences and heads that a writer could have left. What is read is
// read twice, with bytes changed in between, as a writer that means harm would.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "test/support/rings.h"

namespace {

constexpr uint32_t ring_count = 2;

vigia_file_header small_header() {
    vigia_file_header header = vigia::test::rings_header(ring_count, VIGIA_EVENTS_MIN_CAPACITY);
    vigia_rings_lay_out(&header, sizeof(header), ring_count, VIGIA_EVENTS_MIN_CAPACITY);
    return header;
}

void put_header(unsigned char* file, std::size_t size_bytes, unsigned how_much) {
    const vigia_file_header header = small_header();
    const std::size_t lengths[] = {0, offsetof(vigia_file_header, header_size_bytes),
                                   offsetof(vigia_file_header, regions),
                                   offsetof(vigia_file_header, state)};
    std::memcpy(file, &header, std::min(size_bytes, lengths[how_much]));
}

// Makes the records of the rings whole, as far as the file has rings: `laps` times overwritten.
void put_sequences(unsigned char* file, const vigia_file& opened, uint64_t laps) {
    const vigia_file_header& header = opened.header;
    const vigia_region& region = header.regions[VIGIA_EVENTS_REGION];
    for (uint32_t i = 0; i < header.slot_count; i++) {
        unsigned char* ring = file + header.slots_offset_bytes + i * header.slot_size_bytes;
        const uint64_t first = laps * region.record_capacity;
        const uint64_t head = first + region.record_capacity;
        std::memcpy(ring, &head, sizeof(head));
        for (uint64_t record = 0; record < region.record_capacity; record++) {
            const uint64_t sequence = first + record + 1;
            std::memcpy(ring + region.offset_bytes + record * region.record_size_bytes, &sequence,
                        sizeof(sequence));
        }
    }
}

// What a reader of events does with each.
std::size_t use(const vigia_event& event) {
    const vigia_event_exec exec = vigia_event_as_exec(&event);
    const vigia_event_cgroup cgroup = vigia_event_as_cgroup(&event);
    return vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name)) +
           vigia_event_text_size_bytes(cgroup.path, sizeof(cgroup.path)) + event.kind;
}

void read_all(vigia::test::RingsReader& reader) {
    const vigia_file_header& header = reader.events.file.header;
    // No file holds more than this, however it lies.
    uint64_t limit = uint64_t{header.slot_count} *
                     (uint64_t{header.regions[0].record_capacity} + VIGIA_EVENTS_BATCH) * 2;
    std::size_t sum = 0;
    while (const vigia_event* event = vigia_events_next(&reader.events)) {
        sum += use(*event);
        if (limit-- == 0) {
            std::abort();
        }
    }
    sum += vigia_events_lost_count(&reader.events) + vigia_events_dropped_count(&reader.events);
    const volatile std::size_t used = sum;
    (void)used;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size_bytes) {
    if (size_bytes < 3) {
        return 0;
    }
    const unsigned how_much = data[0] & 3U;
    const bool has_sequences = (data[0] & 4U) != 0;
    const bool is_whole = (data[0] & 8U) != 0;
    const uint8_t changed = data[1], change = data[2];
    data += 3;
    size_bytes -= 3;
    // A block of exactly that size, so that AddressSanitizer sees the first byte too many; new
    // aligns it as a mapping is.
    const std::size_t file_bytes =
        is_whole ? static_cast<std::size_t>(small_header().total_size_bytes) : size_bytes;
    const std::unique_ptr<unsigned char[]> file(new unsigned char[file_bytes]());
    std::memcpy(file.get(), data, std::min(size_bytes, file_bytes));
    put_header(file.get(), file_bytes, how_much);

    vigia_file opened{};
    if (vigia_events_validate(file.get(), file_bytes, &opened) != nullptr) {
        return 0;
    }
    if (opened.header.slot_count > 64) {
        return 0; // 8 KiB of buffer a ring: nothing new to find
    }
    if (has_sequences) {
        put_sequences(file.get(), opened, change & 3U);
    }
    vigia::test::RingsReader reader(opened);
    read_all(reader);
    for (std::size_t at = changed; at < file_bytes; at += 251) {
        file[at] = static_cast<unsigned char>(file[at] ^ change);
    }
    read_all(reader);
    return 0;
}
