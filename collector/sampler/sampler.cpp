// SPDX-License-Identifier: MIT
#include "collector/sampler/sampler.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "collector/base/limits.h"
#include "collector/sampler/cgroup_table.h"
#include "collector/sampler/container_table.h"
#include "collector/sampler/exec_table.h"
#include "collector/sampler/exit_table.h"
#include "collector/sampler/host_supplement.h"
#include "collector/sampler/incident_table.h"
#include "collector/sampler/process_table.h"
#include "collector/sampler/system_table.h"

namespace vigia::sampler {
namespace {

constexpr uint64_t late_intervals = 5;
constexpr uint64_t suspension_ns = ns_per_second; // boot time this far ahead of monotonic time

Instant begin_of(const vigia_view& view) {
    return {view.slot->begin_monotonic_ns, view.slot->begin_boottime_ns,
            view.slot->begin_realtime_ns};
}

// When each file's snapshot began; files are written one after the other.
struct Times {
    Instant system;
    Instant processes;
    Instant cgroups;
    uint64_t generation = 0; // of the processes

    bool operator==(const Times& other) const {
        return generation == other.generation &&
               processes.monotonic_ns == other.processes.monotonic_ns;
    }
};

struct Reading {
    Times times;
    vigia_info info{};
    uint64_t writer_instance = 0;
    vigia_writer_kind writer = VIGIA_WRITER_PUBLISHER;
    uint64_t truncated = 0;
};

uint64_t truncated_in(const vigia_view& view) {
    uint64_t total = 0;
    for (const uint32_t count : view.slot->truncated_count) {
        total += count;
    }
    return total;
}

int64_t signed_difference(uint64_t later, uint64_t earlier) {
    return static_cast<int64_t>(later - earlier);
}

uint64_t since(const Instant& before, const Instant& now) {
    return increase(before.monotonic_ns, now.monotonic_ns);
}

bool clock_stepped(const Instant& before, const Instant& now) {
    const int64_t drift = signed_difference(now.realtime_ns, before.realtime_ns) -
                          signed_difference(now.boottime_ns, before.boottime_ns);
    return drift > static_cast<int64_t>(ns_per_second) ||
           drift < -static_cast<int64_t>(ns_per_second);
}

// Whether the counters of `now` continue those of `before`. The kernel's own do when its modules
// are loaded again, as they count nothing themselves; another version of them may count otherwise.
// Two kinds of writers differ in resolution and in what they cover: their difference is no rate.
bool continues(const Reading& before, const Reading& now) {
    if (before.writer_instance == now.writer_instance) {
        return before.writer == now.writer;
    }
    return before.writer == VIGIA_WRITER_KERNEL && now.writer == VIGIA_WRITER_KERNEL &&
           before.info.writer_version == now.info.writer_version;
}

} // namespace

struct Sampler::State {
    explicit State(SamplerConfig given) : config(std::move(given)), supplement(config.proc_path) {
        if (config.command_lines) {
            proc_directory = open(config.proc_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        }
    }
    ~State() {
        if (proc_directory >= 0) {
            close(proc_directory);
        }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Result<Reading> read(source::Source& source);
    Reading fill(const source::Snapshots& snapshots);
    void forget();
    Gap gap(const Reading& reading) const;
    bool unchanged(const Reading& reading) const;
    void commit_tables(const Reading& reading);
    void drain();
    void commit_exits(const Reading& reading);
    void commit_execs();
    void commit(const Reading& reading);
    void show(const ContainerCatalog* catalog);

    SamplerConfig config;
    int proc_directory = -1;
    HostSupplement supplement;
    SystemTable system;
    ProcessTable processes;
    CgroupTable cgroups;
    ExitTable exits;
    ExecTable execs;
    bool execs_were_told = false; // at the last sample
    ContainerTable containers;
    IncidentTable incidents;
    source::EventSource* events = nullptr;
    std::function<void(const vigia_event&)> listener;
    bool exits_were_told = false;    // at the last sample
    uint64_t missing_events = 0;     // by the last sample, ever
    bool exits_are_known = false;    // of this sample
    Interval exits_interval{0};      // "
    uint64_t before_boottime_ns = 0; // of the sample before the previous one; 0: none
    bool has_previous = false;
    Reading previous;
    Sample sample;
    uint64_t number = 0;
};

Reading Sampler::State::fill(const source::Snapshots& snapshots) {
    Reading reading;
    reading.times = {begin_of(snapshots.system), begin_of(snapshots.processes),
                     begin_of(snapshots.cgroups), snapshots.processes.slot->generation};
    reading.writer_instance = snapshots.writer_instance;
    reading.writer = snapshots.writer;
    reading.truncated = truncated_in(snapshots.system) + truncated_in(snapshots.processes) +
                        truncated_in(snapshots.cgroups);
    if (snapshots.info.count[VIGIA_INFO_REGION] > 0) {
        std::memcpy(&reading.info, vigia_record(&snapshots.info, VIGIA_INFO_REGION, 0),
                    sizeof(vigia_info));
    }
    system.fill(snapshots.system);
    processes.fill(snapshots.processes);
    cgroups.fill(snapshots.cgroups);
    return reading;
}

// The tables' fill() has no effect before commit(), so a reading that the writer lapped starts
// over.
Result<Reading> Sampler::State::read(source::Source& source) {
    Reading reading;
    auto status = source::read(
        source, [&](const source::Snapshots& snapshots) { reading = fill(snapshots); });
    sample.torn_reads = source.counters().torn_readings;
    if (!status) {
        return status.error();
    }
    if (config.complete_host && reading.writer == VIGIA_WRITER_KERNEL) {
        supplement.complete(system.filled());
    }
    return reading;
}

void Sampler::State::forget() {
    has_previous = false;
    system.clear();
    processes.clear();
    cgroups.clear();
    exits.forget();
    execs.forget();
    before_boottime_ns = 0;
}

Gap Sampler::State::gap(const Reading& reading) const {
    const Instant& before = previous.times.processes;
    const Instant& now = reading.times.processes;
    const uint64_t interval_ns = since(before, now);
    if (increase(before.boottime_ns, now.boottime_ns) > interval_ns + suspension_ns) {
        return Gap::suspended;
    }
    const uint64_t expected_ns = std::max(config.interval_ns, reading.info.refresh_interval_ns);
    return interval_ns > late_intervals * expected_ns ? Gap::late : Gap::none;
}

// The same snapshot as last time: only what the engines tell may be new.
bool Sampler::State::unchanged(const Reading& reading) const {
    return has_previous && previous.writer_instance == reading.writer_instance &&
           previous.times == reading.times;
}

void Sampler::State::commit_tables(const Reading& reading) {
    const Times& before = previous.times;
    const Times& now = reading.times;
    if (!has_previous) {
        system.commit(Interval(0), reading.info.page_size_bytes);
        processes.commit(Interval(0), 0, proc_directory);
        cgroups.commit(Interval(0));
        return;
    }
    // A reading in the middle of the writer's round finds one file new and another as it was: that
    // one keeps its rates, and its next interval is the longer one.
    if (const Interval interval(since(before.system, now.system)); interval.duration_ns() > 0) {
        system.commit(interval, reading.info.page_size_bytes);
    }
    processes.commit(Interval(since(before.processes, now.processes)), before.processes.boottime_ns,
                     proc_directory);
    if (const Interval interval(since(before.cgroups, now.cgroups)); interval.duration_ns() > 0) {
        cgroups.commit(interval);
    }
}

void Sampler::State::drain() {
    if (events == nullptr) {
        return;
    }
    while (const vigia_event* event = events->next()) {
        exits.note(*event);
        execs.note(*event);
        containers.note(*event);
        incidents.note(*event);
        if (listener) {
            listener(*event);
        }
    }
}

// After the tables, whose earlier state is compared; before `previous` is this reading.
void Sampler::State::commit_exits(const Reading& reading) {
    const bool are_told = events != nullptr && events->reports(VIGIA_EVENT_EXIT);
    const uint64_t missing =
        events == nullptr ? 0 : events->counters().missing() + exits.overflow_count();
    const Times& before = previous.times;
    exits_interval = Interval(has_previous ? since(before.processes, reading.times.processes) : 0);
    exits_are_known = are_told && exits_were_told && exits_interval.duration_ns() > 0;
    ExitTable::Turn turn;
    turn.interval = exits_interval;
    turn.known = exits_are_known;
    turn.born_after_ns =
        before_boottime_ns != 0 ? before_boottime_ns : before.processes.boottime_ns;
    turn.previous_ns = before.processes.monotonic_ns;
    turn.boottime_ahead_ns =
        increase(reading.times.processes.monotonic_ns, reading.times.processes.boottime_ns);
    if (are_told && events->writer() != VIGIA_WRITER_KERNEL) {
        turn.start_tolerance_ns = 2 * limits::clock_tick_ns;
    }
    turn.processes = processes.processes();
    turn.previous = processes.previous();
    turn.vanished = processes.vanished();
    exits.commit(turn);
    sample.lost_events = exits_are_known ? increase(missing_events, missing) : 0;
    sample.masked_exits = exits.masked_count();
    exits_were_told = are_told;
    missing_events = missing;
    before_boottime_ns = has_previous ? before.processes.boottime_ns : 0;
}

void Sampler::State::commit_execs() {
    const bool are_told = events != nullptr && events->reports(VIGIA_EVENT_EXEC);
    sample.execs_known = are_told && execs_were_told;
    execs.commit(sample.execs_known);
    execs_were_told = are_told;
}

void Sampler::State::commit(const Reading& reading) {
    sample.gap = Gap::first;
    sample.interval_ns = 0;
    sample.clock_stepped = false;
    if (has_previous && !continues(previous, reading)) {
        forget();
        sample.gap = Gap::writer_changed;
    }
    if (has_previous) {
        sample.gap = gap(reading);
        sample.clock_stepped = clock_stepped(previous.times.processes, reading.times.processes);
        sample.interval_ns = since(previous.times.processes, reading.times.processes);
    }
    commit_tables(reading);
    commit_exits(reading);
    commit_execs();
    incidents.commit();
    sample.number = ++number;
    sample.at = reading.times.processes;
    sample.info = reading.info;
    sample.writer = reading.writer;
    sample.truncated_records = reading.truncated;
    previous = reading;
    has_previous = true;
}

void Sampler::State::show(const ContainerCatalog* catalog) {
    containers.build(cgroups.cgroups(), processes.processes(),
                     {exits_are_known, exits_interval, exits.exits(), exits.shares()}, catalog);
    sample.system = system.sample();
    sample.system.processes_cpu_ratio = processes.cpu_ratio();
    sample.system.exits = exits_are_known ? exits.sums().rates(exits_interval) : ExitRates{};
    sample.exits = exits.exits();
    sample.processes = processes.processes();
    sample.cgroups = cgroups.cgroups();
    execs.find_containers(sample.cgroups);
    sample.execs = execs.execs();
    incidents.build(containers, sample.cgroups, catalog, sample.at);
    sample.containers = containers.containers();
    sample.departed = containers.departed();
    sample.incidents = incidents.incidents();
    sample.untold_incidents = incidents.untold_count();
    sample.containers_complete = catalog != nullptr && catalog->complete();
}

Sampler::Sampler(SamplerConfig config) : state_(std::make_unique<State>(std::move(config))) {}
Sampler::~Sampler() = default;

Result<const Sample*> Sampler::take(source::Source& source, const ContainerCatalog* catalog,
                                    uint64_t max_age_ns) {
    if (auto refreshed = source.refresh(max_age_ns); !refreshed) {
        return refreshed.error();
    }
    auto reading = state_->read(source);
    if (!reading) {
        return reading.error();
    }
    state_->drain(); // after the snapshots: who is missing there has been told of
    if (!state_->unchanged(*reading)) {
        state_->commit(*reading);
    }
    state_->show(catalog);
    return &state_->sample;
}

void Sampler::follow(source::EventSource* events,
                     std::function<void(const vigia_event&)> listener) {
    state_->events = events;
    state_->listener = std::move(listener);
    state_->exits_were_told = false;
    state_->execs_were_told = false;
    if (events != nullptr) {
        state_->exits.prepare();
    }
}

void Sampler::drain() {
    state_->drain();
}

void Sampler::note(const ContainerTurn& turn) {
    state_->incidents.note(turn);
}

void Sampler::set_interval(uint64_t interval_ns) {
    state_->config.interval_ns = interval_ns;
}

} // namespace vigia::sampler
