// SPDX-License-Identifier: MIT
#include "policy/plan.h"

#include <cstdlib>

#include "policy/builtin.h"

namespace vigia::policy {
namespace {

std::size_t class_number(const Config& config, const std::string& name) {
    for (std::size_t index = 0; index < config.classes.size(); ++index) {
        if (config.classes[index].name == name) {
            return index;
        }
    }
    return every_class;
}

PlanDetector make_detector(Plan& plan, const DetectorConfig& config, std::size_t container_class) {
    const DetectorKind* kind = find_detector(config.kind);
    if (kind == nullptr) {
        std::abort(); // validate() comes first
    }
    PlanDetector made{config, kind->make(config), container_class, 0, 0};
    made.hold = made.of_container() ? plan.container_holds++ : plan.host_holds++;
    plan.events |= made.detector->events();
    if (made.detector->windowed()) {
        made.rise = plan.container_rises++;
    }
    return made;
}

PlanRule make_rule(Plan& plan, const RuleConfig& config) {
    const RankerKind* ranker = find_ranker(config.ranker);
    if (ranker == nullptr) {
        std::abort(); // validate() comes first
    }
    PlanRule rule{config, &ranker->get(), class_number(plan.config, config.container_class), {}};
    for (const DetectorGroup& group : config.any_of) {
        PlanGroup& made = rule.groups.emplace_back();
        for (const DetectorConfig& detector : group.detectors) {
            made.detectors.push_back(make_detector(plan, detector, rule.container_class));
        }
    }
    return rule;
}

} // namespace

Plan::Plan(Config made_of) : config(std::move(made_of)) {
    rules.reserve(config.rules.size());
    for (const RuleConfig& rule : config.rules) {
        rules.push_back(make_rule(*this, rule));
    }
}

const PlanRule* Plan::find(const std::string& rule_name) const {
    for (const PlanRule& rule : rules) {
        if (rule.config.name == rule_name) {
            return &rule;
        }
    }
    return nullptr;
}

} // namespace vigia::policy
