// SPDX-License-Identifier: MIT
// The policy as data. collector/config reads it from TOML; policy/builtin.cpp lists what the names
// mean.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/result.h"
#include "policy/decision.h"

namespace vigia::policy {

// Glob patterns; a container matches if any pattern of any list does. All lists empty: matches
// nothing.
struct Selector {
    std::vector<std::string> names;
    std::vector<std::string> images;
    std::vector<std::pair<std::string, std::string>> labels; // key, value glob
};

struct ContainerClass {
    std::string name; // "low", "high"
    Selector selector;
};

// One detector with its arguments, as the configuration has them after units were read.
struct DetectorConfig {
    std::string kind;     // a name in builtin.cpp: "memory_above", "cpu_above", "count_above", ...
    double threshold = 0; // in the detector's unit; holds only above it
    double clear = 0;     // hysteresis: stops holding only below this; equal to threshold: none
    uint64_t for_ns = 0;  // must hold this long without a break
    std::string where;    // file:line, for messages
    bool share = false;   // threshold and clear are ratios of the limit, where the kind allows it
    uint64_t within_ns = 600'000'000'000; // kinds that count events: over this long
    std::string mount;                    // host_storage_above: the mount point
    std::vector<std::string> programs;    // execs_above: globs of file names; empty: every one
};

// Detectors that must all hold at once.
struct DetectorGroup {
    std::vector<DetectorConfig> detectors;
};

struct RuleConfig {
    std::string name;
    std::string container_class;       // empty: all containers
    std::vector<DetectorGroup> any_of; // OR between groups
    std::string ranker; // a name in builtin.cpp: "largest_memory", "most_cpu", "newest", ...
    std::vector<ActionKind> actions;
    ActionParameters parameters;
    // Per container, after a decision of this rule ended; a rule about the host waits as a whole.
    uint64_t cooldown_ns = 60'000'000'000;
    uint64_t verify_ns = 30'000'000'000; // an action's effect must show within this time
    std::string where;                   // file:line, for messages
};

struct Config {
    Mode mode = Mode::dry_run;
    uint32_t budget_decisions = 10;             // at most this many decisions ...
    uint64_t budget_window_ns = 60'000'000'000; // ... within any such window, over all rules
    Selector protect; // beside the built-in ones (Grafana, Vigia itself, vigia.protect=true)
    std::vector<ContainerClass> classes;
    std::vector<RuleConfig> rules; // looked at in this order
};

// Whether an Engine can be made of it: known names, existing classes, a chain that makes sense.
// The message begins with the `where` of what is wrong.
Status validate(const Config& config);

} // namespace vigia::policy
