// SPDX-License-Identifier: MIT
// A decision told to a person, and to a program.
#pragma once

#include <string>

#include "collector/cli/table.h"
#include "policy/decision.h"

namespace vigia::cli {

// `around`: the history's events of that time, as history_grid() gives them; null: not asked for.
std::string tell(const policy::Decision& decision, const TableStyle& style,
                 const Grid* around = nullptr);
std::string decision_json(const policy::Decision& decision, const Grid* around = nullptr);

// A number in the unit that a rule or a ranker names: "bytes", "ratio", "bytes_per_second", "ns".
std::string quantity(double value, const std::string& unit);

} // namespace vigia::cli
