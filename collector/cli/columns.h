// SPDX-License-Identifier: MIT
// What a view can show: one list per view, from which come the help, --fields, --sort, the default
// table and every output format.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "collector/base/result.h"
#include "collector/cli/table.h"
#include "collector/cli/value.h"

namespace vigia::cli {

// What is known of a column without its rows.
struct ColumnInfo {
    std::string_view name;  // the ABI's field name, or the rate's
    std::string_view title; // in tables; also accepted, in any case, as a name
    Unit unit = Unit::count;
    std::string_view help;
    bool shown = false;     // in the default table
    unsigned drop_rank = 0; // see Heading
    std::size_t minimum_width = 0;
    ToneOf tone = nullptr;
};

template <typename Row>
struct Column {
    ColumnInfo info;
    Value (*get)(const Row& row);
};

// Which columns, and the order of the rows.
struct Selection {
    std::vector<std::size_t> columns;
    std::size_t sort = 0;
    bool descending = false;
};

// The position of a column by its name or title. Errors: usage, with the nearest name.
Result<std::size_t> find_column(std::span<const ColumnInfo> columns, std::string_view name);

// "rss_bytes", "cpu:asc" → the column and the direction: numbers fall, text rises, if not said.
struct SortOrder {
    std::size_t column = 0;
    bool descending = false;
};
Result<SortOrder> find_sort(std::span<const ColumnInfo> columns, std::string_view text);

// `fields` empty: the default table's columns, or all of them for programs.
Result<std::vector<std::size_t>> find_fields(std::span<const ColumnInfo> columns,
                                             const std::vector<std::string>& fields,
                                             bool for_people);

// "  rss_bytes  RSS  resident memory" and so on: the list of fields in a command's help.
std::string describe_columns(std::span<const ColumnInfo> columns);

// The word of `words` nearest to `word` in edits, or nothing if none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

Heading to_heading(const ColumnInfo& info);

template <typename Row>
std::vector<ColumnInfo> infos_of(std::span<const Column<Row>> columns) {
    std::vector<ColumnInfo> infos;
    for (const auto& column : columns) {
        infos.push_back(column.info);
    }
    return infos;
}

// The `top` first rows (0: all) in the selection's order; equal rows keep theirs.
template <typename Row>
void sort_rows(std::span<const Column<Row>> columns, const Selection& selection, std::size_t top,
               std::vector<Row>& rows) {
    struct Keyed {
        Value key;
        std::size_t position;
    };
    std::vector<Keyed> keys;
    keys.reserve(rows.size());
    for (const Row& row : rows) {
        keys.push_back({columns[selection.sort].get(row), keys.size()});
    }
    const auto before = [&](const Keyed& left, const Keyed& right) {
        const bool left_known = left.key.index() != 0;
        const bool right_known = right.key.index() != 0;
        if (left_known != right_known) {
            return left_known; // what is not known stands last in both directions
        }
        return selection.descending ? less(right.key, left.key) : less(left.key, right.key);
    };
    std::stable_sort(keys.begin(), keys.end(), before);
    if (top > 0 && keys.size() > top) {
        keys.resize(top);
    }
    std::vector<Row> sorted;
    sorted.reserve(keys.size());
    for (const Keyed& key : keys) {
        sorted.push_back(rows[key.position]);
    }
    rows = std::move(sorted);
}

template <typename Row>
Grid make_grid(std::span<const Column<Row>> columns, const std::vector<std::size_t>& chosen,
               const std::vector<Row>& rows) {
    Grid grid;
    for (const std::size_t index : chosen) {
        grid.columns.push_back(to_heading(columns[index].info));
    }
    grid.rows.reserve(rows.size());
    for (const Row& row : rows) {
        auto& cells = grid.rows.emplace_back();
        cells.reserve(chosen.size());
        for (const std::size_t index : chosen) {
            cells.push_back(columns[index].get(row));
        }
    }
    return grid;
}

// Any integer of the ABI as a value.
template <typename T>
Value to_value(T number) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double>) {
        return number;
    } else if constexpr (std::is_signed_v<T>) {
        return static_cast<int64_t>(number);
    } else {
        return static_cast<uint64_t>(number);
    }
}

inline Value to_value(std::string_view text) {
    return text.empty() ? Value{} : Value{std::string(text)};
}

// Tones that several views use.
Tone tone_of_cpu(const Value& ratio);   // busy CPUs stand out
Tone tone_of_share(const Value& ratio); // of a whole: high is bad
Tone tone_of_pressure(const Value& ratio);
Tone tone_of_rate(const Value& rate); // nothing happening is faint

} // namespace vigia::cli
