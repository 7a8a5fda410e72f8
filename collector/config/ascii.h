// SPDX-License-Identifier: MIT
// TOML allows characters beyond ASCII only in quotes and comments. toml++ 3.3 relies on that where
// it looks for white space (its answer for most of them is undefined), so it is checked before.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vigia::config {

// The line of the first byte beyond ASCII that is neither in a comment nor in a text of one line.
// Texts of several lines are refused as well: there the same search takes place.
std::optional<uint32_t> line_beyond_ascii(std::string_view text);

} // namespace vigia::config
