// SPDX-License-Identifier: MIT
// The tables and views as SQL text, and the steps from one version to the next.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/sqlite.h"

namespace vigia::storage {

constexpr int64_t application_id = 0x56494749; // "VIGI"
constexpr int64_t schema_version = 3;          // user_version

// All tables and views of that version. storage/FORMAT.md shows the latest; a test compares.
std::string_view schema_sql(int64_t version = schema_version);

// From `version` (0: an empty file) to schema_version, in one transaction. Never called for a newer
// one.
Status migrate(Connection& connection, int64_t version);

} // namespace vigia::storage
