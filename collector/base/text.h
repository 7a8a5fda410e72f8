// SPDX-License-Identifier: MIT
// Bytes from outside (process names, labels, paths) made safe for each place that shows them. Names
// may hold quotes, newlines, escape sequences and invalid UTF-8; every output stays well-formed.
#pragma once

#include <string>
#include <string_view>

namespace vigia {

// Valid UTF-8: each invalid byte becomes U+FFFD. Control characters stay.
std::string to_utf8(std::string_view bytes);
// For terminals and logs: valid UTF-8, and every control character as \n, \t or \xNN (also DEL, C1,
// and the bidirectional override characters).
std::string to_terminal(std::string_view bytes);
// A JSON string with its quotes: valid UTF-8, and what to_terminal shows escaped as \uXXXX, so that
// it is safe on a terminal and parses back to the same text.
std::string to_json(std::string_view bytes);
// A CSV field (RFC 4180): valid UTF-8, quoted if it has to be.
std::string to_csv(std::string_view bytes);
// Shell-style match of a whole name: '*' any bytes, '?' one byte, everything else itself. No
// regular expressions: linear in practice, no backtracking beyond the last '*'.
bool matches_glob(std::string_view pattern, std::string_view name);

} // namespace vigia
