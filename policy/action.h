// SPDX-License-Identifier: MIT
// An action as the engine knows it: how its effect is seen on the host. Doing it is the service's
// work.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/sampler/sample.h"
#include "policy/decision.h"

namespace vigia::policy {

// A container as one sample shows it, and how far its absence can be believed.
struct Sight {
    const ContainerSample* container = nullptr; // null: neither described nor with a cgroup
    bool catalog_complete = false;              // what the engines do not list does not exist
    bool cgroups_complete = false;              // no record was cut: no cgroup in sight means none

    bool absent() const { return container == nullptr && catalog_complete && cgroups_complete; }
    bool runs() const { return container != nullptr && container->running(); }
    bool runs_as(uint64_t cgroup_id) const { return runs() && container->record.id == cgroup_id; }
    const ContainerInfo* info() const { return container != nullptr ? container->info : nullptr; }
};

class Action {
public:
    virtual ~Action() = default;
    virtual ActionKind kind() const = 0;
    // False: nothing is asked of a container engine.
    virtual bool asks_engine() const { return true; }
    // True: the container runs no longer once it worked.
    virtual bool ends_container() const { return false; }
    // Whether the wished state is there. Allocates nothing.
    virtual bool seen(const Sight& sight, const ActionParameters& parameters) const = 0;
    // The state as it is, for a person: "exited", "memory limit 256 MiB", "2 processes left".
    virtual std::string tell(const Sight& sight, const ActionParameters& parameters) const = 0;
};

} // namespace vigia::policy
