// SPDX-License-Identifier: MIT
#include "collector/cli/render.h"

#include "collector/cli/writers.h"

namespace vigia::cli {

std::string render(const Grid& grid, const OutputOptions& output, const Terminal& terminal,
                   std::size_t lines) {
    switch (output.format) {
    case Format::json:
        return render_json(grid);
    case Format::ndjson:
        return render_ndjson(grid);
    case Format::csv:
        return render_csv(grid, output.header, terminal.is_terminal);
    case Format::table:
        break;
    }
    return render_table(grid, {terminal.width, lines, terminal.color, output.header});
}

} // namespace vigia::cli
