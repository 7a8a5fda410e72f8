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
    noted_.push_back(vigia_event_as_exec(&event));
}

void ExecTable::commit(bool known) {
    told_.swap(noted_);
    noted_.clear();
    execs_.clear();
    if (!known) {
        told_.clear();
    }
    for (const vigia_event_exec& exec : told_) {
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
    for (std::size_t i = 0; i < execs_.size(); ++i) {
        const uint64_t id = told_[i].cgroup_id;
        const auto at = std::lower_bound(
            cgroups.begin(), cgroups.end(), id,
            [](const CgroupSample& cgroup, uint64_t wanted) { return cgroup.record.id < wanted; });
        const bool found = (told_[i].valid & VIGIA_EVENT_VALID_CGROUP) != 0 &&
                           at != cgroups.end() && at->record.id == id;
        execs_[i].container = found ? at->container : no_container;
    }
}

} // namespace vigia::sampler
