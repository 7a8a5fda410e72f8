// SPDX-License-Identifier: MIT
// vigia memory.
#include "collector/cli/commands.h"
#include "collector/cli/live_loop.h"
#include "collector/cli/live_table.h"
#include "collector/cli/memory_json.h"
#include "collector/cli/memory_panel.h"
#include "collector/cli/memory_views.h"
#include "collector/sampler/memory_sampler.h"

namespace vigia::cli {
namespace {

using RenderMemory = std::function<Shown(const MemorySample& sample, const Frame& frame)>;

std::vector<NodeRow> node_rows(const MemorySample& sample) {
    std::vector<NodeRow> rows;
    for (const vigia_memory_node& node : sample.nodes) {
        rows.push_back({&node});
    }
    return rows;
}

std::vector<ZoneRow> zone_rows(const MemorySample& sample) {
    std::vector<ZoneRow> rows;
    for (const vigia_memory_zone& zone : sample.zones) {
        rows.push_back({&zone});
    }
    return rows;
}

// The source's other files are there, or there would be no sample.
std::string explain(const Error& error, vigia_writer_kind writer) {
    if (error.kind() != ErrorKind::not_found || writer == VIGIA_WRITER_KERNEL) {
        return error.message();
    }
    return error.message() + "; its writer is an older version, which does not " +
           (writer == VIGIA_WRITER_RECORDING ? "record it"
                                             : "publish it: start it again with this one");
}

// Beside the samples of the source, which keep its files fresh and its choice right.
int run_memory(const LiveOptions& options, const RenderMemory& render) {
    sampler::MemorySampler sampler;
    Result<const MemorySample*> memory = nullptr;
    return run_live(
        "memory", options,
        [&](const Sample& sample, const Frame& frame) {
            return memory ? render(**memory, frame)
                          : Shown{{}, explain(memory.error(), sample.writer), false};
        },
        [&](source::Source& source, const Sample& sample) {
            // Half of the interval, as for the samples: then views side by side share the walks.
            memory = sampler.take(source, interval_of(options) / 2, sample.info.page_size_bytes);
        });
}

template <typename Row, typename MakeRows>
int run_parts(const LiveOptions& options, std::span<const Column<Row>> columns,
              std::string_view default_sort, std::string_view what, MakeRows make_rows) {
    const auto selection = select(columns, options.output, default_sort);
    if (!selection) {
        return fail(selection.error());
    }
    return run_memory(options, [&](const MemorySample& sample, const Frame& frame) {
        return show_rows(columns, *selection, options, frame, make_rows(sample), what);
    });
}

// The panel and, below it, the zones.
Shown show_screen(const LiveOptions& options, const MemorySample& sample, const Frame& frame) {
    const std::size_t width = frame.terminal.width;
    Shown shown;
    shown.text = render_memory_panel(sample, {width, 0, frame.terminal.color, true}) + "\n";
    LiveOptions all = options;
    all.output.top = 0;
    const auto selection = select(zone_columns(), all.output, "node:asc");
    if (selection) {
        shown.text +=
            show_rows(zone_columns(), *selection, all, frame, zone_rows(sample), "zones").text;
    }
    return shown;
}

Shown show_memory(const LiveOptions& options, const Selection& selection,
                  const MemorySample& sample, const Frame& frame) {
    const OutputOptions& output = options.output;
    if (for_people(output) && output.fields.empty()) {
        return show_screen(options, sample, frame);
    }
    if ((output.format == Format::json || output.format == Format::ndjson) &&
        output.fields.empty()) {
        return {memory_json(sample) + "\n", {}, true};
    }
    return show_rows(memory_columns(), selection, options, frame, std::vector<MemoryRow>{{&sample}},
                     "hosts");
}

} // namespace

int run(const MemoryCommand& command) {
    const LiveOptions& options = command.live;
    if (options.nodes) {
        return run_parts(options, node_columns(), "node:asc", "nodes", node_rows);
    }
    if (options.zones) {
        return run_parts(options, zone_columns(), "node:asc", "zones", zone_rows);
    }
    const auto selection = select(memory_columns(), options.output, "total_bytes");
    if (!selection) {
        return fail(selection.error());
    }
    return run_memory(options, [&](const MemorySample& sample, const Frame& frame) {
        return show_memory(options, *selection, sample, frame);
    });
}

} // namespace vigia::cli
