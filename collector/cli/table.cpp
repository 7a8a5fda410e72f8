// SPDX-License-Identifier: MIT
#include "collector/cli/table.h"

#include <algorithm>
#include <numeric>

#include "collector/cli/width.h"

namespace vigia::cli {
namespace {

constexpr std::size_t gap = 2; // spaces between two columns

struct Layout {
    std::vector<std::size_t> shown; // indexes of columns, in order
    std::vector<std::size_t> width; // of every column of the grid
};

using Text = std::vector<std::vector<std::string>>;

Text to_text(const Grid& grid, std::size_t row_count) {
    Text text(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
        for (std::size_t column = 0; column < grid.columns.size(); ++column) {
            text[row].push_back(to_human(grid.rows[row][column], grid.columns[column].unit));
        }
    }
    return text;
}

Layout natural_layout(const Grid& grid, const Text& text, bool header) {
    Layout layout;
    for (std::size_t column = 0; column < grid.columns.size(); ++column) {
        std::size_t width = header ? display_width(grid.columns[column].title) : 0;
        for (const auto& row : text) {
            width = std::max(width, display_width(row[column]));
        }
        layout.shown.push_back(column);
        layout.width.push_back(width);
    }
    return layout;
}

std::size_t total_width(const Layout& layout) {
    std::size_t total = layout.shown.empty() ? 0 : gap * (layout.shown.size() - 1);
    for (const std::size_t column : layout.shown) {
        total += layout.width[column];
    }
    return total;
}

// What a column may be cut down to, always leaving room for its title.
std::size_t minimum_of(const Heading& heading, std::size_t width) {
    if (heading.minimum_width == 0) {
        return width;
    }
    return std::min(width, std::max(heading.minimum_width, display_width(heading.title)));
}

// The total if every text were cut to its minimum.
std::size_t smallest_width(const Grid& grid, Layout layout) {
    for (const std::size_t column : layout.shown) {
        layout.width[column] = minimum_of(grid.columns[column], layout.width[column]);
    }
    return total_width(layout);
}

// Takes away the column that matters least. False if all that are left must stay.
bool drop_one(const Grid& grid, Layout& layout) {
    const auto least = std::max_element(
        layout.shown.begin(), layout.shown.end(), [&grid](std::size_t left, std::size_t right) {
            return grid.columns[left].drop_rank < grid.columns[right].drop_rank;
        });
    if (least == layout.shown.end() || grid.columns[*least].drop_rank == 0) {
        return false;
    }
    layout.shown.erase(least);
    return true;
}

// Cuts the widest text, one column at a time, until the total fits or nothing can be cut.
void cut_texts(const Grid& grid, Layout& layout, std::size_t width) {
    while (total_width(layout) > width) {
        std::size_t* widest = nullptr;
        for (const std::size_t column : layout.shown) {
            std::size_t& candidate = layout.width[column];
            const bool can_shrink = candidate > minimum_of(grid.columns[column], candidate);
            if (can_shrink && (widest == nullptr || candidate > *widest)) {
                widest = &candidate;
            }
        }
        if (widest == nullptr) {
            return;
        }
        --*widest;
    }
}

void fit(const Grid& grid, Layout& layout, std::size_t width) {
    while (smallest_width(grid, layout) > width && drop_one(grid, layout)) {
    }
    cut_texts(grid, layout, width);
}

std::string aligned(const std::string& text, const Heading& heading, std::size_t width, bool last) {
    const std::string shown = cut_to_width(text, width);
    if (is_number(heading.unit)) {
        return pad_left(shown, width);
    }
    return last ? shown : pad_right(shown, width); // no spaces at the end of a line
}

std::string header_line(const Grid& grid, const Layout& layout, bool color) {
    std::string line;
    for (const std::size_t column : layout.shown) {
        const bool last = column == layout.shown.back();
        line +=
            aligned(grid.columns[column].title, grid.columns[column], layout.width[column], last);
        line += last ? "" : std::string(gap, ' ');
    }
    return (color ? "\x1b[1m" + line + "\x1b[0m" : line) + "\n";
}

std::string row_line(const Grid& grid, const Layout& layout, std::size_t row,
                     const std::vector<std::string>& text, bool color) {
    std::string line;
    for (const std::size_t column : layout.shown) {
        const Heading& heading = grid.columns[column];
        const bool last = column == layout.shown.back();
        const Tone tone =
            color && heading.tone != nullptr ? heading.tone(grid.rows[row][column]) : Tone::plain;
        line += with_tone(aligned(text[column], heading, layout.width[column], last), tone, color);
        line += last ? "" : std::string(gap, ' ');
    }
    return line + "\n";
}

} // namespace

std::string with_tone(const std::string& text, Tone tone, bool color) {
    if (!color || tone == Tone::plain) {
        return text;
    }
    const char* start = tone == Tone::faint     ? "\x1b[2m"
                        : tone == Tone::good    ? "\x1b[32m"
                        : tone == Tone::warning ? "\x1b[33m"
                                                : "\x1b[1;31m";
    return start + text + "\x1b[0m";
}

std::string render_table(const Grid& grid, const TableStyle& style) {
    std::size_t row_count = grid.rows.size();
    if (style.lines > 0) {
        row_count = std::min(row_count, style.lines - (style.header ? 1 : 0));
    }
    const Text text = to_text(grid, row_count);
    Layout layout = natural_layout(grid, text, style.header);
    if (style.width > 0) {
        fit(grid, layout, style.width);
    }
    std::string table = style.header ? header_line(grid, layout, style.color) : "";
    for (std::size_t row = 0; row < row_count; ++row) {
        table += row_line(grid, layout, row, text[row], style.color);
    }
    return table;
}

} // namespace vigia::cli
