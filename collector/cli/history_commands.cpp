// SPDX-License-Identifier: MIT
// vigia history, vigia why.
#include "collector/cli/commands.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/cli/columns.h"
#include "collector/cli/grids.h"
#include "collector/cli/history_grid.h"
#include "collector/cli/render.h"
#include "collector/cli/story.h"
#include "collector/cli/when.h"
#include "collector/service/paths.h"
#include "storage/history.h"

namespace vigia::cli {
namespace {

constexpr uint64_t decisions_shown = 20;           // by `why` without an id
constexpr uint64_t around_ns = 60 * ns_per_second; // a decision: what `why` shows of events
constexpr uint64_t events_around_shown = 20;

using storage::Resolution;

// Shows the words of `known` when `word` is none of them.
Error unknown_word(std::string_view word, std::span<const std::string_view> known) {
    std::string list;
    for (const std::string_view name : known) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    const std::string_view near = nearest_word(word, known);
    return {ErrorKind::usage,
            fmt::format("\"{}\" is none of {}{}", to_terminal(word), list,
                        near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near))};
}

Result<Resolution> resolution_of(const std::string& word) {
    constexpr std::array<std::string_view, 4> names{"auto", "raw", "minute", "hour"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == word) {
            return static_cast<Resolution>(i); // in the order of the enum
        }
    }
    return unknown_word(word, names).within("--resolution");
}

Result<storage::TimeRange> range_of(const HistoryCommand& command) {
    const uint64_t now_ns = SystemClock().now().realtime_ns;
    const auto since = parse_when(command.since, now_ns);
    if (!since) {
        return since.error().within("--since");
    }
    const auto until = parse_when(command.until, now_ns);
    if (!until) {
        return until.error().within("--until");
    }
    if (*since > *until) {
        return Error(ErrorKind::usage,
                     fmt::format("--since {} is later than --until {}", to_terminal(command.since),
                                 to_terminal(command.until)));
    }
    return storage::TimeRange{*since, *until};
}

Result<std::unique_ptr<storage::History>> open_database(const std::string& path) {
    return storage::History::open(path.empty() ? service::default_database_path() : path);
}

// The newest rows are enough when nothing has to be sorted first.
uint64_t row_limit(const OutputOptions& output) {
    const bool cuts_itself = output.top && *output.top > 0 && output.sort.empty();
    return cuts_itself ? *output.top : limits::history_rows_maximum;
}

int put(const std::string& text) {
    const auto written = write_stdout(text);
    return written ? exit_ok : fail(written.error());
}

int show(Grid grid, const OutputOptions& output, std::string_view what, int code_if_empty) {
    const bool is_empty = grid.rows.empty();
    const bool is_cut = grid.rows.size() == limits::history_rows_maximum;
    if (const Status status = arrange(grid, output, default_fields_of(what)); !status) {
        return fail(status.error());
    }
    const int code = put(render(grid, output, look_at_stdout(output.color)));
    if (is_empty) {
        say(fmt::format("no {} in that time", what));
        return code == exit_ok ? code_if_empty : code;
    }
    if (is_cut) {
        say(fmt::format("only the newest {} rows; a shorter time or a coarser --resolution shows "
                        "all",
                        limits::history_rows_maximum));
    }
    return code;
}

std::string decisions_json(const std::vector<policy::Decision>& decisions, bool lines) {
    std::string json = lines ? "" : "[";
    for (const policy::Decision& decision : decisions) {
        json += lines || &decision == &decisions.front() ? "" : ",\n";
        json += decision_json(decision) + (lines ? "\n" : "");
    }
    return json + (lines ? "" : "]\n");
}

int show_decisions(const std::vector<policy::Decision>& decisions, const OutputOptions& output) {
    const bool whole = output.fields.empty() && output.sort.empty();
    if (whole && (output.format == Format::json || output.format == Format::ndjson)) {
        return put(decisions_json(decisions, output.format == Format::ndjson));
    }
    return show(decisions_grid(decisions), output, "decisions", exit_ok);
}

Result<storage::Table> ask(storage::History& history, const HistoryCommand& command,
                           const storage::HistoryQuery& query) {
    if (command.what == "containers") {
        return history.containers(query);
    }
    if (command.what == "events") {
        return history.events(query);
    }
    return command.what == "processes" ? history.processes(query) : history.system(query);
}

int run_history(const HistoryCommand& command, const storage::HistoryQuery& query) {
    const auto history = open_database(command.database);
    if (!history) {
        return fail(history.error());
    }
    if (command.what == "decisions") {
        const auto decisions = (**history).decisions(query.range, query.limit);
        return decisions ? show_decisions(*decisions, command.output) : fail(decisions.error());
    }
    const auto table = ask(**history, command, query);
    if (!table) {
        return fail(table.error());
    }
    // Nothing at all is an answer; nothing of what was asked for by name is not.
    const bool is_narrow = command.container || command.pid || command.comm;
    return show(history_grid(*table), command.output, command.what,
                is_narrow ? exit_not_found : exit_ok);
}

Result<Grid> events_around(storage::History& history, const policy::Decision& decision) {
    storage::HistoryQuery query;
    const uint64_t at_ns = decision.realtime_ns;
    query.range = {at_ns - std::min(at_ns, around_ns), at_ns + around_ns};
    query.limit = events_around_shown;
    const auto events = history.events(query);
    return events ? Result<Grid>(history_grid(*events)) : events.error();
}

int tell_one(storage::History& history, const WhyCommand& command) {
    const auto decision = history.decision(*command.id);
    if (!decision) {
        return fail(decision.error());
    }
    const auto around = events_around(history, *decision);
    if (!around) {
        return fail(around.error());
    }
    const OutputOptions& output = command.output;
    if (output.format == Format::json || output.format == Format::ndjson) {
        return put(decision_json(*decision, &*around) + "\n");
    }
    const Terminal terminal = look_at_stdout(output.color);
    if (output.format == Format::csv) {
        return put(render(decisions_grid({*decision}), output, terminal));
    }
    return put(tell(*decision, {terminal.width, 0, terminal.color, true}, &*around));
}

} // namespace

int run(const HistoryCommand& command) {
    constexpr std::array<std::string_view, 5> views{"system", "containers", "processes",
                                                    "decisions", "events"};
    if (std::find(views.begin(), views.end(), command.what) == views.end()) {
        return fail(unknown_word(command.what, views).within("history"));
    }
    const auto range = range_of(command);
    if (!range) {
        return fail(range.error());
    }
    const auto resolution = resolution_of(command.resolution);
    if (!resolution) {
        return fail(resolution.error());
    }
    return run_history(command, {*range, *resolution, command.container, command.pid, command.comm,
                                 row_limit(command.output)});
}

int run(const WhyCommand& command) {
    const auto history = open_database(command.database);
    if (!history) {
        return fail(history.error());
    }
    if (command.id) {
        return tell_one(**history, command);
    }
    const uint64_t top = command.output.top.value_or(decisions_shown);
    auto decisions = (**history).decisions({}, top == 0 ? limits::history_rows_maximum : top);
    if (!decisions) {
        return fail(decisions.error());
    }
    return show_decisions(*decisions, command.output);
}

} // namespace vigia::cli
