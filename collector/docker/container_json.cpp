// SPDX-License-Identifier: MIT
// Containers, from a list and from an inspection.
#include <algorithm>

#include "collector/base/limits.h"
#include "collector/docker/json.h"
#include "collector/docker/messages.h"
#include "collector/docker/rfc3339.h"

namespace vigia::docker {
namespace {

using nlohmann::json;

struct StateName {
    std::string_view name;
    ContainerState state;
};
constexpr StateName state_names[] = {
    {"created", ContainerState::created},     {"running", ContainerState::running},
    {"paused", ContainerState::paused},       {"restarting", ContainerState::restarting},
    {"removing", ContainerState::removing},   {"exited", ContainerState::exited},
    {"dead", ContainerState::dead},           {"configured", ContainerState::created}, // Podman
    {"initialized", ContainerState::created}, {"stopped", ContainerState::exited},
    {"stopping", ContainerState::running},
};

ContainerState state_of(std::string_view name) {
    for (const StateName& known : state_names) {
        if (known.name == name) {
            return known.state;
        }
    }
    return ContainerState::unknown;
}

// The sentence for people is all that lists before 1.23 have: "Up 2 hours (Paused)".
ContainerState state_of_sentence(std::string_view status) {
    if (status.starts_with("Up ")) {
        bool paused = status.find("(Paused)") != std::string_view::npos;
        return paused ? ContainerState::paused : ContainerState::running;
    }
    if (status.starts_with("Exited")) {
        return ContainerState::exited;
    }
    if (status.starts_with("Restarting")) {
        return ContainerState::restarting;
    }
    if (status.starts_with("Removal")) {
        return ContainerState::removing;
    }
    return status == "Dead"      ? ContainerState::dead
           : status == "Created" ? ContainerState::created
                                 : ContainerState::unknown;
}

std::string bounded(std::string_view text, std::size_t bytes) {
    return std::string(text.substr(0, bytes));
}

std::string name_of(std::string_view text) {
    if (text.starts_with('/')) {
        text.remove_prefix(1);
    }
    return bounded(text, limits::container_name_bytes);
}

// Of "/name" and "/other/alias" (links) the one without a further slash.
std::string name_among(const json& names) {
    if (!names.is_array()) {
        return {};
    }
    for (const json& entry : names) {
        const auto* text = entry.get_ptr<const std::string*>();
        if (text != nullptr && text->find('/', 1) == std::string::npos) {
            return name_of(*text);
        }
    }
    return {};
}

// Labels that Vigia itself obeys are kept first: no flood of others may hide vigia.protect.
void read_labels(const json& labels, ContainerInfo& info) {
    if (!labels.is_object()) {
        return;
    }
    for (bool ours : {true, false}) {
        for (auto entry = labels.begin(); entry != labels.end(); ++entry) {
            const auto* value = entry.value().get_ptr<const std::string*>();
            bool wanted = value != nullptr && entry.key().size() <= limits::label_bytes &&
                          entry.key().starts_with("vigia.") == ours;
            if (wanted && info.labels.size() < limits::labels_per_container) {
                info.labels.emplace_back(entry.key(), bounded(*value, limits::label_bytes));
            }
        }
    }
}

uint64_t created_of(const json& container) {
    constexpr int64_t year_2200_seconds = 7'258'118'400;
    std::optional<int64_t> seconds = integer_of(container, "Created");
    if (seconds && *seconds > 0 && *seconds < year_2200_seconds) {
        return static_cast<uint64_t>(*seconds) * 1'000'000'000;
    }
    return parse_rfc3339_ns(text_of(container, "Created"));
}

// An inspection before 1.21 has only flags.
ContainerState state_of_flags(const json& state) {
    if (flag_of(state, "Paused")) {
        return ContainerState::paused;
    }
    if (flag_of(state, "Restarting")) {
        return ContainerState::restarting;
    }
    if (flag_of(state, "Dead")) {
        return ContainerState::dead;
    }
    if (!state.is_object() || !member(state, "Running").is_boolean()) {
        return ContainerState::unknown;
    }
    if (flag_of(state, "Running")) {
        return ContainerState::running;
    }
    bool started = parse_rfc3339_ns(text_of(state, "StartedAt")) != 0;
    return started ? ContainerState::exited : ContainerState::created;
}

void read_state(const json& state, ContainerInfo& info) {
    info.state = state_of(text_of(state, "Status"));
    if (info.state == ContainerState::unknown) {
        info.state = state_of_flags(state);
    }
    info.oom_killed = flag_of(state, "OOMKilled");
    int64_t code = integer_of(state, "ExitCode").value_or(0);
    info.exit_code = static_cast<int>(std::clamp<int64_t>(code, INT32_MIN, INT32_MAX));
    info.started_realtime_ns = parse_rfc3339_ns(text_of(state, "StartedAt"));
    info.finished_realtime_ns = parse_rfc3339_ns(text_of(state, "FinishedAt"));
}

Result<ContainerInfo> parse_entry(const json& entry) {
    std::string_view id = text_of(entry, "Id");
    if (!is_container_id(id)) {
        return Error(ErrorKind::damaged, "a container without an id of 64 hex digits");
    }
    ContainerInfo info;
    info.id = id;
    info.name = name_among(member(entry, "Names"));
    info.image = bounded(text_of(entry, "Image"), limits::image_name_bytes);
    read_labels(member(entry, "Labels"), info);
    info.created_realtime_ns = created_of(entry);
    info.state = state_of(text_of(entry, "State"));
    if (info.state == ContainerState::unknown) {
        info.state = state_of_sentence(text_of(entry, "Status"));
    }
    return info;
}

} // namespace

bool is_container_id(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Result<std::vector<ContainerInfo>> parse_container_list(std::string_view body) {
    Result<json> parsed =
        parse_json(body, {2, {"Id", "Names", "Image", "Labels", "Created", "State", "Status"}});
    if (!parsed) {
        return parsed.error().within("container list");
    }
    if (!parsed->is_array() || parsed->size() > limits::containers_maximum) {
        return Error(ErrorKind::damaged, "container list: not an array, or too long");
    }
    std::vector<ContainerInfo> containers;
    containers.reserve(parsed->size());
    for (const json& entry : *parsed) {
        Result<ContainerInfo> info = parse_entry(entry);
        if (!info) {
            return info.error().within("container list");
        }
        containers.push_back(std::move(*info));
    }
    return containers;
}

Result<ContainerInfo> parse_container(std::string_view body) {
    Result<json> parsed = parse_json(
        body, {1, {"Id", "Name", "Image", "Config", "Created", "State", "RestartCount"}});
    if (!parsed) {
        return parsed.error().within("container");
    }
    std::string_view id = text_of(*parsed, "Id");
    if (!is_container_id(id)) {
        return Error(ErrorKind::damaged, "container: no id of 64 hex digits");
    }
    ContainerInfo info;
    info.id = id;
    info.name = name_of(text_of(*parsed, "Name"));
    const json& config = member(*parsed, "Config");
    std::string_view image = text_of(config, "Image");
    info.image =
        bounded(image.empty() ? text_of(*parsed, "Image") : image, limits::image_name_bytes);
    read_labels(member(config, "Labels"), info);
    info.created_realtime_ns = created_of(*parsed);
    read_state(member(*parsed, "State"), info);
    int64_t restarts = integer_of(*parsed, "RestartCount").value_or(0);
    info.restart_count = static_cast<uint64_t>(std::max<int64_t>(restarts, 0));
    return info;
}

} // namespace vigia::docker
