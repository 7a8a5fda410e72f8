// SPDX-License-Identifier: MIT
// Quantities as people write and read them. A bare number is never a quantity: the unit is
// required.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/base/result.h"

namespace vigia {

// "512MiB", "2GiB", "100kB", "64B" → bytes. KiB/MiB/GiB/TiB are powers of 1024, kB/MB/GB/TB of
// 1000. Fractions are allowed ("1.5GiB") if they give whole bytes. Errors: usage, saying what was
// expected.
Result<uint64_t> parse_size_bytes(std::string_view text);

// "80%" → 0.8. Fractions allowed; 0% or more; above 100% is allowed (several CPUs).
Result<double> parse_share_ratio(std::string_view text);

// "30s", "500ms", "5m", "1h30m", "7d" → ns. Errors: usage.
Result<uint64_t> parse_duration_ns(std::string_view text);

// 536870912 → "512 MiB"; three significant digits.
std::string format_bytes(uint64_t bytes);
// 0.123 → "12.3 %".
std::string format_ratio(double ratio);
// 90 s → "1m30s"; below a second "120 ms", "35 µs".
std::string format_duration_ns(uint64_t duration_ns);
// CLOCK_REALTIME → "2026-11-20 03:42:10" in local time; with_zone appends the offset as +01:00.
std::string format_time(uint64_t realtime_ns, bool with_zone = false);

} // namespace vigia
