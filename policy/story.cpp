// SPDX-License-Identifier: MIT
#include "policy/story.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/base/units.h"
#include "policy/selector.h"

namespace vigia::policy {
namespace {

uint64_t whole(double value) {
    return value > 0 ? static_cast<uint64_t>(value) : 0;
}

std::string subject_of(const PlanRule& rule, const PlanDetector& planned,
                       const ContainerSample& victim) {
    switch (planned.detector->scope()) {
    case Scope::container:
        return std::string(victim.name());
    case Scope::selection:
        return rule.config.container_class.empty() ? "all containers"
                                                   : "class " + rule.config.container_class;
    case Scope::host:
        break;
    }
    return planned.config.mount.empty() ? "host" : planned.config.mount;
}

Reading reading_of(const PlanRule& rule, const PlanDetector& planned, const Resident& victim,
                   const std::vector<Hold>& host_holds) {
    const Hold& hold =
        planned.of_container() ? victim.holds[planned.hold] : host_holds[planned.hold];
    return {planned.config.kind,      subject_of(rule, planned, *victim.sample), hold.value,
            planned.config.threshold, std::string(planned.detector->unit()),     hold.held_ns,
            planned.config.for_ns};
}

std::string note_of(const Ranked& ranked, const Plan& plan, const Sample& sample) {
    switch (ranked.exclusion) {
    case Exclusion::none:
        return "runner-up";
    case Exclusion::undescribed:
        return "left alone: no engine has described it";
    case Exclusion::is_protected:
        return "protected: " + protection_of(plan.config, *ranked.resident->sample->info);
    case Exclusion::person_stopped:
        return "left alone: a person stopped it";
    case Exclusion::ended:
        return "not running";
    case Exclusion::taken:
        return "another decision is open";
    case Exclusion::already_so:
        return "already so";
    case Exclusion::cooling_down:
        break;
    }
    const int64_t left_ns = ranked.until_ns - static_cast<int64_t>(sample.at.monotonic_ns);
    return "cooling down for " +
           format_duration_ns(static_cast<uint64_t>(std::max<int64_t>(left_ns, 0)));
}

Candidate candidate_of(const Ranked& ranked, const Plan& plan, const Sample& sample) {
    const ContainerSample& container = *ranked.resident->sample;
    return {std::string(container.id),      std::string(container.name()),
            std::string(container.image()), ranked.score,
            note_of(ranked, plan, sample),  false};
}

// The first few, and always the chosen one.
std::vector<Candidate> ranking_of(const Choice& choice, std::size_t chosen, std::size_t choices,
                                  const Plan& plan, const Sample& sample) {
    std::vector<Candidate> ranking;
    const auto& ranked = choice.ranked();
    for (std::size_t place = 0; place < ranked.size(); ++place) {
        const bool room = ranking.size() + (chosen > place ? 1 : 0) < limits::ranking_recorded;
        if (!room && place != chosen) {
            continue;
        }
        Candidate& candidate = ranking.emplace_back(candidate_of(ranked[place], plan, sample));
        if (place == chosen) {
            candidate.chosen = true;
            candidate.note = "chosen";
        } else if (place < choices) {
            candidate.note = "chosen at the same moment";
        }
    }
    return ranking;
}

std::string line_of(const Reading& reading, std::string_view noun) {
    std::string line = fmt::format("{}: {} {} is above {}", reading.subject, noun,
                                   format_value(reading.value, reading.unit),
                                   format_value(reading.threshold, reading.unit));
    if (reading.required_ns != 0) {
        line += " for " + format_duration_ns(reading.held_ns);
    }
    return line;
}

std::string reason_of(const Decision& decision, const PlanGroup& group, double score,
                      std::size_t eligible) {
    std::string reason;
    for (std::size_t index = 0; index < decision.readings.size(); ++index) {
        reason += reason.empty() ? "" : " and ";
        reason += line_of(decision.readings[index], group.detectors[index].detector->noun());
    }
    return reason + fmt::format("; {} is taken by {} ({}) out of {}", decision.container_name,
                                decision.ranker, format_value(score, decision.score_unit),
                                eligible);
}

} // namespace

std::string format_value(double value, std::string_view unit) {
    if (unit == "bytes") {
        return format_bytes(whole(value));
    }
    if (unit == "bytes_per_second") {
        return format_bytes(whole(value)) + "/s";
    }
    if (unit == "ratio") {
        return format_ratio(value);
    }
    if (unit == "seconds") {
        return format_duration_ns(whole(value * 1e9));
    }
    return fmt::format("{:g}", value);
}

Decision tell(const PlanRule& rule, const PlanGroup& group, const Plan& plan, const Choice& choice,
              std::size_t chosen, std::size_t choices, const std::vector<Hold>& host_holds,
              const Sample& sample) {
    const Ranked& taken = choice.ranked()[chosen];
    const ContainerSample& victim = *taken.resident->sample;
    Decision decision;
    decision.realtime_ns = sample.at.realtime_ns;
    decision.boottime_ns = sample.at.boottime_ns;
    decision.sample_number = sample.number;
    decision.mode = plan.config.mode;
    decision.rule = rule.config.name;
    decision.runtime = victim.runtime;
    decision.container_id = victim.id;
    decision.container_name = victim.name();
    decision.image = victim.image();
    decision.cgroup_id = victim.record.id;
    decision.ranker = rule.config.ranker;
    decision.score_unit = rule.ranker->unit();
    for (const PlanDetector& planned : group.detectors) {
        decision.readings.push_back(reading_of(rule, planned, *taken.resident, host_holds));
    }
    decision.ranking = ranking_of(choice, chosen, choices, plan, sample);
    decision.candidates_total = choice.ranked().size();
    decision.actions = rule.config.actions;
    decision.parameters = rule.config.parameters;
    decision.reason = reason_of(decision, group, taken.score, choice.eligible());
    decision.steps.push_back({sample.at.realtime_ns, decision.action(), Phase::decided, "", 0});
    return decision;
}

std::string tell_signal(const PlanGroup& group, const Sample& sample,
                        const ContainerSample* container, std::optional<std::size_t> running) {
    std::string signal;
    for (const PlanDetector& planned : group.detectors) {
        const bool impossible =
            planned.detector->windowed() || (planned.of_container() && container == nullptr);
        const auto value =
            impossible ? std::nullopt : planned.detector->measure({sample, container, running, {}});
        if (value) {
            const std::string_view unit = planned.detector->unit();
            signal +=
                fmt::format("{}{} {} ({} {})", signal.empty() ? "" : ", ", planned.detector->noun(),
                            format_value(*value, unit),
                            *value > planned.config.threshold ? "still above" : "no longer above",
                            format_value(planned.config.threshold, unit));
        }
    }
    return signal;
}

} // namespace vigia::policy
