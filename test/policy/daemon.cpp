// SPDX-License-Identifier: MIT
#include "test/policy/daemon.h"

#include <utility>

namespace vigia::test {

Daemon::Daemon(policy::Config rules, uint64_t next_id)
    : config(rules), engine(std::make_unique<policy::Engine>(std::move(rules), next_id)) {}

void Daemon::tick(uint64_t interval_ns) {
    engine->evaluate(world.tick(interval_ns), verdicts);
    decided_.clear();
    for (const policy::Decision* decision : verdicts.changed) {
        if (recorded_.count(decision->id) == 0) {
            decided_ += (decided_.empty() ? "" : ", ") + decision->container_name;
        }
    }
    record(verdicts);
    if (!verdicts.requests.empty()) {
        last_request_ = verdicts.requests.back();
    }
}

void Daemon::record(const policy::Verdicts& made) {
    for (const policy::Decision* decision : made.changed) {
        recorded_[decision->id] = *decision;
    }
}

void Daemon::answer(policy::Answer answer, int http_status, const std::string& text) {
    policy::Verdicts made;
    engine->report({last_request_.decision_id, last_request_.kind, answer, http_status, text},
                   world.clock.now(), made);
    record(made);
}

void Daemon::reconfigure(policy::Config rules) {
    config = rules;
    engine->reconfigure(std::move(rules));
}

void Daemon::restart() {
    std::vector<policy::Decision> recent;
    for (const auto& [id, decision] : recorded_) {
        recent.push_back(decision);
    }
    engine = std::make_unique<policy::Engine>(config, 1);
    engine->restore(recent);
}

std::string Daemon::asked() const {
    std::string text;
    for (const policy::ActionRequest& request : verdicts.requests) {
        text += (text.empty() ? "" : ", ") + std::string(to_string(request.kind)) + " " +
                recorded_.at(request.decision_id).container_name;
    }
    return text;
}

} // namespace vigia::test
