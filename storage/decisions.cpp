// SPDX-License-Identifier: MIT
#include "storage/decisions.h"

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"
#include "storage/names.h"

namespace vigia::storage {

namespace {

constexpr const char* columns =
    "id, ts, realtime_ns, boottime_ns, sample_number, mode, rule, reason, runtime, container_id, "
    "container_name, image, cgroup_id, ranker, score_unit, candidates_total, action, "
    "action_index, phase, phase_name, detail";

// SQLite's integers are signed; 64-bit ids and times keep their bits.
int64_t to_signed(uint64_t value) {
    return static_cast<int64_t>(value);
}

policy::Decision from_row(const Statement& row) {
    policy::Decision decision;
    decision.id = static_cast<uint64_t>(row.integer(0));
    decision.realtime_ns = static_cast<uint64_t>(row.integer(2));
    decision.boottime_ns = static_cast<uint64_t>(row.integer(3));
    decision.sample_number = static_cast<uint64_t>(row.integer(4));
    decision.mode = value_of(mode_names, row.text(5)).value_or(policy::Mode::dry_run);
    decision.rule = row.text(6);
    decision.reason = row.text(7);
    decision.runtime = value_of(runtime_names, row.text(8)).value_or(Runtime::unknown);
    decision.container_id = row.text(9);
    decision.container_name = row.text(10);
    decision.image = row.text(11);
    decision.cgroup_id = static_cast<uint64_t>(row.integer(12));
    decision.ranker = row.text(13);
    decision.score_unit = row.text(14);
    decision.candidates_total = static_cast<uint64_t>(row.integer(15));
    decision.action_index = static_cast<std::size_t>(row.integer(17));
    decision.phase = static_cast<policy::Phase>(row.integer(18));
    return decision;
}

void bind_numbers(Statement& row, const policy::Decision& decision) {
    row.bind(1, to_signed(decision.id));
    row.bind(2, to_signed(decision.realtime_ns / ns_per_second));
    row.bind(3, to_signed(decision.realtime_ns));
    row.bind(4, to_signed(decision.boottime_ns));
    row.bind(5, to_signed(decision.sample_number));
    row.bind(13, to_signed(decision.cgroup_id));
    row.bind(16, to_signed(decision.candidates_total));
    row.bind(18, to_signed(decision.action_index));
    row.bind(19, static_cast<int64_t>(decision.phase));
}

std::string_view action_of(const policy::Decision& decision) {
    return decision.action_index < decision.actions.size()
               ? name_of(action_names, decision.actions[decision.action_index])
               : std::string_view("none");
}

} // namespace

Status write_decision(Connection& connection, const policy::Decision& decision) {
    Result<Statement> row = connection.prepare(
        fmt::format("INSERT OR REPLACE INTO decision ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                    "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
                    columns));
    if (!row) {
        return row.error();
    }
    bind_numbers(*row, decision);
    row->bind(6, name_of(mode_names, decision.mode));
    row->bind(9, name_of(runtime_names, decision.runtime));
    row->bind(17, action_of(decision));
    row->bind(20, name_of(phase_names, decision.phase));
    const std::pair<int, std::string> texts[] = {
        {7, to_utf8(decision.rule)},          {8, to_utf8(decision.reason)},
        {10, to_utf8(decision.container_id)}, {11, to_utf8(decision.container_name)},
        {12, to_utf8(decision.image)},        {14, to_utf8(decision.ranker)},
        {15, to_utf8(decision.score_unit)},   {21, detail_to_json(decision)},
    };
    for (const auto& [parameter, text] : texts) {
        row->bind(parameter, text);
    }
    return row->run();
}

Result<std::vector<policy::Decision>>
read_decisions(Connection& connection, const std::string& where, int64_t first, int64_t second) {
    Result<Statement> rows =
        connection.prepare(fmt::format("SELECT {} FROM decision WHERE {}", columns, where));
    if (!rows) {
        return rows.error();
    }
    rows->bind(1, first);
    rows->bind(2, second);
    std::vector<policy::Decision> decisions;
    for (;;) {
        Result<bool> row = rows->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return decisions;
        }
        policy::Decision decision = from_row(*rows);
        if (Status detail = detail_from_json(rows->text(20), decision); !detail) {
            return detail.error().within(fmt::format("decision {}", decision.id));
        }
        decisions.push_back(std::move(decision));
    }
}

} // namespace vigia::storage
