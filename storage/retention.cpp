// SPDX-License-Identifier: MIT
#include "storage/retention.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "storage/columns.h"
#include "storage/incidents.h"
#include "storage/rollup.h"

namespace vigia::storage {

namespace {

constexpr int64_t page_bytes = 4096;
constexpr uint64_t step_wal_bytes = 1ULL << 20; // what one step adds to the log, and more
constexpr int64_t sweep_series = 1'000;
constexpr int64_t events_kept = 10'000;
constexpr int64_t vacuum_pages = 256;
constexpr int64_t dry_runs_per_step = 100;
constexpr int64_t events_per_step = 1'000;
constexpr int64_t day_seconds = 86'400;
constexpr unsigned buckets_per_call = 16; // the queue behind must not fill up meanwhile

// Dropping ends at a multiple of `unit_seconds`, the next coarser bucket: such a bucket loses all
// its rows or none (rollup.cpp relies on that). `stride_seconds` go in one transaction.
struct Resolution {
    const char* name;
    int64_t unit_seconds;
    int64_t stride_seconds;
};
constexpr Resolution raw{"raw", minute_seconds, 10};
constexpr Resolution minutes{"minute", hour_seconds, hour_seconds};
constexpr Resolution hours{"hour", day_seconds, day_seconds};

// In this order; what is newer than `keep_seconds` is passed over.
struct Choice {
    const Resolution& resolution;
    int64_t keep_seconds;
};
constexpr Choice choices[] = {{raw, hour_seconds},
                              {minutes, day_seconds},
                              {hours, day_seconds},
                              {minutes, hour_seconds},
                              {raw, minute_seconds}};

Result<int64_t> oldest_of(Connection& connection, const Resolution& resolution) {
    return connection.integer(fmt::format("SELECT min(ts) FROM system_{}", resolution.name));
}

std::string delete_sql(const Kind& kind, const Resolution& resolution, int64_t before_ts) {
    std::string sql =
        fmt::format("DELETE FROM {}_{} WHERE ts < {}", kind.name, resolution.name, before_ts);
    // Rollups are in (series, ts) order: without the series this would read the whole table.
    if (&resolution != &raw && !kind.series.empty()) {
        sql += fmt::format(" AND {0} IN (SELECT {0} FROM {0} WHERE first_ts < {1})", kind.series,
                           before_ts);
    }
    return sql;
}

// One transaction.
Result<uint64_t> drop(Connection& connection, const Resolution& resolution, int64_t before_ts) {
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    uint64_t rows = 0;
    for (const Kind* kind : kinds) {
        if (Status done = connection.execute(delete_sql(*kind, resolution, before_ts)); !done) {
            return done.error();
        }
        rows += static_cast<uint64_t>(connection.changes());
    }
    int64_t whole = bucket_of(before_ts + resolution.unit_seconds - 1, resolution.unit_seconds);
    Status done = set_dropped_until(connection, resolution.name, whole);
    if (done) {
        done = transaction->commit();
    }
    return done ? Result<uint64_t>(rows) : done.error();
}

// The oldest bucket, in steps.
Result<uint64_t> drop_bucket(Connection& connection, Wal& wal, const Budget& budget,
                             const Resolution& resolution, int64_t oldest_ts) {
    int64_t end = bucket_of(oldest_ts, resolution.unit_seconds) + resolution.unit_seconds;
    uint64_t rows = 0;
    for (int64_t ts = oldest_ts; ts < end;) {
        ts = std::min(ts + resolution.stride_seconds, end);
        Result<bool> room = wal.make_room(budget, step_wal_bytes);
        if (!room || !*room) {
            return room ? Result<uint64_t>(rows) : room.error();
        }
        Result<uint64_t> dropped = drop(connection, resolution, ts);
        if (!dropped) {
            return dropped;
        }
        rows += *dropped;
    }
    return rows;
}

Result<uint64_t> drop_dry_runs(Connection& connection) {
    Status done = connection.execute(
        fmt::format("DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE phase = {} "
                    "ORDER BY id LIMIT {})",
                    static_cast<int>(policy::Phase::dry_run), dry_runs_per_step));
    return done ? Result<uint64_t>(static_cast<uint64_t>(connection.changes())) : done.error();
}

// Losses and gaps, and what befell containers: kept apart, so that a storm of the one leaves the
// other.
Result<uint64_t> trim_events(Connection& connection, int64_t before_ts) {
    uint64_t rows = 0;
    for (const char* is_one : {"IN", "NOT IN"}) {
        Status done = connection.execute(fmt::format(
            "DELETE FROM event WHERE kind {0} ({1}) AND event <= (SELECT event FROM event WHERE "
            "kind {0} ({1}) ORDER BY event DESC LIMIT 1 OFFSET {2})",
            is_one, incident_kinds_sql(), events_kept));
        if (!done) {
            return done.error();
        }
        rows += static_cast<uint64_t>(connection.changes());
    }
    Status done = connection.execute(fmt::format("DELETE FROM event WHERE ts < {}", before_ts));
    return done ? Result<uint64_t>(rows + static_cast<uint64_t>(connection.changes()))
                : done.error();
}

Result<uint64_t> drop_events(Connection& connection) {
    Status done = connection.execute(fmt::format(
        "DELETE FROM event WHERE event IN (SELECT event FROM event ORDER BY event LIMIT {})",
        events_per_step));
    return done ? Result<uint64_t>(static_cast<uint64_t>(connection.changes())) : done.error();
}

// Whatever is the first to go. 0: nothing is left that may go.
Result<uint64_t> drop_oldest(Connection& connection, Wal& wal, const Budget& budget,
                             int64_t newest_ts) {
    for (const Choice& choice : choices) {
        const Resolution& resolution = choice.resolution;
        Result<int64_t> oldest = oldest_of(connection, resolution);
        if (!oldest) {
            return oldest.error();
        }
        int64_t end = *oldest == unknown
                          ? INT64_MAX
                          : bucket_of(*oldest, resolution.unit_seconds) + resolution.unit_seconds;
        if (end <= newest_ts - choice.keep_seconds) {
            return drop_bucket(connection, wal, budget, resolution, *oldest);
        }
    }
    Result<uint64_t> events = drop_events(connection);
    return events && *events == 0 ? drop_dry_runs(connection) : events;
}

struct Pages {
    int64_t all;
    int64_t free;
    uint64_t used_bytes() const { return static_cast<uint64_t>((all - free) * page_bytes); }
};

Result<Pages> count_pages(Connection& connection) {
    Result<int64_t> all = connection.integer("PRAGMA page_count");
    if (!all) {
        return all.error();
    }
    Result<int64_t> free = connection.integer("PRAGMA freelist_count");
    return free ? Result<Pages>(Pages{*all, *free}) : free.error();
}

// Free pages are used again first; only what is far too much goes back to the filesystem.
Status give_back_pages(Connection& connection, const Budget& budget, const Pages& pages) {
    bool over = static_cast<uint64_t>(pages.all * page_bytes) > budget.database_bytes;
    bool idle = pages.free > std::max(pages.all / 4, 2 * vacuum_pages);
    if (pages.free == 0 || (!over && !idle)) {
        return {};
    }
    Status done = connection.execute(fmt::format("PRAGMA incremental_vacuum({})", vacuum_pages));
    return done && over ? limit_pages(connection, budget) : done;
}

} // namespace

Status limit_pages(Connection& connection, const Budget& budget) {
    return connection.execute(
        fmt::format("PRAGMA max_page_count={}", budget.database_bytes / uint64_t{page_bytes}));
}

Result<uint64_t> keep_size(Connection& connection, Wal& wal, const Budget& budget,
                           int64_t newest_ts) {
    uint64_t rows = 0;
    for (unsigned bucket = 0;; bucket++) {
        Result<Pages> pages = count_pages(connection);
        if (!pages) {
            return pages.error();
        }
        if (pages->used_bytes() <= budget.drop_above_bytes || bucket == buckets_per_call) {
            Status given = give_back_pages(connection, budget, *pages);
            return given ? Result<uint64_t>(rows) : given.error();
        }
        Result<uint64_t> dropped = drop_oldest(connection, wal, budget, newest_ts);
        if (!dropped || *dropped == 0) {
            return dropped ? Result<uint64_t>(rows) : dropped;
        }
        rows += *dropped;
    }
}

Result<uint64_t> keep_age(Connection& connection, Wal& wal, const StoreConfig& config,
                          int64_t newest_ts) {
    Budget budget = Budget::of(config.size_cap_bytes);
    const std::pair<const Resolution&, uint64_t> ages[] = {
        {raw, config.raw_age_ns}, {minutes, config.rollup_age_ns}, {hours, config.rollup_age_ns}};
    uint64_t rows = 0;
    for (const auto& [resolution, age_ns] : ages) {
        int64_t before = newest_ts - static_cast<int64_t>(age_ns / ns_per_second);
        for (unsigned bucket = 0; bucket < buckets_per_call; bucket++) {
            Result<int64_t> oldest = oldest_of(connection, resolution);
            if (!oldest) {
                return oldest.error();
            }
            if (*oldest == unknown ||
                bucket_of(*oldest, resolution.unit_seconds) + resolution.unit_seconds > before) {
                break;
            }
            Result<uint64_t> dropped = drop_bucket(connection, wal, budget, resolution, *oldest);
            if (!dropped || *dropped == 0) {
                return dropped ? Result<uint64_t>(rows) : dropped;
            }
            rows += *dropped;
        }
    }
    Result<uint64_t> trimmed = trim_events(
        connection, newest_ts - static_cast<int64_t>(config.rollup_age_ns / ns_per_second));
    return trimmed ? Result<uint64_t>(rows + *trimmed) : trimmed;
}

namespace {

// A series without rows in any table, and a container that no event names. last_ts is brought up to
// date when its minute is rolled up, so the rows that wait for that are looked at one by one.
std::string sweep_sql(const Kind& kind, int64_t from) {
    return fmt::format(
        "DELETE FROM {0} WHERE {0} >= {1} AND {0} < {2} AND last_ts < (SELECT min(ts) FROM "
        "system_raw) AND {0} NOT IN (SELECT r.{0} FROM rollup_due d JOIN {0}_raw r ON r.ts >= d.ts "
        "AND r.ts < d.ts + {3} WHERE d.width = {3}) AND NOT EXISTS (SELECT 1 FROM {0}_minute m "
        "WHERE m.{0} = {0}.{0}) AND NOT EXISTS (SELECT 1 FROM {0}_hour h WHERE h.{0} = {0}.{0})"
        "{4}",
        kind.series, from, from + sweep_series, minute_seconds,
        kind.series == container_kind.series
            ? " AND container NOT IN (SELECT container FROM event WHERE container IS NOT NULL)"
            : "");
}

Result<uint64_t> sweep(Connection& connection, const Kind& kind, int64_t& next) {
    Result<int64_t> last = connection.integer(fmt::format("SELECT max({0}) FROM {0}", kind.series));
    if (!last) {
        return last.error();
    }
    if (Status swept = connection.execute(sweep_sql(kind, next)); !swept) {
        return swept.error();
    }
    auto removed = static_cast<uint64_t>(connection.changes());
    next = next + sweep_series > *last ? 1 : next + sweep_series;
    return removed;
}

} // namespace

Result<uint64_t> SeriesSweep::run(Connection& connection) {
    Result<uint64_t> containers = sweep(connection, container_kind, next_container_);
    if (!containers) {
        return containers;
    }
    Result<uint64_t> processes = sweep(connection, process_kind, next_process_);
    return processes ? Result<uint64_t>(*containers + *processes) : processes;
}

} // namespace vigia::storage
