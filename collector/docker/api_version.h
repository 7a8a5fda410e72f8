// SPDX-License-Identifier: MIT
// Versions of the engine's API and how one is agreed upon. A constant version is a bug: engines of
// Debian 12 speak at most 1.41, engines of 2026 refuse below 1.44, Podman says 1.40 or 1.41.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "collector/base/result.h"

namespace vigia::docker {

struct ApiVersion {
    unsigned major = 0;
    unsigned minor = 0;
    auto operator<=>(const ApiVersion&) const = default;
};

// The range whose answers we have read. Newer engines still serve what we ask for.
constexpr ApiVersion newest_known{1, 47};
constexpr ApiVersion oldest_known{1, 12};

// "1.41" → {1, 41}; nothing else is a version.
std::optional<ApiVersion> parse_api_version(std::string_view text);
std::string to_string(ApiVersion version);

// The version to speak with an engine that serves `minimum` to `newest`: ours if it is in there,
// else the nearest that is. An engine older than oldest_known is refused (ErrorKind::unavailable).
Result<ApiVersion> negotiate(ApiVersion newest, std::optional<ApiVersion> minimum);

// What a refusal asks for: "client version 1.47 is too new. Maximum supported API version is 1.41"
// → 1.41; "... too old. Minimum supported API version is 1.44, ..." → 1.44. Nothing if the text is
// about something else, or asks for what was just tried.
std::optional<ApiVersion> version_asked_for(std::string_view refusal, ApiVersion tried);

} // namespace vigia::docker
