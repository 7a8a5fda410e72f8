// SPDX-License-Identifier: MIT
// What befell containers and processes: from a sample into its batch, and from there into table
// event.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "storage/attached.h"
#include "storage/batch.h"

namespace vigia::storage {

// Fills the batch's incidents: OOM kills first, then as many others as find room; the rest is
// counted. Allocates nothing.
void condense_incidents(const Sample& sample, Batch& batch);

// Inside a transaction. At most limits::store_events_per_second OOM kills, and as many others, for
// each second in which samples are taken, however many there are; what is left out is counted in
// one row of kind incidents_lost. Returns how many rows that second has now.
Result<IncidentsWritten> write_incidents(Attached& attached, const Batch& batch);

// Words that stand in the database: added to, never changed. "oom_kill".
std::string_view name_of(IncidentKind kind);
// "'oom_kill', ...": all of them, and incidents_lost, as a list in SQL.
std::string incident_kinds_sql();

} // namespace vigia::storage
