// SPDX-License-Identifier: MIT
// The host as one JSON object, with its CPUs and mount points inside.
#pragma once

#include <string>

#include "collector/sampler/sample.h"

namespace vigia::cli {

std::string system_json(const Sample& sample);

} // namespace vigia::cli
