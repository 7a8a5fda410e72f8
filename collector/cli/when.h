// SPDX-License-Identifier: MIT
// Points in time as people say them.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/result.h"

namespace vigia::cli {

// CLOCK_REALTIME in ns of: "now", "10m", "10m ago", "2 hours ago", "today", "yesterday",
// "yesterday 18:00", "10:00" (the last time it was that late), "2026-11-20", "2026-11-20 10:00:30",
// "2026-11-20T10:00:00Z", "...+01:00", "@1763632800". Local time unless a zone is given. Errors:
// usage, saying what can be said.
Result<uint64_t> parse_when(std::string_view text, uint64_t now_realtime_ns);

} // namespace vigia::cli
