// SPDX-License-Identifier: MIT
#include "collector/sampler/incident_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <vigia/events_reader.h>

#include "collector/base/limits.h"

namespace vigia::sampler {

template <typename Record>
bool IncidentTable::keep(std::vector<Record>& noted, const Record& record) {
    if (noted.size() >= limits::incidents_per_sample) {
        ++untold_.noted;
        return false;
    }
    noted.push_back(record);
    return true;
}

// Of control groups only what may be a container: the others come and go by the thousand.
void IncidentTable::note(const vigia_event& event) {
    switch (event.kind) {
    case VIGIA_EVENT_OOM_KILL:
        keep(kills_.noted, event);
        break;
    case VIGIA_EVENT_CGROUP_CREATED:
    case VIGIA_EVENT_CGROUP_REMOVED:
        if (may_be_container(vigia_event_as_cgroup(&event))) {
            keep(groups_.noted, event);
        }
        break;
    default:
        break;
    }
}

void IncidentTable::note(const ContainerTurn& turn) {
    keep(turns_.noted, turn);
}

void IncidentTable::commit() {
    kills_.told.swap(kills_.noted);
    kills_.noted.clear();
    groups_.told.swap(groups_.noted);
    groups_.noted.clear();
    turns_.told.swap(turns_.noted);
    turns_.noted.clear();
    untold_.told = std::exchange(untold_.noted, 0);
}

void IncidentTable::add_kill(const vigia_event_oom_kill& event, ContainerTable& containers,
                             std::span<const CgroupSample> cgroups,
                             const ContainerCatalog* catalog) {
    Incident incident;
    incident.kind = IncidentKind::oom_kill;
    incident.realtime_ns = event.time_ns + realtime_ahead_ns_;
    incident.pid = event.pid;
    static_assert(sizeof(incident.comm) == sizeof(event.comm));
    if ((event.valid & VIGIA_EVENT_VALID_NAME) != 0) {
        std::memcpy(incident.comm.data(), event.comm, incident.comm.size());
    }
    if ((event.valid & VIGIA_EVENT_VALID_RSS) != 0) {
        incident.rss_bytes = event.rss_anon_bytes + event.rss_file_bytes + event.rss_shared_bytes;
    }
    if ((event.valid & VIGIA_EVENT_VALID_CGROUP) != 0) {
        incident.container = containers.find(event.cgroup_id, cgroups, catalog);
        incident.cgroup = containers.path_of(event.cgroup_id, cgroups);
    }
    if ((event.valid & VIGIA_EVENT_VALID_TRIGGER) != 0) {
        incident.trigger_pid = event.trigger_pid;
        incident.trigger_cgroup = containers.path_of(event.trigger_cgroup_id, cgroups);
    }
    incidents_.push_back(incident);
}

void IncidentTable::add_group(const vigia_event_cgroup& event, ContainerTable& containers,
                              std::span<const CgroupSample> cgroups,
                              const ContainerCatalog* catalog) {
    Incident incident;
    incident.kind = event.kind == VIGIA_EVENT_CGROUP_CREATED ? IncidentKind::container_created
                                                             : IncidentKind::container_removed;
    incident.realtime_ns = event.time_ns + realtime_ahead_ns_;
    const bool has_id = (event.valid & VIGIA_EVENT_VALID_CGROUP) != 0;
    incident.cgroup = has_id ? containers.path_of(event.cgroup_id, cgroups) : std::string_view();
    if (!incident.cgroup.empty()) {
        if (!containers.is_container(event.cgroup_id, cgroups)) {
            return;
        }
        incident.container = containers.find(event.cgroup_id, cgroups, catalog);
    } else {
        CgroupName& name = nameless_.emplace_back(name_of(whole_path(event, {})));
        if (!name.is_container) {
            nameless_.pop_back();
            return;
        }
        if (catalog != nullptr) {
            CgroupNames::complete(name, *catalog);
        }
        incident.cgroup = name.path;
        incident.container = containers.find(name.runtime, name.id, catalog);
    }
    incidents_.push_back(incident);
}

void IncidentTable::add_turn(const ContainerTurn& turn, ContainerTable& containers,
                             const ContainerCatalog* catalog) {
    Incident incident;
    incident.kind =
        turn.started ? IncidentKind::container_started : IncidentKind::container_stopped;
    incident.realtime_ns = turn.realtime_ns;
    incident.exit_code = turn.exit_code;
    incident.container = containers.find(turn.runtime, turn.id, catalog);
    incidents_.push_back(incident);
}

void IncidentTable::build(ContainerTable& containers, std::span<const CgroupSample> cgroups,
                          const ContainerCatalog* catalog, const Instant& at) {
    incidents_.clear();
    nameless_.clear();
    nameless_.reserve(groups_.told.size()); // their texts are pointed to
    realtime_ahead_ns_ = at.realtime_ns - at.monotonic_ns;
    for (const vigia_event& event : kills_.told) {
        add_kill(vigia_event_as_oom_kill(&event), containers, cgroups, catalog);
    }
    for (const vigia_event& event : groups_.told) {
        add_group(vigia_event_as_cgroup(&event), containers, cgroups, catalog);
    }
    for (const ContainerTurn& turn : turns_.told) {
        add_turn(turn, containers, catalog);
    }
    std::sort(incidents_.begin(), incidents_.end(), [](const Incident& a, const Incident& b) {
        return std::pair(a.realtime_ns, a.kind) < std::pair(b.realtime_ns, b.kind);
    });
}

} // namespace vigia::sampler
