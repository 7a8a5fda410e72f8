// SPDX-License-Identifier: MIT
// Where output goes, and how it gets there whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "collector/base/result.h"
#include "collector/cli/options.h"

namespace vigia::cli {

struct Terminal {
    bool is_terminal = false;
    std::size_t width = 0; // 0: not a terminal: as wide as it has to be
    std::size_t lines = 0;
    bool color = false;
};

// What stdout is now, and whether colour is wanted there: --color, NO_COLOR, TERM=dumb.
Terminal look_at_stdout(Color color);

// Writes everything, or says why not. `closed` is set when the reader has gone away (EPIPE), which
// is not an error: `vigia ps | head` ends quietly.
struct Written {
    bool closed = false;
};
Result<Written> write_stdout(std::string_view text);

// "vigia: <text>" as one safe line on stderr.
void say(std::string_view text);
// The same for an error; returns the exit code that belongs to its kind.
int fail(const Error& error);

} // namespace vigia::cli
