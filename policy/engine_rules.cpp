// SPDX-License-Identifier: MIT
// Which rules hold on a sample, and whom they take.
#include <algorithm>
#include <utility>

#include "collector/base/limits.h"
#include "policy/engine_state.h"
#include "policy/story.h"

namespace vigia::policy {
namespace {

constexpr char text_incomplete[] =
    "containers are not counted while the engine's list is incomplete or records did not fit";
constexpr char text_budget[] = "the budget of decisions is spent";
constexpr char text_open[] = "too many decisions are open";
constexpr char text_hopeless[] = "it holds, but only for containers that are protected, stopped by "
                                 "a person, or not described by any engine";

} // namespace

void Engine::State::measure_host(const Sample& sample, std::optional<uint64_t> seen) {
    for (const PlanRule& rule : plan->rules) {
        for (const PlanGroup& group : rule.groups) {
            for (const PlanDetector& planned : group.detectors) {
                if (planned.of_container()) {
                    continue;
                }
                Subject subject{sample, nullptr, {}, {}};
                if (planned.detector->scope() == Scope::selection && all_in_sight(sample)) {
                    subject.running = count_running(roster, planned.container_class, now_ns);
                }
                host_holds[planned.hold].advance(planned.detector->measure(subject),
                                                 planned.config.threshold, planned.config.clear,
                                                 seen);
            }
        }
    }
}

bool Engine::State::rule_is_open(const std::string& name) const {
    return std::any_of(open.begin(), open.end(),
                       [&](const auto& pursuit) { return pursuit->decision().rule == name; });
}

void Engine::State::apply(std::size_t rule_number, const Sample& sample, Verdicts& verdicts) {
    const PlanRule& rule = plan->rules[rule_number];
    const char* text = nullptr;
    for (const PlanGroup& group : rule.groups) {
        const char* found = apply_group(rule, group, sample, verdicts);
        text = found != nullptr ? found : text;
    }
    if (text != nullptr && text != said[rule_number]) {
        verdicts.notices.push_back({rule.config.name, text});
    }
    said[rule_number] = text;
}

const char* Engine::State::apply_group(const PlanRule& rule, const PlanGroup& group,
                                       const Sample& sample, Verdicts& verdicts) {
    if (needs_count(group) && !all_in_sight(sample)) {
        return text_incomplete;
    }
    if (!frame_holds(group, host_holds)) {
        return nullptr;
    }
    const bool waits = about_host(group) && (rule_is_open(rule.config.name) ||
                                             cooldowns.until("", rule.config.name, now_ns) != 0);
    return waits ? nullptr : choose(rule, group, sample, verdicts);
}

const char* Engine::State::choose(const PlanRule& rule, const PlanGroup& group,
                                  const Sample& sample, Verdicts& verdicts) {
    choice.rank(rule, group, sample, roster, cooldowns, now_ns);
    const std::size_t choices = std::min(allowance(group, roster, now_ns), choice.eligible());
    for (std::size_t chosen = 0; chosen < choices; ++chosen) {
        if (const char* text = obstacle()) {
            return text;
        }
        decide(rule, group, chosen, choices, sample, verdicts);
    }
    return choice.hopeless() ? text_hopeless : nullptr;
}

const char* Engine::State::obstacle() {
    if (!budget.allows(now_ns, plan->config.budget_decisions, plan->config.budget_window_ns)) {
        return text_budget;
    }
    return open.size() >= limits::decisions_open_maximum ? text_open : nullptr;
}

void Engine::State::decide(const PlanRule& rule, const PlanGroup& group, std::size_t chosen,
                           std::size_t choices, const Sample& sample, Verdicts& verdicts) {
    Decision decision = tell(rule, group, *plan, choice, chosen, choices, host_holds, sample);
    decision.id = next_id++;
    budget.spend(now_ns);
    open.push_back(std::make_unique<Pursuit>(std::move(decision), plan, &rule, &group));
    Pursuit& pursuit = *open.back();
    if (plan->config.mode == Mode::dry_run) {
        pursuit.close(Phase::dry_run, "nothing was asked: dry run", sample.at.realtime_ns);
    } else {
        pursuit.follow(
            {sample, *plan, sight_of(pursuit.decision(), sample), roster, verdicts.requests});
    }
    settle(sample.at, verdicts);
    mark_taken();
}

} // namespace vigia::policy
