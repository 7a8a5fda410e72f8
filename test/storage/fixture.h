// SPDX-License-Identifier: MIT
// Samples made by hand, folders that go with the test, and SQL to look at what was stored.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "collector/sampler/sample.h"
#include "storage/history.h"
#include "storage/sqlite.h"
#include "storage/store.h"
#include "test/support/temporary_directory.h"

namespace vigia::test {

constexpr uint64_t second_ns = 1'000'000'000;
constexpr uint64_t long_enough_ns = 60 * second_ns;
constexpr int64_t start_ts = 1'700'000'040; // the first second of a minute

using Folder = TemporaryDirectory;

// Owns what a Sample points to.
class SampleMaker {
public:
    SampleMaker();
    // The next processes() and so on start from nothing.
    void clear();
    ContainerSample& container(const std::string& id, const std::string& name = "",
                               const std::string& image = "");
    // `cpu_ratio` of one CPU; everything valid.
    ProcessSample& process(uint32_t pid, double cpu_ratio, uint64_t rss_bytes,
                           const std::string& comm = "worker", const std::string& command = "");
    // The sample of everything added since clear(), `at` its moment.
    const Sample& at(uint64_t realtime_ns, uint64_t interval_ns = second_ns);
    const Sample& at_ts(int64_t ts) { return at(static_cast<uint64_t>(ts) * second_ns); }
    Sample& sample() { return sample_; }
    std::vector<ProcessSample>& processes() { return processes_; }

private:
    Sample sample_;
    std::vector<ProcessSample> processes_;
    std::vector<ContainerSample> containers_;
    std::deque<ContainerInfo> infos_;
    std::deque<std::string> texts_;
};

// A decision with every field filled.
policy::Decision some_decision(uint64_t id, policy::Phase phase = policy::Phase::verified);

storage::StoreConfig config_at(const std::string& path);
std::unique_ptr<storage::Store> open_store(const storage::StoreConfig& config);
inline std::unique_ptr<storage::Store> open_store(const std::string& path) {
    return open_store(config_at(path));
}
std::unique_ptr<storage::History> open_history(const std::string& path);
void flush(storage::Store& store);
// Records and waits.
void record(storage::Store& store, const policy::Decision& decision);

// The first value that `sql` gives, read over a connection of its own.
int64_t sql_integer(const std::string& path, const std::string& sql);
std::string sql_text(const std::string& path, const std::string& sql);
// With a read-write connection of its own: only on a database that nobody has open.
void sql_execute(const std::string& path, const std::string& sql);

std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);
bool exists(const std::string& path);
// Names in `folder` that begin with `prefix`.
std::vector<std::string> names_with(const std::string& folder, const std::string& prefix);

} // namespace vigia::test
