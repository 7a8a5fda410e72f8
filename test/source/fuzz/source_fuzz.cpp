// SPDX-License-Identifier: MIT
// Arbitrary bytes as each kind of file. The first byte of an input chooses the kind, and whether
// the magic, the versions and the sizes of a good header are put in front of the rest: bytes that
// were never right would never get past the magic.
#include <algorithm>
#include <cstring>
#include <memory>

#include "test/support/abi_writer.h"
#include "test/support/read_everything.h"

namespace {

constexpr uint32_t kinds[] = {VIGIA_FILE_INFO,      VIGIA_FILE_SYSTEM,  VIGIA_FILE_MEMORY,
                              VIGIA_FILE_PROCESSES, VIGIA_FILE_CGROUPS, 0,
                              VIGIA_FILE_CGROUPS,   VIGIA_FILE_SYSTEM};

// A good header of a file that fits in the few kilobytes that libFuzzer tries first.
vigia_file_header small_header(uint32_t kind) {
    const uint32_t capacity = kind == VIGIA_FILE_SYSTEM ? 1 : 2;
    vigia_file_header header =
        vigia::test::make_header(kind, vigia::test::regions_of(kind, capacity, 64));
    uint64_t end = sizeof(vigia_slot);
    for (const vigia_region& region : header.regions) {
        end = std::max(end, region.offset_bytes +
                                uint64_t{region.record_size_bytes} * region.record_capacity);
    }
    header.slots_offset_bytes = sizeof(header);
    header.slot_size_bytes = end;
    header.total_size_bytes = sizeof(header) + VIGIA_SLOT_COUNT * end;
    return header;
}

// Overwrites the first bytes of the file with a good header: none, up to the versions, or without
// or with the regions.
void put_header(unsigned char* file, std::size_t size_bytes, uint32_t kind, unsigned how_much) {
    const vigia_file_header header = small_header(kind);
    const std::size_t lengths[] = {0, offsetof(vigia_file_header, header_size_bytes),
                                   offsetof(vigia_file_header, regions),
                                   offsetof(vigia_file_header, state)};
    std::memcpy(file, &header, std::min(size_bytes, lengths[how_much]));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size_bytes) {
    if (size_bytes < 1) {
        return 0;
    }
    const uint32_t kind = kinds[data[0] & 7U];
    const unsigned how_much = (data[0] >> 3U) & 3U;
    data++;
    size_bytes--;
    // A block of exactly that size, so that AddressSanitizer sees the first byte too many; new
    // aligns it as a mapping is.
    const std::unique_ptr<unsigned char[]> file(new unsigned char[size_bytes]);
    std::memcpy(file.get(), data, size_bytes);
    put_header(file.get(), size_bytes, kind, how_much);

    vigia_file opened{};
    if (vigia_validate(file.get(), size_bytes, kind, &opened) == nullptr) {
        vigia::test::read_everything(opened);
    }
    return 0;
}
