// SPDX-License-Identifier: MIT
// "Did you mean ...?" for names that people mistype.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia::config {

// "; did you mean size_cap?", or nothing if no name is near.
std::string suggestion(std::string_view typed, const std::vector<std::string_view>& names);

} // namespace vigia::config
