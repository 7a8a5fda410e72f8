// SPDX-License-Identifier: MIT
// vigia events: one row an event, whatever its kind.
#include "collector/cli/views.h"

#include <cstring>

#include "collector/cli/event_text.h"

namespace vigia::cli {
namespace {

using Row = EventRow;

bool has(const Row& row, uint32_t valid) {
    return (row.event.valid & valid) == valid;
}

// A field that every kind has.
template <auto Member, uint32_t valid = 0>
Value common(const Row& row) {
    return has(row, valid) ? to_value(row.event.*Member) : Value{};
}

// A field of one kind; unknown for all others.
template <typename Kind, auto Member, uint32_t valid, uint16_t... kinds>
Value of(const Row& row) {
    if (((row.event.kind != kinds) && ...) || !has(row, valid)) {
        return {};
    }
    Kind event;
    std::memcpy(&event, &row.event, sizeof(event));
    if constexpr (std::is_array_v<std::remove_reference_t<decltype(event.*Member)>>) {
        return to_value(name_in(event.*Member));
    } else {
        return to_value(event.*Member);
    }
}

Value time(const Row& row) {
    return realtime_of(row.event.time_ns, row.now);
}

Value kind(const Row& row) {
    return std::string(event_kind_name(row.event.kind));
}

Value pid(const Row& row) {
    return row.event.pid != 0 ? Value{static_cast<uint64_t>(row.event.pid)} : Value{};
}

Value cpu(const Row& row) {
    return row.event.cpu != VIGIA_EVENT_ANY_CPU ? Value{static_cast<uint64_t>(row.event.cpu)}
                                                : Value{};
}

Value container(const Row& row) {
    return to_value(std::string_view(row.container));
}

Value container_id(const Row& row) {
    return to_value(std::string_view(row.container_id));
}

Value comm(const Row& row) {
    return to_value(std::string_view(row.comm));
}

Value detail(const Row& row) {
    return to_value(std::string_view(detail_of(row.event)));
}

Value end(const Row& row) {
    if (row.event.kind != VIGIA_EVENT_EXIT) {
        return {};
    }
    vigia_event_exit event;
    std::memcpy(&event, &row.event, sizeof(event));
    return to_value(std::string_view(end_of(event)));
}

Value resident(const Row& row) {
    if (row.event.kind != VIGIA_EVENT_OOM_KILL || !has(row, VIGIA_EVENT_VALID_RSS)) {
        return {};
    }
    vigia_event_oom_kill event;
    std::memcpy(&event, &row.event, sizeof(event));
    return event.rss_anon_bytes + event.rss_file_bytes + event.rss_shared_bytes;
}

Tone tone_of_kind(const Value& value) {
    const auto& text = std::get<std::string>(value);
    return text == "oom_kill" ? Tone::bad : Tone::plain;
}

using E = vigia_event;
using X = vigia_event_exit;
using O = vigia_event_oom_kill;
using C = vigia_event_cgroup;
constexpr uint16_t exit = VIGIA_EVENT_EXIT;
constexpr uint16_t oom = VIGIA_EVENT_OOM_KILL;
constexpr uint16_t born = VIGIA_EVENT_CGROUP_CREATED;
constexpr uint16_t gone = VIGIA_EVENT_CGROUP_REMOVED;
constexpr uint32_t split = VIGIA_EVENT_VALID_CPU_SPLIT;
constexpr uint32_t faults = VIGIA_EVENT_VALID_FAULTS;
constexpr uint32_t io = VIGIA_EVENT_VALID_IO;
constexpr uint32_t status = VIGIA_EVENT_VALID_STATUS;

// clang-format off
constexpr Column<Row> columns[] = {
    {{"realtime_ns", "TIME", Unit::time_ns, "when it happened", true}, time},
    {{"kind", "KIND", Unit::text, "fork, exec, exit, oom_kill, cgroup_created, ...", true, 0, 0,
      tone_of_kind}, kind},
    {{"pid", "PID", Unit::identity, "of the process that this is about", true}, pid},
    {{"parent_pid", "PARENT", Unit::identity, "its parent", true, 3},
     common<&E::parent_pid, VIGIA_EVENT_VALID_PARENT>},
    {{"container", "CONTAINER", Unit::text, "name of its container", true, 0, 9}, container},
    {{"container_id", "CONTAINER ID", Unit::text, "full id of its container"}, container_id},
    {{"comm", "COMMAND", Unit::text, "short name, as far as it is known", true, 0, 8}, comm},
    {{"detail", "DETAIL", Unit::text, "what is special about this kind, in words", true, 0, 20},
     detail},
    {{"monotonic_ns", "SINCE BOOT", Unit::duration_ns, "when, by the writer's clock"},
     common<&E::time_ns>},
    {{"cpu", "CPU", Unit::identity, "where it happened"}, cpu},
    {{"start_time_ns", "START", Unit::duration_ns, "of the process; with pid the identity"},
     common<&E::start_time_ns, VIGIA_EVENT_VALID_START_TIME>},
    {{"cgroup_id", "CGROUP", Unit::identity, "id of the control group"},
     common<&E::cgroup_id, VIGIA_EVENT_VALID_CGROUP>},
    {{"uid", "UID", Unit::identity, "fork: real user id"},
     of<vigia_event_fork, &vigia_event_fork::uid, VIGIA_EVENT_VALID_USER, VIGIA_EVENT_FORK>},
    {{"namespace_pid", "NSPID", Unit::identity, "fork: process id inside its container"},
     of<vigia_event_fork, &vigia_event_fork::namespace_pid, 0, VIGIA_EVENT_FORK>},
    {{"file_name", "FILE", Unit::text, "exec: the program, or its name's beginning", false, 0, 20},
     of<vigia_event_exec, &vigia_event_exec::file_name, VIGIA_EVENT_VALID_NAME, VIGIA_EVENT_EXEC>},
    {{"file_name_length_bytes", "FILE LENGTH", Unit::count, "exec: of the whole name"},
     of<vigia_event_exec, &vigia_event_exec::file_name_length_bytes, VIGIA_EVENT_VALID_NAME,
        VIGIA_EVENT_EXEC>},
    {{"end", "END", Unit::text, "exit: code, or the signal", false, 0, 6, tone_of_end}, end},
    {{"exit_code", "CODE", Unit::count, "exit: what the program said"},
     of<X, &X::exit_code, status, exit>},
    {{"exit_signal", "SIGNAL", Unit::count, "exit: what it was ended by; 0: it ended itself"},
     of<X, &X::exit_signal, status, exit>},
    {{"cpu_runtime_ns", "CPU TIME", Unit::duration_ns, "exit: time on a CPU, of its whole life"},
     of<X, &X::cpu_runtime_ns, VIGIA_EVENT_VALID_RUNTIME, exit>},
    {{"cpu_user_ns", "USER TIME", Unit::duration_ns, "exit: of that in the program"},
     of<X, &X::cpu_user_ns, split, exit>},
    {{"cpu_system_ns", "SYSTEM TIME", Unit::duration_ns, "exit: of that in the kernel"},
     of<X, &X::cpu_system_ns, split, exit>},
    {{"rss_peak_bytes", "PEAK", Unit::bytes, "exit: most that was ever resident"},
     of<X, &X::rss_peak_bytes, VIGIA_EVENT_VALID_RSS, exit>},
    {{"minor_faults", "MINFLT", Unit::count, "exit: page faults without storage"},
     of<X, &X::minor_faults, faults, exit>},
    {{"major_faults", "MAJFLT", Unit::count, "exit: page faults that read storage"},
     of<X, &X::major_faults, faults, exit>},
    {{"read_bytes", "READ", Unit::bytes, "exit: fetched from storage"},
     of<X, &X::read_bytes, io, exit>},
    {{"write_bytes", "WRITTEN", Unit::bytes, "exit: dirtied towards storage"},
     of<X, &X::write_bytes, io, exit>},
    {{"read_calls", "READS", Unit::count, "exit: read calls"}, of<X, &X::read_calls, io, exit>},
    {{"write_calls", "WRITES", Unit::count, "exit: write calls"}, of<X, &X::write_calls, io, exit>},
    {{"rss_bytes", "RSS", Unit::bytes, "OOM kill: what the victim had"}, resident},
    {{"oom_score_adjustment", "OOM", Unit::count, "OOM kill: -1000 to 1000"},
     of<O, &O::oom_score_adjustment, 0, oom>},
    {{"trigger_pid", "TRIGGER", Unit::identity, "OOM kill: whose need set it off"},
     of<O, &O::trigger_pid, VIGIA_EVENT_VALID_TRIGGER, oom>},
    {{"trigger_cgroup_id", "TRIGGER CGROUP", Unit::identity, "OOM kill: that one's control group"},
     of<O, &O::trigger_cgroup_id, VIGIA_EVENT_VALID_TRIGGER, oom>},
    {{"path", "PATH", Unit::text, "cgroup: its path, or the path's end", false, 0, 20},
     of<C, &C::path, VIGIA_EVENT_VALID_PATH, born, gone>},
    {{"parent_cgroup_id", "PARENT CGROUP", Unit::identity, "cgroup: the one above it"},
     of<C, &C::parent_cgroup_id, 0, born, gone>},
    {{"name", "NAME", Unit::text, "sensor: file in the directory"},
     of<vigia_event_sensor, &vigia_event_sensor::name, 0, VIGIA_EVENT_SENSOR_LOADED,
        VIGIA_EVENT_SENSOR_UNLOADED>},
};
// clang-format on

} // namespace

std::span<const Column<EventRow>> event_columns() {
    return columns;
}

} // namespace vigia::cli
