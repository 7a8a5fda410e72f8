// SPDX-License-Identifier: MIT
#include "collector/publish/file_writer.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>

namespace vigia::publish {
namespace {

namespace ipc = boost::interprocess;

constexpr uint64_t slot_alignment_bytes = 64;

constexpr uint64_t aligned(uint64_t size) {
    return (size + slot_alignment_bytes - 1) / slot_alignment_bytes * slot_alignment_bytes;
}

// The constant fields. The regions follow each other behind the slot's header.
vigia_file_header make_header(const FileLayout& layout) {
    vigia_file_header header{};
    header.magic = VIGIA_FILE_MAGIC;
    header.endian_tag = VIGIA_ENDIAN_TAG;
    header.file_kind = layout.kind;
    header.abi_version = VIGIA_ABI_VERSION;
    header.abi_compatible = VIGIA_ABI_COMPATIBLE;
    header.header_size_bytes = sizeof(vigia_file_header);
    header.writer_kind = VIGIA_WRITER_PUBLISHER;
    header.slot_count = VIGIA_SLOT_COUNT;
    header.slot_header_size_bytes = sizeof(vigia_slot);
    header.slots_offset_bytes = aligned(sizeof(vigia_file_header));
    uint64_t slot_size_bytes = aligned(sizeof(vigia_slot));
    for (unsigned i = 0; i < VIGIA_REGION_COUNT; ++i) {
        if (layout.record_size_bytes[i] != 0) {
            header.regions[i] = {slot_size_bytes, layout.record_size_bytes[i],
                                 layout.record_capacity[i]};
            slot_size_bytes +=
                aligned(uint64_t{layout.record_size_bytes[i]} * layout.record_capacity[i]);
        }
    }
    header.slot_size_bytes = slot_size_bytes;
    header.total_size_bytes = header.slots_offset_bytes + VIGIA_SLOT_COUNT * slot_size_bytes;
    header.state = VIGIA_FILE_LIVE;
    header.current_slot = VIGIA_NO_SLOT;
    return header;
}

// Pairs with the reader's acquire fence before its second load of sequence. ThreadSanitizer cannot
// see fences, and g++ says so; what it would check here is between processes anyway.
void release_fence() {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
    __atomic_thread_fence(__ATOMIC_RELEASE);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

uint32_t grown(uint32_t capacity, uint32_t needed) {
    const uint64_t half_more = uint64_t{needed} + needed / 2;
    return needed <= capacity ? capacity
                              : static_cast<uint32_t>(std::min<uint64_t>(half_more, UINT32_MAX));
}

} // namespace

Result<FileWriter> FileWriter::create(const Directory& directory, std::string name,
                                      const FileLayout& layout, uint64_t writer_instance) {
    FileWriter writer(directory, std::move(name), layout, writer_instance);
    if (Status made = writer.make_file(); !made) {
        return made.error();
    }
    if (Status committed = writer.commit(); !committed) {
        return committed.error();
    }
    return writer;
}

// Boost's mapped_region swaps on move: the source has to end up empty, or its end would remove the
// file.
FileWriter::FileWriter(FileWriter&& other) noexcept
    : directory_(other.directory_), name_(std::move(other.name_)), layout_(other.layout_),
      instance_(other.instance_), layout_generation_(other.layout_generation_),
      generation_(other.generation_), slot_(other.slot_), next_slot_(other.next_slot_) {
    map_.swap(other.map_);
    replaced_map_.swap(other.replaced_map_);
    committed_ = other.committed_;
}

FileWriter::~FileWriter() {
    if (map_.get_address() != nullptr) {
        mark_dead(map_);
        mark_dead(replaced_map_);
        directory_->remove_file(name_);
    }
}

Status FileWriter::make_file() {
    vigia_file_header header = make_header(layout_);
    header.writer_instance = instance_;
    header.layout_generation = layout_generation_ + 1;
    const Result<std::string> path = directory_->create_file(name_, header.total_size_bytes);
    if (!path) {
        return path.error();
    }
    try {
        Region map(ipc::file_mapping(path->c_str(), ipc::read_write), ipc::read_write, 0,
                   header.total_size_bytes);
        std::memcpy(map.get_address(), &header, sizeof(header));
        map_.swap(map);
        if (committed_) {
            replaced_map_.swap(map);
        }
    } catch (const ipc::interprocess_exception& failure) {
        return system_error("map " + *path, failure.get_native_error());
    }
    committed_ = false;
    ++layout_generation_;
    next_slot_ = 0;
    return {};
}

Status FileWriter::commit() {
    if (committed_) {
        return {};
    }
    Status renamed = directory_->commit_file(name_);
    if (renamed) {
        committed_ = true;
        mark_dead(replaced_map_); // after the rename: readers find the new file under its name
        Region().swap(replaced_map_);
    }
    return renamed;
}

void FileWriter::mark_dead(Region& map) {
    if (map.get_address() != nullptr) {
        auto& header = *static_cast<vigia_file_header*>(map.get_address());
        std::atomic_ref(header.state).store(VIGIA_FILE_DEAD, std::memory_order_release);
    }
}

Status FileWriter::reserve(const std::array<uint32_t, VIGIA_REGION_COUNT>& count) {
    FileLayout larger = layout_;
    for (unsigned i = 0; i < VIGIA_REGION_COUNT; ++i) {
        if (larger.record_size_bytes[i] != 0) {
            larger.record_capacity[i] = grown(layout_.record_capacity[i], count[i]);
        }
    }
    if (larger.record_capacity == layout_.record_capacity) {
        return {};
    }
    std::swap(larger, layout_);
    Status made = make_file();
    if (!made) {
        layout_ = larger; // the old file lives on; the snapshot says what did not fit
    }
    return made;
}

void FileWriter::begin(const Instant& walk_begin) {
    auto* slots = static_cast<unsigned char*>(map_.get_address()) + header().slots_offset_bytes;
    slot_ = reinterpret_cast<vigia_slot*>(slots + next_slot_ * header().slot_size_bytes);
    const uint64_t sequence = slot_->sequence;
    std::atomic_ref(slot_->sequence).store(sequence + 1, std::memory_order_relaxed);
    release_fence();
    slot_->generation = ++generation_;
    slot_->begin_monotonic_ns = walk_begin.monotonic_ns;
    slot_->begin_boottime_ns = walk_begin.boottime_ns;
    slot_->begin_realtime_ns = walk_begin.realtime_ns;
    slot_->vanished_count = 0;
    slot_->unreadable_count = 0;
    for (unsigned i = 0; i < VIGIA_REGION_COUNT; ++i) {
        slot_->record_count[i] = 0;
        slot_->truncated_count[i] = 0;
    }
}

Status FileWriter::publish(uint64_t end_monotonic_ns) {
    slot_->end_monotonic_ns = end_monotonic_ns;
    // pairs with the reader's acquire load of sequence
    std::atomic_ref(slot_->sequence).store(slot_->sequence + 1, std::memory_order_release);
    // pairs with the reader's acquire load of current_slot
    std::atomic_ref(header().current_slot).store(next_slot_, std::memory_order_release);
    std::atomic_ref(header().generation).store(generation_, std::memory_order_release);
    next_slot_ = (next_slot_ + 1) % VIGIA_SLOT_COUNT;
    return commit();
}

unsigned char* FileWriter::region_begin(unsigned region) {
    return reinterpret_cast<unsigned char*>(slot_) + header().regions[region].offset_bytes;
}

} // namespace vigia::publish
