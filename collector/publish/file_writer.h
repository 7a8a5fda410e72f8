// SPDX-License-Identifier: MIT
// Writes one mappable file of the ABI: its header once, then snapshots into its three slots by the
// protocol of <vigia/file.h>. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/interprocess/mapped_region.hpp>

#include <vigia/file.h>

#include "collector/base/clock.h"
#include "collector/base/result.h"
#include "collector/publish/directory.h"

namespace vigia::publish {

// The regions of a file: strides and how many records fit.
struct FileLayout {
    vigia_file_kind kind = VIGIA_FILE_INFO;
    std::array<uint32_t, VIGIA_REGION_COUNT> record_size_bytes{};
    std::array<uint32_t, VIGIA_REGION_COUNT> record_capacity{};
};

class FileWriter {
public:
    // Makes <directory>/<name>. `directory` must outlive the writer.
    static Result<FileWriter> create(const Directory& directory, std::string name,
                                     const FileLayout& layout, uint64_t writer_instance);
    // Marks the file dead and removes it.
    ~FileWriter();
    FileWriter(FileWriter&& other) noexcept;
    FileWriter& operator=(FileWriter&&) = delete;

    // Makes room for `count` records per region. If they don't fit, a new and larger file is begun;
    // with its first snapshot it takes the name, and the old one, which readers may still map, is
    // marked dead: no reader ever finds an empty file. Never shrinks.
    Status reserve(const std::array<uint32_t, VIGIA_REGION_COUNT>& count);

    // A snapshot is written between begin() and publish(): no reader looks at this slot meanwhile.
    void begin(const Instant& walk_begin);
    template <typename Record>
    Record* records(unsigned region) {
        return reinterpret_cast<Record*>(region_begin(region));
    }
    vigia_slot& slot() { return *slot_; }
    uint32_t capacity(unsigned region) const { return layout_.record_capacity[region]; }
    Status publish(uint64_t end_monotonic_ns);

    uint64_t generation() const { return generation_; }

private:
    using Region = boost::interprocess::mapped_region;
    FileWriter(const Directory& directory, std::string name, FileLayout layout, uint64_t instance)
        : directory_(&directory), name_(std::move(name)), layout_(layout), instance_(instance) {}
    Status make_file();
    Status commit();
    static void mark_dead(Region& map);
    unsigned char* region_begin(unsigned region);
    vigia_file_header& header() { return *static_cast<vigia_file_header*>(map_.get_address()); }

    const Directory* directory_;
    std::string name_;
    FileLayout layout_;
    uint64_t instance_;
    uint64_t layout_generation_ = 0;
    uint64_t generation_ = 0;
    Region map_;
    Region replaced_map_; // while a larger file waits for its first snapshot
    bool committed_ = false;
    vigia_slot* slot_ = nullptr;
    uint32_t next_slot_ = 0;
};

} // namespace vigia::publish
