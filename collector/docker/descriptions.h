// SPDX-License-Identifier: MIT
// Keeps the catalog true to what the engine says: a list, the events since, and inspections of
// whatever they touched. Knows no socket and no clock, so a test can play any order of answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/docker/catalog.h"
#include "collector/docker/endings.h"
#include "collector/docker/messages.h"

namespace vigia::docker {

// Without a gap: events are followed before the list is asked for, wait while it is on its way, and
// are played after it. The list may be older or newer than any of them; what an event touched is
// inspected, and the inspection is the truth. One thread.
class Descriptions {
public:
    explicit Descriptions(Runtime runtime) : runtime_(runtime) {}

    const Catalog& catalog() const { return catalog_; }
    Endings& endings() { return endings_; }

    // Called for each start and end that an event tells, once.
    void on_turn(std::function<void(const ContainerTurn&)> handler) {
        on_turn_ = std::move(handler);
    }

    // Events are followed from `since_realtime_ns` on, and a list has been asked for.
    void begin_list(uint64_t since_realtime_ns);
    // False: too many events while the list is on its way; start again.
    [[nodiscard]] bool event(Event event);
    // The list has come: the catalog is complete from now on.
    void list(std::vector<ContainerInfo> containers);
    // Nothing is followed any more. Descriptions are kept.
    void lost();

    // The next container to inspect; then one of these must be called for it, unless lost() is.
    std::optional<std::string> next_inspection();
    void inspected(const std::string& id, ContainerInfo info);
    void inspection_failed(const std::string& id) { in_flight_.erase(id); }
    void gone(const std::string& id);

private:
    void apply(const Event& event);
    void remember_name(const Event& event);
    void tell_turn(const Event& event, bool started);
    void apply_start(const Event& event, ContainerInfo* info);
    void apply_end(const Event& event, ContainerInfo* info);
    void judge(ContainerInfo& info, bool exit_code_known) const;

    Runtime runtime_;
    Catalog catalog_;
    Endings endings_;
    bool listing_ = false;
    uint64_t followed_since_ns_ = 0;
    std::function<void(const ContainerTurn&)> on_turn_;
    uint64_t last_turn_ns_ = 0;
    uint64_t turns_told_ns_ = 0; // up to here, in an earlier conversation
    std::vector<Event> waiting_;
    std::set<std::string> to_inspect_; // in the catalog, or just created
    std::set<std::string> in_flight_;
};

} // namespace vigia::docker
