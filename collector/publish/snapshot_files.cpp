// SPDX-License-Identifier: MIT
#include "collector/publish/snapshot_files.h"

#include <unistd.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>

#include <vigia/cgroups.h>
#include <vigia/memory.h>
#include <vigia/processes.h>
#include <vigia/system.h>

#include "collector/base/limits.h"
#include "collector/publish/cgroup_tree.h"
#include "collector/publish/memory_text.h"
#include "collector/publish/process_table.h"
#include "collector/publish/publisher.h"
#include "collector/publish/system_reader.h"

namespace vigia::publish {
namespace {

// Copies what fits and says in the slot what did not.
template <typename Record>
void write_region(FileWriter& file, unsigned region, const std::vector<Record>& records) {
    const auto count =
        static_cast<uint32_t>(std::min<std::size_t>(records.size(), file.capacity(region)));
    std::copy_n(records.begin(), count, file.records<Record>(region));
    file.slot().record_count[region] = count;
    file.slot().truncated_count[region] = static_cast<uint32_t>(records.size()) - count;
}

uint64_t new_instance() {
    uint64_t instance = 0;
    if (::getrandom(&instance, sizeof(instance), GRND_NONBLOCK) != sizeof(instance)) {
        instance = SystemClock().now().realtime_ns ^ static_cast<uint64_t>(::getpid()) << 48;
    }
    return instance != 0 ? instance : 1;
}

FileLayout info_layout() {
    return {VIGIA_FILE_INFO, {sizeof(vigia_info)}, {1}};
}

FileLayout system_layout() {
    const auto cpus = static_cast<uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_CONF)));
    return {VIGIA_FILE_SYSTEM,
            {sizeof(vigia_system), sizeof(vigia_cpu), sizeof(vigia_mount)},
            {1, std::min(cpus, limits::cpus_maximum), limits::mounts_maximum}};
}

FileLayout memory_layout() {
    return {VIGIA_FILE_MEMORY,
            {sizeof(vigia_memory), sizeof(vigia_memory_node), sizeof(vigia_memory_zone)},
            {1, limits::nodes_initial, limits::nodes_initial * limits::zones_per_node}};
}

FileLayout processes_layout(uint32_t capacity) {
    return {VIGIA_FILE_PROCESSES, {sizeof(vigia_process)}, {capacity}};
}

FileLayout cgroups_layout(uint32_t capacity) {
    return {VIGIA_FILE_CGROUPS,
            {sizeof(vigia_cgroup), 1},
            {capacity, capacity * limits::cgroup_text_bytes_per_record}};
}

uint32_t count_of(std::size_t size) {
    return static_cast<uint32_t>(std::min<std::size_t>(size, UINT32_MAX));
}

} // namespace

Result<std::unique_ptr<SnapshotFiles>> SnapshotFiles::create(const Directory& directory,
                                                             const PublisherConfig& config) {
    const uint64_t instance = new_instance();
    Result<FileWriter> info = FileWriter::create(directory, "info", info_layout(), instance);
    if (!info) {
        return info.error();
    }
    Result<FileWriter> system = FileWriter::create(directory, "system", system_layout(), instance);
    if (!system) {
        return system.error();
    }
    Result<FileWriter> memory = FileWriter::create(directory, "memory", memory_layout(), instance);
    if (!memory) {
        return memory.error();
    }
    Result<FileWriter> processes = FileWriter::create(
        directory, "processes", processes_layout(config.processes_initial), instance);
    if (!processes) {
        return processes.error();
    }
    Result<FileWriter> cgroups =
        FileWriter::create(directory, "cgroups", cgroups_layout(config.cgroups_initial), instance);
    if (!cgroups) {
        return cgroups.error();
    }
    return std::unique_ptr<SnapshotFiles>(new SnapshotFiles(
        instance, std::move(info).value(), std::move(system).value(), std::move(memory).value(),
        std::move(processes).value(), std::move(cgroups).value()));
}

Status SnapshotFiles::write_info(const vigia_info& info, const Instant& begin) {
    info_.begin(begin);
    *info_.records<vigia_info>(VIGIA_INFO_REGION) = info;
    info_.slot().record_count[VIGIA_INFO_REGION] = 1;
    return info_.publish(clock_.now().monotonic_ns);
}

Status SnapshotFiles::write_system(const SystemReader& system, const Instant& begin) {
    const Status room = system_.reserve({1, count_of(system.cpus().size())});
    system_.begin(begin);
    *system_.records<vigia_system>(VIGIA_SYSTEM_REGION) = system.system();
    system_.slot().record_count[VIGIA_SYSTEM_REGION] = 1;
    write_region(system_, VIGIA_SYSTEM_REGION_CPUS, system.cpus());
    write_region(system_, VIGIA_SYSTEM_REGION_MOUNTS, system.mounts());
    const Status published = system_.publish(clock_.now().monotonic_ns);
    return published ? room : published;
}

Status SnapshotFiles::write_memory(const MemoryText& memory, const Instant& begin) {
    const Status room =
        memory_.reserve({1, count_of(memory.nodes().size()), count_of(memory.zones().size())});
    memory_.begin(begin);
    *memory_.records<vigia_memory>(VIGIA_MEMORY_REGION) = memory.host();
    memory_.slot().record_count[VIGIA_MEMORY_REGION] = 1;
    write_region(memory_, VIGIA_MEMORY_REGION_NODES, memory.nodes());
    write_region(memory_, VIGIA_MEMORY_REGION_ZONES, memory.zones());
    const Status published = memory_.publish(clock_.now().monotonic_ns);
    return published ? room : published;
}

Status SnapshotFiles::write_processes(ProcessTable& processes, const Instant& begin) {
    // Without room for a larger file the snapshot is cut, and says so.
    const Status room = processes_.reserve({count_of(processes.size())});
    processes_.begin(begin);
    const uint32_t count =
        std::min(count_of(processes.size()), processes_.capacity(VIGIA_PROCESSES_REGION));
    auto* records = processes_.records<vigia_process>(VIGIA_PROCESSES_REGION);
    for (uint32_t i = 0; i < count; ++i) {
        records[i] = processes.at(i).record;
    }
    processes_.slot().record_count[0] = count;
    processes_.slot().truncated_count[0] = count_of(processes.size()) - count;
    processes_.slot().vanished_count = processes.vanished();
    processes_.slot().unreadable_count = processes.unreadable();
    const Status published = processes_.publish(clock_.now().monotonic_ns);
    return published ? room : published;
}

Status SnapshotFiles::write_cgroups(const CgroupTree& cgroups, const Instant& begin) {
    const std::vector<CgroupNode*>& nodes = cgroups.populated();
    const Status room =
        cgroups_.reserve({count_of(nodes.size()), count_of(cgroups.text_size_bytes())});
    cgroups_.begin(begin);
    auto* records = cgroups_.records<vigia_cgroup>(VIGIA_CGROUPS_REGION);
    char* text = cgroups_.records<char>(VIGIA_CGROUPS_REGION_TEXT);
    uint32_t count = 0;
    uint32_t used = 0;
    for (const CgroupNode* node : nodes) {
        const uint32_t size = count_of(node->path.size());
        if (count == cgroups_.capacity(VIGIA_CGROUPS_REGION) ||
            size > cgroups_.capacity(VIGIA_CGROUPS_REGION_TEXT) - used) {
            break;
        }
        records[count] = node->record;
        records[count].path_offset_bytes = used;
        records[count].path_size_bytes = size;
        std::memcpy(text + used, node->path.data(), size);
        used += size;
        ++count;
    }
    cgroups_.slot().record_count[VIGIA_CGROUPS_REGION] = count;
    cgroups_.slot().record_count[VIGIA_CGROUPS_REGION_TEXT] = used;
    cgroups_.slot().truncated_count[VIGIA_CGROUPS_REGION] = count_of(nodes.size()) - count;
    const Status published = cgroups_.publish(clock_.now().monotonic_ns);
    return published ? room : published;
}

} // namespace vigia::publish
