// SPDX-License-Identifier: MIT
#include "policy/config.h"

#include <algorithm>

#include "collector/base/limits.h"
#include "policy/builtin.h"

namespace vigia::policy {
namespace {

Error wrong(const std::string& where, const std::string& what) {
    return {ErrorKind::usage, where.empty() ? what : where + ": " + what};
}

Status check_detector(const DetectorConfig& detector) {
    if (find_detector(detector.kind) == nullptr) {
        return wrong(detector.where, "there is no detector " + detector.kind);
    }
    if (!(detector.threshold >= 0) || !(detector.clear >= 0)) {
        return wrong(detector.where, detector.kind + ": expected a threshold of 0 or more");
    }
    if (detector.clear > detector.threshold) {
        return wrong(detector.where, "clear: expected at most what " + detector.kind + " says");
    }
    if (detector.kind == "host_storage_above" && detector.mount.empty()) {
        return wrong(detector.where, "host_storage_above: expected a mount beside it");
    }
    return {};
}

Status check_groups(const RuleConfig& rule) {
    std::size_t detectors = 0;
    for (const DetectorGroup& group : rule.any_of) {
        detectors += group.detectors.size();
        if (group.detectors.empty()) {
            return wrong(rule.where, "when: a group without a detector would always hold");
        }
        for (const DetectorConfig& detector : group.detectors) {
            if (Status status = check_detector(detector); !status) {
                return status;
            }
        }
    }
    if (detectors == 0 || detectors > limits::detectors_per_rule) {
        return wrong(rule.where, "when: expected 1 to " +
                                     std::to_string(limits::detectors_per_rule) + " detectors");
    }
    return {};
}

std::size_t position(const std::vector<ActionKind>& actions, ActionKind kind) {
    return static_cast<std::size_t>(std::find(actions.begin(), actions.end(), kind) -
                                    actions.begin());
}

// The order in which actions can follow each other is their order in ActionKind: each is stronger
// than the one before, and none makes sense after a stronger one.
Status check_actions(const RuleConfig& rule) {
    const auto& actions = rule.actions;
    if (actions.empty()) {
        return wrong(rule.where, "actions: expected at least one");
    }
    for (std::size_t index = 1; index < actions.size(); ++index) {
        if (actions[index] <= actions[index - 1]) {
            return wrong(rule.where, "actions: " + std::string(to_string(actions[index])) +
                                         " cannot come after " +
                                         std::string(to_string(actions[index - 1])));
        }
    }
    const bool ends = position(actions, ActionKind::stop) < actions.size() ||
                      position(actions, ActionKind::kill) < actions.size();
    if (actions.back() == ActionKind::remove && !ends) {
        return wrong(rule.where, "actions: remove needs a stop or a kill before it");
    }
    const ActionParameters& limit = rule.parameters;
    const bool limits_nothing =
        limit.memory_bytes == 0 && !(limit.cpu_ratio > 0) && limit.pids == 0;
    if (position(actions, ActionKind::limit) < actions.size() && limits_nothing) {
        return wrong(rule.where, "actions: limit needs one of memory, cpus or pids");
    }
    return {};
}

bool has_class(const Config& config, const std::string& name) {
    return std::any_of(config.classes.begin(), config.classes.end(),
                       [&](const ContainerClass& known) { return known.name == name; });
}

Status check_rule(const Config& config, std::size_t index) {
    const RuleConfig& rule = config.rules[index];
    if (rule.name.empty()) {
        return wrong(rule.where, "name: expected a name for the rule");
    }
    for (std::size_t before = 0; before < index; ++before) {
        if (config.rules[before].name == rule.name) {
            return wrong(rule.where, "name: " + rule.name + " is already the name of the rule at " +
                                         config.rules[before].where);
        }
    }
    if (!rule.container_class.empty() && !has_class(config, rule.container_class)) {
        return wrong(rule.where, "class: there is no [class." + rule.container_class + "]");
    }
    if (find_ranker(rule.ranker) == nullptr) {
        return wrong(rule.where, "rank: there is no ranker " + rule.ranker);
    }
    Status groups = check_groups(rule);
    return groups ? check_actions(rule) : groups;
}

} // namespace

Status validate(const Config& config) {
    if (config.rules.size() > limits::rules_maximum) {
        return wrong("", "expected at most " + std::to_string(limits::rules_maximum) + " rules");
    }
    if (config.classes.size() > limits::classes_maximum) {
        return wrong("",
                     "expected at most " + std::to_string(limits::classes_maximum) + " classes");
    }
    if (config.budget_decisions > limits::budget_maximum || config.budget_window_ns == 0) {
        return wrong("", "budget: expected at most " + std::to_string(limits::budget_maximum) +
                             " decisions in a window above 0s");
    }
    for (std::size_t index = 0; index < config.rules.size(); ++index) {
        if (Status status = check_rule(config, index); !status) {
            return status;
        }
    }
    return {};
}

} // namespace vigia::policy
