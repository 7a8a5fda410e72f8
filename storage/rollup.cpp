// SPDX-License-Identifier: MIT
#include "storage/rollup.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "collector/base/limits.h"
#include "storage/accumulator.h"

namespace vigia::storage {

namespace {

using Accumulators = std::unordered_map<int64_t, Accumulator>;

struct Level {
    const char* name;
    const char* finer;
    int64_t width;
};
constexpr Level levels[] = {{"minute", "raw", minute_seconds}, {"hour", "minute", hour_seconds}};

const char* key_of(const Kind& kind) {
    return kind.series.empty() ? "0" : kind.series.data();
}

std::string column_names(const Kind& kind) {
    std::string names;
    for (const Column& column : kind.columns) {
        names += fmt::format("{}, ", column.name);
    }
    return names;
}

// Rows of table <kind>_<table> within [ts, ts + width) into `to`.
Status accumulate(Connection& connection, const Kind& kind, const std::string& table, int64_t ts,
                  int64_t width, Accumulators& to) {
    bool raw = table == "raw";
    // Rollups are in (series, ts) order: without the series this would read the whole table.
    std::string series =
        raw || kind.series.empty()
            ? std::string()
            : fmt::format(" AND {0} IN (SELECT {0} FROM {0} WHERE last_ts >= ?1)", kind.series);
    Result<Statement> rows = connection.prepare(
        fmt::format("SELECT {}, {}, {}{} FROM {}_{} WHERE ts >= ?1 AND ts < ?2{}", key_of(kind),
                    raw ? "1" : "samples", column_names(kind),
                    raw ? kind.columns[kind.peak_of].name : kind.peak, kind.name, table, series));
    if (!rows) {
        return rows.error();
    }
    rows->bind(1, ts);
    rows->bind(2, ts + width);
    for (;;) {
        Result<bool> row = rows->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return {};
        }
        to.try_emplace(rows->integer(0), kind).first->second.add(*rows, 1);
    }
}

// The processes that keep their own row: half by CPU, half by largest memory. A host on which
// thousands of processes come and go must not fill the history with them.
std::set<int64_t> chosen(const Accumulators& all) {
    using Ranked = std::vector<std::pair<int64_t, int64_t>>;
    Ranked by_cpu;
    Ranked by_memory;
    for (const auto& [series, accumulator] : all) {
        if (series != rest_series) {
            by_cpu.emplace_back(accumulator.value(process_column::cpu_ns), series);
            by_memory.emplace_back(accumulator.peak(), series);
        }
    }
    std::set<int64_t> kept;
    std::size_t half = limits::store_rollup_processes / 2;
    for (Ranked* ranked : {&by_cpu, &by_memory}) {
        std::size_t count = std::min(half, ranked->size());
        std::partial_sort(ranked->begin(), ranked->begin() + static_cast<std::ptrdiff_t>(count),
                          ranked->end(), std::greater<>());
        for (std::size_t i = 0; i < count; i++) {
            kept.insert((*ranked)[i].second);
        }
    }
    return kept;
}

void fold_the_small(Accumulators& all) {
    if (all.size() <= limits::store_rollup_processes) {
        return;
    }
    std::set<int64_t> kept = chosen(all);
    Accumulator rest = all.try_emplace(rest_series, process_kind).first->second;
    for (auto item = all.begin(); item != all.end();) {
        if (item->first != rest_series && kept.count(item->first) == 0) {
            rest.fold(item->second);
            item = all.erase(item);
        } else {
            ++item;
        }
    }
    all.insert_or_assign(rest_series, std::move(rest));
}

Status insert(Connection& connection, const Kind& kind, const Level& level, int64_t ts,
              const Accumulators& rows) {
    std::string parameters = kind.series.empty() ? "?2, ?3" : "?1, ?2, ?3";
    for (std::size_t i = 0; i <= kind.columns.size(); i++) {
        parameters += fmt::format(", ?{}", i + 4);
    }
    Result<Statement> statement = connection.prepare(
        fmt::format("INSERT INTO {}_{} ({}ts, samples, {}{}) VALUES ({})", kind.name, level.name,
                    kind.series.empty() ? std::string() : fmt::format("{}, ", kind.series),
                    column_names(kind), kind.peak, parameters));
    if (!statement) {
        return statement.error();
    }
    for (const auto& [series, row] : rows) {
        if (!kind.series.empty()) {
            statement->bind(1, series);
        }
        statement->bind(2, ts);
        statement->bind(3, row.samples());
        for (std::size_t i = 0; i < kind.columns.size(); i++) {
            statement->bind(static_cast<int>(i) + 4, row.value(i));
        }
        statement->bind(static_cast<int>(kind.columns.size()) + 4, row.peak());
        if (Status inserted = statement->run(); !inserted) {
            return inserted;
        }
    }
    return {};
}

// Series that appeared in the bucket are known to have lived until its end: retention and queries
// go by last_ts.
Status touch_series(Connection& connection, const Kind& kind, int64_t ts,
                    const Accumulators& rows) {
    if (kind.series.empty()) {
        return {};
    }
    Result<Statement> statement = connection.prepare(
        fmt::format("UPDATE {0} SET last_ts = ?1 WHERE {0} = ?2 AND last_ts < ?1", kind.series));
    if (!statement) {
        return statement.error();
    }
    for (const auto& [series, row] : rows) {
        statement->bind(1, ts);
        statement->bind(2, series);
        if (Status touched = statement->run(); !touched) {
            return touched;
        }
    }
    return {};
}

struct Bucket {
    const Level& level;
    int64_t ts;
    bool rolled;     // it has rows already: the clock was set back
    bool incomplete; // of what these were made, some has been dropped since
};

Result<Bucket> look_at(Connection& connection, const Level& level, int64_t ts) {
    Result<int64_t> rows = connection.integer(
        fmt::format("SELECT count(*) FROM system_{} WHERE ts = {}", level.name, ts));
    if (!rows) {
        return rows.error();
    }
    Result<int64_t> dropped = dropped_until(connection, level.finer);
    if (!dropped) {
        return dropped.error();
    }
    return Bucket{level, ts, *rows > 0, ts < *dropped};
}

// A full scan for the rollups, but only after the clock was set back by more than the bucket.
Status remove_old(Connection& connection, const Kind& kind, const Bucket& bucket) {
    Status removed = connection.execute(
        fmt::format("DELETE FROM {}_{} WHERE ts = {}", kind.name, bucket.level.name, bucket.ts));
    if (removed && bucket.incomplete) {
        // What is added to the bucket now must not be added again.
        removed = connection.execute(fmt::format("DELETE FROM {}_{} WHERE ts >= {} AND ts < {}",
                                                 kind.name, bucket.level.finer, bucket.ts,
                                                 bucket.ts + bucket.level.width));
    }
    return removed;
}

Status roll_kind(Connection& connection, const Kind& kind, const Bucket& bucket) {
    Accumulators rows;
    Status done =
        accumulate(connection, kind, bucket.level.finer, bucket.ts, bucket.level.width, rows);
    if (done && bucket.rolled && bucket.incomplete) {
        done = accumulate(connection, kind, bucket.level.name, bucket.ts, 1, rows);
    }
    if (done && bucket.rolled) {
        done = remove_old(connection, kind, bucket);
    }
    if (!done) {
        return done;
    }
    done = touch_series(connection, kind, bucket.ts + bucket.level.width - 1, rows);
    if (&kind == &process_kind) {
        fold_the_small(rows);
    }
    return done ? insert(connection, kind, bucket.level, bucket.ts, rows) : done;
}

Status roll_bucket(Connection& connection, const Level& level, int64_t ts) {
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    Result<Bucket> bucket = look_at(connection, level, ts);
    if (!bucket) {
        return bucket.error();
    }
    for (const Kind* kind : kinds) {
        if (Status rolled = roll_kind(connection, *kind, *bucket); !rolled) {
            return rolled;
        }
    }
    Status done = connection.execute(
        fmt::format("DELETE FROM rollup_due WHERE width = {} AND ts = {}", level.width, ts));
    return done ? transaction->commit() : done;
}

Result<std::vector<int64_t>> due_buckets(Connection& connection, const Level& level,
                                         int64_t newest_ts, unsigned maximum) {
    // An hour waits for its minutes, also when one of them came back.
    Result<Statement> rows = connection.prepare(fmt::format(
        "SELECT ts FROM rollup_due d WHERE width = {0} AND ts != {1} AND ({0} = {2} OR NOT EXISTS "
        "(SELECT 1 FROM rollup_due m WHERE m.width = {2} AND m.ts >= d.ts AND m.ts < d.ts + {0})) "
        "ORDER BY ts LIMIT {3}",
        level.width, bucket_of(newest_ts, level.width), minute_seconds, maximum));
    if (!rows) {
        return rows.error();
    }
    std::vector<int64_t> buckets;
    for (;;) {
        Result<bool> row = rows->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return buckets;
        }
        buckets.push_back(rows->integer(0));
    }
}

} // namespace

Status mark_due(Connection& connection, int64_t ts) {
    return connection.execute(
        fmt::format("INSERT OR IGNORE INTO rollup_due VALUES ({}, {}), ({}, {})", minute_seconds,
                    bucket_of(ts, minute_seconds), hour_seconds, bucket_of(ts, hour_seconds)));
}

Result<unsigned> roll_up(Connection& connection, int64_t newest_ts, unsigned buckets_maximum) {
    unsigned count = 0;
    for (const Level& level : levels) {
        Result<std::vector<int64_t>> buckets =
            due_buckets(connection, level, newest_ts, buckets_maximum);
        if (!buckets) {
            return buckets.error();
        }
        for (int64_t ts : *buckets) {
            if (Status rolled = roll_bucket(connection, level, ts); !rolled) {
                return rolled.error().within("roll up");
            }
            count++;
        }
    }
    return count;
}

Status set_dropped_until(Connection& connection, const char* resolution, int64_t ts) {
    return connection.execute(
        fmt::format("INSERT INTO meta VALUES ('{0}_dropped_until', '{1}') ON CONFLICT (key) DO "
                    "UPDATE SET value = max(CAST(value AS INTEGER), {1})",
                    resolution, ts));
}

Result<int64_t> dropped_until(Connection& connection, const char* resolution) {
    return connection.integer(
        fmt::format("SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = "
                    "'{}_dropped_until'",
                    resolution));
}

} // namespace vigia::storage
