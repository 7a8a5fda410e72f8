// SPDX-License-Identifier: MIT
#include "collector/cli/views.h"

#include <array>
#include <cstring>

namespace vigia::cli {
namespace {

using Row = ProcessRow;

// A field of the record; unknown unless all of `valid` is set.
template <auto Member, uint64_t valid = 0>
Value field(const Row& row) {
    const vigia_process& record = row.process->record;
    return (record.valid & valid) == valid ? to_value(record.*Member) : Value{};
}

// A rate; unknown in the first sample of a process and where the counters behind it are.
template <auto Member, uint64_t valid>
Value rate(const Row& row) {
    const bool known = row.process->rates.known && (row.process->record.valid & valid) == valid;
    return known ? to_value(row.process->rates.*Member) : Value{};
}

Value comm(const Row& row) {
    return std::string(name_in(row.process->record.comm));
}

Value command_line(const Row& row) {
    return to_value(row.process->command_line);
}

Value user(const Row& row) {
    const vigia_process& record = row.process->record;
    return record.valid & VIGIA_PROCESS_VALID_USER ? Value{row.users->name(record.uid)} : Value{};
}

Value state(const Row& row) {
    return std::string(state_name(row.process->record.state));
}

Value container(const Row& row) {
    const ContainerSample* found = container_of(*row.sample, *row.process);
    return found != nullptr ? to_value(found->name()) : Value{};
}

Value container_id(const Row& row) {
    const ContainerSample* found = container_of(*row.sample, *row.process);
    return found != nullptr ? to_value(found->id) : Value{};
}

Value image(const Row& row) {
    const ContainerSample* found = container_of(*row.sample, *row.process);
    return found != nullptr ? to_value(found->image()) : Value{};
}

Value kernel_thread(const Row& row) {
    return (row.process->record.flags & VIGIA_PROCESS_FLAG_KERNEL_THREAD) != 0;
}

// CLOCK_BOOTTIME to wall-clock time, as far as the present offset between them is right.
Value start_realtime(const Row& row) {
    const Instant& at = row.sample->at;
    const uint64_t start = row.process->record.start_time_ns;
    if (start > at.boottime_ns || at.realtime_ns < at.boottime_ns - start) {
        return {};
    }
    return at.realtime_ns - (at.boottime_ns - start);
}

Value age(const Row& row) {
    const uint64_t now = row.sample->at.boottime_ns;
    const uint64_t start = row.process->record.start_time_ns;
    return now >= start ? Value{now - start} : Value{};
}

// Of descendants that ended within the interval, whose nearest living ancestors it is among.
template <auto Member>
Value ended(const Row& row) {
    if (!row.sample->system.exits.known) {
        return {};
    }
    const ExitRates none{};
    return to_value((row.process->descendants != nullptr ? *row.process->descendants : none).*
                    Member);
}

Value sample_time(const Row& row) {
    return row.sample->at.realtime_ns;
}

Tone tone_of_state(const Value& value) {
    const auto& text = std::get<std::string>(value);
    if (text == "blocked" || text == "zombie") {
        return Tone::bad;
    }
    return text == "running"                       ? Tone::good
           : text == "stopped" || text == "traced" ? Tone::warning
                                                   : Tone::faint;
}

constexpr uint64_t cpu = VIGIA_PROCESS_VALID_CPU;
constexpr uint64_t memory = VIGIA_PROCESS_VALID_MEMORY;
constexpr uint64_t split = VIGIA_PROCESS_VALID_RSS_SPLIT;
constexpr uint64_t faults = VIGIA_PROCESS_VALID_FAULTS;
constexpr uint64_t io = VIGIA_PROCESS_VALID_IO;
constexpr uint64_t switches = VIGIA_PROCESS_VALID_SWITCHES;
constexpr uint64_t run_delay = VIGIA_PROCESS_VALID_RUN_DELAY;
constexpr uint64_t block_delay = VIGIA_PROCESS_VALID_BLOCK_DELAY;
using R = vigia_process;
using Q = ProcessRates;

// clang-format off
constexpr Column<Row> columns[] = {
    // name, title, unit, help, shown, drop rank, minimum width, tone
    {{"pid", "PID", Unit::identity, "process id on the host", true}, field<&R::pid>},
    {{"parent_pid", "PARENT", Unit::identity, "process id of its parent"}, field<&R::parent_pid>},
    {{"user", "USER", Unit::text, "name of the real user", true, 5, 6}, user},
    {{"container", "CONTAINER", Unit::text, "name of its container", true, 0, 9}, container},
    {{"container_id", "CONTAINER ID", Unit::text, "full id of its container"}, container_id},
    {{"image", "IMAGE", Unit::text, "image of its container", false, 8, 8}, image},
    {{"state", "STATE", Unit::text, "running, sleeping, blocked (waiting for a device), ...", true,
      6, 0, tone_of_state}, state},
    {{"cpu_ratio", "CPU%", Unit::cpu_ratio, "share of one CPU: 1 is one CPU all the time", true, 0,
      0, tone_of_cpu}, rate<&Q::cpu_ratio, cpu>},
    {{"rss_bytes", "RSS", Unit::bytes, "resident memory", true}, field<&R::rss_bytes, memory>},
    {{"read_bytes_per_second", "READ/S", Unit::bytes_per_second, "read from storage", true, 3, 0,
      tone_of_rate}, rate<&Q::read_bytes_per_second, io>},
    {{"write_bytes_per_second", "WRITE/S", Unit::bytes_per_second, "written towards storage", true,
      4, 0, tone_of_rate}, rate<&Q::write_bytes_per_second, io>},
    {{"comm", "COMMAND", Unit::text, "the process's own short name", true, 0, 8}, comm},
    {{"command_line", "ARGUMENTS", Unit::text, "program and arguments; none for kernel threads",
      true, 9, 20}, command_line},
    {{"start_time_ns", "START", Unit::duration_ns, "start, since boot; with pid the identity"},
     field<&R::start_time_ns>},
    {{"start_realtime_ns", "STARTED", Unit::time_ns, "start as wall-clock time"}, start_realtime},
    {{"age_ns", "AGE", Unit::duration_ns, "how long it has lived"}, age},
    {{"cgroup_id", "CGROUP", Unit::identity, "id of its control group"},
     field<&R::cgroup_id, VIGIA_PROCESS_VALID_CGROUP>},
    {{"namespace_pid", "NSPID", Unit::identity, "process id inside its container"},
     field<&R::namespace_pid, VIGIA_PROCESS_VALID_NAMESPACE_PID>},
    {{"thread_count", "THREADS", Unit::count, "threads"}, field<&R::thread_count>},
    {{"uid", "UID", Unit::identity, "real user id"}, field<&R::uid, VIGIA_PROCESS_VALID_USER>},
    {{"effective_uid", "EUID", Unit::identity, "effective user id"},
     field<&R::effective_uid, VIGIA_PROCESS_VALID_USER>},
    {{"kernel_thread", "KERNEL", Unit::text, "true for threads of the kernel"}, kernel_thread},
    {{"nice", "NICE", Unit::count, "-20 (first) to 19 (last)"}, field<&R::nice>},
    {{"oom_score_adjustment", "OOM", Unit::count, "-1000 (never killed) to 1000 (first)"},
     field<&R::oom_score_adjustment, VIGIA_PROCESS_VALID_OOM>},
    {{"last_cpu", "LAST CPU", Unit::identity, "CPU it last ran on"}, field<&R::last_cpu>},
    {{"cpu_runtime_ns", "TIME", Unit::duration_ns, "time on a CPU since its start"},
     field<&R::cpu_runtime_ns, cpu>},
    {{"cpu_user_ns", "USER TIME", Unit::duration_ns, "of that in the program"},
     field<&R::cpu_user_ns, cpu>},
    {{"cpu_system_ns", "SYSTEM TIME", Unit::duration_ns, "of that in the kernel"},
     field<&R::cpu_system_ns, cpu>},
    {{"cpu_user_ratio", "USR%", Unit::cpu_ratio, "share of one CPU in the program"},
     rate<&Q::cpu_user_ratio, cpu>},
    {{"cpu_system_ratio", "SYS%", Unit::cpu_ratio, "share of one CPU in the kernel"},
     rate<&Q::cpu_system_ratio, cpu>},
    {{"run_delay_ns", "RUN DELAY", Unit::duration_ns, "time it was ready but had no CPU"},
     field<&R::run_delay_ns, run_delay>},
    {{"run_delay_ratio", "WAIT%", Unit::cpu_ratio, "share of the time waiting for a CPU"},
     rate<&Q::run_delay_ratio, run_delay>},
    {{"block_delay_ns", "BLOCK DELAY", Unit::duration_ns, "time it waited for storage"},
     field<&R::block_delay_ns, block_delay>},
    {{"block_delay_ratio", "IOWAIT%", Unit::cpu_ratio, "share of the time waiting for storage"},
     rate<&Q::block_delay_ratio, block_delay>},
    {{"rss_anon_bytes", "ANON", Unit::bytes, "resident: heap and stacks"},
     field<&R::rss_anon_bytes, split>},
    {{"rss_file_bytes", "FILE", Unit::bytes, "resident: mapped files"},
     field<&R::rss_file_bytes, split>},
    {{"rss_shared_bytes", "SHARED", Unit::bytes, "resident: shared memory"},
     field<&R::rss_shared_bytes, split>},
    {{"rss_peak_bytes", "PEAK", Unit::bytes, "most that was ever resident"},
     field<&R::rss_peak_bytes, split>},
    {{"rss_error_bytes", "RSS ERROR", Unit::bytes, "how far the resident figures may be off"},
     field<&R::rss_error_bytes, memory>},
    {{"virtual_bytes", "VIRTUAL", Unit::bytes, "address space, used or not"},
     field<&R::virtual_bytes, memory>},
    {{"swap_bytes", "SWAP", Unit::bytes, "memory swapped out"}, field<&R::swap_bytes, split>},
    {{"minor_faults", "MINFLT", Unit::count, "page faults without storage"},
     field<&R::minor_faults, faults>},
    {{"major_faults", "MAJFLT", Unit::count, "page faults that read storage"},
     field<&R::major_faults, faults>},
    {{"minor_faults_per_second", "MINFLT/S", Unit::per_second, "page faults without storage"},
     rate<&Q::minor_faults_per_second, faults>},
    {{"major_faults_per_second", "MAJFLT/S", Unit::per_second, "page faults that read storage"},
     rate<&Q::major_faults_per_second, faults>},
    {{"read_chars_bytes", "READ CHARS", Unit::bytes, "asked for by read calls, cached or not"},
     field<&R::read_chars_bytes, io>},
    {{"write_chars_bytes", "WRITE CHARS", Unit::bytes, "handed to write calls"},
     field<&R::write_chars_bytes, io>},
    {{"read_chars_bytes_per_second", "RCHAR/S", Unit::bytes_per_second, "asked for by read calls"},
     rate<&Q::read_chars_bytes_per_second, io>},
    {{"write_chars_bytes_per_second", "WCHAR/S", Unit::bytes_per_second, "handed to write calls"},
     rate<&Q::write_chars_bytes_per_second, io>},
    {{"read_calls", "READS", Unit::count, "read calls"}, field<&R::read_calls, io>},
    {{"write_calls", "WRITES", Unit::count, "write calls"}, field<&R::write_calls, io>},
    {{"read_calls_per_second", "READS/S", Unit::per_second, "read calls"},
     rate<&Q::read_calls_per_second, io>},
    {{"write_calls_per_second", "WRITES/S", Unit::per_second, "write calls"},
     rate<&Q::write_calls_per_second, io>},
    {{"read_bytes", "READ", Unit::bytes, "fetched from storage"}, field<&R::read_bytes, io>},
    {{"write_bytes", "WRITTEN", Unit::bytes, "dirtied towards storage"},
     field<&R::write_bytes, io>},
    {{"cancelled_write_bytes", "CANCELLED", Unit::bytes,
      "dirtied, then truncated before being written"}, field<&R::cancelled_write_bytes, io>},
    {{"voluntary_switches", "VOLSW", Unit::count, "times it gave the CPU away"},
     field<&R::voluntary_switches, switches>},
    {{"involuntary_switches", "INVSW", Unit::count, "times the CPU was taken from it"},
     field<&R::involuntary_switches, switches>},
    {{"switches_per_second", "SWITCH/S", Unit::per_second, "context switches"},
     rate<&Q::switches_per_second, switches>},
    {{"ended_descendants_count", "ENDED", Unit::count,
      "descendants that ended within the interval"}, ended<&ExitRates::count>},
    {{"ended_descendants_cpu_ratio", "ENDED CPU%", Unit::cpu_ratio,
      "share of one CPU that those took, and no living process shows"},
     ended<&ExitRates::cpu_ratio>},
    {{"sample_realtime_ns", "SAMPLED", Unit::time_ns, "when this was measured"}, sample_time},
};
// clang-format on

} // namespace

std::span<const Column<ProcessRow>> process_columns() {
    return columns;
}

const ContainerSample* container_at(const Sample& sample, int32_t index) {
    return sample.container_at(index);
}

const ContainerSample* container_of(const Sample& sample, const ProcessSample& process) {
    return container_at(sample, process.container);
}

std::string_view name_in(std::span<const char> field) {
    return {field.data(), strnlen(field.data(), field.size())};
}

std::string_view state_name(uint32_t state) {
    constexpr std::array<std::string_view, 10> names{"unknown", "running", "sleeping", "blocked",
                                                     "stopped", "traced",  "zombie",   "dead",
                                                     "idle",    "parked"};
    return state < names.size() ? names[state] : names[0];
}

} // namespace vigia::cli
