// SPDX-License-Identifier: MIT
// The views of the host's memory and their columns. Getters are pure functions of a row; rows point
// into a sample and live no longer than it.
#pragma once

#include <span>

#include "collector/cli/columns.h"
#include "collector/sampler/memory_sample.h"

namespace vigia::cli {

struct MemoryRow {
    const MemorySample* sample;
};

struct NodeRow {
    const vigia_memory_node* node;
};

struct ZoneRow {
    const vigia_memory_zone* zone;
};

std::span<const Column<MemoryRow>> memory_columns();
std::span<const Column<NodeRow>> node_columns();
std::span<const Column<ZoneRow>> zone_columns();

} // namespace vigia::cli
