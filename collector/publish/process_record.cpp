// SPDX-License-Identifier: MIT
#include "collector/publish/process_record.h"

#include <algorithm>
#include <cstring>

#include "collector/publish/process_reader.h"

namespace vigia::publish {
namespace {

constexpr uint32_t pf_kthread = 0x00200000; // include/linux/sched.h; shown in stat's flags

void set_bits(uint64_t& mask, uint64_t bits, bool on) {
    mask = on ? mask | bits : mask & ~bits;
}

void set_bits(uint32_t& mask, uint64_t bits, bool on) {
    mask = static_cast<uint32_t>(on ? mask | bits : mask & ~bits);
}

void set_comm(vigia_process& record, std::string_view comm) {
    // The kernel shows workers with up to 64 bytes ("kworker/0:1-events_power_efficient").
    const std::size_t size = std::min(comm.size(), sizeof(record.comm) - 1);
    std::memset(record.comm, 0, sizeof(record.comm));
    std::memcpy(record.comm, comm.data(), size);
}

// schedstat tells the leader thread's time in ns; stat the group's, threads that ended included, in
// ticks, user and system each cut down to one. They tell of the same time if schedstat lies within
// these two ticks: then it is the better figure.
bool schedstat_covers_group(const ProcStat& stat, const ProcSchedstat& schedstat,
                            const ProcessHost& host) {
    const uint64_t coarse_ns = (stat.user_ticks + stat.system_ticks) * host.tick_ns;
    return host.has_schedstat && stat.thread_count == 1 && schedstat.runtime_ns >= coarse_ns &&
           schedstat.runtime_ns - coarse_ns <= 2 * host.tick_ns;
}

void set_times(vigia_process& record, const ProcStat& stat, const ProcSchedstat& schedstat,
               const ProcessHost& host) {
    const bool exact = schedstat_covers_group(stat, schedstat, host);
    record.cpu_user_ns = stat.user_ticks * host.tick_ns;
    record.cpu_system_ns = stat.system_ticks * host.tick_ns;
    const uint64_t runtime_ns =
        exact ? schedstat.runtime_ns : record.cpu_user_ns + record.cpu_system_ns;
    record.cpu_runtime_ns = std::max(record.cpu_runtime_ns, runtime_ns);
    record.run_delay_ns = host.has_schedstat ? schedstat.run_delay_ns : 0;
    set_bits(record.valid, VIGIA_PROCESS_VALID_CPU, true);
    set_bits(record.valid, VIGIA_PROCESS_VALID_RUN_DELAY, host.has_schedstat);
    set_bits(record.flags, VIGIA_PROCESS_FLAG_LEADER_SWITCHES, stat.thread_count != 1);
    // stat's figure is the leader's alone
    const bool has_block_delay = host.has_block_delay && stat.thread_count == 1;
    record.block_delay_ns = has_block_delay ? stat.block_delay_ticks * host.tick_ns : 0;
    set_bits(record.valid, VIGIA_PROCESS_VALID_BLOCK_DELAY, has_block_delay);
}

// A process whose leader has ended while other threads live shows no memory, but has some.
bool hides_memory(const vigia_process& record) {
    return record.state == VIGIA_STATE_ZOMBIE && record.thread_count > 1;
}

} // namespace

vigia_process_state process_state(char letter) {
    switch (letter) {
    case 'R':
        return VIGIA_STATE_RUNNING;
    case 'S':
        return VIGIA_STATE_SLEEPING;
    case 'D':
        return VIGIA_STATE_BLOCKED;
    case 'T':
        return VIGIA_STATE_STOPPED;
    case 't':
        return VIGIA_STATE_TRACED;
    case 'Z':
        return VIGIA_STATE_ZOMBIE;
    case 'X':
    case 'x':
        return VIGIA_STATE_DEAD;
    case 'I':
        return VIGIA_STATE_IDLE;
    case 'P':
        return VIGIA_STATE_PARKED;
    default:
        return VIGIA_STATE_UNKNOWN;
    }
}

void fill_from_stat(vigia_process& record, const ProcStat& stat, const ProcSchedstat& schedstat,
                    const ProcessHost& host) {
    record.parent_pid = stat.parent_pid;
    record.start_time_ns = stat.start_ticks * host.tick_ns;
    record.thread_count = stat.thread_count;
    record.state = process_state(stat.state);
    record.nice = stat.nice;
    record.last_cpu = stat.last_cpu;
    set_bits(record.flags, VIGIA_PROCESS_FLAG_KERNEL_THREAD, (stat.flags & pf_kthread) != 0);
    set_comm(record, stat.comm);
    set_times(record, stat, schedstat, host);
    record.minor_faults = stat.minor_faults;
    record.major_faults = stat.major_faults;
    set_bits(record.valid, VIGIA_PROCESS_VALID_FAULTS, true);
    record.rss_bytes = stat.rss_pages * host.page_size_bytes;
    record.virtual_bytes = stat.virtual_bytes;
    set_bits(record.valid, VIGIA_PROCESS_VALID_MEMORY, !hides_memory(record));
}

// Kernel threads and zombies have no memory of their own: zeros that are true, and so are valid.
void fill_from_status(vigia_process& record, const ProcStatus& status) {
    record.uid = status.uid;
    record.effective_uid = status.effective_uid;
    record.namespace_pid = status.namespace_pid;
    record.rss_anon_bytes = status.rss_anon_bytes;
    record.rss_file_bytes = status.rss_file_bytes;
    record.rss_shared_bytes = status.rss_shared_bytes;
    record.rss_peak_bytes = status.rss_peak_bytes;
    record.swap_bytes = status.swap_bytes;
    if (status.has_rss_split) { // one reading, so that the parts add up to the whole
        record.rss_bytes = status.rss_anon_bytes + status.rss_file_bytes + status.rss_shared_bytes;
    }
    record.voluntary_switches = status.voluntary_switches;
    record.involuntary_switches = status.involuntary_switches;
    set_bits(record.valid, VIGIA_PROCESS_VALID_USER | VIGIA_PROCESS_VALID_SWITCHES, true);
    set_bits(record.valid, VIGIA_PROCESS_VALID_NAMESPACE_PID, status.has_namespace_pid);
    set_bits(record.valid, VIGIA_PROCESS_VALID_RSS_SPLIT,
             !hides_memory(record) && (status.has_rss_split || !status.has_memory));
}

void fill_from_io(vigia_process& record, const ProcIo& io) {
    record.read_chars_bytes = io.read_chars_bytes;
    record.write_chars_bytes = io.write_chars_bytes;
    record.read_calls = io.read_calls;
    record.write_calls = io.write_calls;
    record.read_bytes = io.read_bytes;
    record.write_bytes = io.write_bytes;
    record.cancelled_write_bytes = io.cancelled_write_bytes;
    set_bits(record.valid, VIGIA_PROCESS_VALID_IO, true);
}

} // namespace vigia::publish
