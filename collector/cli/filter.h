// SPDX-License-Identifier: MIT
// Which processes and containers a person asked for.
#pragma once

#include <string_view>
#include <vector>

#include "collector/cli/options.h"
#include "collector/cli/views.h"

namespace vigia::cli {

bool matches(const Filter& filter, const ProcessRow& row);
bool matches(const Filter& filter, const ExitRow& row);
bool matches(const Filter& filter, const EventRow& row);
bool matches(const Filter& filter, const ContainerRow& row);
// True if anything at all was asked for.
bool is_narrow(const Filter& filter);

// All rows of the sample that match.
std::vector<ProcessRow> process_rows(const Sample& sample, const Filter& filter, UserNames& users);
std::vector<ExitRow> exit_rows(const Sample& sample, const Filter& filter, UserNames& users);
std::vector<ContainerRow> container_rows(const Sample& sample, const Filter& filter);

} // namespace vigia::cli
