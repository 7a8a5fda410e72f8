// SPDX-License-Identifier: MIT
#include "storage/series.h"

#include <cstring>
#include <functional>
#include <string_view>

#include "collector/base/text.h"
#include "storage/names.h"

namespace vigia::storage {

namespace {

std::string_view comm_of(const ProcessRow& row) {
    return {row.comm, ::strnlen(row.comm, sizeof(row.comm))};
}

std::size_t mix(std::size_t hash, std::string_view text) {
    return hash * 31 + std::hash<std::string_view>()(text);
}

std::size_t description_of(const Batch& batch, const ProcessRow& row, int64_t container) {
    std::size_t hash = mix(0, comm_of(row));
    hash = mix(hash, batch.slice(row.command_line));
    return hash * 31 + static_cast<std::size_t>(container) * 7 + static_cast<std::size_t>(row.uid);
}

std::size_t description_of(const Batch& batch, const ContainerIdentity& row) {
    return mix(mix(0, batch.slice(row.name)), batch.slice(row.image));
}

// The series that an INSERT ... RETURNING has made or found.
Result<int64_t> returned(Statement& statement) {
    Result<bool> row = statement.step();
    if (!row) {
        return row.error();
    }
    int64_t series = statement.integer(0);
    // The insert is only complete once it is stepped to its end.
    Result<bool> end = statement.step();
    statement.reset();
    return end ? Result<int64_t>(series) : end.error();
}

} // namespace

Result<Series> Series::prepare(Connection& connection, int64_t boot) {
    Series series;
    series.boot_ = boot;
    // An empty command line or name means "not known now": it never replaces a known one.
    Result<Statement> process = connection.prepare(
        "INSERT INTO process (pid, start_time_ns, boot, comm, command_line, uid, container, "
        "first_ts, last_ts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) "
        "ON CONFLICT (pid, start_time_ns, boot) DO UPDATE SET comm = excluded.comm, "
        "command_line = iif(excluded.command_line = '', command_line, excluded.command_line), "
        "uid = excluded.uid, container = excluded.container, "
        "first_ts = min(first_ts, excluded.first_ts), last_ts = max(last_ts, excluded.last_ts) "
        "RETURNING process");
    if (!process) {
        return process.error();
    }
    Result<Statement> container = connection.prepare(
        "INSERT INTO container (runtime, id, name, image, first_ts, last_ts) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (id, runtime) DO UPDATE SET "
        "name = excluded.name, image = iif(excluded.image = '', image, excluded.image), "
        "first_ts = min(first_ts, excluded.first_ts), last_ts = max(last_ts, excluded.last_ts) "
        "RETURNING container");
    if (!container) {
        return container.error();
    }
    series.upsert_process_ = std::move(*process);
    series.upsert_container_ = std::move(*container);
    return series;
}

Result<int64_t> Series::container(const Batch& batch, const ContainerIdentity& row) {
    if (row.id.size_bytes == 0) {
        return rest_series;
    }
    key_.assign(batch.slice(row.id));
    key_ += static_cast<char>('0' + static_cast<int>(row.runtime));
    std::size_t description = description_of(batch, row);
    auto known = containers_.find(key_);
    if (known != containers_.end() && known->second.description == description) {
        return known->second.series;
    }
    Result<int64_t> series = describe_container(batch, row);
    if (series) {
        if (containers_.size() >= limits::store_series_cached) {
            containers_.clear();
        }
        containers_[key_] = {*series, description};
    }
    return series;
}

Result<int64_t> Series::describe_container(const Batch& batch, const ContainerIdentity& row) {
    std::string id = to_utf8(batch.slice(row.id));
    std::string name = to_utf8(batch.slice(row.name));
    std::string image = to_utf8(batch.slice(row.image));
    upsert_container_.bind(1, name_of(runtime_names, row.runtime));
    upsert_container_.bind(2, id);
    upsert_container_.bind(3, name);
    upsert_container_.bind(4, image);
    upsert_container_.bind(5, batch.ts());
    return returned(upsert_container_);
}

Result<int64_t> Series::process(const Batch& batch, const ProcessRow& row, int64_t container) {
    if (row.pid == 0) {
        return rest_series;
    }
    ProcessKey key{row.start_time_ns, row.pid};
    std::size_t description = description_of(batch, row, container);
    auto known = processes_.find(key);
    if (known != processes_.end() && known->second.description == description) {
        return known->second.series;
    }
    Result<int64_t> series = describe_process(batch, row, container);
    if (series) {
        if (processes_.size() >= limits::store_series_cached) {
            processes_.clear();
        }
        processes_[key] = {*series, description};
    }
    return series;
}

Result<int64_t> Series::describe_process(const Batch& batch, const ProcessRow& row,
                                         int64_t container) {
    std::string comm = to_utf8(comm_of(row));
    std::string command_line = to_utf8(batch.slice(row.command_line));
    upsert_process_.bind(1, static_cast<int64_t>(row.pid));
    upsert_process_.bind(2, static_cast<int64_t>(row.start_time_ns));
    upsert_process_.bind(3, boot_);
    upsert_process_.bind(4, comm);
    upsert_process_.bind(5, command_line);
    upsert_process_.bind(6, row.uid);
    upsert_process_.bind(7, container);
    upsert_process_.bind(8, batch.ts());
    return returned(upsert_process_);
}

void Series::forget() {
    processes_.clear();
    containers_.clear();
}

} // namespace vigia::storage
