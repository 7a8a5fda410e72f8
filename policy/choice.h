// SPDX-License-Identifier: MIT
// Who is looked at when a rule holds, in which order, and why some are out of the question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/cooldowns.h"
#include "policy/plan.h"
#include "policy/roster.h"

namespace vigia::policy {

// In the order in which they are looked at; the first that applies is told.
enum class Exclusion : uint8_t {
    none,
    undescribed, // no engine has described it: it is never acted on
    is_protected,
    person_stopped, // somebody stopped it on purpose
    ended,          // it does not run, and nothing will start it again
    taken,          // another decision is open
    cooling_down,
    already_so, // all that the rule would do is done
};

struct Ranked {
    const Resident* resident = nullptr;
    double score = 0;
    Exclusion exclusion = Exclusion::none;
    int64_t until_ns = 0; // of the cool-down
};

// What one group of one rule looks at. Buffers are kept from tick to tick.
class Choice {
public:
    // The containers of the rule's class for which all container detectors of `group` are ripe,
    // best first, the excluded behind.
    void rank(const PlanRule& rule, const PlanGroup& group, const Sample& sample, Roster& roster,
              const Cooldowns& cooldowns, int64_t now_ns);
    const std::vector<Ranked>& ranked() const { return ranked_; }
    std::size_t eligible() const { return eligible_; }
    // Somebody is there, but nobody of them will ever be acted on.
    bool hopeless() const;

private:
    std::vector<Ranked> ranked_;
    std::size_t eligible_ = 0;
};

// True if all detectors of the group that are about the selection or the host are ripe.
bool frame_holds(const PlanGroup& group, const std::vector<Hold>& host_holds);
// How many containers the group may take now: all for which it holds, those above the count, or one
// because of the host.
std::size_t allowance(const PlanGroup& group, Roster& roster, int64_t now_ns);
bool about_host(const PlanGroup& group);
bool needs_count(const PlanGroup& group);
std::size_t count_running(Roster& roster, std::size_t container_class, int64_t now_ns);

} // namespace vigia::policy
