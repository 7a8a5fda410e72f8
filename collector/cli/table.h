// SPDX-License-Identifier: MIT
// A view ready to be shown, and its rendering as a table for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/cli/value.h"

namespace vigia::cli {

// What of a cell deserves the eye. Only a terminal with colours shows it.
enum class Tone : uint8_t { plain, faint, good, warning, bad };
using ToneOf = Tone (*)(const Value& value);

struct Heading {
    std::string name;  // the field's name: key in JSON and CSV
    std::string title; // the heading in a table
    Unit unit = Unit::count;
    // When a table is too wide, columns with the highest rank go first; 0 stays.
    unsigned drop_rank = 0;
    std::size_t minimum_width = 0; // text may be cut down to this; 0: never cut
    ToneOf tone = nullptr;
};

struct Grid {
    std::vector<Heading> columns;
    std::vector<std::vector<Value>> rows; // each as long as columns
};

struct TableStyle {
    std::size_t width = 0; // of the terminal; 0: as wide as it has to be
    std::size_t lines = 0; // at most this many lines with the heading; 0: all
    bool color = false;
    bool header = true;
};

// Lines of aligned columns, each ending in '\n' and none wider than the style's width, except when
// even the columns that must stay do not fit.
std::string render_table(const Grid& grid, const TableStyle& style);

// `text` between the escape sequences of `tone`; as it is without colour.
std::string with_tone(const std::string& text, Tone tone, bool color);

} // namespace vigia::cli
