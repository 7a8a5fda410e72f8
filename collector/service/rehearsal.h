// SPDX-License-Identifier: MIT
// What rules would have done: the policy over a recording, in dry run, without a clock, a store or
// an engine. The same recording and the same rules give the same decisions, always.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "collector/recording/replay.h"
#include "policy/config.h"
#include "policy/decision.h"

namespace vigia::service {

struct RehearsedRule {
    std::string name;
    std::vector<policy::ActionKind> actions;
    uint64_t decisions = 0;
    std::string notice; // why it last did nothing although it held; empty: never so
};

struct Rehearsal {
    uint64_t samples = 0;
    uint64_t begin_realtime_ns = 0; // of the first sample
    uint64_t end_realtime_ns = 0;   // of the last
    uint64_t decisions = 0;
    std::vector<RehearsedRule> rules; // in the order of the configuration
    recording::Losses losses;
};

// The rules of a configuration, read as the daemon does with --config. Errors: usage (with file and
// line), not_found.
Result<policy::Config> load_rules(const std::string& path);

// Goes through `replay` from where it stands; `told` hears of every decision when it is final.
Rehearsal rehearse(recording::Replay& replay, policy::Config rules,
                   const std::function<void(const policy::Decision&)>& told);

} // namespace vigia::service
