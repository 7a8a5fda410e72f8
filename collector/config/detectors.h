// SPDX-License-Identifier: MIT
// The `when` or `any` of a rule: which detectors must hold, and for how long.
#pragma once

#include "collector/config/reader.h"
#include "policy/config.h"

namespace vigia::config {

// Leaves `duration_ns` as it is if the key is not there.
void read_duration(Table& table, std::string_view key, uint64_t& duration_ns);
void read_detectors(Table& rule_table, policy::RuleConfig& rule);

} // namespace vigia::config
