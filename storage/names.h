// SPDX-License-Identifier: MIT
// Enumerations as the words that stand in the database. These words are the format: they may be
// added to, never changed, whatever the rest of the program shows to people.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/decision.h"

namespace vigia::storage {

template <typename Enum, std::size_t size>
using Names = std::array<std::pair<Enum, std::string_view>, size>;

inline constexpr Names<Runtime, 7> runtime_names{{
    {Runtime::unknown, "unknown"},
    {Runtime::docker, "docker"},
    {Runtime::podman, "podman"},
    {Runtime::containerd, "containerd"},
    {Runtime::crio, "crio"},
    {Runtime::lxc, "lxc"},
    {Runtime::nspawn, "nspawn"},
}};

inline constexpr Names<policy::ActionKind, 6> action_names{{
    {policy::ActionKind::warn, "warn"},
    {policy::ActionKind::limit, "limit"},
    {policy::ActionKind::pause, "pause"},
    {policy::ActionKind::stop, "stop"},
    {policy::ActionKind::kill, "kill"},
    {policy::ActionKind::remove, "remove"},
}};

inline constexpr Names<policy::Mode, 2> mode_names{{
    {policy::Mode::dry_run, "dry_run"},
    {policy::Mode::enforce, "enforce"},
}};

inline constexpr Names<policy::Phase, 7> phase_names{{
    {policy::Phase::decided, "decided"},
    {policy::Phase::requested, "requested"},
    {policy::Phase::answered, "answered"},
    {policy::Phase::verified, "verified"},
    {policy::Phase::failed, "failed"},
    {policy::Phase::dry_run, "dry_run"},
    {policy::Phase::abandoned, "abandoned"},
}};

template <typename Enum, std::size_t size>
constexpr std::string_view name_of(const Names<Enum, size>& names, Enum value) {
    for (const auto& [candidate, name] : names) {
        if (candidate == value) {
            return name;
        }
    }
    return names[0].second;
}

template <typename Enum, std::size_t size>
constexpr std::optional<Enum> value_of(const Names<Enum, size>& names, std::string_view name) {
    for (const auto& [value, candidate] : names) {
        if (candidate == name) {
            return value;
        }
    }
    return std::nullopt;
}

} // namespace vigia::storage
