// SPDX-License-Identifier: MIT
// Events in words. Whatever comes from a process is bytes as they came: every writer of a format
// makes them safe itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <vigia/events.h>

#include "collector/base/clock.h"
#include "collector/cli/table.h"

namespace vigia::cli {

std::string_view event_kind_name(uint16_t kind);   // "oom_kill"; "unknown"
uint16_t event_kind_of(std::string_view name);     // VIGIA_EVENT_NONE: there is none
std::string signal_name(unsigned signal);          // "SIGKILL"
std::string end_of(const vigia_event_exit& event); // "0", "SIGSEGV, core"; empty: unknown
Tone tone_of_end(const Value& end);                // what failed stands out
Value realtime_of(uint64_t monotonic_ns, const Instant& now); // as far as the clocks' offset holds
std::string detail_of(const vigia_event& event);              // what is special about its kind

} // namespace vigia::cli
