// SPDX-License-Identifier: MIT
// Which container a control group belongs to, also when it came and went between two samples: from
// the snapshots, and from the events that tell of a group's coming.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <vigia/events.h>

#include "collector/base/container.h"
#include "collector/sampler/container_path.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// Bytes of a path or an id that no event had room for are '?'.
struct CgroupName {
    std::string path;
    Runtime runtime = Runtime::unknown; // of the container that it is or lies in; unknown: none
    std::string id;                     // of that container
    bool is_container = false;          // it is the container's own, not one inside it
};

// The path of the group that an event tells of, as far as that can be known: the event has the end
// of a long one. `parent_path` is empty if it is unknown.
std::string whole_path(const vigia_event_cgroup& event, std::string_view parent_path);

// Whether the group itself can be a container, by what the event alone tells.
bool may_be_container(const vigia_event_cgroup& event);

// As container_of(), for a path whose beginning is unknown.
CgroupName name_of(std::string path);

// One thread. Remembers the latest limits::cgroup_names groups; allocates for new ones only.
class CgroupNames {
public:
    void note(const vigia_event& event);
    // Takes in what was noted; names that find() gave before are no longer valid. `cgroups` is this
    // snapshot's, sorted by id.
    void commit(std::span<const CgroupSample> cgroups);
    // A container's group that is in the snapshot.
    void see(const CgroupSample& cgroup, const ContainerPath& container);
    // Null: nobody told of it, or long ago.
    const CgroupName* find(uint64_t cgroup_id) const;
    // ... with its id completed by what the engines have told. `catalog` may be null.
    const CgroupName* find(uint64_t cgroup_id, const ContainerCatalog* catalog);
    static void complete(CgroupName& name, const ContainerCatalog& catalog);

private:
    CgroupName& add(uint64_t cgroup_id);

    std::vector<vigia_event_cgroup> noted_;
    std::unordered_map<uint64_t, CgroupName> names_;
    std::deque<uint64_t> order_; // of their coming
};

} // namespace vigia::sampler
