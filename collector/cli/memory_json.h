// SPDX-License-Identifier: MIT
// The host's memory as one JSON object, with its nodes and zones inside.
#pragma once

#include <string>

#include "collector/sampler/memory_sample.h"

namespace vigia::cli {

std::string memory_json(const MemorySample& sample);

} // namespace vigia::cli
