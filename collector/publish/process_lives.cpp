// SPDX-License-Identifier: MIT
#include "collector/publish/process_lives.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "collector/base/limits.h"

namespace vigia::publish {
namespace {

constexpr uint32_t kthreadd_pid = 2; // parent of all threads of the kernel

uint64_t boottime_of(uint64_t monotonic_ns, const Instant& now) {
    return monotonic_ns + (now.boottime_ns - now.monotonic_ns);
}

void add_usage(ThreadUsage& sum, const ThreadUsage& usage) {
    sum.charged_ns += usage.charged_ns;
    sum.runtime_ns += usage.runtime_ns;
    sum.user_ns += usage.user_ns;
    sum.system_ns += usage.system_ns;
    sum.rss_peak_bytes = std::max(sum.rss_peak_bytes, usage.rss_peak_bytes);
    sum.minor_faults += usage.minor_faults;
    sum.major_faults += usage.major_faults;
    sum.read_bytes += usage.read_bytes;
    sum.write_bytes += usage.write_bytes;
    sum.read_calls += usage.read_calls;
    sum.write_calls += usage.write_calls;
    sum.process_age_ns = std::max(sum.process_age_ns, usage.process_age_ns);
    if (usage.has_process) {
        sum.has_process = true;
        sum.process_charged_ns = usage.process_charged_ns;
    }
}

// Between a thread's exit record and its message the kernel takes it down, on its own time. If that
// took longer, it waited for something, and it is not known how long it ran.
uint64_t dismantling_ns(uint64_t birth_ns, const ThreadUsage& usage,
                        const ProcessMessage& message) {
    const uint64_t recorded_ns = birth_ns + usage.age_ns;
    const uint64_t since_ns = message.time_ns - std::min(recorded_ns, message.time_ns);
    return usage.age_ns != 0 && since_ns <= limits::event_dismantling_ns ? since_ns : 0;
}

// "/usr/bin/python3" ran under a name that begins with `comm`, as far as that goes.
bool is_named(std::string_view executable, std::string_view comm) {
    const std::size_t slash = executable.rfind('/');
    const std::string_view name =
        slash == std::string_view::npos ? executable : executable.substr(slash + 1);
    return name.substr(0, sizeof(Comm) - 1) == comm;
}

std::string_view text_of(const Comm& comm) {
    return {comm.data(), ::strnlen(comm.data(), comm.size())};
}

template <typename Record>
Record begin_record(vigia_event_kind kind, const ProcessMessage& message, uint32_t tgid) {
    Record record{};
    record.kind = kind;
    record.time_ns = message.time_ns;
    record.cpu = static_cast<uint16_t>(std::min<uint32_t>(message.cpu, VIGIA_EVENT_ANY_CPU));
    record.pid = tgid;
    return record;
}

} // namespace

ProcessLives::ProcessLives(ProcessLooker& looker, EventSink& sink, uint64_t tick_ns,
                           UsageSupport support)
    : looker_(looker), sink_(sink), tick_ns_(tick_ns), support_(support) {}

void ProcessLives::begin(const Instant& now) {
    int error = 0;
    for (const uint32_t pid : looker_.list(error)) {
        find_or_meet(pid, now);
    }
}

ProcessLives::Process* ProcessLives::find(uint32_t tgid) {
    const auto found = processes_.find(tgid);
    return found != processes_.end() ? &found->second : nullptr;
}

ProcessLives::Process* ProcessLives::insert(uint32_t tgid, const Process& process) {
    if (processes_.size() >= limits::event_processes_maximum) {
        return nullptr;
    }
    return &processes_.insert_or_assign(tgid, process).first->second;
}

ProcessLives::Process ProcessLives::met(uint32_t tgid, const ProcessLook& seen,
                                        const Instant& now) {
    Process process;
    process.start_time_ns = seen.start_time_ns;
    process.parent_pid = seen.parent_pid;
    process.live_threads = static_cast<int32_t>(std::max<uint32_t>(seen.thread_count, 1));
    process.was_threaded = seen.thread_count > 1;
    process.is_kernel_thread = seen.is_kernel_thread;
    process.comm = seen.comm;
    process.has_comm = true;
    process.has_user = looker_.read_user(tgid, process.uid);
    ask_cgroup(process, tgid, now);
    return process;
}

// One that is there, known or not; nullptr if it is not there.
ProcessLives::Process* ProcessLives::find_or_meet(uint32_t tgid, const Instant& now) {
    if (Process* known = find(tgid); known != nullptr || tgid == 0) {
        return known;
    }
    ProcessLook seen;
    return looker_.look(tgid, seen) ? insert(tgid, met(tgid, seen, now)) : nullptr;
}

void ProcessLives::ask_cgroup(Process& process, uint32_t tgid, const Instant& now) {
    uint64_t id = 0;
    if (looker_.read_cgroup(tgid, id)) {
        process.cgroup_id = id;
    }
    process.cgroup_asked_ns = now.monotonic_ns;
}

// Start times that were taken from messages may be a tick off.
bool ProcessLives::is_same(const Process& process, const ProcessLook& seen) const {
    const uint64_t later = std::max(process.start_time_ns, seen.start_time_ns);
    const uint64_t earlier = std::min(process.start_time_ns, seen.start_time_ns);
    return process.start_time_ns == 0 || later - earlier <= tick_ns_;
}

// Otherwise its threads are counted anew.
bool ProcessLives::is_gone(Process& process, uint32_t tgid) {
    ProcessLook seen;
    if (!looker_.look(tgid, seen) || !is_same(process, seen) || seen.is_over()) {
        return true;
    }
    if (process.live_threads <= 0) {
        process.live_threads = static_cast<int32_t>(std::max<uint32_t>(seen.thread_count, 1));
    }
    return false;
}

Identity ProcessLives::identify(uint32_t pid, const Instant& now) {
    const Process* process = find_or_meet(pid, now);
    return process != nullptr
               ? Identity{process->start_time_ns, process->cgroup_id, process->parent_pid}
               : Identity{};
}

void ProcessLives::note_loss(const Instant& now) {
    ++epoch_;
    if (!has_lost_) {
        has_lost_ = true;
        pruned_ns_ = now.monotonic_ns;
    }
}

void ProcessLives::note(const ThreadUsage& usage, const Instant& now) {
    if (usages_.size() < limits::event_usages_maximum || usages_.contains(usage.tid)) {
        usages_.insert_or_assign(usage.tid, Waiting{usage, now.monotonic_ns});
    }
}

void ProcessLives::handle(const ProcessMessage& message, const Instant& now) {
    switch (message.kind) {
    case ProcessMessageKind::fork:
        return handle_fork(message, now);
    case ProcessMessageKind::exec:
        return handle_exec(message, now);
    case ProcessMessageKind::exit:
        return handle_exit(message, now);
    case ProcessMessageKind::user:
    case ProcessMessageKind::comm:
        return handle_change(message);
    default:
        return;
    }
}

void ProcessLives::handle_change(const ProcessMessage& message) {
    Process* process = message.pid == message.tgid ? find(message.tgid) : nullptr;
    if (process == nullptr) {
        return;
    }
    if (message.kind == ProcessMessageKind::user) {
        process->uid = message.value;
        process->has_user = true;
    } else {
        process->comm = message.comm;
        process->comm.back() = '\0';
        process->has_comm = true;
    }
}

ProcessLives::Process ProcessLives::born(const ProcessMessage& message, const Process* parent,
                                         const Instant& now) {
    Process child;
    child.epoch = epoch_;
    child.parent_pid = message.parent_tgid;
    child.is_kernel_thread = message.parent_tgid == kthreadd_pid;
    if (parent != nullptr) {
        child.cgroup_id = parent->cgroup_id;
        child.uid = parent->uid;
        child.has_user = parent->has_user;
        child.comm = parent->comm;
        child.has_comm = parent->has_comm;
    }
    child.birth_ns = child.cgroup_asked_ns = message.time_ns;
    const uint64_t birth_ns = boottime_of(message.time_ns, now);
    child.start_time_ns = birth_ns / tick_ns_ * tick_ns_;
    ProcessLook seen;
    if (looker_.look(message.tgid, seen) && seen.start_time_ns <= birth_ns) {
        child.start_time_ns = seen.start_time_ns;
        child.is_kernel_thread = seen.is_kernel_thread;
        if (child.cgroup_id == 0) {
            ask_cgroup(child, message.tgid, now);
        }
    }
    return child;
}

void ProcessLives::handle_fork(const ProcessMessage& message, const Instant& now) {
    if (message.pid != message.tgid) {
        if (Process* process = find(message.tgid)) {
            ++process->live_threads;
            process->was_threaded = true;
        }
        return;
    }
    if (Process* before = find(message.tgid)) { // whose end we missed, or still wait for
        if (before->is_ending) {
            finish(message.tgid, *before, now);
        } else {
            processes_.erase(message.tgid);
        }
    }
    const Process* parent = find_or_meet(message.parent_tgid, now);
    const Process child = born(message, parent, now);
    auto record = begin_record<vigia_event_fork>(VIGIA_EVENT_FORK, message, message.tgid);
    record.parent_pid = child.parent_pid;
    record.start_time_ns = child.start_time_ns;
    record.valid = VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_VALID_PARENT;
    if (child.cgroup_id != 0) {
        record.cgroup_id = child.cgroup_id;
        record.valid |= VIGIA_EVENT_VALID_CGROUP;
    }
    if (parent != nullptr && parent->start_time_ns != 0) {
        record.parent_start_time_ns = parent->start_time_ns;
        record.valid |= VIGIA_EVENT_VALID_PARENT_TIME;
    }
    if (child.has_comm) {
        std::memcpy(record.comm, child.comm.data(), sizeof(record.comm));
        record.valid |= VIGIA_EVENT_VALID_NAME;
    }
    if (child.has_user) {
        record.uid = child.uid;
        record.valid |= VIGIA_EVENT_VALID_USER;
    }
    record.flags = child.is_kernel_thread ? VIGIA_EVENT_FORK_KERNEL_THREAD : 0;
    insert(message.tgid, child);
    sink_.write(record);
}

void ProcessLives::handle_exec(const ProcessMessage& message, const Instant& now) {
    Process unknown;
    Process* known = find_or_meet(message.tgid, now);
    Process& process = known != nullptr ? *known : unknown;
    process.is_kernel_thread = false;
    process.has_comm = false; // until it is read
    auto record = begin_record<vigia_event_exec>(VIGIA_EVENT_EXEC, message, message.tgid);
    ProcessLook seen;
    if (looker_.look(message.tgid, seen) && is_same(process, seen)) {
        if (process.start_time_ns == 0) {
            process.start_time_ns = seen.start_time_ns;
        }
        process.parent_pid = seen.parent_pid;
        process.comm = seen.comm;
        process.has_comm = true;
        ask_cgroup(process, message.tgid, now);
        // The kernel names a process after the file that it was asked to run: where another one
        // runs, that is the interpreter of a script, or behind a link.
        const std::string_view executable = looker_.read_executable(message.tgid);
        const std::string_view comm = text_of(process.comm);
        const std::string_view name = is_named(executable, comm) ? executable : comm;
        std::memcpy(record.file_name, name.data(), std::min(name.size(), sizeof(record.file_name)));
        record.file_name_length_bytes = static_cast<uint32_t>(name.size());
        record.valid |= VIGIA_EVENT_VALID_NAME;
    }
    if (process.start_time_ns != 0) {
        record.start_time_ns = process.start_time_ns;
        record.valid |= VIGIA_EVENT_VALID_START_TIME;
    }
    if (process.parent_pid != 0) {
        record.parent_pid = process.parent_pid;
        record.valid |= VIGIA_EVENT_VALID_PARENT;
    }
    if (process.cgroup_id != 0) {
        record.cgroup_id = process.cgroup_id;
        record.valid |= VIGIA_EVENT_VALID_CGROUP;
    }
    if (process.has_user) {
        record.uid = process.uid;
        record.valid |= VIGIA_EVENT_VALID_USER;
    }
    sink_.write(record);
}

// Adds the thread's exit record. True if it says that the process ends with this thread.
bool ProcessLives::take_usage(Process& process, const ProcessMessage& message) {
    const auto found = usages_.find(message.pid);
    if (found == usages_.end()) {
        process.usage_missing = process.usage_missing || support_.there;
        return false;
    }
    ThreadUsage usage = found->second.usage;
    usages_.erase(found);
    if (message.pid == message.tgid && process.birth_ns != 0) {
        usage.runtime_ns += dismantling_ns(process.birth_ns, usage, message);
    }
    add_usage(process.usage, usage);
    return usage.tells_end ? usage.is_end : usage.has_process;
}

void ProcessLives::handle_exit(const ProcessMessage& message, const Instant& now) {
    const bool is_leader = message.pid == message.tgid;
    Process* process = find(message.tgid);
    if (process == nullptr && !is_leader) { // of a process that we never knew, or that is done
        usages_.erase(message.pid);
        return;
    }
    Process stranger;
    if (process == nullptr) {
        process = find_or_meet(message.tgid, now);
        process = process != nullptr ? process : insert(message.tgid, stranger);
        process = process != nullptr ? process : &stranger;
    }
    const bool says_end = take_usage(*process, message);
    process->last_exit = message;
    if (message.parent_tgid != 0) {
        process->parent_pid = message.parent_tgid;
    }
    if (says_end) {
        process->has_end = true;
        process->end_status = message.value;
    }
    --process->live_threads;
    consider_end(message.tgid, *process, says_end || is_leader, now);
}

void ProcessLives::consider_end(uint32_t tgid, Process& process, bool is_hinted,
                                const Instant& now) {
    if (is_counted(process)) {
        if (process.live_threads <= 0) {
            finish(tgid, process, now);
        }
        return;
    }
    // The count may be off by those that came and went while /proc was read.
    const bool may_be_last = is_hinted || process.live_threads <= 1;
    if (!process.is_ending && may_be_last && is_gone(process, tgid)) {
        if (process.was_threaded) {
            await_end(tgid, process, now); // other threads' messages may be on their way
        } else {
            finish(tgid, process, now);
        }
    }
}

void ProcessLives::await_end(uint32_t tgid, Process& process, const Instant& now) {
    process.is_ending = true;
    process.end_by_ns = now.monotonic_ns + limits::event_closing_ns;
    ending_.push_back(tgid);
}

void ProcessLives::finish(uint32_t tgid, Process& process, const Instant& now) {
    complete(tgid, process, now);
    write_exit(tgid, process);
    processes_.erase(tgid); // `process` was in there, if anywhere
}

// What can still be asked when the end has come.
void ProcessLives::complete(uint32_t tgid, Process& process, const Instant& now) {
    if (process.last_exit.time_ns > process.cgroup_asked_ns + limits::event_cgroup_age_ns) {
        ProcessLook seen;
        if (looker_.look(tgid, seen) && is_same(process, seen)) {
            ask_cgroup(process, tgid, now);
        }
    }
    const uint64_t age_ns = process.usage.process_age_ns;
    if (process.start_time_ns == 0 && age_ns != 0) {
        const uint64_t end_ns = boottime_of(process.last_exit.time_ns, now);
        process.start_time_ns = (end_ns - std::min(age_ns, end_ns)) / tick_ns_ * tick_ns_;
    }
}

// Which of the figures are those of the whole process. One that was threaded has all of them if we
// saw all its threads from its birth; or if what we saw is what the kernel has summed up.
uint32_t ProcessLives::usage_groups(const Process& process) const {
    if (!support_.there) {
        return 0;
    }
    const ThreadUsage& usage = process.usage;
    const uint32_t runtime = support_.has_runtime ? VIGIA_EVENT_VALID_RUNTIME : 0;
    const bool is_whole =
        !process.usage_missing &&
        (is_counted(process) ||
         (usage.has_process ? support_.has_runtime && usage.charged_ns >= usage.process_charged_ns
                            : !process.was_threaded));
    if (!is_whole) {
        return usage.has_process ? runtime : 0;
    }
    const uint32_t memory = support_.has_memory ? VIGIA_EVENT_VALID_RSS | VIGIA_EVENT_VALID_IO : 0;
    return runtime | memory | VIGIA_EVENT_VALID_CPU_SPLIT | VIGIA_EVENT_VALID_FAULTS;
}

void ProcessLives::write_exit(uint32_t tgid, const Process& process) {
    auto record = begin_record<vigia_event_exit>(VIGIA_EVENT_EXIT, process.last_exit, tgid);
    const ThreadUsage& usage = process.usage;
    const uint32_t groups = usage_groups(process);
    const uint32_t status = process.has_end ? process.end_status : process.last_exit.value;
    record.valid = groups | VIGIA_EVENT_VALID_STATUS;
    record.exit_code = static_cast<uint8_t>(status >> 8);
    record.exit_signal = static_cast<uint8_t>(status & 0x7f);
    if (process.start_time_ns != 0) {
        record.start_time_ns = process.start_time_ns;
        record.valid |= VIGIA_EVENT_VALID_START_TIME;
    }
    if (process.parent_pid != 0) {
        record.parent_pid = process.parent_pid;
        record.valid |= VIGIA_EVENT_VALID_PARENT;
    }
    if (process.cgroup_id != 0) {
        record.cgroup_id = process.cgroup_id;
        record.valid |= VIGIA_EVENT_VALID_CGROUP;
    }
    if ((groups & VIGIA_EVENT_VALID_RUNTIME) != 0) {
        record.cpu_runtime_ns = std::max(usage.runtime_ns, usage.process_charged_ns);
    }
    if ((groups & VIGIA_EVENT_VALID_CPU_SPLIT) != 0) {
        record.cpu_user_ns = usage.user_ns;
        record.cpu_system_ns = usage.system_ns;
        record.minor_faults = usage.minor_faults;
        record.major_faults =
            static_cast<uint32_t>(std::min<uint64_t>(usage.major_faults, UINT32_MAX));
    }
    if ((groups & VIGIA_EVENT_VALID_RSS) != 0) {
        record.rss_peak_bytes = usage.rss_peak_bytes;
        record.read_bytes = usage.read_bytes;
        record.write_bytes = usage.write_bytes;
        record.read_calls = usage.read_calls;
        record.write_calls = usage.write_calls;
        record.flags |= VIGIA_EVENT_EXIT_COARSE_IO;
    }
    const bool no_memory = (groups & VIGIA_EVENT_VALID_RSS) != 0 && usage.rss_peak_bytes == 0;
    record.flags = static_cast<uint16_t>(
        record.flags | ((status & 0x80) != 0 ? VIGIA_EVENT_EXIT_CORE_DUMPED : 0) |
        (process.is_kernel_thread || no_memory ? VIGIA_EVENT_EXIT_KERNEL_THREAD : 0));
    sink_.write(record);
}

// An exit record whose message was lost, or where there is no connector.
void ProcessLives::end_alone(const ThreadUsage& usage, const Instant& now) {
    const uint32_t tgid = usage.tgid != 0 ? usage.tgid : usage.tid;
    Process* process = find(tgid);
    if (process == nullptr) {
        if (usage.tgid == 0 || !usage.is_end) { // nothing tells whose thread it was
            return;
        }
        process = insert(tgid, {});
    }
    if (process == nullptr) {
        return;
    }
    add_usage(process->usage, usage);
    if (usage.tid == tgid) {
        process->parent_pid = usage.parent_pid;
    }
    process->was_threaded = process->was_threaded || usage.has_process || usage.tid != tgid;
    process->epoch = 0;
    process->last_exit = {};
    process->last_exit.kind = ProcessMessageKind::exit;
    process->last_exit.cpu = VIGIA_EVENT_ANY_CPU;
    process->last_exit.time_ns = now.monotonic_ns;
    process->last_exit.value = usage.status;
    --process->live_threads;
    const bool says_end = usage.tells_end ? usage.is_end : is_gone(*process, tgid);
    if (says_end && !process->is_ending) {
        process->has_end = true;
        process->end_status = usage.status;
        await_end(tgid, *process, now);
    }
}

uint64_t ProcessLives::settle_endings(const Instant& now) {
    uint64_t next_ns = 0;
    std::erase_if(ending_, [&](uint32_t tgid) {
        Process* process = find(tgid);
        if (process == nullptr || !process->is_ending) {
            return true;
        }
        if (process->end_by_ns > now.monotonic_ns) {
            const uint64_t left_ns = process->end_by_ns - now.monotonic_ns;
            next_ns = next_ns == 0 ? left_ns : std::min(next_ns, left_ns);
            return false;
        }
        finish(tgid, *process, now);
        return true;
    });
    return next_ns;
}

// A thread that has a record but no message, long after, and is no longer there.
uint64_t ProcessLives::settle_orphans(const Instant& now, bool has_connector) {
    for (auto at = usages_.begin(); at != usages_.end();) {
        const ThreadUsage usage = at->second.usage;
        ProcessLook seen;
        const bool is_late = now.monotonic_ns - at->second.since_ns > limits::event_orphan_ns;
        const bool is_orphan =
            !has_connector ||
            (is_late && (!looker_.look(usage.tid, seen) || seen.state == 'Z' || seen.state == 'X'));
        if (is_orphan) {
            at = usages_.erase(at);
            end_alone(usage, now);
        } else {
            ++at;
        }
    }
    return usages_.empty() ? 0 : limits::event_orphan_ns;
}

// Those whose end we missed: not there when we looked twice, so that messages that were on their
// way the first time have come.
void ProcessLives::forget_dead(const Instant& now) {
    pruned_ns_ = now.monotonic_ns;
    int error = 0;
    const std::vector<uint32_t>& there = looker_.list(error);
    if (error != 0) {
        return;
    }
    has_lost_ = false;
    for (auto at = processes_.begin(); at != processes_.end();) {
        Process& process = at->second;
        const bool is_dead =
            !process.is_ending && !std::binary_search(there.begin(), there.end(), at->first);
        if (is_dead && process.is_suspect) {
            at = processes_.erase(at);
            continue;
        }
        process.is_suspect = is_dead;
        has_lost_ = has_lost_ || is_dead; // looks once more
        ++at;
    }
}

uint64_t ProcessLives::settle(const Instant& now, Connector connector) {
    if (connector == Connector::has_more) {
        return 0;
    }
    const bool has_connector = connector != Connector::absent;
    uint64_t next_ns = 0;
    const auto within = [&next_ns](uint64_t wait_ns) {
        if (wait_ns != 0) {
            next_ns = next_ns == 0 ? wait_ns : std::min(next_ns, wait_ns);
        }
    };
    if (has_lost_ || !has_connector) {
        within(settle_orphans(now, has_connector));
    }
    if (has_lost_) {
        if (now.monotonic_ns - pruned_ns_ >= limits::event_prune_ns) {
            forget_dead(now);
        }
        within(limits::event_prune_ns);
    }
    within(settle_endings(now));
    return next_ns;
}

} // namespace vigia::publish
