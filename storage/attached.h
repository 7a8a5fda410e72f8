// SPDX-License-Identifier: MIT
// Everything that belongs to one open database file and goes with it: the connection, its prepared
// statements, its log, and what is remembered of its content. Writing thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/budget.h"
#include "storage/retention.h"
#include "storage/rows.h"
#include "storage/series.h"
#include "storage/sqlite.h"
#include "storage/wal.h"

namespace vigia::storage {

// Rows of what befell containers (storage/incidents.h) in one second.
struct IncidentsWritten {
    std::size_t oom_kills = 0;
    std::size_t others = 0;
};

struct Attached {
    Connection connection; // first: it goes last
    Wal wal;
    Series series;
    RawTable system;
    RawTable containers;
    RawTable processes;
    SeriesSweep sweep;
    int64_t session = 0;
    int64_t newest_ts = unknown;        // of any raw row: later seconds need no merging
    int64_t due_marked = unknown;       // the last minute that is noted as due
    int64_t maintained_at = unknown;    // the minute whose rollups and ages are done
    int64_t incidents_ts = unknown;     // the second of the last batch
    IncidentsWritten incidents_written; // in that second

    // Begins a session in a database that open_database() has made fit.
    static Result<std::unique_ptr<Attached>> begin(Connection connection, const std::string& path,
                                                   const Budget& budget);
    // False once the file at the path is not this one any more.
    bool in_place() const;
};

// A row of table event. Inside the caller's transaction, or as one of its own.
Status write_event(Connection& connection, int64_t ts, const char* kind, int64_t value,
                   std::string_view text);

} // namespace vigia::storage
