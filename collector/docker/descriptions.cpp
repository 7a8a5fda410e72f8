// SPDX-License-Identifier: MIT
#include "collector/docker/descriptions.h"

#include <algorithm>
#include <utility>

#include "collector/base/limits.h"

namespace vigia::docker {
namespace {

bool has_ended(ContainerState state) {
    return state == ContainerState::exited || state == ContainerState::dead ||
           state == ContainerState::removing;
}

} // namespace

void Descriptions::begin_list(uint64_t since_realtime_ns) {
    listing_ = true;
    followed_since_ns_ = since_realtime_ns;
    turns_told_ns_ = last_turn_ns_;
    waiting_.clear();
}

bool Descriptions::event(Event event) {
    if (event.id.empty()) {
        return true;
    }
    if (!listing_) {
        apply(event);
        return true;
    }
    if (waiting_.size() >= limits::engine_events_waiting) {
        return false;
    }
    waiting_.push_back(std::move(event));
    return true;
}

void Descriptions::list(std::vector<ContainerInfo> containers) {
    std::set<std::string_view> listed;
    for (ContainerInfo& info : containers) {
        listed.insert(info.id);
        to_inspect_.insert(info.id);
        info.runtime = runtime_;
    }
    for (std::size_t i = 0; i < catalog_.size(); ++i) {
        if (!listed.contains(catalog_.at(i).id)) {
            endings_.forget(catalog_.at(i).id);
        }
    }
    catalog_.replace(std::move(containers));
    for (std::size_t i = 0; i < catalog_.size(); ++i) {
        judge(*catalog_.edit(catalog_.at(i).id), false);
    }
    listing_ = false;
    for (const Event& event : std::exchange(waiting_, {})) {
        apply(event);
    }
    catalog_.set_complete(true);
}

void Descriptions::lost() {
    catalog_.set_complete(false);
    listing_ = false;
    waiting_.clear();
    to_inspect_.clear();
    in_flight_.clear();
}

std::optional<std::string> Descriptions::next_inspection() {
    for (auto at = to_inspect_.begin(); at != to_inspect_.end(); ++at) {
        if (!in_flight_.contains(*at)) {
            std::string id = *at;
            to_inspect_.erase(at);
            in_flight_.insert(id);
            return id;
        }
    }
    return std::nullopt;
}

void Descriptions::inspected(const std::string& id, ContainerInfo info) {
    bool wanted = in_flight_.erase(id) > 0; // not destroyed meanwhile
    const ContainerInfo* known = catalog_.find(id);
    bool outdated = known != nullptr && to_inspect_.contains(id);
    if (!wanted || outdated) {
        return;
    }
    bool restarted_unseen = known != nullptr && known->started_realtime_ns != 0 &&
                            info.started_realtime_ns != 0 &&
                            known->started_realtime_ns != info.started_realtime_ns;
    if (restarted_unseen) {
        endings_.start_event(id);
    }
    info.runtime = runtime_;
    judge(info, true);
    catalog_.put(std::move(info));
}

void Descriptions::gone(const std::string& id) {
    in_flight_.erase(id);
    to_inspect_.erase(id);
    endings_.forget(id);
    catalog_.erase(id);
}

// A container that is gone before it is inspected has its name from here.
void Descriptions::remember_name(const Event& event) {
    if (event.name.empty() || catalog_.find_gone(event.id) != nullptr) {
        return;
    }
    ContainerInfo info;
    info.id = event.id;
    info.name = event.name;
    info.image = event.image;
    info.runtime = runtime_;
    catalog_.remember(std::move(info));
}

void Descriptions::tell_turn(const Event& event, bool started) {
    if (!on_turn_ || event.realtime_ns <= turns_told_ns_) {
        return;
    }
    last_turn_ns_ = std::max(last_turn_ns_, event.realtime_ns);
    on_turn_({event.id, runtime_, started, event.realtime_ns, event.exit_code});
}

void Descriptions::apply(const Event& event) {
    ContainerInfo* info = catalog_.edit(event.id);
    if (info == nullptr) {
        remember_name(event);
    }
    switch (event.action) {
    case EventAction::destroy:
        return gone(event.id);
    case EventAction::start:
        tell_turn(event, true);
        return apply_start(event, info);
    case EventAction::die:
        tell_turn(event, false);
        [[fallthrough]];
    case EventAction::stop:
        return apply_end(event, info);
    case EventAction::kill:
        return endings_.kill_event(event.id, event.signal);
    case EventAction::oom:
        return endings_.oom_event(event.id);
    case EventAction::pause:
    case EventAction::unpause:
        if (info != nullptr) {
            info->state = event.action == EventAction::pause ? ContainerState::paused
                                                             : ContainerState::running;
        }
        break;
    case EventAction::rename:
        if (info != nullptr && !event.name.empty()) {
            info->name = event.name;
        }
        break;
    case EventAction::create:
    case EventAction::restart:
    case EventAction::update:
        break;
    case EventAction::other:
        return;
    }
    to_inspect_.insert(event.id);
}

void Descriptions::apply_start(const Event& event, ContainerInfo* info) {
    endings_.start_event(event.id);
    to_inspect_.insert(event.id);
    if (info != nullptr) {
        info->state = ContainerState::running;
        info->started_realtime_ns = 0; // this run's: the inspection tells
        info->finished_realtime_ns = 0;
        info->exit_code = 0;
        info->oom_killed = false;
        info->stopped_by_person = false;
    }
}

void Descriptions::apply_end(const Event& event, ContainerInfo* info) {
    bool died = event.action == EventAction::die;
    if (died) {
        bool history_known = event.realtime_ns > followed_since_ns_ + limits::engine_history_ns;
        endings_.die_event(event.id, event.exit_code, history_known);
    } else {
        endings_.stop_event(event.id);
    }
    to_inspect_.insert(event.id);
    if (info == nullptr) {
        return;
    }
    if (died) {
        info->state = ContainerState::exited;
        info->exit_code = event.exit_code.value_or(0);
        info->finished_realtime_ns = event.realtime_ns;
    }
    judge(*info, event.exit_code.has_value() || !died);
}

// Only an ended container has somebody who ended it.
void Descriptions::judge(ContainerInfo& info, bool exit_code_known) const {
    std::optional<int> exit_code =
        exit_code_known ? std::optional<int>(info.exit_code) : std::nullopt;
    info.stopped_by_person =
        has_ended(info.state) && endings_.ended_by_person(info.id, exit_code, info.oom_killed);
}

} // namespace vigia::docker
