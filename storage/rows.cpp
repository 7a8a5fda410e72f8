// SPDX-License-Identifier: MIT
#include "storage/rows.h"

#include <string>

#include <fmt/format.h>

namespace vigia::storage {

namespace {

std::string insert_sql(const Kind& kind) {
    std::string names = "ts";
    std::string parameters = "?1";
    int next = 2;
    if (!kind.series.empty()) {
        names += fmt::format(", {}", kind.series);
        parameters += fmt::format(", ?{}", next++);
    }
    for (const Column& column : kind.columns) {
        names += fmt::format(", {}", column.name);
        parameters += fmt::format(", ?{}", next++);
    }
    return fmt::format("INSERT INTO {}_raw ({}) VALUES ({})", kind.name, names, parameters);
}

// NULL means not known: it never hides a known value.
std::string merge_sql(const Kind& kind) {
    std::string changes;
    for (const Column& column : kind.columns) {
        const char* form = column.merge == Merge::sum
                               ? "{0}{1} = coalesce({1} + excluded.{1}, {1}, excluded.{1})"
                               : "{0}{1} = coalesce(excluded.{1}, {1})";
        changes += fmt::format(fmt::runtime(form), changes.empty() ? "" : ", ", column.name);
    }
    std::string key = kind.series.empty() ? "ts" : fmt::format("ts, {}", kind.series);
    return fmt::format("{} ON CONFLICT ({}) DO UPDATE SET {}", insert_sql(kind), key, changes);
}

std::string blank_sql(const Kind& kind) {
    std::string changes;
    for (const Column& column : kind.columns) {
        if (column.merge == Merge::gauge) {
            changes += fmt::format("{0}{1} = iif({1} IS NULL, NULL, 0)",
                                   changes.empty() ? "" : ", ", column.name);
        }
    }
    return fmt::format("UPDATE {}_raw SET {} WHERE ts = ?1", kind.name, changes);
}

} // namespace

Result<RawTable> RawTable::prepare(Connection& connection, const Kind& kind) {
    RawTable table;
    table.kind_ = &kind;
    const std::pair<Statement*, std::string> statements[] = {
        {&table.insert_, insert_sql(kind)},
        {&table.merge_, merge_sql(kind)},
        {&table.blank_, blank_sql(kind)},
    };
    for (const auto& [statement, sql] : statements) {
        Result<Statement> prepared = connection.prepare(sql);
        if (!prepared) {
            return prepared.error();
        }
        *statement = std::move(*prepared);
    }
    return table;
}

Status RawTable::blank_gauges(int64_t ts) {
    if (kind_->series.empty()) {
        return {};
    }
    blank_.bind(1, ts);
    return blank_.run();
}

Status RawTable::write(int64_t ts, int64_t series, const int64_t* values, bool merge) {
    Statement& statement = merge ? merge_ : insert_;
    int next = 1;
    statement.bind(next++, ts);
    if (!kind_->series.empty()) {
        statement.bind(next++, series);
    }
    for (std::size_t i = 0; i < kind_->columns.size(); i++) {
        statement.bind(next++, values[i]);
    }
    return statement.run();
}

} // namespace vigia::storage
