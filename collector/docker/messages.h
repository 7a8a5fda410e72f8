// SPDX-License-Identifier: MIT
// What the engine says, read from JSON that may be anything: truncated, of wrong types, hostile.
// Fields that are missing or of another type are "not known"; an answer that is not JSON, or is
// about no container at all, is ErrorKind::damaged. Nothing here throws or keeps more than
// limits.h allows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/container.h"
#include "collector/base/result.h"

namespace vigia::docker {

// True for exactly 64 lower-case hex digits: the only ids that ever become part of a path.
bool is_container_id(std::string_view text);

// GET /version. Empty texts where the engine did not say.
struct VersionAnswer {
    std::string server_version;
    std::string api_version;
    std::string minimum_api_version;
};
Result<VersionAnswer> parse_version(std::string_view body);

// GET /containers/json. Id, names, image, labels, state and creation; the rest is not in a list.
Result<std::vector<ContainerInfo>> parse_container_list(std::string_view body);

// GET /containers/{id}/json: every field.
Result<ContainerInfo> parse_container(std::string_view body);

enum class EventAction : uint8_t {
    other, // nothing that changes a description
    create,
    start,
    restart,
    kill,
    stop,
    die,
    oom,
    pause,
    unpause,
    rename,
    update,
    destroy,
};

// One line of GET /events.
struct Event {
    EventAction action = EventAction::other;
    std::string id;               // 64 hex; empty if the event is about no container
    std::string name;             // the actor's "name", without '/'
    std::string image;            // the actor's "image"
    uint64_t realtime_ns = 0;     // the engine's time; 0: not given
    std::optional<int> signal;    // kill
    std::optional<int> exit_code; // die
};
Result<Event> parse_event(std::string_view line);

// {"message": "..."} (or Podman's {"cause", "message", "response"}), else the text itself; made
// safe for a log and cut to a readable length.
std::string parse_error_message(std::string_view body);

} // namespace vigia::docker
