// SPDX-License-Identifier: MIT
// One moment of the host, complete and at rest: what the sampler makes of two snapshots, and all
// that policy, storage and presentation ever see. Nothing in it points into a mapped file, so
// nothing can tear or vanish while it is used.
//
// The ABI's record structs are used as the vocabulary (one definition of each field, its unit and
// its valid mask); the mapping protocol stays below the sampler.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <vigia/cgroups.h>
#include <vigia/events.h>
#include <vigia/info.h>
#include <vigia/processes.h>
#include <vigia/system.h>

#include "collector/base/clock.h"
#include "collector/base/container.h"

namespace vigia {

// Rates of a process over the interval. All zero when `known` is false: the process is new, or the
// counters went backwards.
struct ProcessRates {
    bool known = false;
    double cpu_ratio = 0; // 1.0 is one CPU used all the time
    double cpu_user_ratio = 0;
    double cpu_system_ratio = 0;
    double run_delay_ratio = 0;
    double block_delay_ratio = 0;
    double read_bytes_per_second = 0; // storage
    double write_bytes_per_second = 0;
    double read_chars_bytes_per_second = 0;
    double write_chars_bytes_per_second = 0;
    double read_calls_per_second = 0;
    double write_calls_per_second = 0;
    double minor_faults_per_second = 0;
    double major_faults_per_second = 0;
    double switches_per_second = 0;
};

constexpr int32_t no_container = -1;

// What processes spent that ended within the interval, since the sample before: it is in no
// process's rates. With the rates of those that are there it makes up the whole, but for what was
// lost (Sample::lost_events) or masked (Sample::masked_exits): then it is a lower bound.
struct ExitRates {
    bool known = false;             // exits were reported throughout the interval; else all is zero
    uint64_t count = 0;             // processes that ended
    uint64_t short_lived_count = 0; // ... and began since the sample before: none has seen them
    double exits_per_second = 0;
    double cpu_ratio = 0; // 1.0 is one CPU used all the time
    double cpu_user_ratio = 0;
    double cpu_system_ratio = 0;
    double read_bytes_per_second = 0; // storage; without that of children they had waited for
    double write_bytes_per_second = 0;
    double minor_faults_per_second = 0;
    double major_faults_per_second = 0;
};

// A process that ended, as far as that is known.
struct ExitSample {
    vigia_event_exit record{};   // with the counters of its whole life
    std::array<char, 16> comm{}; // bytes, NUL-padded; empty: unknown
    bool knows_user = false;
    uint32_t uid = 0;                 // real
    bool short_lived = false;         // no sample has seen it
    int32_t container = no_container; // see Sample::container_at()
};

struct ProcessSample {
    vigia_process record;
    ProcessRates rates;
    const ExitRates* descendants = nullptr; // that ended; null: none did
    int32_t container = no_container;       // index into Sample::containers
    std::string_view
        command_line; // arguments joined by spaces; empty for kernel threads or unknown
};

// What rates of storage I/O are made of. A kernel that does not tell a control group's I/O still
// tells that of its processes: of those that are there now, and without the number of requests.
enum class IoOrigin : uint8_t { unknown, cgroup, processes };

struct CgroupRates {
    bool known = false;
    double cpu_ratio = 0; // 1.0 is one CPU used all the time
    double cpu_user_ratio = 0;
    double cpu_system_ratio = 0;
    double cpu_throttled_ratio = 0;         // throttled periods of all periods
    IoOrigin io_origin = IoOrigin::unknown; // then the next four are 0; processes: only a container
    double read_bytes_per_second = 0;
    double write_bytes_per_second = 0;
    double read_calls_per_second = 0;
    double write_calls_per_second = 0;
    double major_faults_per_second = 0;
    double cpu_pressure_some_ratio = 0; // share of the interval in which some task waited
    double memory_pressure_some_ratio = 0;
    double memory_pressure_full_ratio = 0;
    double io_pressure_some_ratio = 0;
    double io_pressure_full_ratio = 0;
    uint64_t oom_kills = 0; // within the interval
};

struct CgroupSample {
    vigia_cgroup record; // path_offset_bytes is meaningless here: see path
    CgroupRates rates;
    std::string_view path;
    int32_t container = no_container; // the container that this cgroup is, or lies in
};

// A container: a cgroup whose path says so, an engine's word for one without processes, or both.
struct ContainerSample {
    Runtime runtime = Runtime::unknown;
    std::string_view id;                 // 64 hex digits, or the machine's name for lxc and nspawn
    std::string_view path;               // of its outermost cgroup; empty without one
    const ContainerInfo* info = nullptr; // null until an engine has described it
    bool has_cgroup = false;             // false: created or exited; then record and rates are zero
    bool is_gone = false;                // only what it left behind tells of it
    vigia_cgroup record{};               // of its outermost cgroup; counters include descendants
    CgroupRates rates;
    ExitRates exits;
    uint32_t process_count = 0; // with descendants
    uint64_t memory_bytes =
        0; // working set: current - inactive file; the processes' RSS if unknown
    uint64_t oldest_start_time_ns = 0; // CLOCK_BOOTTIME of its oldest process; 0 without processes

    bool running() const { return has_cgroup && process_count > 0; }
    // The engine's name, else the first 12 characters of the id.
    std::string_view name() const {
        return info != nullptr && !info->name.empty() ? std::string_view(info->name)
                                                      : id.substr(0, 12);
    }
    std::string_view image() const {
        return info != nullptr ? std::string_view(info->image) : std::string_view();
    }
};

// A program that a process began to run.
struct ExecSample {
    uint64_t time_ns = 0; // CLOCK_MONOTONIC
    uint32_t pid = 0;
    int32_t container = no_container; // index into Sample::containers
    std::string_view file_name;       // as given to exec; bytes; its beginning if it is long
};

enum class IncidentKind : uint8_t {
    container_created, // its control group came
    container_started, // by its engine
    oom_kill,
    container_stopped, // by its engine
    container_removed, // its control group went
};

// What befell a process or a container, and is worth keeping by itself.
struct Incident {
    IncidentKind kind = IncidentKind::oom_kill;
    uint64_t realtime_ns = 0;
    int32_t container = no_container; // see Sample::container_at()
    std::string_view cgroup;          // path, as far as it is known; '?' for bytes that are not
    std::optional<int> exit_code;     // of a container that stopped
    // Of an OOM kill:
    uint32_t pid = 0;                    // the victim; 0: unknown
    std::array<char, 16> comm{};         // its; bytes, NUL-padded; empty: unknown
    std::optional<uint64_t> rss_bytes{}; // that it had
    uint32_t trigger_pid = 0;            // whose need for memory set it off; 0: unknown
    std::string_view trigger_cgroup;     // its path
};

struct SystemRates {
    bool known = false;
    double cpu_ratio = 0; // busy share of all CPUs: 0 to 1
    double cpu_user_ratio = 0;
    double cpu_system_ratio = 0;
    double cpu_iowait_ratio = 0;
    double cpu_steal_ratio = 0;
    double context_switches_per_second = 0;
    double interrupts_per_second = 0;
    double forks_per_second = 0;
    double page_faults_per_second = 0;
    double page_major_faults_per_second = 0;
    double page_in_bytes_per_second = 0;
    double page_out_bytes_per_second = 0;
    double swap_in_bytes_per_second = 0;
    double swap_out_bytes_per_second = 0;
    double cpu_pressure_some_ratio = 0;
    double memory_pressure_some_ratio = 0;
    double memory_pressure_full_ratio = 0;
    double io_pressure_some_ratio = 0;
    double io_pressure_full_ratio = 0;
};

struct CpuSample {
    vigia_cpu record;
    double busy_ratio = 0;
};

struct SystemSample {
    vigia_system record{};
    SystemRates rates;
    double processes_cpu_ratio = 0; // over all processes that are there; 1.0 is one CPU
    ExitRates exits;
    std::span<const CpuSample> cpus;
    std::span<const vigia_mount> mounts;
};

// Why the rates of a sample may be missing although it is not the first one.
enum class Gap : uint8_t {
    none,
    first,          // no earlier sample
    writer_changed, // another writer: its counters need not continue the old ones
    suspended,      // the host slept; boot time ran ahead of monotonic time
    late,           // the interval is many times the configured one
};

// Valid until the sampler's next take(). Spans are sorted: processes by pid, cgroups by id,
// containers by (runtime, id).
struct Sample {
    uint64_t number = 0;      // counted from 1
    Instant at;               // when its snapshots began
    uint64_t interval_ns = 0; // monotonic, since the previous sample; 0 for the first
    Gap gap = Gap::first;
    bool clock_stepped = false; // realtime moved differently from boot time by more than a second
    vigia_info info{};
    vigia_writer_kind writer = VIGIA_WRITER_PUBLISHER;
    SystemSample system;
    std::span<const ProcessSample> processes;
    std::span<const ExitSample> exits; // reported since the sample before, in the order of time
    bool execs_known = false;          // programs were reported throughout the interval
    std::span<const ExecSample> execs; // since the sample before, in the order of time
    std::span<const CgroupSample> cgroups;
    std::span<const ContainerSample> containers;
    bool containers_complete = false;          // the catalog has the engine's whole list
    std::span<const ContainerSample> departed; // gone by now; something of theirs is in here
    std::span<const Incident> incidents;       // since the sample before, in the order of time
    uint64_t untold_incidents = 0;             // since then: more than are kept
    uint64_t truncated_records = 0;            // that did not fit the snapshots
    uint64_t lost_events = 0;  // since the sample before: nobody knows what they were
    uint64_t masked_exits = 0; // since then, of processes whose CPU time was not told
    uint64_t torn_reads = 0;   // snapshots read again because the writer lapped us, ever

    // By the index that an exit or an incident has: one of `containers`, or behind them one of
    // `departed`. Null: none.
    const ContainerSample* container_at(int32_t index) const {
        const auto place = static_cast<std::size_t>(index);
        if (index == no_container || place >= containers.size() + departed.size()) {
            return nullptr;
        }
        return place < containers.size() ? &containers[place]
                                         : &departed[place - containers.size()];
    }
};

} // namespace vigia
