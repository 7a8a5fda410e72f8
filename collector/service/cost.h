// SPDX-License-Identifier: MIT
// What this process costs its host.
#pragma once

#include <cstdint>

namespace vigia::service {

// User and system time of all threads since the start.
uint64_t spent_cpu_ns();
// Memory in use now; 0 if /proc does not tell.
uint64_t resident_bytes();

} // namespace vigia::service
