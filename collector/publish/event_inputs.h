// SPDX-License-Identifier: MIT
// All that events come from, opened as far as this process may.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "collector/publish/cgroup_watch.h"
#include "collector/publish/event_sources.h"
#include "collector/publish/events_publisher.h"
#include "collector/publish/oom_log.h"

namespace vigia::publish {

struct EventInputs {
    std::unique_ptr<ProcessConnector> connector;
    std::unique_ptr<TaskStatistics> statistics;
    std::unique_ptr<CgroupWatch> cgroups;
    std::optional<OomLog> log;
    std::vector<EventOrigin> origins;

    // Which kinds of events come: VIGIA_EVENTS_FEATURE bits.
    uint64_t features() const;
};

EventInputs open_event_inputs(const EventsConfig& config);

} // namespace vigia::publish
