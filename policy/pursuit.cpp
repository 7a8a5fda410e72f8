// SPDX-License-Identifier: MIT
#include "policy/pursuit.h"

#include <algorithm>
#include <utility>

#include "collector/base/units.h"
#include "policy/builtin.h"
#include "policy/choice.h"
#include "policy/selector.h"
#include "policy/story.h"

namespace vigia::policy {
namespace {

// While the engines' list is incomplete, nothing proves that a container is gone: wait longer.
constexpr uint64_t patience = 10;

bool person_stopped(const Sight& sight) {
    return sight.info() != nullptr && sight.info()->stopped_by_person;
}

bool comes_back(const Sight& sight) {
    return sight.info() != nullptr && sight.info()->state == ContainerState::restarting;
}

} // namespace

Pursuit::Pursuit(Decision decision, std::shared_ptr<const Plan> plan, const PlanRule* rule,
                 const PlanGroup* group)
    : decision_(std::move(decision)), plan_(std::move(plan)), rule_(rule), group_(group) {}

const Action& Pursuit::action() const {
    return action_of(decision_.action());
}

bool Pursuit::ends_container() const {
    return std::any_of(decision_.actions.begin(), decision_.actions.end(),
                       [](ActionKind kind) { return action_of(kind).ends_container(); });
}

bool Pursuit::asked() const {
    return std::any_of(decision_.steps.begin(), decision_.steps.end(),
                       [](const Step& taken) { return taken.phase == Phase::requested; });
}

uint64_t Pursuit::verify_ns() const {
    return rule_ != nullptr ? rule_->config.verify_ns : RuleConfig().verify_ns;
}

bool Pursuit::take_changed() {
    return std::exchange(changed_, false);
}

void Pursuit::step(Phase phase, std::string text, Instant at, int http_status) {
    decision_.phase = phase;
    decision_.steps.push_back(
        {at.realtime_ns, decision_.action(), phase, std::move(text), http_status});
    changed_ = true;
}

void Pursuit::close(Phase phase, std::string text, uint64_t realtime_ns) {
    decision_.phase = phase;
    const ActionKind kind =
        decision_.action_index < decision_.actions.size() ? decision_.action() : ActionKind::warn;
    decision_.steps.push_back({realtime_ns, kind, phase, std::move(text), 0});
    changed_ = true;
}

void Pursuit::follow(const Scene& scene) {
    if (deadline_ns_ == 0) {
        asked_ns_ = scene.sample.at.monotonic_ns;
        deadline_ns_ = asked_ns_ + verify_ns();
    }
    if (decision_.phase == Phase::requested || decision_.phase == Phase::answered) {
        verify(scene);
    }
    if (decision_.phase == Phase::decided) {
        proceed(scene);
    }
}

void Pursuit::verify(const Scene& scene) {
    const Instant at = scene.sample.at;
    if (person_stopped(scene.sight)) {
        step(Phase::abandoned, "a person stopped it meanwhile", at);
        return;
    }
    const bool answer_is_known = decision_.phase == Phase::answered || orphaned_;
    if (answer_is_known && effect_seen(scene)) {
        verified(scene, effect_text(scene) + " after " +
                            format_duration_ns(at.monotonic_ns - asked_ns_) +
                            (lost_answer_.empty() ? "" : ", although no answer came"));
    } else if (!action().ends_container() && life_lost(scene.sight)) {
        step(Phase::abandoned, "the container ended meanwhile", at);
    } else if (at.monotonic_ns >= deadline_ns_) {
        expire(scene);
    }
}

bool Pursuit::effect_seen(const Scene& scene) const {
    return action().seen(scene.sight, decision_.parameters);
}

std::string Pursuit::effect_text(const Scene& scene) const {
    return action().tell(scene.sight, decision_.parameters);
}

// The container that the decision was about is there no more, or lives another life.
bool Pursuit::life_lost(const Sight& sight) const {
    return sight.cgroups_complete && !sight.runs_as(decision_.cgroup_id);
}

void Pursuit::expire(const Scene& scene) {
    const Instant at = scene.sample.at;
    if (effect_seen(scene)) {
        verified(scene, effect_text(scene) + ", although no answer came");
    } else if (scene.sight.runs() && !scene.sight.runs_as(decision_.cgroup_id)) {
        step(Phase::abandoned, "it was started anew meanwhile", at);
    } else if (scene.sight.container == nullptr && !scene.sight.catalog_complete &&
               at.monotonic_ns < deadline_ns_ + patience * verify_ns()) {
        return;
    } else {
        fail((lost_answer_.empty() ? "" : lost_answer_ + "; ") + "not seen within " +
                 format_duration_ns(at.monotonic_ns - asked_ns_) + ": " + effect_text(scene),
             at);
    }
}

void Pursuit::verified(const Scene& scene, std::string text) {
    const std::string readings = signal(scene);
    if (!readings.empty()) {
        text += "; " + readings;
    }
    step(Phase::verified, std::move(text), scene.sample.at);
    advance();
}

// Whether what led to the decision is still the case.
std::string Pursuit::signal(const Scene& scene) const {
    if (group_ == nullptr) {
        return {};
    }
    std::optional<std::size_t> running;
    if (scene.sight.catalog_complete && scene.sight.cgroups_complete && needs_count(*group_)) {
        running = count_running(scene.roster, rule_->container_class,
                                static_cast<int64_t>(scene.sample.at.monotonic_ns));
    }
    return tell_signal(*group_, scene.sample, scene.sight.container, running);
}

// The next action of the chain, if any. A stop that worked needs no kill.
void Pursuit::advance() {
    std::size_t next = decision_.action_index + 1;
    const auto& actions = decision_.actions;
    if (next < actions.size() && decision_.action() == ActionKind::stop &&
        actions[next] == ActionKind::kill) {
        ++next;
    }
    if (next < actions.size()) {
        decision_.action_index = next;
        decision_.phase = Phase::decided;
        deadline_ns_ = 0;
    }
}

// A kill right behind a stop is its fallback.
void Pursuit::fail(std::string text, Instant at, int http_status) {
    step(Phase::failed, std::move(text), at, http_status);
    const std::size_t next = decision_.action_index + 1;
    const auto& actions = decision_.actions;
    if (decision_.action() == ActionKind::stop && next < actions.size() &&
        actions[next] == ActionKind::kill) {
        decision_.action_index = next;
        decision_.phase = Phase::decided;
        deadline_ns_ = 0;
    }
}

void Pursuit::proceed(const Scene& scene) {
    const Instant at = scene.sample.at;
    while (decision_.phase == Phase::decided) {
        if (deadline_ns_ == 0) {
            deadline_ns_ = at.monotonic_ns + verify_ns();
        }
        if (std::string reason = objection(scene); !reason.empty()) {
            step(Phase::abandoned, std::move(reason), at);
        } else if (!action().asks_engine()) {
            verified(scene, effect_text(scene));
        } else if (is_so_already(scene)) {
            verified(scene, effect_text(scene) + " already");
        } else if (scene.sight.info() != nullptr) {
            request(scene);
        } else if (at.monotonic_ns >= deadline_ns_) {
            step(Phase::abandoned, "out of sight of the engine", at);
        } else {
            return;
        }
    }
}

// An end that nobody of us asked for is somebody else's; see objection().
bool Pursuit::is_so_already(const Scene& scene) const {
    return (asked() || !action().ends_container()) && effect_seen(scene);
}

// Why nothing more may be asked; empty if it may.
std::string Pursuit::objection(const Scene& scene) const {
    const Sight& sight = scene.sight;
    if (scene.plan.config.mode != Mode::enforce || decision_.mode != Mode::enforce) {
        return "dry run now";
    }
    if (rule_ == nullptr) {
        return "its rule is no longer in the configuration";
    }
    if (sight.absent()) {
        const bool wished = asked() && action().ends_container();
        return wished ? "" : "the container vanished";
    }
    if (person_stopped(sight)) {
        return "a person stopped it meanwhile";
    }
    if (sight.info() == nullptr) {
        return ""; // out of sight: wait
    }
    if (is_protected(scene.plan.config, *sight.info())) {
        return "protected now: " + protection_of(scene.plan.config, *sight.info());
    }
    const bool removing = decision_.action() == ActionKind::remove;
    if (sight.runs() && (removing || !sight.runs_as(decision_.cgroup_id))) {
        return "it was started anew meanwhile";
    }
    if (!sight.runs() && !asked() && !comes_back(sight)) {
        return "the container ended by itself";
    }
    return "";
}

void Pursuit::request(const Scene& scene) {
    const Instant at = scene.sample.at;
    step(Phase::requested, "", at);
    orphaned_ = false;
    lost_answer_.clear();
    const bool graceful = decision_.action() == ActionKind::stop;
    const uint64_t grace_ns =
        graceful ? decision_.parameters.stop_grace_seconds * ns_per_second : 0;
    asked_ns_ = at.monotonic_ns;
    deadline_ns_ = at.monotonic_ns + verify_ns() + grace_ns;
    scene.requests.push_back({decision_.id, decision_.action(), decision_.runtime,
                              decision_.container_id, decision_.parameters});
}

bool Pursuit::answer(const ActionReport& report, Instant now) {
    if (decision_.phase != Phase::requested || orphaned_ || report.kind != decision_.action()) {
        return false;
    }
    if (report.answer == Answer::failed) {
        lose_answer(report.text, now);
        return true;
    }
    if (report.answer == Answer::refused) {
        fail(report.text, now, report.http_status);
        return true;
    }
    step(Phase::answered, report.text, now, report.http_status);
    deadline_ns_ = now.monotonic_ns + verify_ns();
    return true;
}

// The engine may have heard the request all the same, and may still be at it: the decision counts
// as open until its effect shows or the deadline passes. To fail at once would make the next best
// container pay for a connection.
void Pursuit::lose_answer(std::string text, Instant now) {
    orphaned_ = true;
    lost_answer_ = std::move(text);
    deadline_ns_ = now.monotonic_ns + verify_ns();
}

} // namespace vigia::policy
