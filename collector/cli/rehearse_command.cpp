// SPDX-License-Identifier: MIT
// vigia policy rehearse: what rules would have done on a recording.
#include "collector/cli/commands.h"

#include <optional>

#include <fmt/format.h>

#include "collector/base/text.h"
#include "collector/base/units.h"
#include "collector/cli/history_grid.h"
#include "collector/cli/render.h"
#include "collector/cli/replay_feed.h"
#include "collector/cli/story.h"
#include "collector/cli/value.h"
#include "collector/cli/writers.h"
#include "collector/service/rehearsal.h"

namespace vigia::cli {
namespace {

using service::Rehearsal;

std::string losses_in_words(const recording::Losses& losses) {
    if (losses.damaged_chunks == 0 && losses.torn_bytes == 0) {
        return {};
    }
    return fmt::format("The recording is damaged: {} unreadable, {} cut at the end.\n",
                       counted(losses.damaged_chunks, "chunk"), format_bytes(losses.torn_bytes));
}

std::string chain_of(const service::RehearsedRule& rule) {
    std::string text;
    for (const policy::ActionKind action : rule.actions) {
        text += (text.empty() ? "" : ", ") + std::string(to_string(action));
    }
    return text;
}

Grid rules_grid(const Rehearsal& rehearsal) {
    Grid grid;
    grid.columns = {{"rule", "RULE", Unit::text},
                    {"decisions", "DECISIONS", Unit::count},
                    {"actions", "WOULD HAVE", Unit::text},
                    {"notice", "NOTE", Unit::text, 0, 12}};
    for (const service::RehearsedRule& rule : rehearsal.rules) {
        grid.rows.push_back({rule.name, rule.decisions, chain_of(rule),
                             rule.notice.empty() ? Value{} : Value{rule.notice}});
    }
    return grid;
}

std::string summary_text(const Rehearsal& rehearsal, const TableStyle& style) {
    return fmt::format("{} from {} to {}: {}\n\n", counted(rehearsal.samples, "sample"),
                       format_time(rehearsal.begin_realtime_ns, true),
                       format_time(rehearsal.end_realtime_ns, true),
                       counted(rehearsal.decisions, "decision")) +
           render_table(rules_grid(rehearsal), style) + losses_in_words(rehearsal.losses);
}

void write_summary(JsonWriter& json, const Rehearsal& rehearsal) {
    json.member("samples", rehearsal.samples)
        .member("begin_realtime_ns", rehearsal.begin_realtime_ns)
        .member("end_realtime_ns", rehearsal.end_realtime_ns)
        .member("decision_count", rehearsal.decisions)
        .member("damaged_chunks", rehearsal.losses.damaged_chunks)
        .member("torn_bytes", rehearsal.losses.torn_bytes);
    json.key("rules").begin_array();
    for (const service::RehearsedRule& rule : rehearsal.rules) {
        json.begin_object()
            .member("rule", rule.name)
            .member("decisions", rule.decisions)
            .member("notice", rule.notice.empty() ? Value{} : Value{rule.notice})
            .end_object();
    }
    json.end_array();
}

std::string summary_json(const Rehearsal& rehearsal) {
    JsonWriter json;
    json.begin_object();
    write_summary(json, rehearsal);
    return json.end_object().text();
}

// Decisions are put out as they are made; what was put first says whether more can be.
class Output {
public:
    explicit Output(const OutputOptions& options)
        : options_(options), terminal_(look_at_stdout(options.color)) {}

    void begin() { put(options_.format == Format::json ? "{\"decisions\": [" : ""); }

    void decision(const policy::Decision& decision) {
        switch (options_.format) {
        case Format::table:
            put(tell(decision, style()) + "\n");
            break;
        case Format::json:
            put((first_ ? "\n" : ",\n") + decision_json(decision));
            break;
        case Format::ndjson:
            put(decision_json(decision) + "\n");
            break;
        case Format::csv: {
            OutputOptions row = options_;
            row.header = options_.header && first_;
            put(render(decisions_grid({decision}), row, terminal_));
            break;
        }
        }
        first_ = false;
    }

    int end(const Rehearsal& rehearsal) {
        switch (options_.format) {
        case Format::table:
            put(summary_text(rehearsal, style()));
            break;
        case Format::json:
            put("],\n\"summary\": " + summary_json(rehearsal) + "}\n");
            break;
        case Format::ndjson:
            put("{\"summary\": " + summary_json(rehearsal) + "}\n");
            break;
        case Format::csv: // has rows of one kind only
            say(fmt::format("{}, {}", counted(rehearsal.samples, "sample"),
                            counted(rehearsal.decisions, "decision")));
            break;
        }
        return failure_ ? fail(*failure_) : exit_ok;
    }

private:
    TableStyle style() const { return {terminal_.width, 0, terminal_.color, true}; }

    void put(const std::string& text) {
        if (closed_ || failure_) {
            return;
        }
        const auto written = write_stdout(text);
        if (!written) {
            failure_ = written.error();
        } else {
            closed_ = written->closed;
        }
    }

    const OutputOptions& options_;
    Terminal terminal_;
    bool first_ = true;
    bool closed_ = false; // whoever read has gone away
    std::optional<Error> failure_;
};

} // namespace

int run(const RehearseCommand& command) {
    auto rules = service::load_rules(command.rules);
    if (!rules) {
        return fail(rules.error());
    }
    auto replay =
        open_recording(std::string(recording::replay_prefix) + command.file, command.replay);
    if (!replay) {
        return fail(replay.error());
    }
    Output output(command.output);
    output.begin();
    const Rehearsal rehearsal =
        service::rehearse(**replay, std::move(*rules), [&output](const policy::Decision& decision) {
            output.decision(decision);
        });
    return output.end(rehearsal);
}

} // namespace vigia::cli
