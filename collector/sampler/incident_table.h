// SPDX-License-Identifier: MIT
// What befell containers and processes between two samples: OOM kills, and containers that came,
// went, started and stopped.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <vigia/events.h>

#include "collector/base/container.h"
#include "collector/sampler/container_table.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Capacity is kept.
class IncidentTable {
public:
    // Keep limits::incidents_per_sample of each kind between two samples, and count the rest.
    void note(const vigia_event& event);
    void note(const ContainerTurn& turn);
    // What was noted belongs to this sample.
    void commit();
    // Finds whom it was about; containers that are gone are added to `containers`. `at` is the
    // sample's moment.
    void build(ContainerTable& containers, std::span<const CgroupSample> cgroups,
               const ContainerCatalog* catalog, const Instant& at);

    std::span<const Incident> incidents() const { return incidents_; }
    uint64_t untold_count() const { return untold_.told; }

private:
    template <typename Record>
    struct Turns {
        Record noted{}; // since the last commit
        Record told{};  // of this sample
    };
    template <typename Record>
    bool keep(std::vector<Record>& noted, const Record& record);
    void add_kill(const vigia_event_oom_kill& event, ContainerTable& containers,
                  std::span<const CgroupSample> cgroups, const ContainerCatalog* catalog);
    void add_group(const vigia_event_cgroup& event, ContainerTable& containers,
                   std::span<const CgroupSample> cgroups, const ContainerCatalog* catalog);
    void add_turn(const ContainerTurn& turn, ContainerTable& containers,
                  const ContainerCatalog* catalog);

    Turns<std::vector<vigia_event>> kills_;
    Turns<std::vector<vigia_event>> groups_;
    Turns<std::vector<ContainerTurn>> turns_;
    Turns<uint64_t> untold_;
    std::vector<Incident> incidents_;
    std::vector<CgroupName> nameless_; // of groups that were gone before they had an id
    uint64_t realtime_ahead_ns_ = 0;   // of CLOCK_MONOTONIC; modulo 2^64
};

} // namespace vigia::sampler
