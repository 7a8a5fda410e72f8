// SPDX-License-Identifier: MIT
// A configuration made ready: names resolved, every detector numbered, so that a tick looks nothing
// up. Immutable; open decisions keep the plan they were made under.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "policy/config.h"
#include "policy/detector.h"
#include "policy/ranker.h"

namespace vigia::policy {

// Class number of rules without a class: every container.
constexpr std::size_t every_class = SIZE_MAX;

struct PlanDetector {
    DetectorConfig config;
    std::unique_ptr<Detector> detector;
    std::size_t container_class = every_class; // of its rule
    std::size_t hold = 0; // number among those of its kind: per container, or of the host
    std::size_t rise = 0; // number among the windowed ones

    bool of_container() const { return detector->scope() == Scope::container; }
};

struct PlanGroup {
    std::vector<PlanDetector> detectors;
};

struct PlanRule {
    RuleConfig config;
    const Ranker* ranker = nullptr;
    std::size_t container_class = every_class;
    std::vector<PlanGroup> groups;
};

struct Plan {
    // `config` is valid.
    explicit Plan(Config config);

    Config config;
    std::vector<PlanRule> rules;
    std::size_t container_holds = 0; // per container
    std::size_t container_rises = 0; // per container
    std::size_t host_holds = 0;      // of selections and the host
    uint64_t events = 0;             // as Detector::events(), of all of them

    // Null: no such rule any more.
    const PlanRule* find(const std::string& rule_name) const;
};

} // namespace vigia::policy
