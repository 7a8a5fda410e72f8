// SPDX-License-Identifier: MIT
// vigia ps --exited: processes that ended within the interval.
#include "collector/cli/views.h"

#include "collector/cli/event_text.h"

namespace vigia::cli {
namespace {

using Row = ExitRow;

// A field of the record; unknown unless all of `valid` is set.
template <auto Member, uint32_t valid = 0>
Value field(const Row& row) {
    const vigia_event_exit& record = row.exit->record;
    return (record.valid & valid) == valid ? to_value(record.*Member) : Value{};
}

const ContainerSample* container_of(const Row& row) {
    return container_at(*row.sample, row.exit->container);
}

Value container(const Row& row) {
    const ContainerSample* found = container_of(row);
    return found != nullptr ? to_value(found->name()) : Value{};
}

Value container_id(const Row& row) {
    const ContainerSample* found = container_of(row);
    return found != nullptr ? to_value(found->id) : Value{};
}

Value image(const Row& row) {
    const ContainerSample* found = container_of(row);
    return found != nullptr ? to_value(found->image()) : Value{};
}

Value user(const Row& row) {
    return row.exit->knows_user ? Value{row.users->name(row.exit->uid)} : Value{};
}

Value uid(const Row& row) {
    return row.exit->knows_user ? Value{static_cast<uint64_t>(row.exit->uid)} : Value{};
}

Value comm(const Row& row) {
    return to_value(name_in(row.exit->comm));
}

Value end(const Row& row) {
    return to_value(std::string_view(end_of(row.exit->record)));
}

Value core_dumped(const Row& row) {
    return (row.exit->record.flags & VIGIA_EVENT_EXIT_CORE_DUMPED) != 0;
}

Value short_lived(const Row& row) {
    return row.exit->short_lived;
}

Value ended(const Row& row) {
    return realtime_of(row.exit->record.time_ns, row.sample->at);
}

// Time that the host slept through counts, as everywhere.
Value age(const Row& row) {
    const vigia_event_exit& record = row.exit->record;
    const Instant& at = row.sample->at;
    const uint64_t end_ns = record.time_ns + (at.boottime_ns - at.monotonic_ns);
    const bool known =
        (record.valid & VIGIA_EVENT_VALID_START_TIME) != 0 && end_ns >= record.start_time_ns;
    return known ? Value{end_ns - record.start_time_ns} : Value{};
}

Value major_faults(const Row& row) {
    return field<&vigia_event_exit::major_faults, VIGIA_EVENT_VALID_FAULTS>(row);
}

constexpr uint32_t status = VIGIA_EVENT_VALID_STATUS;
constexpr uint32_t split = VIGIA_EVENT_VALID_CPU_SPLIT;
constexpr uint32_t io = VIGIA_EVENT_VALID_IO;
using R = vigia_event_exit;

// clang-format off
constexpr Column<Row> columns[] = {
    {{"ended_realtime_ns", "ENDED", Unit::time_ns, "when", true, 5}, ended},
    {{"pid", "PID", Unit::identity, "process id on the host", true}, field<&R::pid>},
    {{"parent_pid", "PARENT", Unit::identity, "process id of its parent", true, 7},
     field<&R::parent_pid, VIGIA_EVENT_VALID_PARENT>},
    {{"user", "USER", Unit::text, "name of the real user", true, 8, 6}, user},
    {{"container", "CONTAINER", Unit::text, "name of its container", true, 0, 9}, container},
    {{"container_id", "CONTAINER ID", Unit::text, "full id of its container"}, container_id},
    {{"image", "IMAGE", Unit::text, "image of its container", false, 8, 8}, image},
    {{"comm", "COMMAND", Unit::text, "its last short name, as far as that was seen", true, 0, 8},
     comm},
    {{"end", "END", Unit::text, "exit code, or the signal that ended it", true, 0, 6, tone_of_end},
     end},
    {{"exit_code", "CODE", Unit::count, "what the program said"}, field<&R::exit_code, status>},
    {{"exit_signal", "SIGNAL", Unit::count, "what it was ended by; 0: it ended itself"},
     field<&R::exit_signal, status>},
    {{"core_dumped", "CORE", Unit::text, "true if it left a core"}, core_dumped},
    {{"age_ns", "LIVED", Unit::duration_ns, "how long it lived", true, 4}, age},
    {{"short_lived", "SHORT", Unit::text, "true if it began after the sample before, too"},
     short_lived},
    {{"cpu_runtime_ns", "TIME", Unit::duration_ns, "time on a CPU, of its whole life", true},
     field<&R::cpu_runtime_ns, VIGIA_EVENT_VALID_RUNTIME>},
    {{"cpu_user_ns", "USER TIME", Unit::duration_ns, "of that in the program"},
     field<&R::cpu_user_ns, split>},
    {{"cpu_system_ns", "SYSTEM TIME", Unit::duration_ns, "of that in the kernel"},
     field<&R::cpu_system_ns, split>},
    {{"rss_peak_bytes", "PEAK", Unit::bytes, "most that was ever resident", true, 2},
     field<&R::rss_peak_bytes, VIGIA_EVENT_VALID_RSS>},
    {{"read_bytes", "READ", Unit::bytes, "fetched from storage, its children's included", true, 6},
     field<&R::read_bytes, io>},
    {{"write_bytes", "WRITTEN", Unit::bytes, "dirtied towards storage, \"", true, 6},
     field<&R::write_bytes, io>},
    {{"read_calls", "READS", Unit::count, "read calls"}, field<&R::read_calls, io>},
    {{"write_calls", "WRITES", Unit::count, "write calls"}, field<&R::write_calls, io>},
    {{"minor_faults", "MINFLT", Unit::count, "page faults without storage"},
     field<&R::minor_faults, VIGIA_EVENT_VALID_FAULTS>},
    {{"major_faults", "MAJFLT", Unit::count, "page faults that read storage"}, major_faults},
    {{"uid", "UID", Unit::identity, "real user id"}, uid},
    {{"start_time_ns", "START", Unit::duration_ns, "start, since boot; with pid the identity"},
     field<&R::start_time_ns, VIGIA_EVENT_VALID_START_TIME>},
    {{"cgroup_id", "CGROUP", Unit::identity, "id of its control group"},
     field<&R::cgroup_id, VIGIA_EVENT_VALID_CGROUP>},
};
// clang-format on

} // namespace

std::span<const Column<ExitRow>> exit_columns() {
    return columns;
}

} // namespace vigia::cli
