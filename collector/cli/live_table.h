// SPDX-License-Identifier: MIT
// Live views that are tables: chosen columns, sorted and cut rows, and a note about what was cut.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "collector/cli/columns.h"
#include "collector/cli/filter.h"
#include "collector/cli/live_loop.h"
#include "collector/cli/render.h"

namespace vigia::cli {

// The columns and the order that the options ask for, or what is wrong with them.
template <typename Row>
Result<Selection> select(std::span<const Column<Row>> columns, const OutputOptions& output,
                         std::string_view default_sort) {
    const std::vector<ColumnInfo> infos = infos_of(columns);
    auto fields = find_fields(infos, output.fields, for_people(output));
    if (!fields) {
        return fields.error().within("--fields");
    }
    const auto order = find_sort(infos, output.sort.empty() ? default_sort : output.sort);
    if (!order) {
        return order.error().within("--sort");
    }
    return Selection{std::move(*fields), order->column, order->descending};
}

// Rows to show: as many as asked for; on a terminal, if nothing was said, as many as fit.
std::size_t rows_wanted(const OutputOptions& output, const Frame& frame);

// What a person is told when there is nothing, or more than is shown; else empty.
std::string note_about(std::size_t all, std::size_t shown, const LiveOptions& options,
                       std::string_view what);

// `rows` sorted, cut and rendered.
template <typename Row>
Shown show_rows(std::span<const Column<Row>> columns, const Selection& selection,
                const LiveOptions& options, const Frame& frame, std::vector<Row> rows,
                std::string_view what) {
    const std::size_t all = rows.size();
    sort_rows(columns, selection, rows_wanted(options.output, frame), rows);
    OutputOptions output = options.output;
    output.header = output.header && (frame.first || for_people(output));
    Shown shown;
    shown.text = render(make_grid(columns, selection.columns, rows), output, frame.terminal);
    shown.note = note_about(all, rows.size(), options, what);
    shown.found = all > 0 || !is_narrow(options.filter);
    return shown;
}

template <typename Row, typename MakeRows>
int run_table(const char* title, const LiveOptions& options, std::span<const Column<Row>> columns,
              std::string_view default_sort, std::string_view what, MakeRows make_rows,
              std::string (*lack_of)(const Sample& sample) = nullptr) {
    const auto selection = select(columns, options.output, default_sort);
    if (!selection) {
        return fail(selection.error());
    }
    return run_live(title, options, [&](const Sample& sample, const Frame& frame) {
        Shown shown = show_rows(columns, *selection, options, frame, make_rows(sample), what);
        if (const std::string lack = lack_of == nullptr ? "" : lack_of(sample); !lack.empty()) {
            shown.note = lack;
            shown.lacking = true;
        }
        return shown;
    });
}

} // namespace vigia::cli
