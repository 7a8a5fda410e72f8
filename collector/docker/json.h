// SPDX-License-Identifier: MIT
// The JSON library behind a few getters that never throw. Only the .cpp files of the messages
// include this.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "collector/base/result.h"

namespace vigia::docker {

// Which parts of a text are worth memory: members of the objects at `object_depth` (1: the text is
// an object; 2: an array of objects) with one of these names, and everything inside them.
struct JsonFilter {
    int object_depth = 1;
    std::initializer_list<std::string_view> names;
};

// Parsed and filtered. Invalid UTF-8 is repaired first. Errors: damaged.
Result<nlohmann::json> parse_json(std::string_view text, const JsonFilter& filter);

// The member, or null (a JSON null) if `object` is no object or has none.
const nlohmann::json& member(const nlohmann::json& object, std::string_view name);
// Empty if it is no string.
std::string_view text_of(const nlohmann::json& object, std::string_view name);
std::optional<int64_t> integer_of(const nlohmann::json& object, std::string_view name);
bool flag_of(const nlohmann::json& object, std::string_view name);

} // namespace vigia::docker
