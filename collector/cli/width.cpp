// SPDX-License-Identifier: MIT
#include "collector/cli/width.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace vigia::cli {
namespace {

struct Range {
    uint32_t first;
    uint32_t last;
};

// Blocks of Unicode 15 whose characters have East Asian Width W or F, and the emoji blocks.
constexpr std::array wide = std::to_array<Range>({
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x2e80, 0x303e},
    {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
});

// Combining marks, joiners and variation selectors.
constexpr std::array zero = std::to_array<Range>({
    {0x0300, 0x036f},
    {0x0483, 0x0489},
    {0x0591, 0x05bd},
    {0x064b, 0x065f},
    {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff},
    {0x200b, 0x200f},
    {0x20d0, 0x20ff},
    {0x3099, 0x309a},
    {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f},
    {0xe0100, 0xe01ef},
});

bool contains(std::span<const Range> ranges, uint32_t point) {
    return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
        return range.first <= point && point <= range.last;
    });
}

std::size_t width_of(uint32_t point) {
    if (point < 0x300) {
        return 1;
    }
    if (contains(zero, point)) {
        return 0;
    }
    return contains(wide, point) ? 2 : 1;
}

struct Character {
    std::size_t size_bytes;
    std::size_t width;
};

std::size_t sequence_size_bytes(unsigned char lead) {
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// The first character of a text that is not empty. A torn sequence at the end is taken as it is.
Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t size = std::min(sequence_size_bytes(lead), text.size());
    if (size == 1) {
        return {1, 1};
    }
    uint32_t point = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    return {size, width_of(point)};
}

} // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character character = first_character(text);
        width += character.width;
        text.remove_prefix(character.size_bytes);
    }
    return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) {
        return std::string(text);
    }
    if (width == 0) {
        return {};
    }
    std::size_t used = 0;
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const Character character = first_character(text.substr(bytes));
        if (used + character.width > width - 1) { // one column for the ellipsis
            break;
        }
        used += character.width;
        bytes += character.size_bytes;
    }
    return std::string(text.substr(0, bytes)) + "…";
}

std::string pad_right(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
    std::string lines;
    std::size_t column = indent;
    bool first_of_line = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t word_width = display_width(word);
        if (!first_of_line && width > 0 && column + 1 + word_width > width) {
            lines += "\n" + std::string(indent, ' ');
            column = indent;
            first_of_line = true;
        }
        lines += (first_of_line ? "" : " ") + std::string(word);
        column += word_width + (first_of_line ? 0 : 1);
        first_of_line = false;
    }
    return lines;
}

} // namespace vigia::cli
