// SPDX-License-Identifier: MIT
#include "collector/recording/camera.h"

#include "collector/recording/catalog.h"
#include "collector/recording/image.h"

namespace vigia::recording {

Result<bool> Camera::take(source::Source& source, const ContainerCatalog* catalog,
                          source::EventSource* events, Content& content) {
    Status made;
    uint64_t writer = 0;
    vigia_writer_kind kind = VIGIA_WRITER_PUBLISHER;
    const Status read = source::read(source, [&](const source::Snapshots& snapshots) {
        made = make_image(snapshots, content.sample);
        const vigia_slot& slot = *snapshots.processes.slot;
        content.at = {slot.begin_monotonic_ns, slot.begin_boottime_ns, slot.begin_realtime_ns};
        content.process_count = snapshots.processes.count[VIGIA_PROCESSES_REGION];
        writer = snapshots.writer_instance;
        kind = snapshots.writer;
    });
    if (!read) {
        return read.error();
    }
    if (!made) {
        return made.error();
    }
    if (writer == last_writer_ && content.at.monotonic_ns == last_.monotonic_ns) {
        return false;
    }
    if (complete_host_ && kind == VIGIA_WRITER_KERNEL) {
        change_host(content.sample, complete_host_);
    }
    add_memory(source, content.sample);
    if (events != nullptr) {
        add_events(*events, content.sample);
    }
    last_ = content.at;
    last_writer_ = writer;
    encode_catalog(catalog, content.catalog);
    content.has_catalog = content.catalog != catalog_;
    if (content.has_catalog) {
        catalog_ = content.catalog;
    }
    return true;
}

// A sample without it is a sample all the same.
void Camera::add_memory(source::Source& source, Bytes& image) const {
    const std::size_t size = image.size();
    Status appended;
    const Status read = source::read_memory(source, memory_age_ns_, [&](const vigia_view& memory) {
        image.resize(size); // an attempt that was lapped
        appended = append_memory(memory, image);
    });
    if (!read || !appended) {
        image.resize(size);
    }
}

// What does not fit this sample is left for the next one.
void Camera::add_events(source::EventSource& events, Bytes& image) {
    append_events(events, missing_events_, image);
}

} // namespace vigia::recording
