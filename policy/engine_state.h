// SPDX-License-Identifier: MIT
// What the engine keeps between two samples. Only the engine_*.cpp know it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "policy/budget.h"
#include "policy/choice.h"
#include "policy/cooldowns.h"
#include "policy/engine.h"
#include "policy/pursuit.h"
#include "policy/roster.h"

namespace vigia::policy {

struct Engine::State {
    std::shared_ptr<const Plan> plan;
    uint64_t next_id = 1;
    Roster roster;
    Budget budget;
    Cooldowns cooldowns;
    std::vector<std::unique_ptr<Pursuit>> open;
    std::vector<std::unique_ptr<Pursuit>>
        ended;                  // since the last evaluate(): verdicts point at them
    std::vector<Decision> past; // restored finals, until the first sample tells what time it is
    std::vector<Hold> host_holds;
    std::vector<const char*> said; // per rule: the notice in force, or null
    Choice choice;
    uint64_t last_number = 0;
    uint64_t last_boottime_ns = 0;
    int64_t now_ns = 0; // CLOCK_MONOTONIC of the sample

    void adopt(Config config);
    void resume(const Decision& decision);
    void evaluate(const Sample& sample, Verdicts& verdicts);
    // Moves what became final to `ended`, with its cool-down, and lists what changed.
    void settle(Instant now, Verdicts& verdicts);

private:
    // How much time since the sample before was seen; nothing if some of it was not.
    std::optional<uint64_t> seen_ns(const Sample& sample) const;
    void remember_past(Instant now);
    void remember(const Decision& decision, Instant now);
    void cool_down(const Pursuit& pursuit, int64_t at_ns);
    void mark_taken();
    void measure_host(const Sample& sample, std::optional<uint64_t> seen);
    // Nothing is missing from the sample: what it counts is true.
    static bool all_in_sight(const Sample& sample);
    Sight sight_of(const Decision& decision, const Sample& sample);
    void follow_all(const Sample& sample, Verdicts& verdicts);
    void apply(std::size_t rule_number, const Sample& sample, Verdicts& verdicts);
    const char* apply_group(const PlanRule& rule, const PlanGroup& group, const Sample& sample,
                            Verdicts& verdicts);
    const char* choose(const PlanRule& rule, const PlanGroup& group, const Sample& sample,
                       Verdicts& verdicts);
    const char* obstacle();
    void decide(const PlanRule& rule, const PlanGroup& group, std::size_t chosen,
                std::size_t choices, const Sample& sample, Verdicts& verdicts);
    bool rule_is_open(const std::string& name) const;
};

} // namespace vigia::policy
