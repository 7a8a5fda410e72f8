// SPDX-License-Identifier: MIT
// A writer of ABI files for tests: three slots, published by the protocol of vigia/file.h. What it
// stores while readers may look, it stores as whole words atomically, so that ThreadSanitizer sees
// the protocol and nothing else. Errors end the test by an exception.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <vigia/reader.h>

namespace vigia::test {

struct RegionSize {
    uint32_t record_size_bytes = 0;
    uint32_t record_capacity = 0;
};
using RegionSizes = std::array<RegionSize, VIGIA_REGION_COUNT>;

// Regions of a kind of file with this ABI's structs.
inline RegionSizes regions_of(uint32_t kind, uint32_t capacity, uint32_t text_bytes = 4096) {
    switch (kind) {
    case VIGIA_FILE_INFO:
        return {{{sizeof(vigia_info), 1}, {}, {}, {}}};
    case VIGIA_FILE_SYSTEM:
        return {{{sizeof(vigia_system), 1},
                 {sizeof(vigia_cpu), capacity},
                 {sizeof(vigia_mount), capacity},
                 {}}};
    case VIGIA_FILE_MEMORY:
        return {{{sizeof(vigia_memory), 1},
                 {sizeof(vigia_memory_node), capacity},
                 {sizeof(vigia_memory_zone), capacity},
                 {}}};
    case VIGIA_FILE_PROCESSES:
        return {{{sizeof(vigia_process), capacity}, {}, {}, {}}};
    case VIGIA_FILE_CGROUPS:
        return {{{sizeof(vigia_cgroup), capacity}, {1, text_bytes}, {}, {}}};
    default:
        return {};
    }
}

inline uint64_t round_up(uint64_t value, uint64_t step) {
    return (value + step - 1) / step * step;
}

// A header whose layout is consistent, for one file of `kind`.
inline vigia_file_header make_header(uint32_t kind, const RegionSizes& regions,
                                     uint64_t writer_instance = 1) {
    vigia_file_header header{};
    header.magic = VIGIA_FILE_MAGIC;
    header.endian_tag = VIGIA_ENDIAN_TAG;
    header.file_kind = kind;
    header.abi_version = VIGIA_ABI_VERSION;
    header.abi_compatible = VIGIA_ABI_COMPATIBLE;
    header.header_size_bytes = sizeof(vigia_file_header);
    header.writer_kind = VIGIA_WRITER_PUBLISHER;
    header.writer_instance = writer_instance;
    header.layout_generation = 1;
    header.slots_offset_bytes = 4096;
    header.slot_count = VIGIA_SLOT_COUNT;
    header.slot_header_size_bytes = sizeof(vigia_slot);
    uint64_t end = sizeof(vigia_slot);
    for (std::size_t i = 0; i < regions.size(); i++) {
        if (regions[i].record_size_bytes == 0) {
            continue;
        }
        header.regions[i] = {round_up(end, 64), regions[i].record_size_bytes,
                             regions[i].record_capacity};
        end = header.regions[i].offset_bytes +
              uint64_t{regions[i].record_size_bytes} * regions[i].record_capacity;
    }
    header.slot_size_bytes = round_up(end, 4096);
    header.total_size_bytes = header.slots_offset_bytes + VIGIA_SLOT_COUNT * header.slot_size_bytes;
    header.state = VIGIA_FILE_LIVE;
    header.current_slot = VIGIA_NO_SLOT;
    return header;
}

// One file and the snapshot being written into it. One thread writes; readers are free.
class AbiWriter {
public:
    // Writes the file at `path`, by rename over what was there; in memory alone if `path` is empty.
    AbiWriter(const std::string& path, const vigia_file_header& header) : header_(header) {
        const std::string temporary = path.empty() ? "" : path + ".new";
        int descriptor = -1;
        if (!path.empty()) {
            descriptor = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
            check(descriptor >= 0 &&
                  ::ftruncate(descriptor, static_cast<off_t>(header.total_size_bytes)) == 0);
        }
        const int flags = path.empty() ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
        void* map =
            ::mmap(nullptr, header.total_size_bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
        check(map != MAP_FAILED);
        map_ = static_cast<unsigned char*>(map);
        std::memcpy(map_, &header, sizeof(header));
        if (!path.empty()) {
            ::close(descriptor);
            check(::rename(temporary.c_str(), path.c_str()) == 0);
        }
    }
    AbiWriter(const std::string& path, uint32_t kind, uint32_t capacity, uint64_t instance = 1)
        : AbiWriter(path, make_header(kind, regions_of(kind, capacity), instance)) {}
    AbiWriter(AbiWriter&& other) noexcept
        : header_(other.header_), map_(std::exchange(other.map_, nullptr)), slot_(other.slot_) {}
    AbiWriter& operator=(AbiWriter&&) = delete;
    ~AbiWriter() {
        if (map_ != nullptr) {
            ::munmap(map_, header_.total_size_bytes);
        }
    }

    const unsigned char* map() const { return map_; }
    std::size_t size_bytes() const { return header_.total_size_bytes; }
    vigia_file_header& live_header() { return *reinterpret_cast<vigia_file_header*>(map_); }

    // Enters the next slot: from here to publish() its records may be stored.
    void begin() {
        const uint32_t current = __atomic_load_n(&live_header().current_slot, __ATOMIC_RELAXED);
        slot_ = current == VIGIA_NO_SLOT ? 0 : (current + 1) % VIGIA_SLOT_COUNT;
        __atomic_store_n(&slot().sequence, slot().sequence + 1, __ATOMIC_RELAXED);
        // pairs with the reader's acquire fence in vigia_still_valid
        release_fence();
        for (uint32_t& count : slot().record_count) {
            __atomic_store_n(&count, 0, __ATOMIC_RELAXED);
        }
    }
    // Stores one record, behind the others of its region.
    template <typename Record>
    void add(unsigned region, const Record& record) {
        uint32_t& count = slot().record_count[region];
        store(record_address(region, count), &record, sizeof(record));
        __atomic_store_n(&count, count + 1, __ATOMIC_RELAXED);
    }
    // Stores bytes in a text region and returns their offset.
    uint32_t add_text(unsigned region, std::string_view text) {
        uint32_t& count = slot().record_count[region];
        const uint32_t offset = count;
        for (std::size_t i = 0; i < text.size(); i++) {
            __atomic_store_n(record_address(region, offset) + i, text[i], __ATOMIC_RELAXED);
        }
        __atomic_store_n(&count, offset + static_cast<uint32_t>(text.size()), __ATOMIC_RELAXED);
        return offset;
    }
    vigia_slot& slot() {
        return *reinterpret_cast<vigia_slot*>(map_ + header_.slots_offset_bytes +
                                              slot_ * header_.slot_size_bytes);
    }
    void publish() {
        const uint64_t generation = live_header().generation + 1;
        __atomic_store_n(&slot().generation, generation, __ATOMIC_RELAXED);
        __atomic_store_n(&slot().sequence, slot().sequence + 1, __ATOMIC_RELEASE);
        __atomic_store_n(&live_header().current_slot, slot_, __ATOMIC_RELEASE);
        __atomic_store_n(&live_header().generation, generation, __ATOMIC_RELEASE);
    }
    void mark_dead() {
        __atomic_store_n(&live_header().state, uint32_t{VIGIA_FILE_DEAD}, __ATOMIC_RELEASE);
    }

private:
    static void check(bool good) {
        if (!good) {
            throw std::system_error(errno, std::generic_category(), "abi_writer");
        }
    }
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
    static void release_fence() {
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
    unsigned char* record_address(unsigned region, uint32_t index) {
        return reinterpret_cast<unsigned char*>(&slot()) + header_.regions[region].offset_bytes +
               uint64_t{index} * header_.regions[region].record_size_bytes;
    }
    static void store(unsigned char* to, const void* from, std::size_t size_bytes) {
        for (std::size_t i = 0; i < size_bytes; i += sizeof(uint64_t)) {
            uint64_t word = 0;
            std::memcpy(&word, static_cast<const unsigned char*>(from) + i, sizeof(word));
            __atomic_store_n(reinterpret_cast<uint64_t*>(to + i), word, __ATOMIC_RELAXED);
        }
    }

    vigia_file_header header_;
    unsigned char* map_ = nullptr;
    uint32_t slot_ = 0;
};

} // namespace vigia::test
