// SPDX-License-Identifier: MIT
#include "test/storage/fixture.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/support/catch.h"

namespace vigia::test {

SampleMaker::SampleMaker() {
    clear();
}

void SampleMaker::clear() {
    processes_.clear();
    containers_.clear();
    infos_.clear();
    texts_.clear();
    sample_.info.cpu_count = 4;
    sample_.gap = Gap::none;
    sample_.system.record.valid = VIGIA_SYSTEM_VALID_CPU | VIGIA_SYSTEM_VALID_MEMORY |
                                  VIGIA_SYSTEM_VALID_LOAD | VIGIA_SYSTEM_VALID_PAGING |
                                  VIGIA_SYSTEM_VALID_PRESSURE;
    sample_.system.record.memory_total_bytes = 8ULL << 30;
    sample_.system.record.memory_available_bytes = 3ULL << 30;
    sample_.system.record.load_1min_millitasks = 1'250;
    sample_.system.rates.known = true;
    sample_.system.rates.cpu_ratio = 0.25;
    sample_.system.rates.forks_per_second = 7;
}

ContainerSample& SampleMaker::container(const std::string& id, const std::string& name,
                                        const std::string& image) {
    ContainerInfo& info = infos_.emplace_back();
    info.id = id;
    info.name = name;
    info.image = image;
    ContainerSample& container = containers_.emplace_back();
    container.runtime = Runtime::docker;
    container.id = info.id;
    container.info = &info;
    container.has_cgroup = true;
    container.process_count = 1;
    container.memory_bytes = 100 << 20;
    container.record.valid = VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_IO |
                             VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_OOM |
                             VIGIA_CGROUP_VALID_SWAP | VIGIA_CGROUP_VALID_TASK_COUNT;
    container.record.task_count = 3;
    container.rates.known = true;
    container.rates.io_origin = IoOrigin::cgroup;
    container.rates.cpu_ratio = 0.5;
    return container;
}

ProcessSample& SampleMaker::process(uint32_t pid, double cpu_ratio, uint64_t rss_bytes,
                                    const std::string& comm, const std::string& command) {
    ProcessSample& process = processes_.emplace_back();
    process.record = {};
    process.record.pid = pid;
    process.record.start_time_ns = 1'000'000ULL * pid;
    process.record.valid = UINT64_MAX;
    process.record.uid = 1000;
    process.record.thread_count = 1;
    process.record.rss_bytes = rss_bytes;
    std::memcpy(process.record.comm, comm.data(),
                std::min<std::size_t>(comm.size(), VIGIA_COMM_SIZE_BYTES));
    process.rates.known = true;
    process.rates.cpu_ratio = cpu_ratio;
    process.command_line = texts_.emplace_back(command);
    return process;
}

const Sample& SampleMaker::at(uint64_t realtime_ns, uint64_t interval_ns) {
    sample_.number++;
    sample_.at = {realtime_ns, realtime_ns, realtime_ns};
    sample_.interval_ns = interval_ns;
    sample_.processes = processes_;
    sample_.containers = containers_;
    return sample_;
}

policy::Decision some_decision(uint64_t id, policy::Phase phase) {
    policy::Decision decision;
    decision.id = id;
    decision.realtime_ns = (static_cast<uint64_t>(start_ts) + id) * second_ns + 123;
    decision.boottime_ns = 42;
    decision.sample_number = 17;
    decision.mode = policy::Mode::enforce;
    decision.rule = "at most 10 containers";
    decision.reason = "13 containers, 3 too many";
    decision.runtime = Runtime::podman;
    decision.container_id = std::string(64, 'a');
    decision.container_name = "low-3";
    decision.image = "example/low:1";
    decision.cgroup_id = UINT64_MAX - 5;
    decision.ranker = "largest_memory";
    decision.score_unit = "bytes";
    decision.readings = {{"count_above", "host", 13, 10, "containers", 5, 4}};
    decision.ranking = {{std::string(64, 'a'), "low-3", "example/low:1", 1e9, "chosen", true},
                        {std::string(64, 'b'), "low-4", "example/low:1", 1e8, "runner-up", false}};
    decision.candidates_total = 13;
    decision.actions = {policy::ActionKind::stop, policy::ActionKind::remove};
    decision.parameters = {1, 0.5, 2, 3};
    decision.action_index = 1;
    decision.phase = phase;
    decision.steps = {{9, policy::ActionKind::stop, policy::Phase::answered, "HTTP 204", 204}};
    return decision;
}

storage::StoreConfig config_at(const std::string& path) {
    storage::StoreConfig config;
    config.path = path;
    return config;
}

std::unique_ptr<storage::Store> open_store(const storage::StoreConfig& config) {
    Result<std::unique_ptr<storage::Store>> store = storage::Store::open(config);
    INFO((store ? std::string() : store.error().message()));
    REQUIRE(store);
    return std::move(*store);
}

std::unique_ptr<storage::History> open_history(const std::string& path) {
    Result<std::unique_ptr<storage::History>> history = storage::History::open(path);
    INFO((history ? std::string() : history.error().message()));
    REQUIRE(history);
    return std::move(*history);
}

void flush(storage::Store& store) {
    Status flushed = store.flush(long_enough_ns);
    INFO((flushed ? std::string() : flushed.error().message()));
    REQUIRE(flushed);
}

void record(storage::Store& store, const policy::Decision& decision) {
    Status outcome = Error(ErrorKind::failed, "done was never called");
    store.record(decision, [&](Status status) { outcome = status; });
    Status flushed = store.flush(long_enough_ns);
    INFO((outcome ? std::string() : outcome.error().message()));
    REQUIRE(outcome);
}

namespace {

storage::Connection reading(const std::string& path) {
    auto connection = storage::Connection::open(path, storage::Connection::Access::read_only);
    INFO((connection ? std::string() : connection.error().message()));
    REQUIRE(connection);
    REQUIRE(connection->execute("PRAGMA busy_timeout=5000"));
    return std::move(*connection);
}

} // namespace

int64_t sql_integer(const std::string& path, const std::string& sql) {
    storage::Connection connection = reading(path);
    Result<int64_t> value = connection.integer(sql);
    INFO(sql << (value ? std::string() : value.error().message()));
    REQUIRE(value);
    return *value;
}

std::string sql_text(const std::string& path, const std::string& sql) {
    storage::Connection connection = reading(path);
    Result<std::string> value = connection.text(sql);
    INFO(sql << (value ? std::string() : value.error().message()));
    REQUIRE(value);
    return *value;
}

void sql_execute(const std::string& path, const std::string& sql) {
    auto connection = storage::Connection::open(path, storage::Connection::Access::read_write);
    REQUIRE(connection);
    Status executed = connection->execute(sql);
    INFO(sql << (executed ? std::string() : executed.error().message()));
    REQUIRE(executed);
}

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    REQUIRE(file.good());
}

bool exists(const std::string& path) {
    return std::filesystem::exists(path);
}

std::vector<std::string> names_with(const std::string& folder, const std::string& prefix) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::string name = entry.path().filename().string();
        if (name.starts_with(prefix)) {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace vigia::test
