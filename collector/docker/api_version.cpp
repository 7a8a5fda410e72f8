// SPDX-License-Identifier: MIT
#include "collector/docker/api_version.h"

#include <algorithm>
#include <charconv>

namespace vigia::docker {
namespace {

constexpr unsigned part_maximum = 9'999;

// One decimal number at the start of `text`, which is moved behind it.
std::optional<unsigned> take_number(std::string_view& text) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > part_maximum) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

std::optional<ApiVersion> take_version(std::string_view& text) {
    std::optional<unsigned> major = take_number(text);
    if (!major || text.empty() || text.front() != '.') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    std::optional<unsigned> minor = take_number(text);
    if (!minor) {
        return std::nullopt;
    }
    return ApiVersion{*major, *minor};
}

} // namespace

std::optional<ApiVersion> parse_api_version(std::string_view text) {
    std::optional<ApiVersion> version = take_version(text);
    return text.empty() ? version : std::nullopt;
}

std::string to_string(ApiVersion version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Result<ApiVersion> negotiate(ApiVersion newest, std::optional<ApiVersion> minimum) {
    if (newest < oldest_known) {
        return Error(ErrorKind::unavailable, "the engine's API " + to_string(newest) +
                                                 " is older than " + to_string(oldest_known) +
                                                 ", the oldest that Vigia understands");
    }
    ApiVersion version = std::min(newest_known, newest);
    if (minimum && *minimum <= newest) {
        version = std::max(version, *minimum);
    }
    return version;
}

std::optional<ApiVersion> version_asked_for(std::string_view refusal, ApiVersion tried) {
    constexpr std::string_view marker = "supported API version is ";
    std::size_t at = refusal.find(marker);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view rest = refusal.substr(at + marker.size());
    std::optional<ApiVersion> asked = take_version(rest);
    bool useful = asked && *asked >= oldest_known && *asked != tried;
    return useful ? asked : std::nullopt;
}

} // namespace vigia::docker
