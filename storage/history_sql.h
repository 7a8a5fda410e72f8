// SPDX-License-Identifier: MIT
// Questions to the history as SQL, at the resolution that answers them.
#pragma once

#include "storage/columns.h"
#include "storage/history.h"
#include "storage/sqlite.h"

namespace vigia::storage {

// The newest events in the order of time.
Result<Table> run_event_query(Connection& connection, const HistoryQuery& query);
Result<Table> run_query(Connection& connection, const Kind& kind, const HistoryQuery& query);

} // namespace vigia::storage
