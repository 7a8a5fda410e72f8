// SPDX-License-Identifier: MIT
// Decisions as rows: columns for what one asks for, JSON for what one reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/decision.h"
#include "storage/sqlite.h"

namespace vigia::storage {

// Inserts or replaces by id. Inside the caller's transaction.
Status write_decision(Connection& connection, const policy::Decision& decision);

// `where`: an SQL condition and order without user text; parameters ?1 and ?2 are bound.
Result<std::vector<policy::Decision>>
read_decisions(Connection& connection, const std::string& where, int64_t first, int64_t second);

// readings, ranking, actions, parameters and steps.
std::string detail_to_json(const policy::Decision& decision);
// Fills them in. Error: damaged.
Status detail_from_json(const std::string& json, policy::Decision& decision);

} // namespace vigia::storage
