// SPDX-License-Identifier: MIT
// vigia ps, vigia containers, vigia system.
#include "collector/cli/commands.h"

#include <fmt/format.h>

#include "collector/cli/filter.h"
#include "collector/cli/live_loop.h"
#include "collector/cli/live_table.h"
#include "collector/cli/panel.h"
#include "collector/cli/render.h"
#include "collector/cli/system_json.h"

namespace vigia::cli {
namespace {

int run_cpus(const LiveOptions& options) {
    return run_table("system", options, cpu_columns(), "cpu:asc", "CPUs", [](const Sample& sample) {
        std::vector<CpuRow> rows;
        for (const CpuSample& cpu : sample.system.cpus) {
            rows.push_back({&cpu, &sample});
        }
        return rows;
    });
}

int run_mounts(const LiveOptions& options) {
    return run_table("system", options, mount_columns(), "path:asc", "mount points",
                     [](const Sample& sample) {
                         std::vector<MountRow> rows;
                         for (const vigia_mount& mount : sample.system.mounts) {
                             rows.push_back({&mount, &sample});
                         }
                         return rows;
                     });
}

Shown show_system(const LiveOptions& options, const Selection& selection, const Sample& sample,
                  const Frame& frame) {
    const OutputOptions& output = options.output;
    const bool all_fields = output.fields.empty();
    if (for_people(output) && all_fields) {
        const std::size_t width = frame.terminal.width;
        return {render_panel(sample, {width, 0, frame.terminal.color, true}), {}, true};
    }
    if ((output.format == Format::json || output.format == Format::ndjson) && all_fields) {
        return {system_json(sample) + "\n", {}, true};
    }
    OutputOptions one = output;
    one.header = output.header && (frame.first || for_people(output));
    const std::vector<SystemRow> rows{{&sample}};
    return {render(make_grid(system_columns(), selection.columns, rows), one, frame.terminal),
            {},
            true};
}

// Why exits may be missing from a sample, if they may.
std::string lack_of_exits(const Sample& sample) {
    if (!sample.system.exits.known) {
        return "this source does not tell what ended: vigia doctor says why";
    }
    if (sample.lost_events > 0) {
        return counted(sample.lost_events, "event") + " lost: what ended is not complete";
    }
    if (sample.masked_exits > 0) {
        return fmt::format("of {} that ended the CPU time was not told",
                           counted(sample.masked_exits, "process", "es"));
    }
    return {};
}

} // namespace

int run(const ProcessesCommand& command) {
    UserNames users;
    if (command.live.exited) {
        if (command.live.filter.state) {
            return fail(Error(ErrorKind::usage, "--state and --exited do not go together"));
        }
        return run_table(
            "ps --exited", command.live, exit_columns(), "ended_realtime_ns", "processes",
            [&](const Sample& sample) { return exit_rows(sample, command.live.filter, users); },
            lack_of_exits);
    }
    return run_table(
        "ps", command.live, process_columns(), "cpu_ratio", "processes",
        [&](const Sample& sample) { return process_rows(sample, command.live.filter, users); });
}

int run(const ContainersCommand& command) {
    return run_table(
        "containers", command.live, container_columns(), "cpu_ratio", "containers",
        [&](const Sample& sample) { return container_rows(sample, command.live.filter); });
}

int run(const SystemCommand& command) {
    const LiveOptions& options = command.live;
    if (options.cpus) {
        return run_cpus(options);
    }
    if (options.mounts) {
        return run_mounts(options);
    }
    const auto selection = select(system_columns(), options.output, "hostname");
    if (!selection) {
        return fail(selection.error());
    }
    return run_live("system", options, [&](const Sample& sample, const Frame& frame) {
        return show_system(options, *selection, sample, frame);
    });
}

} // namespace vigia::cli
