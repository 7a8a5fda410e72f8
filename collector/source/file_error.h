// SPDX-License-Identifier: MIT
// What is wrong with a file of a directory, and what a person can do: private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "collector/base/result.h"

namespace vigia::source {

// The file does not open, for this errno value.
Error cannot_open(const std::string& path, int error_number);

// One of the readers' texts (VIGIA_ERROR_*) as an error; for VIGIA_ERROR_OPEN and VIGIA_ERROR_MAP
// with the errno value. Files of another version are sound, only not for us.
Error rejected(const std::string& path, std::string_view reason, int error_number);

} // namespace vigia::source
