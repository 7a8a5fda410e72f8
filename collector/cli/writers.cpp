// SPDX-License-Identifier: MIT
#include "collector/cli/writers.h"

#include <cmath>

#include <fmt/format.h>

#include "collector/base/text.h"

namespace vigia::cli {
namespace {

// The value without the marks of a format; empty for nothing, NaN and infinities.
std::string plain_number(const Value& value) {
    if (const auto* number = std::get_if<uint64_t>(&value)) {
        return std::to_string(*number);
    }
    if (const auto* number = std::get_if<int64_t>(&value)) {
        return std::to_string(*number);
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return std::isfinite(*number) ? fmt::format("{}", *number) : "";
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "true" : "false";
    }
    return {};
}

} // namespace

std::string to_json_value(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return to_json(*text);
    }
    const std::string number = plain_number(value);
    return number.empty() ? "null" : number;
}

std::string to_csv_value(const Value& value, bool visible) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        return plain_number(value);
    }
    return to_csv(visible ? to_terminal(*text) : *text);
}

std::string json_object(const Grid& grid, std::size_t row) {
    JsonWriter json;
    json.begin_object();
    for (std::size_t column = 0; column < grid.columns.size(); ++column) {
        json.member(grid.columns[column].name, grid.rows[row][column]);
    }
    return json.end_object().text();
}

std::string render_json(const Grid& grid) {
    if (grid.rows.empty()) {
        return "[]\n";
    }
    std::string json = "[\n";
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        json += json_object(grid, row);
        json += row + 1 < grid.rows.size() ? ",\n" : "\n";
    }
    return json + "]\n";
}

std::string render_ndjson(const Grid& grid) {
    std::string json;
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        json += json_object(grid, row) + "\n";
    }
    return json;
}

std::string render_csv(const Grid& grid, bool header, bool visible) {
    std::string csv;
    for (std::size_t column = 0; header && column < grid.columns.size(); ++column) {
        csv += (column > 0 ? "," : "") + to_csv(grid.columns[column].name);
    }
    csv += header ? "\n" : "";
    for (const auto& row : grid.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            csv += (column > 0 ? "," : "") + to_csv_value(row[column], visible);
        }
        csv += "\n";
    }
    return csv;
}

void JsonWriter::separate() {
    if (needs_comma_) {
        text_ += ',';
    }
    needs_comma_ = true;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    text_ += to_json(name);
    text_ += ':';
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
    return *this;
}

} // namespace vigia::cli
