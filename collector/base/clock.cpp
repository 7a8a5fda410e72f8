// SPDX-License-Identifier: MIT
#include "collector/base/clock.h"

#include <ctime>

namespace vigia {
namespace {

uint64_t read_ns(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<uint64_t>(time.tv_sec) * ns_per_second + static_cast<uint64_t>(time.tv_nsec);
}

} // namespace

Instant SystemClock::now() const {
    return {read_ns(CLOCK_MONOTONIC), read_ns(CLOCK_BOOTTIME), read_ns(CLOCK_REALTIME)};
}

} // namespace vigia
