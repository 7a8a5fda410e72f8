// SPDX-License-Identifier: MIT
#include "collector/publish/event_inputs.h"

#include <fcntl.h>

#include <vigia/events.h>

#include "collector/publish/text_reader.h"

namespace vigia::publish {
namespace {

void open_processes(const EventsConfig& config, EventInputs& inputs) {
    EventOrigin lives{"fork, exec and exit", "process connector", false, {}};
    EventOrigin usage{"what the dead had used", "taskstats", false, {}};
    if (config.with_processes) {
        inputs.connector = ProcessConnector::open(config.connector_buffer_bytes, lives.absence);
        inputs.statistics = TaskStatistics::open(config.taskstats_buffer_bytes, usage.absence);
    }
    lives.there = inputs.connector != nullptr;
    usage.there = inputs.statistics != nullptr;
    if (usage.there && !inputs.statistics->has_runtime()) {
        usage.absence = {"this kernel keeps no run time",
                         "boot with delayacct (CONFIG_TASK_DELAY_ACCT)"};
    } else if (usage.there && !inputs.statistics->has_memory()) {
        usage.absence = {"this kernel keeps no peak RSS and I/O",
                         "use a kernel with CONFIG_TASK_XACCT"};
    }
    inputs.origins.push_back(std::move(lives));
    inputs.origins.push_back(std::move(usage));
}

void open_rest(const EventsConfig& config, EventInputs& inputs) {
    EventOrigin cgroups{"control groups", "inotify", false, {}};
    EventOrigin kills{"OOM kills", "kernel log", false, {}};
    inputs.log = OomLog::open(config.log_path.c_str(), kills.absence);
    inputs.cgroups = CgroupWatch::open(config.mounts, !inputs.log.has_value(),
                                       config.cgroup_watches, cgroups.absence);
    cgroups.there = inputs.cgroups != nullptr;
    kills.there = inputs.log.has_value();
    if (!kills.there && cgroups.there && inputs.cgroups->has_oom()) {
        kills = {"OOM kills (without the victim)", "cgroup counts", true, kills.absence};
    }
    inputs.origins.push_back(std::move(cgroups));
    inputs.origins.push_back(std::move(kills));
}

} // namespace

EventInputs open_event_inputs(const EventsConfig& config) {
    EventInputs inputs;
    open_processes(config, inputs);
    open_rest(config, inputs);
    return inputs;
}

uint64_t EventInputs::features() const {
    // Whether anything is told at all: it rests while nobody reads.
    uint64_t features = VIGIA_EVENTS_FEATURE(VIGIA_EVENT_SENSOR_LOADED) |
                        VIGIA_EVENTS_FEATURE(VIGIA_EVENT_SENSOR_UNLOADED);
    if (connector) {
        features |= VIGIA_EVENTS_FEATURE(VIGIA_EVENT_FORK) |
                    VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXEC) | VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT);
    } else if (statistics && statistics->tells_end()) {
        features |= VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT);
    }
    if (cgroups) {
        features |= VIGIA_EVENTS_FEATURE(VIGIA_EVENT_CGROUP_CREATED) |
                    VIGIA_EVENTS_FEATURE(VIGIA_EVENT_CGROUP_REMOVED);
    }
    if (log || (cgroups && cgroups->has_oom())) {
        features |= VIGIA_EVENTS_FEATURE(VIGIA_EVENT_OOM_KILL);
    }
    return features;
}

std::vector<EventOrigin> examine_event_origins() {
    EventsConfig config;
    TextReader reader;
    const Text mounts = reader.read_at(AT_FDCWD, "/proc/self/mountinfo");
    config.mounts = parse_cgroup_mounts(mounts.text);
    return open_event_inputs(config).origins;
}

} // namespace vigia::publish
