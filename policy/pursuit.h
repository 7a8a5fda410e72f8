// SPDX-License-Identifier: MIT
// An open decision on its way: requested, answered, verified, next action, until it is final.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/action.h"
#include "policy/engine.h"
#include "policy/plan.h"
#include "policy/roster.h"

namespace vigia::policy {

// Where a pursuit takes a step: one sample, under the rules of now.
struct Scene {
    const Sample& sample;
    const Plan& plan;  // of now: its mode and protection rule, whatever the decision's plan
    const Sight sight; // of the decision's container
    Roster& roster;    // of the sample
    std::vector<ActionRequest>& requests;
};

class Pursuit {
public:
    // `rule` and `group` belong to `plan`. Null for a restored decision whose rule is gone, whose
    // group is not known.
    Pursuit(Decision decision, std::shared_ptr<const Plan> plan, const PlanRule* rule,
            const PlanGroup* group);

    // A decision of an earlier process: no answer will come any more.
    void restored() { orphaned_ = decision_.phase == Phase::requested; }
    // Takes every step that the scene allows.
    void follow(const Scene& scene);
    // False: not what this decision waits for.
    bool answer(const ActionReport& report, Instant now);

    const Decision& decision() const { return decision_; }
    const PlanRule* rule() const { return rule_; }
    const PlanGroup* group() const { return group_; }
    bool final() const { return is_final(decision_.phase); }
    bool ends_container() const; // some action of the chain does
    // True once after every step taken.
    bool take_changed();
    // Final without any step on the host: dry run, or a record that makes no sense.
    void close(Phase phase, std::string text, uint64_t realtime_ns);

private:
    const Action& action() const;
    bool asked() const;
    uint64_t verify_ns() const;
    void step(Phase phase, std::string text, Instant at, int http_status = 0);
    void advance();
    void proceed(const Scene& scene);
    void request(const Scene& scene);
    void verify(const Scene& scene);
    void verified(const Scene& scene, std::string text);
    std::string signal(const Scene& scene) const;
    void expire(const Scene& scene);
    bool effect_seen(const Scene& scene) const;
    std::string effect_text(const Scene& scene) const;
    bool is_so_already(const Scene& scene) const;
    void fail(std::string text, Instant at, int http_status = 0);
    void lose_answer(std::string text, Instant now);
    bool life_lost(const Sight& sight) const;
    std::string objection(const Scene& scene) const;

    Decision decision_;
    std::shared_ptr<const Plan> plan_;
    const PlanRule* rule_;
    const PlanGroup* group_;
    bool orphaned_ = false;   // requested, and no answer will come any more
    std::string lost_answer_; // why; empty for a decision of an earlier process
    bool changed_ = true;
    uint64_t asked_ns_ = 0;    // CLOCK_MONOTONIC
    uint64_t deadline_ns_ = 0; // CLOCK_MONOTONIC; 0: set when next followed
};

} // namespace vigia::policy
