// SPDX-License-Identifier: MIT
#include "collector/recording/image.h"

#include <cstring>
#include <string>

#include "collector/base/limits.h"

namespace vigia::recording {
namespace {

struct Part {
    uint32_t kind;
    vigia_view source::Snapshots::*view;
};
constexpr std::array<Part, 4> parts{{{VIGIA_FILE_INFO, &source::Snapshots::info},
                                     {VIGIA_FILE_SYSTEM, &source::Snapshots::system},
                                     {VIGIA_FILE_PROCESSES, &source::Snapshots::processes},
                                     {VIGIA_FILE_CGROUPS, &source::Snapshots::cgroups}}};

// The header of a file that has room for the records of `view` and no more.
vigia_file_header compact_header(const vigia_view& view) {
    vigia_file_header header = view.file->header;
    header.header_size_bytes = sizeof(vigia_file_header);
    header.slots_offset_bytes = sizeof(vigia_file_header);
    header.slot_header_size_bytes = sizeof(vigia_slot);
    uint64_t end = sizeof(vigia_slot);
    for (unsigned i = 0; i < VIGIA_REGION_COUNT; i++) {
        vigia_region& region = header.regions[i];
        if (region.record_size_bytes != 0) {
            region.offset_bytes = end;
            region.record_capacity = view.count[i];
            end += padded(uint64_t{region.record_size_bytes} * view.count[i]);
        }
    }
    header.slot_size_bytes = end;
    header.total_size_bytes = header.slots_offset_bytes + VIGIA_SLOT_COUNT * end; // one is kept
    header.state = VIGIA_FILE_LIVE;
    header.current_slot = 0;
    header.generation = 0; // the slot has it
    std::memset(header.reserved, 0, sizeof(header.reserved));
    return header;
}

// Slots and regions end at a multiple of 8, so that whole words can be copied.
void copy_slot(const vigia_view& view, const vigia_file_header& header, unsigned char* to) {
    vigia_slot slot;
    vigia_copy(&slot, view.slot, sizeof(slot));
    slot.sequence = 2; // written once
    std::memcpy(slot.record_count, view.count, sizeof(slot.record_count));
    std::memcpy(to, &slot, sizeof(slot));
    for (unsigned i = 0; i < VIGIA_REGION_COUNT; i++) {
        const vigia_region& region = header.regions[i];
        const uint64_t size_bytes = uint64_t{region.record_size_bytes} * region.record_capacity;
        if (size_bytes > 0) {
            vigia_copy(to + region.offset_bytes, vigia_record(&view, i, 0), padded(size_bytes));
            std::memset(to + region.offset_bytes + size_bytes, 0, padded(size_bytes) - size_bytes);
        }
    }
}

uint64_t kept_bytes(const vigia_file_header& header) {
    return header.slots_offset_bytes + header.slot_size_bytes;
}

Error damaged(const std::string& what) {
    return {ErrorKind::damaged, "a sample of the recording is damaged: " + what};
}

Error rejected(const char* reason) {
    const std::string message = std::string("a file in the recording ") + reason;
    if (std::string_view(reason) == VIGIA_ERROR_NEWER) {
        return {ErrorKind::newer, message};
    }
    return {std::string_view(reason) == VIGIA_ERROR_OLDER ? ErrorKind::failed : ErrorKind::damaged,
            message};
}

} // namespace

Status make_image(const source::Snapshots& snapshots, Bytes& image) {
    std::array<vigia_file_header, parts.size()> headers;
    uint64_t total_bytes = 0;
    for (std::size_t i = 0; i < parts.size(); i++) {
        headers[i] = compact_header(snapshots.*parts[i].view);
        total_bytes += sizeof(SectionHeader) + kept_bytes(headers[i]);
    }
    if (total_bytes > limits::recording_content_bytes) {
        return Error(ErrorKind::failed, "the snapshots are too large to be recorded");
    }
    image.resize(total_bytes);
    unsigned char* at = image.data();
    for (std::size_t i = 0; i < parts.size(); i++) {
        const SectionHeader section{parts[i].kind, 0, kept_bytes(headers[i])};
        std::memcpy(at, &section, sizeof(section));
        std::memcpy(at + sizeof(section), &headers[i], sizeof(headers[i]));
        copy_slot(snapshots.*parts[i].view, headers[i],
                  at + sizeof(section) + headers[i].slots_offset_bytes);
        at += sizeof(section) + section.size_bytes;
    }
    return {};
}

void change_host(Bytes& image, const std::function<void(vigia_system& record)>& use) {
    for (std::size_t at = 0; at < image.size();) {
        SectionHeader section{};
        std::memcpy(&section, image.data() + at, sizeof(section));
        at += sizeof(section);
        if (section.file_kind == VIGIA_FILE_SYSTEM) {
            vigia_file_header header{};
            std::memcpy(&header, image.data() + at, sizeof(header));
            const vigia_region& region = header.regions[VIGIA_SYSTEM_REGION];
            if (region.record_capacity == 1 && region.record_size_bytes >= sizeof(vigia_system)) {
                unsigned char* place =
                    image.data() + at + header.slots_offset_bytes + region.offset_bytes;
                vigia_system record{};
                std::memcpy(&record, place, sizeof(record));
                use(record);
                std::memcpy(place, &record, sizeof(record));
            }
        }
        at += section.size_bytes;
    }
}

Status Image::open_section(uint32_t kind, const unsigned char* bytes, uint64_t size_bytes) {
    for (std::size_t i = 0; i < parts.size(); i++) {
        if (parts[i].kind != kind) {
            continue;
        }
        if (files_[i].map != nullptr || size_bytes < sizeof(vigia_file_header)) {
            return damaged("a file is there twice, or cut");
        }
        vigia_file& file = files_[i];
        std::memcpy(&file.header, bytes, sizeof(file.header));
        const char* reason = vigia_check_identity(&file.header, kind);
        if (reason == nullptr) {
            reason = vigia_check_layout(&file.header, file.header.total_size_bytes);
        }
        if (reason != nullptr) {
            return rejected(reason);
        }
        if (file.header.slots_offset_bytes > size_bytes ||
            file.header.slot_size_bytes > size_bytes - file.header.slots_offset_bytes) {
            return damaged("a file is cut");
        }
        file.map = bytes;
        file.size_bytes = size_bytes;
        vigia_view& view = snapshots_.*parts[i].view;
        if (vigia_enter_slot(&file, 0, &view) == 0 || view.sequence == 0) {
            return damaged("a file was never filled");
        }
        view.retries = 0;
    }
    return {}; // a kind that came later is not missed
}

Status Image::open(const Bytes& content) {
    files_ = {};
    snapshots_ = {};
    std::size_t at = 0;
    while (at < content.size()) {
        SectionHeader section{};
        if (content.size() - at < sizeof(section)) {
            return damaged("a section is cut");
        }
        std::memcpy(&section, content.data() + at, sizeof(section));
        at += sizeof(section);
        if (section.size_bytes > content.size() - at || section.size_bytes % 8 != 0) {
            return damaged("a section is cut");
        }
        if (Status status =
                open_section(section.file_kind, content.data() + at, section.size_bytes);
            !status) {
            return status;
        }
        at += section.size_bytes;
    }
    for (const vigia_file& file : files_) {
        if (file.map == nullptr) {
            return damaged("a file is missing");
        }
    }
    snapshots_.writer_instance = files_[2].header.writer_instance;
    snapshots_.writer = VIGIA_WRITER_RECORDING;
    return {};
}

} // namespace vigia::recording
