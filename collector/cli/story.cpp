// SPDX-License-Identifier: MIT
#include "collector/cli/story.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"
#include "collector/base/units.h"
#include "collector/cli/history_grid.h"
#include "collector/cli/width.h"
#include "collector/cli/writers.h"

namespace vigia::cli {
namespace {

using policy::Decision;

std::string chain_of(const Decision& decision) {
    std::string chain;
    for (const policy::ActionKind action : decision.actions) {
        chain += (chain.empty() ? "" : ", then ") + std::string(to_string(action));
    }
    return chain.empty() ? "nothing" : chain;
}

Tone tone_of(policy::Phase phase) {
    switch (phase) {
    case policy::Phase::verified:
        return Tone::good;
    case policy::Phase::failed:
        return Tone::bad;
    case policy::Phase::dry_run:
    case policy::Phase::abandoned:
        return Tone::faint;
    default:
        return Tone::warning;
    }
}

std::string_view meaning_of(policy::Phase phase) {
    switch (phase) {
    case policy::Phase::decided:
        return "recorded, not yet acted upon";
    case policy::Phase::requested:
        return "sent to the container engine, not yet answered";
    case policy::Phase::answered:
        return "the engine agreed; the effect is still being checked";
    case policy::Phase::verified:
        return "done, and its effect was seen on the host";
    case policy::Phase::failed:
        return "the engine refused, or the effect never showed";
    case policy::Phase::dry_run:
        return "nothing was done: this is what would have been";
    case policy::Phase::abandoned:
        return "given up: the reason or the container went away, or a person acted first";
    }
    return "unknown";
}

// What the engine or the host said: the status line's code, and its words if there are any.
std::string answer_of(const policy::Step& step) {
    const std::string code =
        step.http_status == 0 ? std::string() : fmt::format("HTTP {}", step.http_status);
    if (step.text.empty() || step.text.find(code) != std::string::npos) {
        return step.text.empty() ? code : step.text;
    }
    return code + ": " + step.text;
}

class Story {
public:
    Story(const Decision& decision, const TableStyle& style, const Grid* around)
        : decision_(decision), style_(style), around_(around) {}

    std::string tell() {
        beginning();
        measured();
        ranking();
        steps();
        events();
        return std::move(text_);
    }

private:
    void heading(const std::string& text) {
        text_ += "\n" + (style_.color ? "\x1b[1m" + text + "\x1b[0m" : text) + "\n";
    }
    void fact(std::string_view name, const std::string& value, Tone tone = Tone::plain) {
        text_ +=
            "  " + pad_right(name, 11) + with_tone(to_terminal(value), tone, style_.color) + "\n";
    }
    void table(const Grid& grid) {
        TableStyle inner = style_;
        inner.width = style_.width > 2 ? style_.width - 2 : 0;
        std::string line = "  ";
        for (const char letter : render_table(grid, inner)) {
            line += letter;
            if (letter == '\n') {
                text_ += line;
                line = "  ";
            }
        }
    }

    void beginning() {
        const std::string title =
            fmt::format("Decision {}: {} {} ({})", decision_.id, chain_of(decision_),
                        to_terminal(decision_.container_name), policy::to_string(decision_.mode));
        text_ += (style_.color ? "\x1b[1m" + title + "\x1b[0m" : title) + "\n";
        fact("when", format_time(decision_.realtime_ns, true));
        fact("rule", decision_.rule);
        fact("reason", decision_.reason);
        fact("container",
             fmt::format("{} ({}, {})", decision_.container_name,
                         decision_.container_id.substr(0, 12), to_string(decision_.runtime)));
        fact("image", decision_.image);
        fact("outcome",
             fmt::format("{}: {}", policy::to_string(decision_.phase), meaning_of(decision_.phase)),
             tone_of(decision_.phase));
        parameters();
    }

    void parameters() {
        const policy::ActionParameters& asked = decision_.parameters;
        if (asked.memory_bytes != 0) {
            fact("memory to", format_bytes(asked.memory_bytes));
        }
        if (asked.cpu_ratio > 0) {
            fact("CPU to", format_ratio(asked.cpu_ratio));
        }
        if (asked.pids != 0) {
            fact("pids to", std::to_string(asked.pids));
        }
    }

    void measured() {
        heading("What was measured");
        Grid grid;
        grid.columns = {
            {"detector", "DETECTOR", Unit::text}, {"of", "OF", Unit::text, 0, 8},
            {"value", "VALUE", Unit::text},       {"threshold", "THRESHOLD", Unit::text},
            {"held", "HELD FOR", Unit::text},     {"required", "REQUIRED", Unit::text}};
        for (const policy::Reading& reading : decision_.readings) {
            grid.rows.push_back(
                {reading.detector, reading.subject, quantity(reading.value, reading.unit),
                 quantity(reading.threshold, reading.unit), format_duration_ns(reading.held_ns),
                 format_duration_ns(reading.required_ns)});
        }
        table(grid);
    }

    void ranking() {
        heading(fmt::format("Why this container: ranked by {}, {} looked at",
                            to_terminal(decision_.ranker), decision_.candidates_total));
        Grid grid;
        grid.columns = {{"chosen", "", Unit::text},
                        {"container", "CONTAINER", Unit::text, 0, 9},
                        {"score", "SCORE", Unit::text},
                        {"note", "NOTE", Unit::text, 0, 12},
                        {"image", "IMAGE", Unit::text, 5, 8}};
        for (const policy::Candidate& candidate : decision_.ranking) {
            grid.rows.push_back({std::string(candidate.chosen ? "→" : " "), candidate.name,
                                 quantity(candidate.score, decision_.score_unit), candidate.note,
                                 candidate.image});
        }
        table(grid);
        if (decision_.candidates_total > decision_.ranking.size()) {
            text_ += fmt::format("  and {} more\n",
                                 decision_.candidates_total - decision_.ranking.size());
        }
    }

    void steps() {
        heading("What happened");
        Grid grid;
        grid.columns = {{"time", "TIME", Unit::text},
                        {"after", "AFTER", Unit::text},
                        {"action", "ACTION", Unit::text},
                        {"phase", "STEP", Unit::text},
                        {"answer", "ANSWER", Unit::text, 0, 12}};
        // In the order in which they happened. A check is dated by its sample, which may have been
        // taken just before the answer arrived, and the clock of the day can be set back: no row
        // claims to be earlier than the one above.
        uint64_t at_ns = decision_.realtime_ns;
        for (const policy::Step& step : decision_.steps) {
            at_ns = std::max(at_ns, step.realtime_ns);
            const std::string time = format_time(at_ns);
            grid.rows.push_back({time.substr(time.size() - 8),
                                 format_duration_ns(at_ns - decision_.realtime_ns),
                                 std::string(to_string(step.action)),
                                 std::string(to_string(step.phase)), answer_of(step)});
        }
        table(grid);
    }

    // The columns that say something; rows in the order of time.
    void events() {
        if (around_ == nullptr || around_->rows.empty()) {
            return;
        }
        heading("What else happened around then");
        Grid grid;
        for (const std::string_view name : default_fields_of("events")) {
            const auto at =
                std::find_if(around_->columns.begin(), around_->columns.end(),
                             [&](const Heading& column) { return column.name == name; });
            if (at == around_->columns.end()) {
                continue;
            }
            const auto index = static_cast<std::size_t>(at - around_->columns.begin());
            const bool says = std::any_of(around_->rows.begin(), around_->rows.end(),
                                          [&](const auto& row) { return row[index].index() != 0; });
            if (says) {
                grid.columns.push_back(*at);
                grid.rows.resize(around_->rows.size());
                for (std::size_t row = 0; row < grid.rows.size(); ++row) {
                    grid.rows[row].push_back(around_->rows[row][index]);
                }
            }
        }
        table(grid);
    }

    const Decision& decision_;
    const TableStyle& style_;
    const Grid* around_;
    std::string text_;
};

void write_readings(JsonWriter& json, const Decision& decision) {
    json.key("readings").begin_array();
    for (const policy::Reading& reading : decision.readings) {
        json.begin_object()
            .member("detector", reading.detector)
            .member("subject", reading.subject)
            .member("value", reading.value)
            .member("threshold", reading.threshold)
            .member("unit", reading.unit)
            .member("held_ns", reading.held_ns)
            .member("required_ns", reading.required_ns)
            .end_object();
    }
    json.end_array();
}

void write_ranking(JsonWriter& json, const Decision& decision) {
    json.key("ranking").begin_array();
    for (const policy::Candidate& candidate : decision.ranking) {
        json.begin_object()
            .member("container_id", candidate.container_id)
            .member("container", candidate.name)
            .member("image", candidate.image)
            .member("score", candidate.score)
            .member("note", candidate.note)
            .member("chosen", candidate.chosen)
            .end_object();
    }
    json.end_array();
}

void write_steps(JsonWriter& json, const Decision& decision) {
    json.key("steps").begin_array();
    for (const policy::Step& step : decision.steps) {
        json.begin_object()
            .member("realtime_ns", step.realtime_ns)
            .member("action", std::string(to_string(step.action)))
            .member("phase", std::string(to_string(step.phase)))
            .member("text", step.text)
            .member("http_status",
                    step.http_status == 0 ? Value{} : Value{int64_t{step.http_status}})
            .end_object();
    }
    json.end_array();
}

void write_events(JsonWriter& json, const Grid& around) {
    json.key("events_around").begin_array();
    for (const auto& row : around.rows) {
        json.begin_object();
        for (std::size_t column = 0; column < row.size(); ++column) {
            json.member(around.columns[column].name, row[column]);
        }
        json.end_object();
    }
    json.end_array();
}

void write_actions(JsonWriter& json, const Decision& decision) {
    json.key("actions").begin_array();
    for (const policy::ActionKind action : decision.actions) {
        json.value(std::string(to_string(action)));
    }
    json.end_array();
    const policy::ActionParameters& asked = decision.parameters;
    json.key("parameters")
        .begin_object()
        .member("memory_bytes", asked.memory_bytes == 0 ? Value{} : Value{asked.memory_bytes})
        .member("cpu_ratio", asked.cpu_ratio > 0 ? Value{asked.cpu_ratio} : Value{})
        .member("pids", asked.pids == 0 ? Value{} : Value{asked.pids})
        .member("stop_grace_seconds", uint64_t{asked.stop_grace_seconds})
        .end_object();
}

} // namespace

std::string quantity(double value, const std::string& unit) {
    if (unit == "bytes") {
        return to_human(value, Unit::bytes);
    }
    if (unit == "bytes_per_second") {
        return to_human(value, Unit::bytes_per_second) + "/s";
    }
    if (unit == "ratio") {
        return format_ratio(value);
    }
    if (unit == "ns") {
        return to_human(value, Unit::duration_ns);
    }
    return to_human(value, Unit::count) + (unit.empty() ? "" : " " + to_terminal(unit));
}

std::string tell(const Decision& decision, const TableStyle& style, const Grid* around) {
    return Story(decision, style, around).tell();
}

std::string decision_json(const Decision& decision, const Grid* around) {
    JsonWriter json;
    json.begin_object()
        .member("id", decision.id)
        .member("realtime_ns", decision.realtime_ns)
        .member("boottime_ns", decision.boottime_ns)
        .member("sample_number", decision.sample_number)
        .member("mode", std::string(to_string(decision.mode)))
        .member("rule", decision.rule)
        .member("reason", decision.reason)
        .member("runtime", std::string(to_string(decision.runtime)))
        .member("container_id", decision.container_id)
        .member("container", decision.container_name)
        .member("image", decision.image)
        .member("cgroup_id", decision.cgroup_id)
        .member("phase", std::string(to_string(decision.phase)))
        .member("ranker", decision.ranker)
        .member("score_unit", decision.score_unit)
        .member("candidates_total", decision.candidates_total);
    write_actions(json, decision);
    write_readings(json, decision);
    write_ranking(json, decision);
    write_steps(json, decision);
    if (around != nullptr) {
        write_events(json, *around);
    }
    return json.end_object().text();
}

} // namespace vigia::cli
