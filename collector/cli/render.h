// SPDX-License-Identifier: MIT
// A grid in the wished format.
#pragma once

#include <string>

#include "collector/cli/options.h"
#include "collector/cli/table.h"
#include "collector/cli/terminal.h"

namespace vigia::cli {

// `lines`: at most this many in a table; 0: all.
std::string render(const Grid& grid, const OutputOptions& output, const Terminal& terminal,
                   std::size_t lines = 0);

inline bool for_people(const OutputOptions& output) {
    return output.format == Format::table;
}

} // namespace vigia::cli
