// SPDX-License-Identifier: MIT
// Everything a rule can name.
#pragma once

#include <span>
#include <string_view>

#include "policy/action.h"
#include "policy/detector.h"
#include "policy/ranker.h"

namespace vigia::policy {

std::span<const DetectorKind> detector_kinds();
std::span<const RankerKind> ranker_kinds();
std::span<const std::string_view> action_names();

// Null: no such name.
const DetectorKind* find_detector(std::string_view name);
const RankerKind* find_ranker(std::string_view name);
const ActionKind* find_action(std::string_view name);
const Action& action_of(ActionKind kind);

} // namespace vigia::policy
