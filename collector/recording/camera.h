// SPDX-License-Identifier: MIT
// Takes what is to be recorded from a source and a catalog: each snapshot once.
#pragma once

#include <functional>
#include <utility>

#include "collector/base/container.h"
#include "collector/base/result.h"
#include "collector/recording/writer.h"
#include "collector/source/event_source.h"
#include "collector/source/source.h"

namespace vigia::recording {

// Fills what the kernel's writer cannot know of the host, as the sampler has it filled: on replay
// there is no /proc of then to ask.
using CompleteHost = std::function<void(vigia_system& record)>;

// One thread. Allocates only while contents grow.
class Camera {
public:
    // `memory_age_ns`: how old the file `memory` may be, which nobody else may have asked for.
    explicit Camera(uint64_t memory_age_ns, CompleteHost complete_host = {})
        : memory_age_ns_(memory_age_ns), complete_host_(std::move(complete_host)) {}

    // Copies the newest snapshots, the memory's where the source has it, the events since the last
    // time, and the catalog if it has changed, into `content`; false: the snapshots are those of
    // the last time. Asks for no refresh but the memory's. Errors: those of source::read().
    // `events`, which may be null, is read to its end: it has to be the camera's own.
    Result<bool> take(source::Source& source, const ContainerCatalog* catalog,
                      source::EventSource* events, Content& content);
    // The last content was lost: the next one tells the catalog again.
    void forget_catalog() { catalog_.clear(); }

private:
    void add_memory(source::Source& source, Bytes& image) const;
    void add_events(source::EventSource& events, Bytes& image);

    uint64_t memory_age_ns_;
    CompleteHost complete_host_;
    Instant last_; // of the processes
    uint64_t last_writer_ = 0;
    uint64_t missing_events_ = 0; // as recorded so far
    Bytes catalog_;               // as told last
};

} // namespace vigia::recording
