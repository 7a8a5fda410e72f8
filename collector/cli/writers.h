// SPDX-License-Identifier: MIT
// A view for programs: JSON, one JSON object a line, CSV. Raw values in base units.
#pragma once

#include <string>
#include <string_view>

#include "collector/cli/table.h"

namespace vigia::cli {

// One JSON value: well-formed whatever the bytes; what is not a finite number is null.
std::string to_json_value(const Value& value);
// One CSV field: nothing is empty. `visible`: control characters as to_terminal shows them.
std::string to_csv_value(const Value& value, bool visible = false);

std::string render_json(const Grid& grid);   // an array of objects, one a line, and '\n'
std::string render_ndjson(const Grid& grid); // one object a line
// RFC 4180, with '\n' after each record. Text comes as it is; `visible` is for a terminal, which
// control characters could take over.
std::string render_csv(const Grid& grid, bool header, bool visible = false);

// An object of one row of `grid`.
std::string json_object(const Grid& grid, std::size_t row);

// Writes nested JSON with the commas in the right places; the caller balances begin and end.
class JsonWriter {
public:
    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);
    JsonWriter& value(const Value& value) { return raw(to_json_value(value)); }
    // A finished piece of JSON.
    JsonWriter& raw(std::string_view json);
    JsonWriter& member(std::string_view name, const Value& content) {
        return key(name).value(content);
    }
    const std::string& text() const { return text_; }

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();

    std::string text_;
    bool needs_comma_ = false;
};

} // namespace vigia::cli
