// SPDX-License-Identifier: MIT
// The detail column. Keys are the field names of policy/decision.h; a key that is missing keeps the
// field's default, so that older rows stay readable when fields are added.
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "storage/decisions.h"
#include "storage/names.h"

namespace vigia::storage {

namespace {

using nlohmann::json;
using policy::ActionKind;
using policy::Decision;

json to_json(const policy::Reading& reading) {
    return {{"detector", reading.detector},
            {"subject", reading.subject},
            {"value", reading.value},
            {"threshold", reading.threshold},
            {"unit", reading.unit},
            {"held_ns", reading.held_ns},
            {"required_ns", reading.required_ns}};
}

json to_json(const policy::Candidate& candidate) {
    return {{"container_id", candidate.container_id},
            {"name", candidate.name},
            {"image", candidate.image},
            {"score", candidate.score},
            {"note", candidate.note},
            {"chosen", candidate.chosen}};
}

json to_json(const policy::Step& step) {
    return {{"realtime_ns", step.realtime_ns},
            {"action", name_of(action_names, step.action)},
            {"phase", name_of(phase_names, step.phase)},
            {"text", step.text},
            {"http_status", step.http_status}};
}

json to_json(const policy::ActionParameters& parameters) {
    return {{"memory_bytes", parameters.memory_bytes},
            {"cpu_ratio", parameters.cpu_ratio},
            {"pids", parameters.pids},
            {"stop_grace_seconds", parameters.stop_grace_seconds}};
}

json to_json(ActionKind action) {
    return name_of(action_names, action);
}

template <typename T>
json to_array(const std::vector<T>& items) {
    json array = json::array();
    for (const T& item : items) {
        array.push_back(to_json(item));
    }
    return array;
}

// JSON has no NaN and no infinity: they are written as null and come back as NaN.
void get(const json& object, const char* key, double& to) {
    auto found = object.find(key);
    if (found != object.end()) {
        to = found->is_null() ? std::numeric_limits<double>::quiet_NaN() : found->get<double>();
    }
}

template <typename T>
void get(const json& object, const char* key, T& to) {
    auto found = object.find(key);
    if (found != object.end()) {
        found->get_to(to);
    }
}

ActionKind action_from(const json& name) {
    return value_of(action_names, name.get<std::string>()).value_or(ActionKind::warn);
}

void from_json(const json& object, policy::Reading& reading) {
    get(object, "detector", reading.detector);
    get(object, "subject", reading.subject);
    get(object, "value", reading.value);
    get(object, "threshold", reading.threshold);
    get(object, "unit", reading.unit);
    get(object, "held_ns", reading.held_ns);
    get(object, "required_ns", reading.required_ns);
}

void from_json(const json& object, policy::Candidate& candidate) {
    get(object, "container_id", candidate.container_id);
    get(object, "name", candidate.name);
    get(object, "image", candidate.image);
    get(object, "score", candidate.score);
    get(object, "note", candidate.note);
    get(object, "chosen", candidate.chosen);
}

void from_json(const json& object, policy::Step& step) {
    get(object, "realtime_ns", step.realtime_ns);
    step.action = action_from(object.at("action"));
    step.phase = value_of(phase_names, object.at("phase").get<std::string>())
                     .value_or(policy::Phase::decided);
    get(object, "text", step.text);
    get(object, "http_status", step.http_status);
}

void from_json(const json& object, policy::ActionParameters& parameters) {
    get(object, "memory_bytes", parameters.memory_bytes);
    get(object, "cpu_ratio", parameters.cpu_ratio);
    get(object, "pids", parameters.pids);
    get(object, "stop_grace_seconds", parameters.stop_grace_seconds);
}

template <typename T>
void from_array(const json& object, const char* key, std::vector<T>& to) {
    for (const json& item : object.value(key, json::array())) {
        T value;
        from_json(item, value);
        to.push_back(std::move(value));
    }
}

} // namespace

std::string detail_to_json(const Decision& decision) {
    json detail{{"readings", to_array(decision.readings)},
                {"ranking", to_array(decision.ranking)},
                {"actions", to_array(decision.actions)},
                {"parameters", to_json(decision.parameters)},
                {"steps", to_array(decision.steps)}};
    return detail.dump(-1, ' ', false, json::error_handler_t::replace);
}

Status detail_from_json(const std::string& text, Decision& decision) {
    // The library throws on a wrong type as well as on a syntax error; it must not get out of here.
    try {
        json detail = json::parse(text);
        from_array(detail, "readings", decision.readings);
        from_array(detail, "ranking", decision.ranking);
        from_array(detail, "steps", decision.steps);
        for (const json& action : detail.value("actions", json::array())) {
            decision.actions.push_back(action_from(action));
        }
        from_json(detail.value("parameters", json::object()), decision.parameters);
    } catch (const json::exception& broken) {
        return Error(ErrorKind::damaged, std::string("detail: ") + broken.what());
    }
    return {};
}

} // namespace vigia::storage
