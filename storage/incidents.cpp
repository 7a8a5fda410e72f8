// SPDX-License-Identifier: MIT
#include "storage/incidents.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"

namespace vigia::storage {

namespace {

struct Word {
    std::string_view name;
    std::string_view text; // what `value` is
};
// In the order of the enum.
constexpr std::array<Word, 5> words{
    {{"container_created", "its control group came"},
     {"container_started", "its engine started it"},
     {"oom_kill", "killed for lack of memory"},
     {"container_stopped", "its engine saw it end; value: exit code, -1 if not told"},
     {"container_removed", "its control group went"}}};
static_assert(static_cast<std::size_t>(IncidentKind::container_removed) + 1 == words.size());

constexpr std::string_view lost = "incidents_lost";
constexpr int64_t no_exit_code = -1;

int64_t if_known(uint64_t value) {
    return value == 0 ? unknown : static_cast<int64_t>(value);
}

void identify(const ContainerSample* container, Batch& batch, IncidentRow& row) {
    row.has_container = container != nullptr;
    if (container != nullptr) {
        batch.identify(*container, row.container);
    }
}

void condense(const Sample& sample, const Incident& incident, Batch& batch) {
    IncidentRow& row = batch.incidents[batch.incident_count++];
    row.kind = incident.kind;
    row.realtime_ns = incident.realtime_ns;
    row.value = incident.kind == IncidentKind::container_stopped
                    ? incident.exit_code.value_or(no_exit_code)
                    : 0;
    identify(sample.container_at(incident.container), batch, row);
    row.cgroup = batch.keep(incident.cgroup, limits::store_cgroup_path_bytes);
    row.pid = if_known(incident.pid);
    std::memcpy(row.comm, incident.comm.data(), sizeof(row.comm));
    row.rss_bytes = incident.rss_bytes
                        ? static_cast<int64_t>(std::min<uint64_t>(*incident.rss_bytes, INT64_MAX))
                        : unknown;
    row.trigger_pid = if_known(incident.trigger_pid);
    row.trigger_cgroup = batch.keep(incident.trigger_cgroup, limits::store_cgroup_path_bytes);
}

// Empty: NULL.
void bind_text(Statement& statement, int parameter, const std::string& text) {
    if (!text.empty()) {
        statement.bind(parameter, std::string_view(text));
    }
}

Status write_row(Statement& statement, const Batch& batch, const IncidentRow& row,
                 int64_t container) {
    const Word& word = words[static_cast<std::size_t>(row.kind)];
    const std::string comm = to_utf8({row.comm, ::strnlen(row.comm, sizeof(row.comm))});
    const std::string cgroup = to_utf8(batch.slice(row.cgroup));
    const std::string trigger_cgroup = to_utf8(batch.slice(row.trigger_cgroup));
    statement.bind(1, static_cast<int64_t>(row.realtime_ns / ns_per_second));
    statement.bind(2, word.name);
    statement.bind(3, row.value);
    statement.bind(4, word.text);
    statement.bind(5, static_cast<int64_t>(row.realtime_ns));
    statement.bind(6, container);
    bind_text(statement, 7, cgroup);
    statement.bind(8, row.pid);
    bind_text(statement, 9, comm);
    statement.bind(10, row.rss_bytes);
    statement.bind(11, row.trigger_pid);
    bind_text(statement, 12, trigger_cgroup);
    return statement.run();
}

Status write_incident(Attached& attached, const Batch& batch, const IncidentRow& row) {
    Result<int64_t> container = row.has_container ? attached.series.container(batch, row.container)
                                                  : Result<int64_t>(unknown);
    if (!container) {
        return container.error();
    }
    Result<Statement> statement = attached.connection.prepare(
        "INSERT INTO event (ts, kind, value, text, realtime_ns, container, cgroup, pid, comm, "
        "rss_bytes, trigger_pid, trigger_cgroup) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "?10, ?11, ?12)");
    if (!statement) {
        return statement.error();
    }
    return write_row(*statement, batch, row, *container);
}

Status write_lost(Attached& attached, int64_t ts, uint64_t count) {
    Status added = attached.connection.execute(fmt::format(
        "UPDATE event SET value = value + {} WHERE ts = {} AND kind = '{}'", count, ts, lost));
    if (!added || attached.connection.changes() > 0) {
        return added;
    }
    return write_event(attached.connection, ts, lost.data(), static_cast<int64_t>(count),
                       "value: more of what befell containers than is kept of a second");
}

} // namespace

std::string_view name_of(IncidentKind kind) {
    return words[static_cast<std::size_t>(kind)].name;
}

std::string incident_kinds_sql() {
    std::string list = fmt::format("'{}'", lost);
    for (const Word& word : words) {
        list += fmt::format(", '{}'", word.name);
    }
    return list;
}

void condense_incidents(const Sample& sample, Batch& batch) {
    batch.incident_count = 0;
    const std::size_t room = std::size(batch.incidents);
    for (const bool kills : {true, false}) {
        for (const Incident& incident : sample.incidents) {
            const bool is_kill = incident.kind == IncidentKind::oom_kill;
            if (is_kill == kills && batch.incident_count < room) {
                condense(sample, incident, batch);
            }
        }
    }
    batch.untold_incidents =
        sample.untold_incidents + (sample.incidents.size() - batch.incident_count);
}

Result<IncidentsWritten> write_incidents(Attached& attached, const Batch& batch) {
    IncidentsWritten written =
        attached.incidents_ts == batch.ts() ? attached.incidents_written : IncidentsWritten{};
    uint64_t left_out = batch.untold_incidents;
    for (std::size_t i = 0; i < batch.incident_count; ++i) {
        const IncidentRow& row = batch.incidents[i];
        std::size_t& count =
            row.kind == IncidentKind::oom_kill ? written.oom_kills : written.others;
        if (count == limits::store_events_per_second) {
            ++left_out;
            continue;
        }
        if (Status done = write_incident(attached, batch, row); !done) {
            return done.error();
        }
        ++count;
    }
    if (left_out > 0) {
        if (Status done = write_lost(attached, batch.ts(), left_out); !done) {
            return done.error();
        }
    }
    return written;
}

} // namespace vigia::storage
