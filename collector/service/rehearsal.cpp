// SPDX-License-Identifier: MIT
#include "collector/service/rehearsal.h"

#include "collector/config/config.h"
#include "collector/sampler/sampler.h"
#include "policy/engine.h"

namespace vigia::service {
namespace {

RehearsedRule* rule_named(Rehearsal& rehearsal, std::string_view name) {
    for (RehearsedRule& rule : rehearsal.rules) {
        if (rule.name == name) {
            return &rule;
        }
    }
    return nullptr;
}

void take_in(const policy::Verdicts& verdicts, Rehearsal& rehearsal,
             const std::function<void(const policy::Decision&)>& told) {
    for (const policy::Decision* decision : verdicts.changed) {
        if (!policy::is_final(decision->phase)) {
            continue; // its end is told
        }
        ++rehearsal.decisions;
        if (RehearsedRule* rule = rule_named(rehearsal, decision->rule)) {
            ++rule->decisions;
        }
        told(*decision);
    }
    for (const policy::Notice& notice : verdicts.notices) {
        if (RehearsedRule* rule = rule_named(rehearsal, notice.rule)) {
            rule->notice = notice.text;
        }
    }
}

} // namespace

Result<policy::Config> load_rules(const std::string& path) {
    auto settings = config::load(path);
    if (!settings) {
        return settings.error();
    }
    return std::move(settings->policy);
}

Rehearsal rehearse(recording::Replay& replay, policy::Config rules,
                   const std::function<void(const policy::Decision&)>& told) {
    Rehearsal rehearsal;
    for (const policy::RuleConfig& rule : rules.rules) {
        rehearsal.rules.push_back({rule.name, rule.actions, 0, {}});
    }
    rules.mode = policy::Mode::dry_run;
    sampler::Sampler sampler(sampler::SamplerConfig{replay.interval_ns(), false, "/proc"});
    sampler.follow(&replay.events());
    policy::Engine engine(std::move(rules), 1);
    policy::Verdicts verdicts;
    while (replay.has_next()) {
        const auto sample = sampler.take(replay, &replay.catalog(), 0);
        if (!sample) {
            continue; // the last ones are damaged, and counted
        }
        if (rehearsal.samples++ == 0) {
            rehearsal.begin_realtime_ns = (*sample)->at.realtime_ns;
        }
        rehearsal.end_realtime_ns = (*sample)->at.realtime_ns;
        engine.evaluate(**sample, verdicts);
        take_in(verdicts, rehearsal, told);
    }
    rehearsal.losses = replay.losses();
    return rehearsal;
}

} // namespace vigia::service
