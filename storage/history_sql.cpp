// SPDX-License-Identifier: MIT
#include "storage/history_sql.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"

namespace vigia::storage {

namespace {

// Up to these spans a resolution is fine enough to read and short enough to print.
constexpr int64_t raw_span_seconds = 2 * 3600;
constexpr int64_t minute_span_seconds = 4 * 24 * 3600;

constexpr int64_t width_of(Resolution resolution) {
    return resolution == Resolution::hour ? 3600 : resolution == Resolution::minute ? 60 : 1;
}

struct Bounds {
    int64_t since;
    int64_t until;
};

int64_t to_ts(uint64_t realtime_ns) {
    return static_cast<int64_t>(realtime_ns / ns_per_second);
}

Bounds bounds_of(const HistoryQuery& query, Resolution resolution) {
    int64_t width = width_of(resolution);
    return {to_ts(query.range.since_realtime_ns) / width * width,
            to_ts(query.range.until_realtime_ns)};
}

// ---- which resolution

struct Oldest {
    int64_t raw;
    int64_t minute;
    int64_t hour;
    int64_t newest;
};

Result<Oldest> find_oldest(Connection& connection) {
    Result<Statement> row = connection.prepare(
        "SELECT (SELECT min(ts) FROM system_raw), (SELECT min(ts) FROM system_minute), "
        "(SELECT min(ts) FROM system_hour), max(coalesce((SELECT max(ts) FROM system_raw), 0), "
        "coalesce((SELECT max(ts) FROM system_minute), 0))");
    if (!row) {
        return row.error();
    }
    if (Result<bool> stepped = row->step(); !stepped) {
        return stepped.error();
    }
    return Oldest{row->integer(0), row->integer(1), row->integer(2), row->integer(3)};
}

// Finer rows reach back as far as coarser ones do, as far as the question goes.
bool covers(int64_t finer, int64_t coarser, int64_t since, int64_t coarser_width) {
    if (finer == unknown) {
        return false;
    }
    return coarser == unknown || finer < std::max(since, coarser) + coarser_width;
}

Resolution choose(const Oldest& oldest, const Bounds& asked) {
    int64_t first = INT64_MAX;
    for (int64_t ts : {oldest.raw, oldest.minute, oldest.hour}) {
        first = ts == unknown ? first : std::min(first, ts);
    }
    int64_t span = std::min(asked.until, oldest.newest) - std::max(asked.since, first);
    bool raw = covers(oldest.raw, oldest.minute, asked.since, 60) || oldest.minute == unknown;
    bool minute = covers(oldest.minute, oldest.hour, asked.since, 3600);
    if (raw && span <= raw_span_seconds) {
        return Resolution::raw;
    }
    return (minute || oldest.hour == unknown) && span <= minute_span_seconds ? Resolution::minute
                                                                             : Resolution::hour;
}

// ---- SQL: ?1 since, ?2 until, ?3 container, ?4 pid, ?5 comm

// "name, name, ..." of the columns, each through `sum_form` or `gauge_form` ({0} is the name).
std::string list(const Kind& kind, const char* sum_form, const char* gauge_form) {
    std::string text;
    for (const Column& column : kind.columns) {
        const char* form = column.merge == Merge::sum ? sum_form : gauge_form;
        text += ", " + fmt::format(fmt::runtime(form), column.name);
    }
    return text;
}

// What of a kind a file of this version has.
Kind as_of(const Kind& kind, int64_t version) {
    Kind known = kind;
    if (version < 2) {
        known.columns = kind.columns.first(kind.first_columns);
    }
    return known;
}

std::string key_of(const Kind& kind) {
    return kind.series.empty() ? std::string("0") : std::string(kind.series);
}

std::string filter_of(const Kind& kind, const HistoryQuery& query) {
    std::string filter;
    std::string container = "(c.name = ?3 OR substr(c.id, 1, length(?3)) = ?3)";
    if (kind.name == container_kind.name) {
        filter = "container IN (SELECT container FROM container c WHERE (last_ts >= ?1 OR "
                 "container = 0)";
        filter += query.container ? " AND " + container + ")" : ")";
    } else if (kind.name == process_kind.name) {
        filter = "process IN (SELECT process FROM process p LEFT JOIN container c ON c.container "
                 "= p.container WHERE (p.last_ts >= ?1 OR process = 0)";
        filter += query.container ? " AND " + container : "";
        filter += query.pid ? " AND p.pid = ?4" : "";
        filter += query.comm ? " AND p.comm = ?5)" : ")";
    }
    return filter.empty() ? "1" : filter;
}

// Raw rows carry only processes that were alive in their second: last_ts, which the rollups keep,
// may still lag behind.
std::string raw_filter_of(const Kind& kind, const HistoryQuery& query) {
    std::string filter = filter_of(kind, query);
    for (const char* lag :
         {"(last_ts >= ?1 OR container = 0)", "(p.last_ts >= ?1 OR process = 0)"}) {
        if (std::size_t at = filter.find(lag); at != std::string::npos) {
            filter.replace(at, std::string(lag).size(), "1");
        }
    }
    return filter;
}

std::string raw_rows(const Kind& kind, const HistoryQuery& query) {
    return fmt::format("SELECT ts, {} AS series, 1 AS samples{}, {} AS peak FROM {}_raw WHERE ts "
                       "BETWEEN ?1 AND ?2 AND {}",
                       key_of(kind), list(kind, "{0}", "{0}"), kind.columns[kind.peak_of].name,
                       kind.name, raw_filter_of(kind, query));
}

// Rolled-up rows, and for buckets that are not rolled up yet what `finer` gives for them.
std::string bucket_rows(const Kind& kind, const HistoryQuery& query, Resolution resolution,
                        const std::string& finer) {
    int64_t width = width_of(resolution);
    return fmt::format(
        "SELECT ts, {0} AS series, samples{1}, {2} AS peak FROM {3}_{4} WHERE ts BETWEEN ?1 AND ?2 "
        "AND ts NOT IN (SELECT ts FROM rollup_due WHERE width = {5}) AND {6} "
        "UNION ALL SELECT d.ts, series, sum(samples){7}, max(peak) FROM rollup_due d JOIN ({8}) f "
        "ON f.ts >= d.ts AND f.ts < d.ts + {5} WHERE d.width = {5} GROUP BY d.ts, series",
        key_of(kind), list(kind, "{0}", "{0}"), kind.peak, kind.name,
        resolution == Resolution::minute ? "minute" : "hour", width, filter_of(kind, query),
        list(kind, "sum({0})", "sum({0} * samples) / sum(samples)"), finer);
}

std::string rows_of(const Kind& kind, const HistoryQuery& query, Resolution resolution) {
    std::string raw = raw_rows(kind, query);
    if (resolution == Resolution::raw) {
        return raw;
    }
    std::string minute = bucket_rows(kind, query, Resolution::minute, raw);
    return resolution == Resolution::minute ? minute
                                            : bucket_rows(kind, query, Resolution::hour, minute);
}

std::string names_of(const Kind& kind) {
    if (kind.name == container_kind.name) {
        return "c.name AS container, c.image, c.runtime, c.id, s.interval_ns, ";
    }
    if (kind.name == process_kind.name) {
        return "p.pid, p.start_time_ns, p.comm, p.command_line, p.uid, c.name AS container, "
               "s.interval_ns, ";
    }
    return "";
}

std::string joins_of(const Kind& kind, const HistoryQuery& query, Resolution resolution) {
    if (kind.name == system_kind.name) {
        return "";
    }
    std::string system =
        fmt::format(" LEFT JOIN (SELECT ts, interval_ns FROM ({})) s ON s.ts = r.ts",
                    rows_of(as_of(system_kind, 1), query, resolution));
    return kind.name == container_kind.name
               ? " JOIN container c ON c.container = r.series" + system
               : " JOIN process p ON p.process = r.series LEFT JOIN container c ON c.container = "
                 "p.container" +
                     system;
}

std::string query_sql(const Kind& kind, const HistoryQuery& query, Resolution resolution) {
    return fmt::format("SELECT * FROM (SELECT r.ts, {}r.samples{}, r.peak AS {} FROM ({}) r{} "
                       "ORDER BY r.ts DESC, r.cpu_ns DESC LIMIT {}) ORDER BY ts, cpu_ns DESC",
                       names_of(kind), list(kind, "r.{0}", "r.{0}"), kind.peak,
                       rows_of(kind, query, resolution), joins_of(kind, query, resolution),
                       std::min<uint64_t>(query.limit, INT64_MAX));
}

Cell cell_of(const Statement& row, int column) {
    Cell cell;
    switch (sqlite3_column_type(row.handle(), column)) {
    case SQLITE_INTEGER:
        cell.type = Cell::Type::integer;
        cell.integer = row.integer(column);
        break;
    case SQLITE_FLOAT:
        cell.type = Cell::Type::real;
        cell.real = sqlite3_column_double(row.handle(), column);
        break;
    case SQLITE_NULL:
        break;
    default:
        cell.type = Cell::Type::text;
        cell.text = row.text(column);
    }
    return cell;
}

Result<Table> read_table(Statement& rows) {
    Table table;
    int columns = sqlite3_column_count(rows.handle());
    for (int i = 0; i < columns; i++) {
        table.columns.emplace_back(sqlite3_column_name(rows.handle(), i));
    }
    for (;;) {
        Result<bool> row = rows.step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return table;
        }
        std::vector<Cell>& cells = table.rows.emplace_back();
        for (int i = 0; i < columns; i++) {
            cells.push_back(cell_of(rows, i));
        }
    }
}

// In a file of before version 3 nobody has a name.
std::string event_sql(const HistoryQuery& query, int64_t version) {
    std::string rows = "SELECT ts, ts * 1000000000 AS realtime_ns, kind, NULL AS container, NULL "
                       "AS id, NULL AS pid, NULL AS comm, NULL AS cgroup, NULL AS rss_bytes, NULL "
                       "AS trigger_pid, NULL AS trigger_cgroup, value, text, event FROM event";
    if (version >= 3) {
        rows = "SELECT e.ts, coalesce(e.realtime_ns, e.ts * 1000000000) AS realtime_ns, e.kind, "
               "c.name AS container, c.id, e.pid, e.comm, e.cgroup, e.rss_bytes, e.trigger_pid, "
               "e.trigger_cgroup, e.value, e.text, e.event FROM event e LEFT JOIN container c "
               "USING (container)";
    }
    std::string filter = "ts BETWEEN ?1 AND ?2";
    filter += query.container ? " AND (container = ?3 OR substr(id, 1, length(?3)) = ?3)" : "";
    filter += query.pid ? " AND pid = ?4" : "";
    filter += query.comm ? " AND comm = ?5" : "";
    return fmt::format("SELECT realtime_ns, kind, container, id, pid, comm, cgroup, rss_bytes, "
                       "trigger_pid, trigger_cgroup, value, text FROM (SELECT * FROM ({}) WHERE {} "
                       "ORDER BY realtime_ns DESC, event DESC LIMIT {}) ORDER BY realtime_ns, "
                       "event",
                       rows, filter, std::min<uint64_t>(query.limit, INT64_MAX));
}

// Names are stored as valid UTF-8, so that is what they are compared with. `texts` outlive it.
struct Texts {
    std::string container;
    std::string comm;
};
Texts texts_of(const HistoryQuery& query) {
    return {to_utf8(query.container.value_or("")), to_utf8(query.comm.value_or(""))};
}

void bind(Statement& rows, const HistoryQuery& query, const Bounds& bounds, const Texts& texts) {
    rows.bind(1, bounds.since);
    rows.bind(2, bounds.until);
    rows.bind(3, texts.container);
    rows.bind(4, static_cast<int64_t>(query.pid.value_or(0)));
    rows.bind(5, texts.comm);
}

} // namespace

Result<Table> run_event_query(Connection& connection, const HistoryQuery& query) {
    Result<int64_t> version = connection.integer("PRAGMA user_version");
    if (!version) {
        return version.error();
    }
    Result<Statement> rows = connection.prepare(event_sql(query, *version));
    if (!rows) {
        return rows.error();
    }
    const Texts texts = texts_of(query);
    bind(*rows, query, bounds_of(query, Resolution::raw), texts);
    return read_table(*rows);
}

Result<Table> run_query(Connection& connection, const Kind& kind, const HistoryQuery& query) {
    Resolution resolution = query.resolution;
    if (resolution == Resolution::automatic) {
        Result<Oldest> oldest = find_oldest(connection);
        if (!oldest) {
            return oldest.error();
        }
        resolution = choose(*oldest, bounds_of(query, Resolution::raw));
    }
    Result<int64_t> version = connection.integer("PRAGMA user_version");
    if (!version) {
        return version.error();
    }
    Result<Statement> rows =
        connection.prepare(query_sql(as_of(kind, *version), query, resolution));
    if (!rows) {
        return rows.error();
    }
    const Texts texts = texts_of(query);
    bind(*rows, query, bounds_of(query, resolution), texts);
    Result<Table> table = read_table(*rows);
    if (table) {
        table->resolution = resolution;
    }
    return table;
}

} // namespace vigia::storage
