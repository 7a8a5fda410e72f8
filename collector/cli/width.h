// SPDX-License-Identifier: MIT
// How many columns of a terminal a text takes. Locale-independent: wcwidth() knows nothing in the
// C locale, which is what services and containers run in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vigia::cli {

// Columns of valid UTF-8 without control characters (see to_terminal): wide East Asian characters
// and emoji count two, combining marks none.
std::size_t display_width(std::string_view text);

// The text in at most `width` columns; what does not fit ends in "…".
std::string cut_to_width(std::string_view text, std::size_t width);

// The text filled with spaces to `width` columns; longer text is returned as it is.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

// Words in lines of at most `width` columns (0: one line), joined by a line feed and `indent`
// spaces.
// The first line is taken to begin behind `indent` columns as well.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width);

} // namespace vigia::cli
