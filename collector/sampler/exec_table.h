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
    // Finds the containers, which lie in `cgroups` by now. A program in a cgroup that is younger
    // than this snapshot is told with the next one.
    void find_containers(std::span<const CgroupSample> cgroups);

    std::span<const ExecSample> execs() const { return execs_; }

private:
    struct Noted {
        vigia_event_exec exec;
        bool waited = false; // for a snapshot that has its cgroup
    };
    std::vector<Noted> noted_;
    std::vector<Noted> told_; // what execs_ points into
    std::vector<ExecSample> execs_;
};

} // namespace vigia::sampler
