// SPDX-License-Identifier: MIT
#include "test/recording/history.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "collector/recording/camera.h"
#include "collector/recording/replay.h"
#include "collector/sampler/sampler.h"

namespace vigia::test {
namespace {

constexpr uint32_t capacity = 256;

template <typename Plain>
void add(std::string& to, const Plain& value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// The members one by one: what lies between them is not told.
void add(std::string& to, const ProcessRates& rates) {
    for (const double value :
         {rates.known ? 1.0 : 0.0, rates.cpu_ratio, rates.cpu_user_ratio, rates.cpu_system_ratio,
          rates.run_delay_ratio, rates.block_delay_ratio, rates.read_bytes_per_second,
          rates.write_bytes_per_second, rates.read_chars_bytes_per_second,
          rates.write_chars_bytes_per_second, rates.read_calls_per_second,
          rates.write_calls_per_second, rates.minor_faults_per_second,
          rates.major_faults_per_second, rates.switches_per_second}) {
        add(to, value);
    }
}

void add(std::string& to, const CgroupRates& rates) {
    for (const double value :
         {rates.known ? 1.0 : 0.0, rates.cpu_ratio, rates.cpu_user_ratio, rates.cpu_system_ratio,
          rates.cpu_throttled_ratio, rates.read_bytes_per_second, rates.write_bytes_per_second,
          rates.read_calls_per_second, rates.write_calls_per_second, rates.major_faults_per_second,
          rates.cpu_pressure_some_ratio, rates.memory_pressure_some_ratio,
          rates.memory_pressure_full_ratio, rates.io_pressure_some_ratio,
          rates.io_pressure_full_ratio}) {
        add(to, value);
    }
    add(to, rates.oom_kills);
}

void add(std::string& to, const ContainerInfo* info) {
    if (info == nullptr) {
        to += "not described";
        return;
    }
    to += info->id + '\0' + info->name + '\0' + info->image + '\0';
    for (const auto& [key, value] : info->labels) {
        to += key + '=' + value + '\0';
    }
    add(to, info->runtime);
    add(to, info->state);
    add(to, info->restart_count);
    add(to, info->started_realtime_ns);
    add(to, info->finished_realtime_ns);
    add(to, info->exit_code);
    add(to, info->oom_killed);
    add(to, info->stopped_by_person);
}

void add(std::string& to, const SystemSample& system) {
    add(to, system.record);
    add(to, system.rates.known);
    for (const double value :
         {system.rates.cpu_ratio, system.rates.context_switches_per_second,
          system.rates.forks_per_second, system.rates.page_in_bytes_per_second}) {
        add(to, value);
    }
    for (const CpuSample& cpu : system.cpus) {
        add(to, cpu.record);
        add(to, cpu.busy_ratio);
    }
    for (const vigia_mount& mount : system.mounts) {
        add(to, mount);
    }
}

} // namespace

History::History(unsigned process_count) : source(capacity, 77) {
    source.about.cpu_count = 2;
    source.about.refresh_interval_ns = ns_per_second;
    source.add_cgroup(1, "/");
    source.cpus.resize(2);
    source.mounts.resize(1);
    for (unsigned i = 0; i < process_count; ++i) {
        source.add_process(next_pid_++, i + 1, 1, "service");
    }
}

void History::add_container(char digit) {
    const auto cgroup_id = static_cast<unsigned char>(digit);
    source.add_cgroup(cgroup_id, "/docker/" + container_id(digit)).memory_current_bytes = 1 << 20;
    source.add_process(next_pid_++, clock.now().boottime_ns, cgroup_id, "worker");
    ContainerInfo& info = catalog.add(container_id(digit), std::string("low-") + digit, "low:1");
    info.labels = {{"vigia.class", "low"}, {"quoted \"and\n torn", std::string("\xff\x00z", 3)}};
    info.started_realtime_ns = clock.now().realtime_ns;
}

void History::tick() {
    ++number;
    clock.advance(ns_per_second);
    if (number % 5 == 2 && number < 40) {
        add_container(static_cast<char>('0' + number / 5));
    }
    if (number % 7 == 0 && source.processes.size() > 10) {
        source.processes.erase(source.processes.begin() + 3);
    }
    for (std::size_t i = 0; i < source.processes.size(); i += 3) {
        vigia_process& process = source.processes[i];
        process.cpu_runtime_ns += 10'000'000 * (1 + i % 7);
        process.read_bytes += 4096 * number;
        process.rss_bytes = (i + number) << 16;
    }
    for (auto& [cgroup, path] : source.cgroups) {
        cgroup.cpu_usage_ns += 50'000'000;
        cgroup.memory_current_bytes += 1 << 20;
    }
    source.host.context_switches += 1000;
    source.host.memory_total_bytes = 1ULL << 34;
    source.cpus[1].user_ns += 300'000'000;
    if (!catalog.containers.empty()) {
        catalog.containers.front().restart_count = number / 10;
    }
    source.memory.reset();
    if (with_memory) {
        source.memory.emplace().page_faults = 1000 * number;
    }
    const uint32_t short_lived = 100'000 + static_cast<uint32_t>(number);
    events.add(VIGIA_EVENT_FORK, clock.now().monotonic_ns - 3, short_lived);
    events.add(VIGIA_EVENT_EXIT, clock.now().monotonic_ns - 1, short_lived);
    events.counted.lost += number % 10 == 0 ? 5 : 0;
    source.publish(clock.now());
}

recording::WriterStats record_history(const std::string& path, unsigned ticks,
                                      unsigned process_count) {
    History history(process_count);
    auto writer = recording::Writer::create({path, ns_per_second, 0}, history.clock.now());
    if (!writer) {
        throw std::runtime_error(writer.error().message());
    }
    recording::Camera camera(0);
    recording::Content content;
    for (unsigned i = 0; i < ticks; ++i) {
        history.tick();
        const auto taken = camera.take(history.source, &history.catalog, &history.events, content);
        if (!taken || !*taken || !(*writer)->append(content)) {
            throw std::runtime_error("a sample was not recorded");
        }
    }
    if (!(*writer)->close()) {
        throw std::runtime_error("the recording was not closed");
    }
    return (*writer)->stats();
}

std::string bytes_of(const Sample& sample) {
    std::string bytes;
    add(bytes, sample.number);
    add(bytes, sample.at);
    add(bytes, sample.interval_ns);
    add(bytes, sample.gap);
    add(bytes, sample.clock_stepped);
    add(bytes, sample.info);
    add(bytes, sample.system);
    for (const ProcessSample& process : sample.processes) {
        add(bytes, process.record);
        add(bytes, process.rates);
        add(bytes, process.container);
    }
    for (const CgroupSample& cgroup : sample.cgroups) {
        vigia_cgroup record = cgroup.record;
        record.path_offset_bytes = 0; // meaningless
        add(bytes, record);
        add(bytes, cgroup.rates);
        bytes += cgroup.path;
    }
    for (const ContainerSample& container : sample.containers) {
        bytes += container.id;
        bytes += container.path;
        add(bytes, container.info);
        add(bytes, container.rates);
        add(bytes, container.process_count);
        add(bytes, container.memory_bytes);
    }
    add(bytes, sample.containers_complete);
    add(bytes, sample.truncated_records);
    return bytes;
}

std::vector<std::string> replayed(const std::string& path, std::string* error) {
    std::vector<std::string> samples;
    auto replay = recording::Replay::open(path);
    if (!replay) {
        if (error != nullptr) {
            *error = replay.error().message();
        }
        return samples;
    }
    sampler::Sampler sampler({(**replay).interval_ns(), false, "/proc"});
    while ((**replay).has_next()) {
        if (const auto sample = sampler.take(**replay, &(**replay).catalog(), 0)) {
            samples.push_back(bytes_of(**sample));
        }
    }
    return samples;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

} // namespace vigia::test
