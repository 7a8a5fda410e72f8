// SPDX-License-Identifier: MIT
// A file as the kernel lays it out, in ordinary memory, for what writes to it by kmod/snapshot.h.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "test/support/abi_writer.h"

namespace vigia::test {

// Words of a record; all of them, and the slot's own generation, say which snapshot they are of.
constexpr uint32_t info_words = sizeof(vigia_info) / sizeof(uint64_t);

class Image {
public:
    explicit Image(uint32_t capacity, uint64_t layout_generation = 1) {
        vigia_file_header header = make_header(VIGIA_FILE_INFO, {{{sizeof(vigia_info), capacity}}});
        header.layout_generation = layout_generation;
        bytes_.resize(header.total_size_bytes / sizeof(Word));
        std::memcpy(bytes_.data(), &header, sizeof(header));
    }

    vigia_file_header* header() { return reinterpret_cast<vigia_file_header*>(bytes_.data()); }
    vigia_slot* slot(uint32_t index) {
        return reinterpret_cast<vigia_slot*>(address() + header()->slots_offset_bytes +
                                             index * header()->slot_size_bytes);
    }
    uint64_t* words(uint32_t index, uint32_t record = 0) {
        const vigia_region& region = header()->regions[0];
        return reinterpret_cast<uint64_t*>(reinterpret_cast<unsigned char*>(slot(index)) +
                                           region.offset_bytes +
                                           uint64_t{record} * region.record_size_bytes);
    }
    // As a reader sees it. The image has to stay where it is.
    vigia_file file() {
        vigia_file file{};
        if (const char* error =
                vigia_validate(address(), bytes_.size() * sizeof(Word), VIGIA_FILE_INFO, &file)) {
            throw std::runtime_error(error);
        }
        return file;
    }

private:
    struct alignas(64) Word {
        unsigned char bytes[64];
    };
    unsigned char* address() { return bytes_.data()->bytes; }
    std::vector<Word> bytes_;
};

} // namespace vigia::test
