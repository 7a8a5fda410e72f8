// SPDX-License-Identifier: MIT
#include "test/cli/fixture.h"

#include <cstring>

namespace vigia::test {
namespace {

constexpr uint64_t mebibyte = 1 << 20;
constexpr uint64_t everything = ~uint64_t{0};

template <std::size_t size>
void put(char (&field)[size], std::string_view text) {
    std::memcpy(field, text.data(), std::min(size, text.size()));
}

vigia_process process(uint32_t pid, std::string_view comm, uint64_t valid) {
    vigia_process record{};
    record.pid = pid;
    record.parent_pid = 1;
    record.valid = valid;
    record.state = VIGIA_STATE_SLEEPING;
    record.thread_count = 1;
    put(record.comm, comm);
    return record;
}

} // namespace

Host::Host() {
    add_containers();
    add_processes();
    add_system();
    sample.number = 2;
    sample.at = {5'000 * ns_per_second, 6'000 * ns_per_second, 1'763'600'000 * ns_per_second};
    sample.interval_ns = ns_per_second;
    sample.gap = Gap::none;
    sample.info.cpu_count = 2;
    put(sample.info.hostname, "tower");
    put(sample.info.kernel_release, "6.1.0");
    sample.processes = processes;
    sample.containers = containers;
    sample.system.cpus = cpus;
    sample.system.mounts = mounts;
    sample.containers_complete = true;
}

void Host::add_processes() {
    ProcessSample& init = processes.emplace_back();
    init.record = process(1, "systemd", everything);
    init.record.start_time_ns = ns_per_second;
    init.record.cpu_runtime_ns = 12 * ns_per_second;
    init.record.rss_bytes = 12 * mebibyte;
    init.record.uid = 4'000'000'001; // nobody has it: shown as a number everywhere
    init.rates.known = true;
    init.rates.cpu_ratio = 0.015;
    init.command_line = "/sbin/init splash";

    ProcessSample& web = processes.emplace_back();
    web.record = process(4242, "nginx", everything);
    web.record.state = VIGIA_STATE_RUNNING;
    web.record.start_time_ns = 5'990 * ns_per_second;
    web.record.rss_bytes = 512 * mebibyte;
    web.record.uid = 4'000'000'002;
    web.rates.known = true;
    web.rates.cpu_ratio = 1.25;
    web.rates.read_bytes_per_second = 3.5 * static_cast<double>(mebibyte);
    web.rates.write_bytes_per_second = 100;
    web.container = 0;
    web.command_line = "nginx: master process";

    ProcessSample& hostile_process = processes.emplace_back();
    hostile_process.record = process(4'294'967'295, hostile_comm, 0);
    hostile_process.container = 1;
    hostile_process.command_line = hostile_name;
}

void Host::add_containers() {
    described.id = plain_id;
    described.name = "web";
    described.image = "nginx:1.25";
    described.labels = {{"tier", "front"}, {"odd\"key", "odd,value\n"}};
    described.state = ContainerState::running;
    described.restart_count = 3;
    described.started_realtime_ns = 1'763'500'000 * ns_per_second;
    hostile.id = hostile_id;
    hostile.name = hostile_name;
    hostile.image = hostile_name;
    hostile.labels = {{hostile_name, hostile_name}};

    ContainerSample& web = containers.emplace_back();
    web.runtime = Runtime::docker;
    web.id = plain_id;
    web.path = "/docker/"; // short on purpose: the path is only shown
    web.info = &described;
    web.has_cgroup = true;
    web.record.valid = everything;
    web.record.memory_limit_bytes = 1024 * mebibyte;
    web.record.task_limit = VIGIA_NO_LIMIT;
    web.rates.known = true;
    web.rates.cpu_ratio = 1.3;
    web.process_count = 1;
    web.memory_bytes = 600 * mebibyte;
    web.oldest_start_time_ns = 5'990 * ns_per_second;

    ContainerSample& other = containers.emplace_back();
    other.runtime = Runtime::podman;
    other.id = hostile_id;
    other.path = hostile_name;
    other.info = &hostile;
    other.has_cgroup = true;
    other.process_count = 1;
}

void Host::add_system() {
    vigia_system& record = sample.system.record;
    record.valid = everything;
    record.load_1min_millitasks = 1'250;
    record.load_5min_millitasks = 500;
    record.load_15min_millitasks = 10;
    record.memory_total_bytes = 16 * 1024 * mebibyte;
    record.memory_available_bytes = 4 * 1024 * mebibyte;
    record.memory_cached_bytes = 2 * 1024 * mebibyte;
    sample.system.rates.known = true;
    sample.system.rates.cpu_ratio = 0.5;
    sample.system.rates.memory_pressure_some_ratio = 0.25;
    for (uint32_t cpu = 0; cpu < 2; ++cpu) {
        CpuSample& one = cpus.emplace_back();
        one.record.cpu = cpu;
        one.record.user_ns = 3'600 * ns_per_second;
        one.busy_ratio = cpu == 0 ? 1.0 : 0.0;
    }
    vigia_mount& root = mounts.emplace_back();
    put(root.path, "/");
    root.valid = VIGIA_MOUNT_VALID_SPACE;
    root.total_bytes = 100 * 1024 * mebibyte;
    root.free_bytes = 40 * 1024 * mebibyte;
    root.available_bytes = 40 * 1024 * mebibyte;
    vigia_mount& silent = mounts.emplace_back();
    put(silent.path, "/mnt/\x1b[31mgone");
}

} // namespace vigia::test
