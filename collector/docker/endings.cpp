// SPDX-License-Identifier: MIT
#include "collector/docker/endings.h"

#include <algorithm>
#include <csignal>
#include <iterator>

#include "collector/base/limits.h"

namespace vigia::docker {
namespace {

bool ends_programs(std::optional<int> signal) {
    constexpr int ending[] = {SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGTERM};
    return !signal || std::find(std::begin(ending), std::end(ending), *signal) != std::end(ending);
}

bool exit_by_stop(std::optional<int> exit_code) {
    constexpr int signalled = 128;
    return !exit_code || *exit_code == signalled + SIGKILL || *exit_code == signalled + SIGTERM;
}

} // namespace

Endings::Mark* Endings::mark(std::string_view id) {
    auto found = marks_.find(id);
    if (found != marks_.end()) {
        return &found->second;
    }
    if (marks_.size() >= limits::containers_maximum) {
        return nullptr;
    }
    return &marks_.emplace(std::string(id), Mark{}).first->second;
}

void Endings::we_ask(std::string_view id) {
    if (Mark* known = mark(id)) {
        known->we_asked = true;
    }
}

void Endings::we_did_nothing(std::string_view id) {
    if (Mark* known = mark(id)) {
        known->we_asked = false;
    }
}

void Endings::kill_event(std::string_view id, std::optional<int> signal) {
    Mark* known = ends_programs(signal) ? mark(id) : nullptr;
    if (known != nullptr && !known->we_asked) {
        known->person_asked = true;
    }
}

void Endings::oom_event(std::string_view id) {
    if (Mark* known = mark(id)) {
        known->oom = true;
    }
}

void Endings::die_event(std::string_view id, std::optional<int> exit_code, bool history_known) {
    Mark* known = mark(id);
    if (known == nullptr) {
        return;
    }
    bool suspicious = !history_known && !known->we_asked && !known->oom && exit_by_stop(exit_code);
    known->person_asked = known->person_asked || suspicious;
    known->end_seen = true;
}

void Endings::stop_event(std::string_view id) {
    Mark* known = mark(id);
    if (known != nullptr && !known->we_asked) {
        known->person_asked = true;
    }
}

void Endings::start_event(std::string_view id) {
    forget(id);
}

void Endings::forget(std::string_view id) {
    auto found = marks_.find(id);
    if (found != marks_.end()) {
        marks_.erase(found);
    }
}

bool Endings::ended_by_person(std::string_view id, std::optional<int> exit_code,
                              bool oom_killed) const {
    auto found = marks_.find(id);
    Mark known = found == marks_.end() ? Mark{} : found->second;
    if (known.person_asked || known.we_asked || known.end_seen) {
        return known.person_asked;
    }
    return !oom_killed && !known.oom && exit_by_stop(exit_code);
}

} // namespace vigia::docker
