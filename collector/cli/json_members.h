// SPDX-License-Identifier: MIT
// All columns of a row as members of a JSON object.
#pragma once

#include <span>

#include "collector/cli/columns.h"
#include "collector/cli/writers.h"

namespace vigia::cli {

template <typename Row>
void write_members(JsonWriter& json, std::span<const Column<Row>> columns, const Row& row) {
    for (const auto& column : columns) {
        json.member(column.info.name, column.get(row));
    }
}

} // namespace vigia::cli
