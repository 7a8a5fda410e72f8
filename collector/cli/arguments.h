// SPDX-License-Identifier: MIT
// The words of the command line become a Command. The only place that knows CLI11.
#pragma once

#include <string>
#include <vector>

#include "collector/cli/options.h"

namespace vigia::cli {

// `words` without the program's name. Whatever is wrong, and every call for help, comes back as
// Finished with the text to show.
Command parse_arguments(const std::vector<std::string>& words);

} // namespace vigia::cli
