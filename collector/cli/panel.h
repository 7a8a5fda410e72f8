// SPDX-License-Identifier: MIT
// The host on one screen: what `vigia system` shows to a person.
#pragma once

#include <string>

#include "collector/cli/table.h"
#include "collector/sampler/sample.h"

namespace vigia::cli {

// At most style.width columns wide (0: as wide as it has to be), and about 20 lines for a host of
// few CPUs and mounts.
std::string render_panel(const Sample& sample, const TableStyle& style);

} // namespace vigia::cli
