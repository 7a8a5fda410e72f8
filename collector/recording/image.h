// SPDX-License-Identifier: MIT
// The mapped files of one moment as the content of a sample chunk, and back. Each file is kept as
// a compact file of the ABI: its header, and one slot that is as large as its records need.
#pragma once

#include <array>
#include <functional>

#include <vigia/reader.h>

#include "collector/base/result.h"
#include "collector/recording/format.h"
#include "collector/source/event_source.h"
#include "collector/source/source.h"

namespace vigia::recording {

// Copies what the views show; believe it only if they are still valid afterwards. Allocates only
// while `image` grows. Errors: failed (larger than limits::recording_content_bytes).
Status make_image(const source::Snapshots& snapshots, Bytes& image);

// Adds the file `memory` to an image that make_image() made; as there, believe it only if the view
// is still valid afterwards.
Status append_memory(const vigia_view& memory, Bytes& image);

// Takes what `events` has, as far as limits::recording_events and the largest content allow, and
// adds it to an image; without a writer nothing. `missing`: of counters(), as of the image before;
// becomes that of this one.
void append_events(source::EventSource& events, uint64_t& missing, Bytes& image);

// Shows `use` a copy of the host's record in an image that make_image() made, and keeps what it
// does to it.
void change_host(Bytes& image, const std::function<void(vigia_system& record)>& use);

// The events of a sample, in place. `records` is null if none were recorded.
struct RecordedEvents {
    const unsigned char* records = nullptr;
    EventsHeader header{};
};

// An image in use: its records stay where they are. Not movable: views point into it.
class Image {
public:
    Image() = default;
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    // Checks the whole image, which must outlive the views. Errors: damaged, newer, failed (older).
    Status open(const Bytes& content);
    // Of the image opened last.
    const source::Snapshots& snapshots() const { return snapshots_; }
    const vigia_view* memory() const; // null: there is none in this image
    const RecordedEvents& events() const { return events_; }

private:
    Status open_section(uint32_t kind, const unsigned char* bytes, uint64_t size_bytes);

    Status open_events(const unsigned char* bytes, uint64_t size_bytes);
    vigia_view& view_of(std::size_t part);

    std::array<vigia_file, 5> files_{}; // info, system, processes, cgroups, memory
    source::Snapshots snapshots_{};
    vigia_view memory_{};
    RecordedEvents events_;
};

} // namespace vigia::recording
