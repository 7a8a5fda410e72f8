// SPDX-License-Identifier: MIT
// Grids whose columns are only known when they are there: what a database answers.
#pragma once

#include <string_view>
#include <vector>

#include "collector/base/result.h"
#include "collector/cli/columns.h"
#include "collector/cli/options.h"
#include "collector/cli/table.h"

namespace vigia::cli {

// Keeps the rows and columns that `output` asks for, in its order. For people, without --fields,
// only `default_fields` (those that exist) remain. Errors: usage, naming the option.
Status arrange(Grid& grid, const OutputOptions& output,
               const std::vector<std::string_view>& default_fields);

} // namespace vigia::cli
