// SPDX-License-Identifier: MIT
// The engine's times: "2026-11-20T03:42:10.123456789Z", with any fraction and any offset.
#pragma once

#include <cstdint>
#include <string_view>

namespace vigia::docker {

// CLOCK_REALTIME ns; 0 for the engine's "never" (0001-01-01T00:00:00Z), for years before 1970 or
// after 2200, and for anything that is not such a time.
uint64_t parse_rfc3339_ns(std::string_view text);

} // namespace vigia::docker
