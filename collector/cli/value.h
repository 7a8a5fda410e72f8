// SPDX-License-Identifier: MIT
// One cell of any view: a raw value in base units, and the unit that says how a person reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace vigia::cli {

// Nothing (monostate) is a value that the source cannot know: null in JSON, empty in CSV, "-" in
// a table. Strings are bytes as they came; every writer makes them safe itself.
using Value = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string>;

enum class Unit : uint8_t {
    text,
    identity, // a number that is a name: pid, uid, inode
    count,
    bytes,
    duration_ns,
    time_ns,   // CLOCK_REALTIME
    time_s,    // the same in seconds
    cpu_ratio, // 1 is one CPU
    ratio,     // of a whole
    per_second,
    bytes_per_second,
};

// The unit that a field's name ends in: "rss_bytes" is bytes. Anything else is a count.
Unit unit_of(std::string_view field_name);

// Numbers stand right in a table, everything else left.
bool is_number(Unit unit);

// As a person reads it, at most 10 columns wide for numbers. Text is made safe for a terminal.
std::string to_human(const Value& value, Unit unit);

// Order for sorting: numbers by size, text by bytes; nothing is less than everything.
bool less(const Value& left, const Value& right);

// "1 snapshot", "2 snapshots", "0 processes" (ending "es").
std::string counted(uint64_t number, std::string_view noun, std::string_view ending = "s");

} // namespace vigia::cli
