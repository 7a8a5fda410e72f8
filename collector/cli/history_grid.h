// SPDX-License-Identifier: MIT
// What the history answers, as a view: with units, and with the rates that its sums stand for.
#pragma once

#include <string_view>
#include <vector>

#include "collector/cli/table.h"
#include "policy/decision.h"
#include "storage/history.h"

namespace vigia::cli {

// Sums over a row's interval ("cpu_ns", "read_bytes") get their rate beside them ("cpu_ratio",
// "read_bytes_per_second"); everything else is as stored.
Grid history_grid(const storage::Table& table);

// One row a decision, in the order given.
Grid decisions_grid(const std::vector<policy::Decision>& decisions);

// What people want to see first of "system", "containers", "processes", "decisions" or "events".
std::vector<std::string_view> default_fields_of(std::string_view what);

} // namespace vigia::cli
