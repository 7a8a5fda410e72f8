// SPDX-License-Identifier: MIT
#include "collector/docker/json.h"

#include <algorithm>

#include "collector/base/limits.h"
#include "collector/base/text.h"

namespace vigia::docker {
namespace {

using nlohmann::json;

// Decides, while the text is read, what is kept. Bounds the depth and the number of values.
class Keeper {
public:
    explicit Keeper(const JsonFilter& filter) : filter_(filter) {}

    bool operator()(int depth, json::parse_event_t event, json& parsed) {
        if (depth > limits::engine_json_depth || ++values_ > limits::engine_json_values) {
            overflow_ = true;
            return false;
        }
        return event != json::parse_event_t::key || depth != filter_.object_depth || wanted(parsed);
    }
    bool overflow() const { return overflow_; }

private:
    bool wanted(const json& key) const {
        const auto* name = key.get_ptr<const std::string*>();
        return name != nullptr &&
               std::find(filter_.names.begin(), filter_.names.end(), *name) != filter_.names.end();
    }

    const JsonFilter& filter_;
    std::size_t values_ = 0;
    bool overflow_ = false;
};

Result<json> parse_once(std::string_view text, const JsonFilter& filter) {
    Keeper keeper(filter);
    json parsed = json::parse(
        text.begin(), text.end(),
        [&keeper](int depth, json::parse_event_t event, json& value) {
            return keeper(depth, event, value);
        },
        false);
    if (keeper.overflow()) {
        return Error(ErrorKind::damaged, "JSON with too many values or too deep");
    }
    if (parsed.is_discarded()) {
        return Error(ErrorKind::damaged, "not JSON");
    }
    return parsed;
}

} // namespace

Result<json> parse_json(std::string_view text, const JsonFilter& filter) {
    Result<json> parsed = parse_once(text, filter);
    if (parsed) {
        return parsed;
    }
    std::string repaired = to_utf8(text);
    return repaired == text ? std::move(parsed) : parse_once(repaired, filter);
}

const json& member(const json& object, std::string_view name) {
    static const json none;
    if (!object.is_object()) {
        return none;
    }
    auto found = object.find(std::string(name));
    return found == object.end() ? none : *found;
}

std::string_view text_of(const json& object, std::string_view name) {
    const auto* text = member(object, name).get_ptr<const std::string*>();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::optional<int64_t> integer_of(const json& object, std::string_view name) {
    const json& value = member(object, name);
    if (value.is_number_unsigned()) {
        uint64_t number = value.get<uint64_t>();
        return number > INT64_MAX ? std::nullopt
                                  : std::optional<int64_t>(static_cast<int64_t>(number));
    }
    return value.is_number_integer() ? std::optional<int64_t>(value.get<int64_t>()) : std::nullopt;
}

bool flag_of(const json& object, std::string_view name) {
    const json& value = member(object, name);
    return value.is_boolean() && value.get<bool>();
}

} // namespace vigia::docker
