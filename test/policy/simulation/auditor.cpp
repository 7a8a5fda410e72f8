// SPDX-License-Identifier: MIT
#include "test/policy/simulation/auditor.h"

#include <algorithm>
#include <utility>

#include "collector/base/limits.h"

namespace vigia::test {
namespace {

using namespace vigia::policy;

const ContainerSample* find(const Sample& sample, const std::string& id) {
    for (const ContainerSample& container : sample.containers) {
        if (container.id == id) {
            return &container;
        }
    }
    return nullptr;
}

bool begins(const std::string& text, const std::string& prefix) {
    return text.rfind(prefix, 0) == 0;
}

// The simulation's protected ones, told apart without the engine's selectors: "keep-*" stands for
// what configurations protect.
bool must_live(const Config& config, const ContainerInfo& info) {
    const std::string* label = info.label("vigia.protect");
    const bool configured = !config.protect.names.empty() && begins(info.name, "keep-");
    return begins(info.name, "grafana") || begins(info.name, "vigia") || configured ||
           (label != nullptr && *label == "true");
}

bool in_class(const std::string& container_class, const ContainerInfo& info) {
    return container_class.empty() || begins(info.name, container_class + "-");
}

const RuleConfig* find_rule(const Config& config, const std::string& name) {
    for (const RuleConfig& rule : config.rules) {
        if (rule.name == name) {
            return &rule;
        }
    }
    return nullptr;
}

bool ends(const Decision& decision) {
    return std::any_of(decision.actions.begin(), decision.actions.end(),
                       [](ActionKind kind) { return kind >= ActionKind::stop; });
}

bool effect_is_there(const Sample& sample, const ContainerSample* container, bool runs,
                     ActionKind action, const ActionParameters& parameters) {
    switch (action) {
    case ActionKind::warn:
        return true;
    case ActionKind::limit:
        return runs && container->record.memory_limit_bytes <= parameters.memory_bytes &&
               container->record.task_limit == parameters.pids;
    case ActionKind::pause:
        return container != nullptr && container->info != nullptr &&
               container->info->state == ContainerState::paused;
    case ActionKind::stop:
    case ActionKind::kill:
        return !runs && (sample.truncated_records == 0 ||
                         (container != nullptr && container->info != nullptr &&
                          container->info->state == ContainerState::exited));
    case ActionKind::remove:
        return container == nullptr && sample.containers_complete && sample.truncated_records == 0;
    }
    return false;
}

bool is_count(const Decision& decision) {
    return decision.readings.size() == 1 && decision.readings[0].detector == "count_above";
}

} // namespace

void Auditor::violate(const std::string& promise, const Decision& decision) {
    if (violation_.empty()) {
        violation_ = promise + ": decision " + std::to_string(decision.id) + " of rule " +
                     decision.rule + " on " + decision.container_name + " [" + steps_of(decision) +
                     "]";
    }
}

const Decision* Auditor::recorded(uint64_t id) const {
    const auto at = database_.find(id);
    return at == database_.end() ? nullptr : &at->second;
}

void Auditor::follow_memory(const Sample& sample) {
    const bool seen =
        sample.gap == Gap::none && sample.number == last_number_ + 1 &&
        sample.at.boottime_ns - last_boottime_ns_ <= sample.interval_ns + ns_per_second;
    last_number_ = sample.number;
    last_boottime_ns_ = sample.at.boottime_ns;
    std::map<std::string, Held> now;
    for (const ContainerSample& container : sample.containers) {
        if (!container.running() || container.memory_bytes <= memory_line_bytes) {
            continue;
        }
        const auto before = held_.find(std::string(container.id));
        const bool goes_on =
            seen && before != held_.end() && before->second.cgroup_id == container.record.id;
        now[std::string(container.id)] = {
            container.record.id, goes_on ? before->second.held_ns + sample.interval_ns : 0};
    }
    held_ = std::move(now);
}

void Auditor::check_evaluation(const Sample& sample, const Config& config,
                               const Verdicts& verdicts) {
    follow_memory(sample);
    uint64_t highest = database_.empty() ? 0 : database_.rbegin()->first;
    for (const Decision* decision : verdicts.changed) {
        check_steps(*decision);
        check_effects(sample, *decision);
        if (recorded(decision->id) == nullptr) {
            if (decision->id <= highest) {
                violate("ids only grow", *decision);
            }
            highest = decision->id;
            check_new(sample, config, *decision);
        }
    }
    check_one_each(verdicts);
    check_budget(config, verdicts, sample.at.boottime_ns);
    check_counts(sample, config, verdicts);
    for (const ActionRequest& request : verdicts.requests) {
        check_request(sample, config, request, verdicts);
    }
}

void Auditor::check_report(const Sample&, const Verdicts& verdicts) {
    for (const Decision* decision : verdicts.changed) {
        check_steps(*decision);
        if (recorded(decision->id) == nullptr) {
            violate("a report makes no new decision", *decision);
        }
        if (!verdicts.requests.empty()) {
            violate("a report asks for nothing: identity can only be seen on a sample", *decision);
        }
    }
}

void Auditor::check_victim(const Sample& sample, const Config& config, const Decision& decision) {
    const ContainerSample* container = find(sample, decision.container_id);
    if (container == nullptr || container->info == nullptr) {
        violate("nothing unknown is acted on", decision);
        return;
    }
    if (must_live(config, *container->info)) {
        violate("nothing protected is acted on", decision);
    }
    if (container->info->stopped_by_person) {
        violate("nothing that a person stopped is acted on", decision);
    }
    if (container->running() && container->record.id != decision.cgroup_id) {
        violate("only the very same life of a container is acted on", decision);
    }
}

void Auditor::check_new(const Sample& sample, const Config& config, const Decision& decision) {
    check_victim(sample, config, decision);
    check_cooldown(config, decision);
    const bool dry = config.mode == Mode::dry_run;
    if (decision.mode != config.mode || (decision.phase == Phase::dry_run) != dry) {
        violate("decisions are in the mode of the configuration", decision);
    }
    if (is_count(decision) && (!sample.containers_complete || sample.truncated_records != 0)) {
        violate("nothing is counted while the list is incomplete", decision);
    }
    constexpr uint64_t seen_at_least_ns =
        memory_line_for_ns - std::min(memory_line_for_ns / 20, limits::hold_jitter_ns);
    if (decision.rule == "memory" && held_[decision.container_id].held_ns < seen_at_least_ns) {
        violate("a duration is of time that was seen", decision);
    }
}

// Of what is open in the database or by these verdicts, no two are about the same container.
void Auditor::check_one_each(const Verdicts& verdicts) {
    std::map<uint64_t, const Decision*> open;
    for (const uint64_t id : open_) {
        open[id] = &database_.at(id);
    }
    for (const Decision* decision : verdicts.changed) {
        open[decision->id] = decision;
    }
    std::set<std::string> containers;
    for (const auto& [id, decision] : open) {
        if (!is_final(decision->phase) && !containers.insert(decision->container_id).second) {
            violate("one open decision per container", *decision);
        }
    }
}

void Auditor::check_cooldown(const Config& config, const Decision& decision) {
    const RuleConfig* rule = find_rule(config, decision.rule);
    for (const auto& [id, ended_ns] : ended_boottime_ns_) {
        const Decision& other = database_.at(id);
        const bool same =
            other.rule == decision.rule && other.container_id == decision.container_id;
        if (same && decision.boottime_ns - ended_ns < rule->cooldown_ns) {
            violate("a container is left alone while it cools down (from decision " +
                        std::to_string(id) + ", " + std::string(to_string(other.phase)) + " " +
                        std::to_string(decision.boottime_ns - ended_ns) + " ns before)",
                    decision);
        }
    }
}

void Auditor::check_budget(const Config& config, const Verdicts& verdicts, uint64_t boottime_ns) {
    std::size_t spent = 0;
    for (const auto& [id, begun_ns] : begun_boottime_ns_) {
        spent += boottime_ns - begun_ns < config.budget_window_ns ? 1 : 0;
    }
    for (const Decision* decision : verdicts.changed) {
        if (recorded(decision->id) == nullptr && ++spent > config.budget_decisions) {
            violate("never more decisions than the budget", *decision);
        }
    }
}

// Whoever counts must leave as many as are allowed, whatever later rules take on the same sample.
void Auditor::check_counts(const Sample& sample, const Config& config, const Verdicts& verdicts) {
    for (const Decision* decision : verdicts.changed) {
        if (recorded(decision->id) != nullptr || !is_count(*decision)) {
            continue;
        }
        const RuleConfig& rule = *find_rule(config, decision->rule);
        std::size_t left = 0;
        for (const ContainerSample& container : sample.containers) {
            const bool counted = container.running() && container.info != nullptr &&
                                 !must_live(config, *container.info) &&
                                 in_class(rule.container_class, *container.info);
            const auto leaves = [&](const Decision& one) {
                return one.container_id == container.id && one.id <= decision->id &&
                       (one.id == decision->id || (ends(one) && !is_final(one.phase)));
            };
            bool leaving = std::any_of(verdicts.changed.begin(), verdicts.changed.end(),
                                       [&](const Decision* one) { return leaves(*one); });
            for (const uint64_t id : open_) {
                const Decision& one = database_.at(id);
                const bool told_anew = std::any_of(
                    verdicts.changed.begin(), verdicts.changed.end(),
                    [&, number = id](const Decision* changed) { return changed->id == number; });
                leaving = leaving || (!told_anew && leaves(one));
            }
            left += counted && !leaving ? 1 : 0;
        }
        if (static_cast<double>(left) < decision->readings[0].threshold) {
            violate("counting takes only those above the count", *decision);
        }
    }
}

void Auditor::check_request(const Sample& sample, const Config& config,
                            const ActionRequest& request, const Verdicts& verdicts) {
    const auto at =
        std::find_if(verdicts.changed.begin(), verdicts.changed.end(),
                     [&](const Decision* decision) { return decision->id == request.decision_id; });
    if (at == verdicts.changed.end()) {
        violate("nothing is asked for that was not recorded", Decision());
        return;
    }
    const Decision& decision = **at;
    check_victim(sample, config, decision);
    if (config.mode == Mode::dry_run || decision.mode == Mode::dry_run) {
        violate("dry run never asks for anything", decision);
    }
    if (decision.phase != Phase::requested || decision.action() != request.kind ||
        decision.container_id != request.container_id) {
        violate("a request is what the record says", decision);
    }
    const ContainerSample* container = find(sample, request.container_id);
    if (request.kind == ActionKind::remove && container != nullptr && container->running()) {
        violate("nothing that runs is removed", decision);
    }
}

// Steps only grow, nothing follows a final one, no action is asked for twice, and each waits for
// the one before.
void Auditor::check_steps(const Decision& decision) {
    const Decision* before = recorded(decision.id);
    if (before != nullptr && is_final(before->phase)) {
        violate("a final decision stays as it is", decision);
    }
    if (before != nullptr && decision.steps.size() <= before->steps.size()) {
        violate("a changed decision has taken a step", decision);
    }
    std::size_t action = 0; // that is due
    bool asked = false;
    bool worked = false;
    for (const Step& step : decision.steps) {
        while (action < decision.actions.size() && decision.actions[action] != step.action) {
            const bool passed_over = decision.actions[action] == ActionKind::kill && action > 0 &&
                                     decision.actions[action - 1] == ActionKind::stop && worked &&
                                     !asked;
            if (!passed_over) {
                violate("actions follow each other in the order of the chain", decision);
                return;
            }
            ++action;
        }
        if (step.action == ActionKind::kill && worked) {
            violate("a kill behind a stop that worked is passed over", decision);
        }
        if (step.phase == Phase::requested && std::exchange(asked, true)) {
            violate("no action is asked for twice", decision);
        }
        const bool fallback = step.phase == Phase::failed && action + 1 < decision.actions.size() &&
                              step.action == ActionKind::stop &&
                              decision.actions[action + 1] == ActionKind::kill;
        if (step.phase == Phase::verified || fallback) {
            ++action;
            asked = false;
            worked = !fallback && step.action == ActionKind::stop;
        } else if (is_final(step.phase) && &step != &decision.steps.back()) {
            violate("the next action waits for the one before", decision);
        }
    }
}

// What was just verified is there on this very sample.
void Auditor::check_effects(const Sample& sample, const Decision& decision) {
    const Decision* before = recorded(decision.id);
    const ContainerSample* container = find(sample, decision.container_id);
    const bool runs = container != nullptr && container->running();
    for (std::size_t at = before == nullptr ? 0 : before->steps.size(); at < decision.steps.size();
         ++at) {
        const Step& step = decision.steps[at];
        if (step.phase == Phase::verified &&
            !effect_is_there(sample, container, runs, step.action, decision.parameters)) {
            violate("verified is what the sample shows", decision);
        }
    }
}

void Auditor::record(const Verdicts& verdicts, uint64_t boottime_ns) {
    constexpr uint64_t while_ns = 600 * ns_per_second; // longer than any window or cool-down
    const auto is_old = [&](const auto& entry) { return boottime_ns - entry.second > while_ns; };
    std::erase_if(begun_boottime_ns_, is_old);
    std::erase_if(ended_boottime_ns_, is_old);
    for (const Decision* decision : verdicts.changed) {
        if (recorded(decision->id) == nullptr) {
            begun_boottime_ns_[decision->id] = boottime_ns;
        }
        database_[decision->id] = *decision;
        open_.insert(decision->id);
        if (is_final(decision->phase)) {
            open_.erase(decision->id);
            ended_boottime_ns_[decision->id] = boottime_ns;
        }
    }
}

std::vector<Decision> Auditor::recent() const {
    std::set<uint64_t> ids = open_;
    for (const auto* times : {&begun_boottime_ns_, &ended_boottime_ns_}) {
        for (const auto& [id, boottime_ns] : *times) {
            ids.insert(id);
        }
    }
    std::vector<Decision> decisions;
    for (const uint64_t id : ids) {
        decisions.push_back(database_.at(id));
    }
    return decisions;
}

void Auditor::check_end() {
    for (const auto& [id, decision] : database_) {
        if (!is_final(decision.phase)) {
            violate("every decision becomes final", decision);
        }
    }
}

std::size_t Auditor::count(Phase phase) const {
    return static_cast<std::size_t>(
        std::count_if(database_.begin(), database_.end(),
                      [&](const auto& entry) { return entry.second.phase == phase; }));
}

std::size_t Auditor::fallbacks() const {
    return static_cast<std::size_t>(
        std::count_if(database_.begin(), database_.end(), [](const auto& entry) {
            const auto& steps = entry.second.steps;
            return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
                return step.action == ActionKind::kill && step.phase == Phase::requested;
            });
        }));
}

} // namespace vigia::test
