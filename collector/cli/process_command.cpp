// SPDX-License-Identifier: MIT
// vigia process PID: one record, straight from the kernel where its modules are loaded.
#include "collector/cli/commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/cli/engine_names.h"
#include "collector/cli/live.h"
#include "collector/cli/render.h"
#include "collector/cli/views.h"
#include "collector/cli/writers.h"
#include "collector/service/switching_source.h"

namespace vigia::cli {
namespace {

// A rate needs two looks: `vigia ps --pid` takes them.
bool is_rate(const ColumnInfo& column) {
    return column.unit == Unit::per_second || column.unit == Unit::bytes_per_second ||
           column.unit == Unit::cpu_ratio;
}

std::vector<Column<ProcessRow>> columns_without_rates() {
    std::vector<Column<ProcessRow>> columns;
    for (Column<ProcessRow> column : process_columns()) {
        if (!is_rate(column.info)) {
            column.info.shown = true;
            columns.push_back(column);
        }
    }
    return columns;
}

const ProcessSample* find(const Sample& sample, uint32_t pid) {
    const auto found = std::lower_bound(
        sample.processes.begin(), sample.processes.end(), pid,
        [](const ProcessSample& process, uint32_t wanted) { return process.record.pid < wanted; });
    return found != sample.processes.end() && found->record.pid == pid ? &*found : nullptr;
}

// The kernel's answer of this moment beside what the snapshot knows of the same process (its
// container, its command line); without the kernel the snapshot's record.
Result<ProcessSample> ask(LiveSource& live, uint32_t pid, const Sample& sample) {
    const ProcessSample* seen = find(sample, pid);
    const auto record = live.source().query(pid);
    if (!record && record.error().kind() != ErrorKind::unavailable) {
        return record.error();
    }
    if (!record && seen == nullptr) {
        return Error(ErrorKind::not_found, fmt::format("there is no process {}", pid));
    }
    if (!record) {
        return *seen;
    }
    ProcessSample process{};
    if (seen != nullptr && seen->record.start_time_ns == record->start_time_ns) {
        process = *seen;
    }
    process.record = *record;
    return process;
}

// One field a line; the value last, as it may be long.
Grid for_eyes(const Grid& grid, std::span<const Column<ProcessRow>> columns,
              const std::vector<std::size_t>& chosen) {
    Grid lines;
    lines.columns = {{"field", "FIELD", Unit::text},
                     {"meaning", "MEANING", Unit::text, 1},
                     {"value", "VALUE", Unit::text, 0, 16}};
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const ColumnInfo& info = columns[chosen[i]].info;
        lines.rows.push_back(
            {std::string(info.name), to_human(grid.rows[0][i], info.unit), std::string(info.help)});
    }
    return lines;
}

} // namespace

int run(const ProcessCommand& command) {
    const auto columns = columns_without_rates();
    const std::span<const Column<ProcessRow>> all(columns);
    const auto chosen =
        find_fields(infos_of(all), command.output.fields, for_people(command.output));
    if (!chosen) {
        return fail(chosen.error().within("--fields"));
    }
    EngineNames names;
    auto live = LiveSource::open(command.source, &names);
    if (!live) {
        return fail(live.error());
    }
    names.wait(limits::names_deadline_ns);
    const auto sample = (*live)->newest();
    if (!sample) {
        return fail(sample.error());
    }
    const auto process = ask(**live, command.pid, **sample);
    if (!process) {
        return fail(process.error());
    }
    UserNames users;
    const Grid grid = make_grid(all, *chosen, {ProcessRow{&*process, *sample, &users}});
    const Terminal terminal = look_at_stdout(command.output.color);
    const auto written = write_stdout(
        for_people(command.output) ? render(for_eyes(grid, all, *chosen), command.output, terminal)
        : command.output.format == Format::json ? render_ndjson(grid)
                                                : render(grid, command.output, terminal));
    return written ? exit_ok : fail(written.error());
}

} // namespace vigia::cli
