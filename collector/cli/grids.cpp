// SPDX-License-Identifier: MIT
#include "collector/cli/grids.h"

#include <algorithm>

#include "collector/cli/render.h"

namespace vigia::cli {
namespace {

std::vector<ColumnInfo> infos_of(const Grid& grid,
                                 const std::vector<std::string_view>& default_fields) {
    std::vector<ColumnInfo> infos;
    for (const Heading& heading : grid.columns) {
        ColumnInfo& info = infos.emplace_back();
        info.name = heading.name;
        info.title = heading.title;
        info.unit = heading.unit;
        info.shown = std::find(default_fields.begin(), default_fields.end(), heading.name) !=
                     default_fields.end();
    }
    return infos;
}

void keep_columns(Grid& grid, const std::vector<std::size_t>& chosen) {
    Grid kept;
    for (const std::size_t index : chosen) {
        kept.columns.push_back(grid.columns[index]);
    }
    for (const auto& row : grid.rows) {
        auto& cells = kept.rows.emplace_back();
        for (const std::size_t index : chosen) {
            cells.push_back(row[index]);
        }
    }
    grid = std::move(kept);
}

void sort_by(Grid& grid, const SortOrder& order) {
    std::stable_sort(grid.rows.begin(), grid.rows.end(), [&order](const auto& a, const auto& b) {
        const Value& left = a[order.column];
        const Value& right = b[order.column];
        if ((left.index() == 0) != (right.index() == 0)) {
            return left.index() != 0; // what is not known stands last
        }
        return order.descending ? less(right, left) : less(left, right);
    });
}

// The default fields in the order in which they are named.
std::vector<std::size_t> in_order(const std::vector<ColumnInfo>& infos,
                                  const std::vector<std::string_view>& default_fields) {
    std::vector<std::size_t> chosen;
    for (const std::string_view field : default_fields) {
        for (std::size_t index = 0; index < infos.size(); ++index) {
            if (infos[index].name == field) {
                chosen.push_back(index);
            }
        }
    }
    return chosen;
}

} // namespace

Status arrange(Grid& grid, const OutputOptions& output,
               const std::vector<std::string_view>& default_fields) {
    const std::vector<ColumnInfo> infos = infos_of(grid, default_fields);
    auto chosen = find_fields(infos, output.fields, for_people(output));
    if (!chosen) {
        return chosen.error().within("--fields");
    }
    if (!output.sort.empty()) {
        const auto order = find_sort(infos, output.sort);
        if (!order) {
            return order.error().within("--sort");
        }
        sort_by(grid, *order);
    }
    if (output.top && *output.top > 0 && grid.rows.size() > *output.top) {
        grid.rows.resize(*output.top);
    }
    keep_columns(grid, for_people(output) && output.fields.empty() ? in_order(infos, default_fields)
                                                                   : *chosen);
    return {};
}

} // namespace vigia::cli
