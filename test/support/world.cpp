// SPDX-License-Identifier: MIT
#include "test/support/world.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>

#include "collector/base/clock.h"

namespace vigia::test {
namespace {

constexpr uint32_t cpu_count = 2;
constexpr uint32_t first_service_pid = 1000;
constexpr uint32_t first_container_pid = 1'000'000;
constexpr uint64_t first_service_cgroup = 1000;
constexpr uint64_t first_container_cgroup = 1'000'000;
constexpr uint32_t text_bytes_per_cgroup = 128;
constexpr uint64_t idle_rss_bytes = 4 << 20;

void copy_text(char* to, std::size_t size, const std::string& text) {
    std::memcpy(to, text.data(), std::min(size, text.size()));
}

vigia_file_header cgroups_header(uint32_t capacity, uint64_t instance) {
    return make_header(VIGIA_FILE_CGROUPS,
                       regions_of(VIGIA_FILE_CGROUPS, capacity, capacity * text_bytes_per_cgroup),
                       instance);
}

uint64_t instance() {
    static const uint64_t value = SystemClock().now().realtime_ns;
    return value;
}

} // namespace

World::World(const std::string& directory, WorldSize size)
    : size_(size), info_(directory + "/info", VIGIA_FILE_INFO, 1, instance()),
      system_(directory + "/system", VIGIA_FILE_SYSTEM, cpu_count, instance()),
      processes_(directory + "/processes", VIGIA_FILE_PROCESSES,
                 size.processes + size.containers_maximum, instance()),
      cgroups_(directory + "/cgroups",
               cgroups_header(size.cgroups + size.containers_maximum + 2, instance())),
      began_ns_(SystemClock().now().boottime_ns), now_ns_(began_ns_) {
    for (uint32_t i = 0; i < size.cgroups; i++) {
        service_paths_.push_back("/system.slice/service-" + std::to_string(i) + ".service");
    }
}

void World::run_container(const std::string& id, uint64_t memory_bytes) {
    auto [at, fresh] = containers_.try_emplace(id);
    if (fresh) {
        at->second.pid = first_container_pid + next_container_;
        at->second.cgroup_id = first_container_cgroup + next_container_;
        at->second.start_time_ns = SystemClock().now().boottime_ns;
        next_container_++;
    }
    at->second.memory_bytes = memory_bytes;
}

void World::end_container(const std::string& id) {
    containers_.erase(id);
}

void World::begin(AbiWriter& file) {
    file.begin();
    const Instant now = SystemClock().now();
    file.slot().begin_monotonic_ns = now.monotonic_ns;
    file.slot().begin_boottime_ns = now.boottime_ns;
    file.slot().begin_realtime_ns = now.realtime_ns;
}

void World::end(AbiWriter& file) {
    file.slot().end_monotonic_ns = SystemClock().now().monotonic_ns;
    file.publish();
}

void World::publish(uint64_t interval_ns) {
    now_ns_ = SystemClock().now().boottime_ns;
    refreshes_++;
    publish_system();
    publish_cgroups();
    publish_processes();
    publish_info(interval_ns);
}

void World::publish_info(uint64_t interval_ns) {
    vigia_info info{};
    copy_text(info.kernel_release, sizeof(info.kernel_release), "6.1.0-made-up");
    copy_text(info.hostname, sizeof(info.hostname), "made-up");
    const Instant now = SystemClock().now();
    info.boot_realtime_ns = now.realtime_ns - now.boottime_ns;
    info.page_size_bytes = 4096;
    info.cpu_time_resolution_ns = 1;
    info.start_time_resolution_ns = 1;
    info.cpu_count = cpu_count;
    info.cgroup_mode = VIGIA_CGROUP_V2;
    info.writer_pid = static_cast<uint32_t>(getpid());
    info.refresh_interval_ns = interval_ns;
    info.refresh_count = refreshes_;
    begin(info_);
    info_.add(VIGIA_INFO_REGION, info);
    end(info_);
}

void World::publish_system() {
    vigia_system system{};
    system.valid = VIGIA_SYSTEM_VALID_CPU | VIGIA_SYSTEM_VALID_MEMORY | VIGIA_SYSTEM_VALID_LOAD;
    system.context_switches = refreshes_ * 1000;
    system.tasks_total = size_.processes + containers_.size();
    system.memory_total_bytes = 64ULL << 30;
    system.memory_free_bytes = 30ULL << 30;
    system.memory_available_bytes = 40ULL << 30;
    begin(system_);
    system_.add(VIGIA_SYSTEM_REGION, system);
    for (uint32_t i = 0; i < cpu_count; i++) {
        vigia_cpu cpu{};
        cpu.cpu = i;
        cpu.user_ns = (now_ns_ - began_ns_) / 4;
        cpu.idle_ns = (now_ns_ - began_ns_) / 4 * 3;
        system_.add(VIGIA_SYSTEM_REGION_CPUS, cpu);
    }
    end(system_);
}

void World::publish_processes() {
    vigia_process record{};
    record.valid = VIGIA_PROCESS_VALID_CPU | VIGIA_PROCESS_VALID_MEMORY |
                   VIGIA_PROCESS_VALID_CGROUP | VIGIA_PROCESS_VALID_USER | VIGIA_PROCESS_VALID_IO;
    record.parent_pid = 1;
    record.thread_count = 1;
    record.state = VIGIA_STATE_SLEEPING;
    record.virtual_bytes = idle_rss_bytes * 4;
    copy_text(record.comm, sizeof(record.comm), "made-up");
    begin(processes_);
    for (uint32_t i = 0; i < size_.processes; i++) {
        record.pid = first_service_pid + i;
        record.start_time_ns = 1'000'000ULL * record.pid;
        record.cgroup_id = size_.cgroups == 0 ? 1 : first_service_cgroup + i % size_.cgroups;
        record.rss_bytes = idle_rss_bytes + i * 4096ULL;
        record.cpu_runtime_ns = i < size_.active_processes ? (now_ns_ - began_ns_) / 100 : 0;
        record.cpu_user_ns = record.cpu_runtime_ns;
        record.write_bytes = i < size_.active_processes ? refreshes_ * 4096 : 0;
        processes_.add(VIGIA_PROCESSES_REGION, record);
    }
    std::vector<const Container*> by_pid;
    for (const auto& [id, container] : containers_) {
        by_pid.push_back(&container);
    }
    std::sort(by_pid.begin(), by_pid.end(),
              [](const Container* a, const Container* b) { return a->pid < b->pid; });
    for (const Container* container : by_pid) {
        record.pid = container->pid;
        record.start_time_ns = container->start_time_ns;
        record.cgroup_id = container->cgroup_id;
        record.rss_bytes = container->memory_bytes;
        record.cpu_runtime_ns = record.cpu_user_ns = (now_ns_ - container->start_time_ns) / 50;
        processes_.add(VIGIA_PROCESSES_REGION, record);
    }
    end(processes_);
}

void World::add_cgroup(uint64_t id, const std::string& path, uint32_t processes,
                       uint64_t memory_bytes) {
    vigia_cgroup record{};
    record.id = id;
    record.parent_id = id == 1 ? 0 : 1;
    record.valid = VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_TASKS;
    record.path_offset_bytes = cgroups_.add_text(VIGIA_CGROUPS_REGION_TEXT, path);
    record.path_size_bytes = static_cast<uint32_t>(path.size());
    record.process_count = processes;
    record.depth = id == 1 ? 0 : 2;
    record.task_count = processes;
    record.task_limit = VIGIA_NO_LIMIT;
    record.cpu_usage_ns = (now_ns_ - began_ns_) / 200;
    record.memory_current_bytes = memory_bytes;
    record.memory_limit_bytes = VIGIA_NO_LIMIT;
    cgroups_.add(VIGIA_CGROUPS_REGION, record);
}

void World::publish_cgroups() {
    begin(cgroups_);
    add_cgroup(1, "/", 0, 8ULL << 30);
    for (uint32_t i = 0; i < size_.cgroups; i++) {
        add_cgroup(first_service_cgroup + i, service_paths_[i], size_.processes / size_.cgroups,
                   64 << 20);
    }
    std::map<uint64_t, std::pair<std::string, uint64_t>> by_id;
    for (const auto& [id, container] : containers_) {
        by_id[container.cgroup_id] = {"/docker/" + id, container.memory_bytes};
    }
    for (const auto& [id, container] : by_id) {
        add_cgroup(id, container.first, 1, container.second);
    }
    end(cgroups_);
}

} // namespace vigia::test
