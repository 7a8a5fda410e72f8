// SPDX-License-Identifier: MIT
// toml++ the way it is used here: with exceptions, which are caught where it is called. Its
// assertions throw as well: some of them can be reached by malformed text ("[#"), and in a release
// build it would tell the compiler to rely on them.
#pragma once

#include <stdexcept>

namespace vigia::config {
constexpr void require_toml(bool holds) {
    if (!holds) {
        throw std::logic_error("not understood");
    }
}
} // namespace vigia::config

#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 1
#define TOML_ASSERT(expression) ::vigia::config::require_toml(static_cast<bool>(expression))
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
