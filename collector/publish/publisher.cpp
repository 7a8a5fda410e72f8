// SPDX-License-Identifier: MIT
#include "collector/publish/publisher.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/publish/cgroup_tree.h"
#include "collector/publish/directory.h"
#include "collector/publish/file_budget.h"
#include "collector/publish/file_writer.h"
#include "collector/publish/info.h"
#include "collector/publish/pid_scan.h"
#include "collector/publish/process_table.h"
#include "collector/publish/snapshot_files.h"
#include "collector/publish/system_reader.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

uint64_t thread_cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * ns_per_second + static_cast<uint64_t>(time.tv_nsec);
}

uint64_t tick_ns() {
    return ns_per_second / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
}

PageSizes page_sizes() {
    TextReader reader;
    const Text text =
        reader.read_at(AT_FDCWD, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
    return {static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)),
            text ? TextScan(text.text).number() : 0};
}

// What this kernel's /proc/PID files can tell; asked of our own process and of the sysctl.
ProcessHost examine_host(int proc, uint64_t quiet_reread_ns) {
    ProcessHost host;
    host.quiet_reread_ns = quiet_reread_ns;
    host.tick_ns = tick_ns();
    host.page_size_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    TextReader reader;
    ProcSchedstat own;
    if (const Text text = reader.read_at(proc, "self/schedstat")) {
        host.has_schedstat = parse_proc_schedstat(text.text, own) && own.timeslices != 0;
    }
    if (const Text text = reader.read_at(proc, "sys/kernel/task_delayacct")) {
        host.has_block_delay = text.text.starts_with('1');
    }
    return host;
}

CgroupMounts find_cgroups(int proc) {
    TextReader reader;
    const Text text = reader.read_at(proc, "self/mountinfo");
    return text ? parse_cgroup_mounts(text.text) : CgroupMounts{};
}

void set_cgroup(ProcessEntry& entry, uint64_t id, uint32_t slot) {
    entry.record.cgroup_id = id;
    entry.record.valid |= VIGIA_PROCESS_VALID_CGROUP;
    entry.cgroup_slot = slot;
}

} // namespace

struct Publisher::State {
    State(PublisherConfig configuration, Directory taken, UniqueFd proc_directory,
          const FileBudget& budget)
        : config(std::move(configuration)), directory(std::move(taken)),
          proc(std::move(proc_directory)),
          system(proc.get(), config.mounts, tick_ns(), page_sizes()),
          cgroups(find_cgroups(proc.get()), proc.get(), budget.cgroup_files), pids(proc.get()),
          reader(proc.get(), examine_host(proc.get(), config.quiet_reread_ns),
                 budget.process_files),
          processes(reader),
          info(make_info(tick_ns(), cgroups.mounts().mode, config.refresh_interval_ns)) {}

    Status refresh();
    Status start_events();
    Status publish(const Instant& begin);
    void assign_cgroups();
    void count(const Instant& begin, uint64_t begin_cpu_ns);
    uint64_t reads() const { return reader.reads() + cgroups.reads() + system.reads(); }

    PublisherConfig config;
    SystemClock clock;
    Directory directory;
    UniqueFd proc;
    SystemReader system;
    CgroupTree cgroups;
    PidScan pids;
    ProcessReader reader;
    ProcessTable processes;
    TextReader straggler_text;
    vigia_info info;
    PublisherStats stats;
    std::unique_ptr<SnapshotFiles> files;
    std::unique_ptr<EventsPublisher> events; // ends before the directory
};

Publisher::Publisher(std::unique_ptr<State> state) : state_(std::move(state)) {}
Publisher::~Publisher() = default;

Result<std::unique_ptr<Publisher>> Publisher::create(PublisherConfig config) {
    UniqueFd proc(::open(config.proc_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc) {
        return system_error("open " + config.proc_path, errno);
    }
    Result<Directory> directory = Directory::take(config.directory);
    if (!directory) {
        return directory.error().within("publish");
    }
    auto state = std::make_unique<State>(std::move(config), std::move(directory).value(),
                                         std::move(proc), raise_file_budget());
    Result<std::unique_ptr<SnapshotFiles>> files =
        SnapshotFiles::create(state->directory, state->config);
    if (!files) {
        return files.error().within("publish");
    }
    state->files = std::move(files).value();
    if (Status started = state->start_events(); !started) {
        return started.error().within("publish");
    }
    return std::unique_ptr<Publisher>(new Publisher(std::move(state)));
}

Status Publisher::refresh() {
    return state_->refresh();
}
const PublisherStats& Publisher::stats() const {
    return state_->stats;
}
const std::string& Publisher::directory() const {
    return state_->config.directory;
}
const EventsPublisher* Publisher::events() const {
    return state_->events.get();
}

Status Publisher::State::start_events() {
    if (!config.with_events) {
        return {};
    }
    EventsConfig wanted;
    wanted.mounts = cgroups.mounts();
    wanted.tick_ns = tick_ns();
    wanted.writer_instance = files->writer_instance();
    wanted.proc_path = config.proc_path;
    auto started = EventsPublisher::start(directory, std::move(wanted));
    if (!started) {
        return started.error();
    }
    events = std::move(started).value();
    return {};
}

Status Publisher::State::refresh() {
    const uint64_t begin_cpu_ns = thread_cpu_ns();
    const uint64_t begin_reads = reads();
    const Instant begin = clock.now();
    system.update();
    cgroups.update(begin.monotonic_ns);
    int error = 0;
    const std::vector<uint32_t>& listed = pids.scan(error);
    if (error != 0) {
        return system_error("list " + config.proc_path, error);
    }
    processes.update(listed, cgroups.activity(), begin.monotonic_ns);
    assign_cgroups();
    stats.files_read = reads() - begin_reads;
    count(begin, begin_cpu_ns);
    return publish(begin);
}

// The lists of cgroups that changed, then whoever is in none of them: born after its list was read,
// or a zombie, which v2 does not list.
void Publisher::State::assign_cgroups() {
    for (const CgroupMember& member : cgroups.moves()) {
        if (ProcessEntry* entry = processes.find(member.pid)) {
            set_cgroup(*entry, member.cgroup_id, member.slot);
        }
    }
    for (std::size_t i = 0; i < processes.size(); ++i) {
        ProcessEntry& entry = processes.at(i);
        if ((entry.record.valid & VIGIA_PROCESS_VALID_CGROUP) != 0 || entry.has_asked_cgroup) {
            continue;
        }
        char path[32] = {};
        fmt::format_to_n(path, sizeof(path) - 1, "{}/cgroup", entry.record.pid);
        const Text text = straggler_text.read_at(proc.get(), path);
        if (const CgroupNode* node = text ? cgroups.find(text.text) : nullptr) {
            set_cgroup(entry, node->record.id, node->slot);
        }
        entry.has_asked_cgroup = true; // until the next whole reading
    }
}

void Publisher::State::count(const Instant& begin, uint64_t begin_cpu_ns) {
    const Instant end = clock.now();
    ++stats.refreshes;
    stats.last_duration_ns = end.monotonic_ns - begin.monotonic_ns;
    stats.last_cpu_ns = thread_cpu_ns() - begin_cpu_ns;
    stats.total_cpu_ns += stats.last_cpu_ns;
    stats.processes = processes.size();
    stats.cgroups = cgroups.populated().size();
    stats.vanished += processes.vanished();
    stats.kept_open_files = reader.kept_files() + cgroups.kept_files();
    info.boot_realtime_ns = begin.realtime_ns - begin.boottime_ns;
    info.cpu_count = static_cast<uint32_t>(system.cpus().size());
    info.refresh_count = stats.refreshes;
    info.refresh_duration_ns = stats.last_duration_ns;
    info.refresh_cpu_ns = stats.total_cpu_ns;
}

// One file that cannot be written does not keep the others from their readers.
Status Publisher::State::publish(const Instant& begin) {
    Status outcome;
    for (const Status& written :
         {files->write_system(system, begin), files->write_memory(system.memory(), begin),
          files->write_cgroups(cgroups, begin), files->write_processes(processes, begin),
          files->write_info(info, begin)}) {
        if (outcome && !written) {
            outcome = written;
        }
    }
    return outcome ? outcome : Status(outcome.error().within("publish"));
}

} // namespace vigia::publish
