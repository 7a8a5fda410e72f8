// SPDX-License-Identifier: MIT
#include "collector/sampler/exec_table.h"

#include <algorithm>

#include <vigia/events_reader.h>

#include "collector/base/limits.h"

namespace vigia::sampler {

void ExecTable::note(const vigia_event& event) {
    if (event.kind != VIGIA_EVENT_EXEC || noted_.size() >= limits::execs_per_sample) {
        return;
    }
    noted_.push_back({vigia_event_as_exec(&event)});
}

void ExecTable::commit(bool known) {
    told_.swap(noted_);
    noted_.clear();
    execs_.clear();
    if (!known) {
        told_.clear();
    }
    for (const auto& [exec, waited] : told_) {
        const bool named = (exec.valid & VIGIA_EVENT_VALID_NAME) != 0;
        const std::size_t size =
            named ? vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name)) : 0;
        execs_.push_back({exec.time_ns, exec.pid, no_container, {exec.file_name, size}});
    }
}

void ExecTable::forget() {
    noted_.clear();
    commit(false);
}

void ExecTable::find_containers(std::span<const CgroupSample> cgroups) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < execs_.size(); ++i) {
        const auto& [exec, waited] = told_[i];
        const auto at = std::lower_bound(
            cgroups.begin(), cgroups.end(), exec.cgroup_id,
            [](const CgroupSample& cgroup, uint64_t id) { return cgroup.record.id < id; });
        const bool has_cgroup = (exec.valid & VIGIA_EVENT_VALID_CGROUP) != 0;
        const bool found = has_cgroup && at != cgroups.end() && at->record.id == exec.cgroup_id;
        if (has_cgroup && !found && !waited) {
            noted_.push_back({exec, true});
            continue;
        }
        execs_[i].container = found ? at->container : no_container;
        told_[kept] = told_[i];
        execs_[kept] = execs_[i];
        execs_[kept].file_name = {told_[kept].exec.file_name, execs_[i].file_name.size()};
        ++kept;
    }
    told_.resize(kept);
    execs_.resize(kept);
}

} // namespace vigia::sampler
