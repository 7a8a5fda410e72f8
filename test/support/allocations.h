// SPDX-License-Identifier: MIT
// Counts calls of operator new. Link test/support/allocations.cpp into the executable that asks.
#pragma once

#include <cstdint>

namespace vigia::test {

// Allocations by this process since it started. Thread-safe.
uint64_t allocation_count();

} // namespace vigia::test
