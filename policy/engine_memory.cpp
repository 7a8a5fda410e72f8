// SPDX-License-Identifier: MIT
// What the engine remembers: rules, open decisions of an earlier process, cool-downs, the budget.
#include <algorithm>
#include <utility>

#include "policy/engine_state.h"

namespace vigia::policy {
namespace {

// Of two clocks that tell how old a decision is, the one that says "younger" is believed: the time
// of day may have been set forward, boot time may be of another boot.
int64_t age_ns(const Decision& decision, uint64_t then_realtime_ns, Instant now) {
    const uint64_t after_ns = then_realtime_ns - std::min(decision.realtime_ns, then_realtime_ns);
    const uint64_t then_boottime_ns = decision.boottime_ns + after_ns;
    const uint64_t by_realtime_ns = now.realtime_ns - std::min(then_realtime_ns, now.realtime_ns);
    const uint64_t by_boottime_ns =
        now.boottime_ns >= then_boottime_ns ? now.boottime_ns - then_boottime_ns : by_realtime_ns;
    return static_cast<int64_t>(std::min(by_realtime_ns, by_boottime_ns));
}

} // namespace

void Engine::State::adopt(Config config) {
    plan = std::make_shared<const Plan>(std::move(config));
    roster.reset(*plan);
    host_holds.assign(plan->host_holds, {});
    said.assign(plan->rules.size(), nullptr);
}

void Engine::State::resume(const Decision& decision) {
    const PlanRule* rule = plan->find(decision.rule);
    auto pursuit = std::make_unique<Pursuit>(decision, plan, rule, nullptr);
    if (decision.action_index < decision.actions.size()) {
        pursuit->restored();
        pursuit->take_changed();
    } else {
        pursuit->close(Phase::abandoned, "its record names no action", decision.realtime_ns);
    }
    open.push_back(std::move(pursuit));
    past.push_back(decision); // it has cost budget
}

void Engine::State::remember_past(Instant now) {
    std::sort(past.begin(), past.end(),
              [](const Decision& left, const Decision& right) { return left.id < right.id; });
    for (const Decision& decision : past) {
        remember(decision, now);
    }
    past.clear();
}

void Engine::State::remember(const Decision& decision, Instant now) {
    budget.spend(now_ns - age_ns(decision, decision.realtime_ns, now));
    if (!is_final(decision.phase)) {
        return;
    }
    const uint64_t ended_realtime_ns =
        decision.steps.empty() ? decision.realtime_ns : decision.steps.back().realtime_ns;
    const Pursuit pursuit(decision, plan, plan->find(decision.rule), nullptr);
    cool_down(pursuit, now_ns - age_ns(decision, ended_realtime_ns, now));
}

void Engine::State::cool_down(const Pursuit& pursuit, int64_t at_ns) {
    const Decision& decision = pursuit.decision();
    const RuleConfig rule = pursuit.rule() != nullptr ? pursuit.rule()->config : RuleConfig();
    const int64_t until_ns = at_ns + static_cast<int64_t>(rule.cooldown_ns);
    if (until_ns <= now_ns) {
        return;
    }
    const bool pretend = decision.phase == Phase::dry_run && pursuit.ends_container();
    cooldowns.add({decision.container_id, decision.rule, until_ns, pretend}, now_ns);
    Resident* resident = roster.find(decision.runtime, decision.container_id);
    if (pretend && resident != nullptr) {
        resident->gone_until_ns = std::max(resident->gone_until_ns, until_ns);
    }
    // By the readings, not by the rule: a restored decision may have outlived it.
    const bool host =
        std::any_of(decision.readings.begin(), decision.readings.end(),
                    [](const Reading& reading) { return reading.detector.rfind("host_", 0) == 0; });
    if (host) {
        cooldowns.add({"", decision.rule, until_ns, false}, now_ns);
    }
}

} // namespace vigia::policy
