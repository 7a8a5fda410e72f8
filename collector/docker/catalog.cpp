// SPDX-License-Identifier: MIT
#include "collector/docker/catalog.h"

#include <algorithm>
#include <utility>

#include "collector/base/limits.h"

namespace vigia::docker {
namespace {

bool before(const std::unique_ptr<ContainerInfo>& entry, std::string_view id) {
    return entry->id < id;
}

// A list has no counters and no times of the last run.
void keep_details(ContainerInfo& listed, const ContainerInfo& known) {
    listed.restart_count = known.restart_count;
    listed.started_realtime_ns = known.started_realtime_ns;
    listed.finished_realtime_ns = known.finished_realtime_ns;
    listed.exit_code = known.exit_code;
    listed.oom_killed = known.oom_killed;
    listed.stopped_by_person = known.stopped_by_person;
}

} // namespace

Catalog::Entries::iterator Catalog::lower_bound(std::string_view id) {
    return std::lower_bound(entries_.begin(), entries_.end(), id, before);
}

const ContainerInfo* Catalog::find(std::string_view id) const {
    return const_cast<Catalog*>(this)->edit(id);
}

ContainerInfo* Catalog::edit(std::string_view id) {
    auto at = lower_bound(id);
    return at != entries_.end() && (*at)->id == id ? at->get() : nullptr;
}

bool Catalog::put(ContainerInfo info) {
    auto at = lower_bound(info.id);
    if (at != entries_.end() && (*at)->id == info.id) {
        **at = std::move(info);
        return true;
    }
    if (entries_.size() >= limits::containers_maximum) {
        return false;
    }
    entries_.insert(at, std::make_unique<ContainerInfo>(std::move(info)));
    return true;
}

bool Catalog::erase(std::string_view id) {
    auto at = lower_bound(id);
    if (at == entries_.end() || (*at)->id != id) {
        return false;
    }
    remember(std::move(**at));
    entries_.erase(at);
    return true;
}

void Catalog::remember(ContainerInfo info) {
    if (gone_.size() >= limits::containers_remembered) {
        gone_.pop_front();
    }
    gone_.push_back(std::move(info));
}

const ContainerInfo* Catalog::find_gone(std::string_view id_end) const {
    const auto found = std::find_if(gone_.rbegin(), gone_.rend(), [&](const ContainerInfo& info) {
        return std::string_view(info.id).ends_with(id_end);
    });
    return found == gone_.rend() ? nullptr : &*found;
}

void Catalog::replace(std::vector<ContainerInfo> listed) {
    Entries entries;
    entries.reserve(listed.size());
    for (ContainerInfo& info : listed) {
        if (const ContainerInfo* known = find(info.id)) {
            keep_details(info, *known);
        }
        entries.push_back(std::make_unique<ContainerInfo>(std::move(info)));
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a->id < b->id; });
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [](const auto& a, const auto& b) { return a->id == b->id; }),
                  entries.end());
    entries_ = std::move(entries);
}

} // namespace vigia::docker
