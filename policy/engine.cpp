// SPDX-License-Identifier: MIT
#include "policy/engine.h"

#include <algorithm>
#include <utility>

#include "policy/engine_state.h"

namespace vigia::policy {

Engine::Engine(Config config, uint64_t next_decision_id) : state_(std::make_unique<State>()) {
    state_->next_id = std::max<uint64_t>(next_decision_id, 1);
    state_->adopt(std::move(config));
}

Engine::~Engine() = default;

void Engine::restore(const std::vector<Decision>& recent) {
    for (const Decision& decision : recent) {
        state_->next_id = std::max(state_->next_id, decision.id + 1);
        if (is_final(decision.phase)) {
            state_->past.push_back(decision);
        } else {
            state_->resume(decision);
        }
    }
}

void Engine::evaluate(const Sample& sample, Verdicts& verdicts) {
    verdicts.clear();
    state_->evaluate(sample, verdicts);
}

void Engine::report(const ActionReport& report, Instant now, Verdicts& verdicts) {
    for (auto& pursuit : state_->open) {
        if (pursuit->decision().id == report.decision_id && pursuit->answer(report, now)) {
            state_->settle(now, verdicts);
            return;
        }
    }
}

void Engine::reconfigure(Config config) {
    state_->adopt(std::move(config));
}

std::size_t Engine::open_decisions() const {
    return state_->open.size();
}

bool Engine::is_urgent(const vigia_event& event) const {
    return event.kind < 64 && (state_->plan->events & VIGIA_EVENTS_FEATURE(event.kind)) != 0;
}

const Config& Engine::config() const {
    return state_->plan->config;
}

} // namespace vigia::policy
