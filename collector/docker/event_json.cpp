// SPDX-License-Identifier: MIT
// Events, versions and error messages.
#include <charconv>
#include <iterator>

#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/docker/json.h"
#include "collector/docker/messages.h"

namespace vigia::docker {
namespace {

using nlohmann::json;

struct ActionName {
    std::string_view name;
    EventAction action;
};
// Docker's names and, where they differ, Podman's.
constexpr ActionName action_names[] = {
    {"create", EventAction::create},   {"start", EventAction::start},
    {"restart", EventAction::restart}, {"kill", EventAction::kill},
    {"stop", EventAction::stop},       {"die", EventAction::die},
    {"died", EventAction::die},        {"oom", EventAction::oom},
    {"pause", EventAction::pause},     {"unpause", EventAction::unpause},
    {"rename", EventAction::rename},   {"update", EventAction::update},
    {"destroy", EventAction::destroy}, {"remove", EventAction::destroy},
};

EventAction action_of(std::string_view name) {
    for (const ActionName& known : action_names) {
        if (known.name == name) {
            return known.action;
        }
    }
    return EventAction::other;
}

// Attributes are texts, whatever they mean.
std::optional<int> number_in(const json& attributes, std::string_view name) {
    std::string_view text = text_of(attributes, name);
    int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
    return whole ? std::optional<int>(value) : std::nullopt;
}

uint64_t time_of(const json& event) {
    constexpr int64_t seconds_maximum = INT64_MAX / 1'000'000'000;
    std::optional<int64_t> ns = integer_of(event, "timeNano");
    if (ns && *ns > 0) {
        return static_cast<uint64_t>(*ns);
    }
    std::optional<int64_t> seconds = integer_of(event, "time");
    return seconds && *seconds > 0 && *seconds < seconds_maximum
               ? static_cast<uint64_t>(*seconds) * 1'000'000'000
               : 0;
}

std::string_view first_of(std::string_view preferred, std::string_view otherwise) {
    return preferred.empty() ? otherwise : preferred;
}

std::string bounded(std::string_view text, std::size_t bytes) {
    return std::string(text.substr(0, bytes));
}

} // namespace

Result<Event> parse_event(std::string_view line) {
    Result<json> parsed =
        parse_json(line, {1, {"Type", "Action", "Actor", "status", "id", "time", "timeNano"}});
    if (!parsed) {
        return parsed.error().within("event");
    }
    if (!parsed->is_object()) {
        return Error(ErrorKind::damaged, "event: not a JSON object");
    }
    Event event;
    std::string_view type = text_of(*parsed, "Type");
    const json& actor = member(*parsed, "Actor");
    std::string_view id = first_of(text_of(actor, "ID"), text_of(*parsed, "id"));
    if ((!type.empty() && type != "container") || !is_container_id(id)) {
        return event;
    }
    const json& attributes = member(actor, "Attributes");
    event.action = action_of(first_of(text_of(*parsed, "Action"), text_of(*parsed, "status")));
    event.id = id;
    event.name = bounded(text_of(attributes, "name"), limits::container_name_bytes);
    event.image = bounded(text_of(attributes, "image"), limits::image_name_bytes);
    event.realtime_ns = time_of(*parsed);
    event.signal = number_in(attributes, "signal");
    event.exit_code = number_in(attributes, "exitCode");
    if (!event.exit_code) {
        event.exit_code = number_in(attributes, "containerExitCode");
    }
    return event;
}

Result<VersionAnswer> parse_version(std::string_view body) {
    Result<json> parsed = parse_json(body, {1, {"Version", "ApiVersion", "MinAPIVersion"}});
    if (!parsed) {
        return parsed.error().within("version");
    }
    if (!parsed->is_object()) {
        return Error(ErrorKind::damaged, "version: not a JSON object");
    }
    VersionAnswer answer;
    answer.server_version = to_terminal(bounded(text_of(*parsed, "Version"), 64));
    answer.api_version = bounded(text_of(*parsed, "ApiVersion"), 16);
    answer.minimum_api_version = bounded(text_of(*parsed, "MinAPIVersion"), 16);
    return answer;
}

std::string parse_error_message(std::string_view body) {
    constexpr std::size_t readable_bytes = 400;
    Result<json> parsed = parse_json(body.substr(0, limits::http_header_bytes), {1, {"message"}});
    std::string_view message = parsed ? text_of(*parsed, "message") : std::string_view();
    std::string_view shown = message.empty() ? body : message;
    while (!shown.empty() && (shown.back() == '\n' || shown.back() == '\r')) {
        shown.remove_suffix(1);
    }
    return to_terminal(shown.substr(0, readable_bytes));
}

} // namespace vigia::docker
