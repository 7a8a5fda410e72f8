// SPDX-License-Identifier: MIT
// The host's memory on one screen: what `vigia memory` shows to a person.
#pragma once

#include <string>

#include "collector/cli/table.h"
#include "collector/sampler/memory_sample.h"

namespace vigia::cli {

// At most style.width columns wide (0: as wide as it has to be), and ten lines long.
std::string render_memory_panel(const MemorySample& sample, const TableStyle& style);

} // namespace vigia::cli
