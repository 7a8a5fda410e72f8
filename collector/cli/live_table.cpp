// SPDX-License-Identifier: MIT
#include "collector/cli/live_table.h"

#include <fmt/format.h>

namespace vigia::cli {

std::size_t rows_wanted(const OutputOptions& output, const Frame& frame) {
    if (output.top) {
        return *output.top;
    }
    const bool bounded = for_people(output) && frame.terminal.is_terminal && frame.lines > 1;
    return bounded ? frame.lines - (output.header ? 1 : 0) : 0;
}

std::string note_about(std::size_t all, std::size_t shown, const LiveOptions& options,
                       std::string_view what) {
    if (all == 0) {
        return fmt::format("no {} {}", what,
                           is_narrow(options.filter) ? "match" : "are running here");
    }
    const OutputOptions& output = options.output;
    return shown < all && !output.top
               ? fmt::format("{} of {} {} shown; --top 0 shows all", shown, all, what)
               : std::string();
}

} // namespace vigia::cli
