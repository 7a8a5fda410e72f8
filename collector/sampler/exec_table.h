// SPDX-License-Identifier: MIT
// The programs that processes began to run between two samples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <vigia/events.h>

#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Capacity is kept.
class ExecTable {
public:
    // Keeps limits::execs_per_sample of them between two samples; no rule needs more to hold.
    void note(const vigia_event& event);
    // Makes execs() of what was noted since the last commit; nothing if `known` is false.
    void commit(bool known);
    void forget();
    // Finds the containers, which lie in `cgroups` by now.
    void find_containers(std::span<const CgroupSample> cgroups);

    std::span<const ExecSample> execs() const { return execs_; }

private:
    std::vector<vigia_event_exec> noted_;
    std::vector<vigia_event_exec> told_; // what execs_ points into
    std::vector<ExecSample> execs_;
};

} // namespace vigia::sampler
