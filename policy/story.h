// SPDX-License-Identifier: MIT
// A decision as a record: the readings, the ranking, the reason in one sentence.
#pragma once

#include <string>
#include <vector>

#include "policy/choice.h"
#include "policy/decision.h"

namespace vigia::policy {

// "612 MiB", "12.3 %", "40 MiB/s", "7".
std::string format_value(double value, std::string_view unit);

// Everything that is known at the moment of a decision but its id and what becomes of it.
// `chosen`: the number in choice.ranked() that the decision is about; those before it, and behind
// it up to `choices`, are chosen at the same moment by decisions of their own.
Decision tell(const PlanRule& rule, const PlanGroup& group, const Plan& plan, const Choice& choice,
              std::size_t chosen, std::size_t choices, const std::vector<Hold>& host_holds,
              const Sample& sample);

// The decision's readings measured anew: "memory 88 MiB, line 512 MiB". Empty if nothing of it can
// be measured any more. `running` as count_running() of the rule's class.
std::string tell_signal(const PlanGroup& group, const Sample& sample,
                        const ContainerSample* container, std::optional<std::size_t> running);

} // namespace vigia::policy
