// SPDX-License-Identifier: MIT
#include "policy/engine_state.h"

#include <algorithm>
#include <utility>

namespace vigia::policy {

void Engine::State::evaluate(const Sample& sample, Verdicts& verdicts) {
    ended.clear();
    now_ns = static_cast<int64_t>(sample.at.monotonic_ns);
    remember_past(sample.at);
    const std::optional<uint64_t> seen = seen_ns(sample);
    const uint64_t elapsed_ns =
        sample.at.boottime_ns - std::min(sample.at.boottime_ns, last_boottime_ns);
    last_number = sample.number;
    last_boottime_ns = sample.at.boottime_ns;
    roster.update(sample, *plan, seen, elapsed_ns);
    for (const std::size_t index : roster.arrived()) {
        Resident& resident = roster.begin()[index];
        resident.gone_until_ns = cooldowns.gone_until(resident.id, now_ns);
    }
    mark_taken();
    follow_all(sample, verdicts);
    measure_host(sample, seen);
    for (std::size_t number = 0; number < plan->rules.size(); ++number) {
        apply(number, sample, verdicts);
    }
}

// How much time since the sample before was seen; nothing if some of it was not.
std::optional<uint64_t> Engine::State::seen_ns(const Sample& sample) const {
    const bool follows = last_number != 0 && sample.number == last_number + 1;
    const uint64_t boottime_ns = sample.at.boottime_ns;
    const bool slept = boottime_ns < last_boottime_ns ||
                       boottime_ns - last_boottime_ns > sample.interval_ns + ns_per_second;
    if (!follows || slept || sample.gap != Gap::none) {
        return {};
    }
    return sample.interval_ns;
}

void Engine::State::mark_taken() {
    for (Resident& resident : roster) {
        resident.taken = false;
        resident.leaving = false;
    }
    for (const auto& pursuit : open) {
        const Decision& decision = pursuit->decision();
        if (Resident* resident = roster.find(decision.runtime, decision.container_id)) {
            resident->taken = true;
            resident->leaving = resident->leaving || pursuit->ends_container();
        }
    }
}

bool Engine::State::all_in_sight(const Sample& sample) {
    return sample.containers_complete && sample.truncated_records == 0;
}

Sight Engine::State::sight_of(const Decision& decision, const Sample& sample) {
    const Resident* resident = roster.find(decision.runtime, decision.container_id);
    return {resident != nullptr ? resident->sample : nullptr, sample.containers_complete,
            sample.truncated_records == 0};
}

void Engine::State::follow_all(const Sample& sample, Verdicts& verdicts) {
    for (const auto& pursuit : open) {
        pursuit->follow(
            {sample, *plan, sight_of(pursuit->decision(), sample), roster, verdicts.requests});
    }
    settle(sample.at, verdicts);
    mark_taken();
}

void Engine::State::settle(Instant now, Verdicts& verdicts) {
    now_ns = static_cast<int64_t>(now.monotonic_ns);
    for (const auto& pursuit : open) {
        if (pursuit->take_changed()) {
            verdicts.changed.push_back(&pursuit->decision());
        }
    }
    const auto first_final = std::stable_partition(
        open.begin(), open.end(), [](const auto& pursuit) { return !pursuit->final(); });
    for (auto at = first_final; at != open.end(); ++at) {
        cool_down(**at, now_ns);
        ended.push_back(std::move(*at));
    }
    open.erase(first_final, open.end());
}

} // namespace vigia::policy
