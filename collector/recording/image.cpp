// SPDX-License-Identifier: MIT
#include "collector/recording/image.h"

#include <cstring>
#include <string>

#include "collector/base/limits.h"

namespace vigia::recording {
namespace {

// In the order of Image's files; all but the last must be there.
constexpr std::array<uint32_t, 5> kinds{VIGIA_FILE_INFO, VIGIA_FILE_SYSTEM, VIGIA_FILE_PROCESSES,
                                        VIGIA_FILE_CGROUPS, VIGIA_FILE_MEMORY};
constexpr std::size_t processes_part = 2;
constexpr std::size_t memory_part = 4;

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

Status append_file(uint32_t kind, const vigia_view& view, Bytes& image) {
    const vigia_file_header header = compact_header(view);
    const SectionHeader section{kind, 0, kept_bytes(header)};
    const std::size_t at = image.size();
    if (section.size_bytes > limits::recording_content_bytes - sizeof(section) ||
        at > limits::recording_content_bytes - sizeof(section) - section.size_bytes) {
        return Error(ErrorKind::failed, "the snapshots are too large to be recorded");
    }
    image.resize(at + sizeof(section) + section.size_bytes);
    unsigned char* to = image.data() + at;
    std::memcpy(to, &section, sizeof(section));
    std::memcpy(to + sizeof(section), &header, sizeof(header));
    copy_slot(view, header, to + sizeof(section) + header.slots_offset_bytes);
    return {};
}

} // namespace

Status make_image(const source::Snapshots& snapshots, Bytes& image) {
    image.clear();
    const std::array<const vigia_view*, memory_part> views{
        &snapshots.info, &snapshots.system, &snapshots.processes, &snapshots.cgroups};
    for (std::size_t part = 0; part < views.size(); part++) {
        if (Status appended = append_file(kinds[part], *views[part], image); !appended) {
            return appended;
        }
    }
    return {};
}

Status append_memory(const vigia_view& memory, Bytes& image) {
    return append_file(VIGIA_FILE_MEMORY, memory, image);
}

void append_events(source::EventSource& events, uint64_t& missing, Bytes& image) {
    const std::size_t at = image.size();
    SectionHeader section{VIGIA_FILE_EVENTS, 0, sizeof(EventsHeader)};
    EventsHeader header{sizeof(vigia_event), 0, 0, 0, 0};
    image.resize(at + sizeof(section) + sizeof(header));
    while (header.record_count < limits::recording_events) {
        const std::size_t end = image.size();
        if (end + sizeof(vigia_event) > limits::recording_content_bytes) {
            break; // the next sample's
        }
        const vigia_event* event = events.next();
        if (event == nullptr) {
            break;
        }
        image.resize(end + sizeof(*event));
        std::memcpy(image.data() + end, event, sizeof(*event));
        header.record_count++;
    }
    for (unsigned kind = VIGIA_EVENT_FORK; kind <= VIGIA_EVENT_SENSOR_UNLOADED; kind++) {
        header.features |=
            events.reports(static_cast<vigia_event_kind>(kind)) ? VIGIA_EVENTS_FEATURE(kind) : 0;
    }
    header.missing_count = events.counters().missing() - missing;
    missing += header.missing_count;
    if (header.features == 0 && header.record_count == 0 && header.missing_count == 0) {
        image.resize(at);
        return;
    }
    section.size_bytes += header.record_count * sizeof(vigia_event);
    std::memcpy(image.data() + at, &section, sizeof(section));
    std::memcpy(image.data() + at + sizeof(section), &header, sizeof(header));
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

vigia_view& Image::view_of(std::size_t part) {
    const std::array<vigia_view*, kinds.size()> views{
        &snapshots_.info, &snapshots_.system, &snapshots_.processes, &snapshots_.cgroups, &memory_};
    return *views[part];
}

const vigia_view* Image::memory() const {
    return files_[memory_part].map != nullptr ? &memory_ : nullptr;
}

Status Image::open_events(const unsigned char* bytes, uint64_t size_bytes) {
    EventsHeader header{};
    if (events_.records != nullptr || size_bytes < sizeof(header)) {
        return damaged("the events are there twice, or cut");
    }
    std::memcpy(&header, bytes, sizeof(header));
    if (header.record_size_bytes < sizeof(vigia_event) || header.record_size_bytes % 8 != 0 ||
        header.record_count > (size_bytes - sizeof(header)) / header.record_size_bytes) {
        return damaged("the events do not fit their section");
    }
    events_ = {bytes + sizeof(header), header};
    return {};
}

Status Image::open_section(uint32_t kind, const unsigned char* bytes, uint64_t size_bytes) {
    if (kind == VIGIA_FILE_EVENTS) {
        return open_events(bytes, size_bytes);
    }
    for (std::size_t i = 0; i < kinds.size(); i++) {
        if (kinds[i] != kind) {
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
        vigia_view& view = view_of(i);
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
    memory_ = {};
    events_ = {};
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
    for (std::size_t part = 0; part < memory_part; part++) {
        if (files_[part].map == nullptr) {
            return damaged("a file is missing");
        }
    }
    snapshots_.writer_instance = files_[processes_part].header.writer_instance;
    snapshots_.writer = VIGIA_WRITER_RECORDING;
    return {};
}

} // namespace vigia::recording
