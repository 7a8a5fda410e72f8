// SPDX-License-Identifier: MIT
#include "test/policy/simulation/fake_docker.h"

#include <algorithm>
#include <iterator>

namespace vigia::test {
namespace {

using policy::ActionKind;
using policy::ActionRequest;

constexpr uint64_t client_timeout_ns = 15 * ns_per_second;

void limit(FakeContainer& container, const policy::ActionParameters& parameters) {
    if (parameters.memory_bytes != 0) {
        container.record.memory_limit_bytes = parameters.memory_bytes / 4096 * 4096;
        container.memory_bytes = std::min(container.memory_bytes, parameters.memory_bytes);
    }
    if (parameters.pids != 0) {
        container.record.task_limit = parameters.pids;
    }
}

} // namespace

void FakeDocker::send(const ActionRequest& request) {
    const uint64_t now_ns = world_.clock.now().boottime_ns;
    const uint64_t work_ns = random_.below(4) * ns_per_second;
    const uint64_t late_ns = work_ns + random_.below(3) * ns_per_second;
    switch (random_.below(12)) {
    case 0: // an error inside
        answer(request, late_ns, policy::Answer::refused, 500);
        return;
    case 1: // the state does not fit: fine where it was to stop, says the docker room
        answer(request, 0,
               request.kind == ActionKind::kill ? policy::Answer::already_so
                                                : policy::Answer::refused,
               409);
        return;
    case 2: // it says yes and does nothing
        answer(request, late_ns, policy::Answer::done, 204);
        return;
    case 3: // it never answers; half of the time it works all the same
        answer(request, client_timeout_ns, policy::Answer::failed, 0);
        if (random_.once_in(2)) {
            effects_.push_back({now_ns + random_.below(20) * ns_per_second, request});
        }
        return;
    case 4: // already so, true or not
        answer(request, 0, policy::Answer::already_so,
               request.kind == ActionKind::remove ? 404 : 304);
        return;
    case 5: // the answer comes before the effect
        effects_.push_back({now_ns + 5 * ns_per_second, request});
        answer(request, 0, policy::Answer::done, 204);
        return;
    default:
        effects_.push_back({now_ns + work_ns, request});
        answer(request, late_ns, policy::Answer::done, 204);
    }
}

void FakeDocker::answer(const ActionRequest& request, uint64_t delay_ns, policy::Answer kind,
                        int http_status) {
    const policy::ActionReport report{request.decision_id, request.kind, kind, http_status,
                                      "HTTP " + std::to_string(http_status)};
    const uint64_t due_ns = world_.clock.now().boottime_ns + delay_ns;
    answers_.push_back({due_ns, report});
    if (random_.once_in(50)) { // a confused client says it twice, or about another action
        answers_.push_back({due_ns + ns_per_second, report});
        answers_.back().report.kind = random_.once_in(2) ? ActionKind::kill : request.kind;
    }
}

void FakeDocker::work() {
    const uint64_t now_ns = world_.clock.now().boottime_ns;
    std::vector<Effect> due;
    const auto later =
        std::stable_partition(effects_.begin(), effects_.end(),
                              [&](const Effect& effect) { return effect.due_ns <= now_ns; });
    std::move(effects_.begin(), later, std::back_inserter(due));
    effects_.erase(effects_.begin(), later);
    for (const Effect& effect : due) {
        apply(effect.request);
    }
}

std::vector<policy::ActionReport> FakeDocker::answers() {
    const uint64_t now_ns = world_.clock.now().boottime_ns;
    std::vector<policy::ActionReport> due;
    const auto later = std::stable_partition(
        answers_.begin(), answers_.end(), [&](const Answer& one) { return one.due_ns <= now_ns; });
    for (auto at = answers_.begin(); at != later; ++at) {
        due.push_back(at->report);
    }
    answers_.erase(answers_.begin(), later);
    return due;
}

void FakeDocker::apply(const ActionRequest& request) {
    auto& containers = world_.containers;
    const auto at =
        std::find_if(containers.begin(), containers.end(),
                     [&](const FakeContainer& one) { return one.id == request.container_id; });
    if (at == containers.end()) {
        return;
    }
    switch (request.kind) {
    case ActionKind::stop:
    case ActionKind::kill:
        if (at->has_cgroup) {
            at->has_cgroup = false;
            at->process_count = 0;
            at->info.state = ContainerState::exited;
        }
        return;
    case ActionKind::remove:
        if (!at->has_cgroup) {
            containers.erase(at);
        }
        return;
    case ActionKind::pause:
        at->info.state = at->has_cgroup ? ContainerState::paused : at->info.state;
        return;
    case ActionKind::limit:
        limit(*at, request.parameters);
        return;
    case ActionKind::warn:
        return;
    }
}

} // namespace vigia::test
