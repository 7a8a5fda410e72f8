// SPDX-License-Identifier: MIT
#include "policy/choice.h"

#include <algorithm>
#include <tuple>

#include "policy/builtin.h"

namespace vigia::policy {
namespace {

bool ripe(const Resident& resident, const PlanGroup& group) {
    return std::all_of(group.detectors.begin(), group.detectors.end(),
                       [&](const PlanDetector& planned) {
                           return !planned.of_container() ||
                                  resident.holds[planned.hold].ripe(planned.config.for_ns);
                       });
}

bool has_container_detector(const PlanGroup& group) {
    return std::any_of(group.detectors.begin(), group.detectors.end(),
                       [](const PlanDetector& planned) { return planned.of_container(); });
}

bool alive(const Resident& resident) {
    const ContainerInfo* info = resident.sample->info;
    return resident.sample->running() ||
           (info != nullptr && info->state == ContainerState::restarting);
}

// A limit that is in force, or a paused container: doing it again changes nothing.
bool is_so_already(const Resident& resident, const RuleConfig& rule) {
    const Sight sight{resident.sample, true, true};
    return std::all_of(rule.actions.begin(), rule.actions.end(), [&](ActionKind kind) {
        const Action& action = action_of(kind);
        return action.asks_engine() && !action.ends_container() &&
               action.seen(sight, rule.parameters);
    });
}

Exclusion exclusion_of(const Resident& resident, const RuleConfig& rule, int64_t cooling_until_ns) {
    if (!resident.described) {
        return Exclusion::undescribed;
    }
    if (resident.is_protected) {
        return Exclusion::is_protected;
    }
    if (resident.sample->info->stopped_by_person) {
        return Exclusion::person_stopped;
    }
    if (!alive(resident)) {
        return Exclusion::ended;
    }
    if (resident.taken) {
        return Exclusion::taken;
    }
    if (cooling_until_ns != 0) {
        return Exclusion::cooling_down;
    }
    return is_so_already(resident, rule) ? Exclusion::already_so : Exclusion::none;
}

// Eligible first, then by score, name and id.
auto order_of(const Ranked& ranked, bool highest_first) {
    return std::tuple(ranked.exclusion != Exclusion::none,
                      highest_first ? -ranked.score : ranked.score, ranked.resident->sample->name(),
                      std::string_view(ranked.resident->id));
}

} // namespace

void Choice::rank(const PlanRule& rule, const PlanGroup& group, const Sample& sample,
                  Roster& roster, const Cooldowns& cooldowns, int64_t now_ns) {
    ranked_.clear();
    eligible_ = 0;
    const bool selects = has_container_detector(group);
    for (const Resident& resident : roster) {
        const bool looked_at = resident.in_class(rule.container_class) &&
                               (selects ? ripe(resident, group) : resident.sample->running());
        if (!looked_at) {
            continue;
        }
        const int64_t until_ns =
            std::max(cooldowns.until(resident.id, rule.config.name, now_ns),
                     resident.gone_until_ns > now_ns ? resident.gone_until_ns : 0);
        const Exclusion exclusion = exclusion_of(resident, rule.config, until_ns);
        eligible_ += exclusion == Exclusion::none ? 1 : 0;
        ranked_.push_back(
            {&resident, rule.ranker->score(sample, *resident.sample), exclusion, until_ns});
    }
    const bool highest_first = rule.ranker->highest_first();
    std::sort(ranked_.begin(), ranked_.end(), [&](const Ranked& left, const Ranked& right) {
        return order_of(left, highest_first) < order_of(right, highest_first);
    });
}

bool Choice::hopeless() const {
    return !ranked_.empty() &&
           std::all_of(ranked_.begin(), ranked_.end(), [](const Ranked& ranked) {
               return ranked.exclusion == Exclusion::undescribed ||
                      ranked.exclusion == Exclusion::is_protected ||
                      ranked.exclusion == Exclusion::person_stopped;
           });
}

bool frame_holds(const PlanGroup& group, const std::vector<Hold>& host_holds) {
    return std::all_of(
        group.detectors.begin(), group.detectors.end(), [&](const PlanDetector& planned) {
            return planned.of_container() || host_holds[planned.hold].ripe(planned.config.for_ns);
        });
}

std::size_t count_running(Roster& roster, std::size_t container_class, int64_t now_ns) {
    return static_cast<std::size_t>(
        std::count_if(roster.begin(), roster.end(), [&](const Resident& resident) {
            return resident.counts(container_class, now_ns);
        }));
}

std::size_t allowance(const PlanGroup& group, Roster& roster, int64_t now_ns) {
    std::size_t allowed = roster.size();
    for (const PlanDetector& planned : group.detectors) {
        if (planned.detector->scope() == Scope::host) {
            allowed = std::min<std::size_t>(allowed, 1);
        } else if (planned.detector->scope() == Scope::selection) {
            const auto limit = static_cast<std::size_t>(planned.config.threshold);
            const std::size_t running = count_running(roster, planned.container_class, now_ns);
            allowed = std::min(allowed, running > limit ? running - limit : 0);
        }
    }
    return allowed;
}

bool about_host(const PlanGroup& group) {
    return std::any_of(
        group.detectors.begin(), group.detectors.end(),
        [](const PlanDetector& planned) { return planned.detector->scope() == Scope::host; });
}

bool needs_count(const PlanGroup& group) {
    return std::any_of(
        group.detectors.begin(), group.detectors.end(),
        [](const PlanDetector& planned) { return planned.detector->scope() == Scope::selection; });
}

} // namespace vigia::policy
