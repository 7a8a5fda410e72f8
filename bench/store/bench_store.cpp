// SPDX-License-Identifier: MIT
// S12: rows a second into the real Store (condense, queue, transaction, rollups, checkpoints) and
// bytes a row, beside programs that insert row by row, in the same run on the same disk.
// Ticks of 500 rows: the system, 100 containers, 398 busy processes and the rest as one row.
// Usage: bench_store [folder]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/store.h"

namespace {

using namespace vigia;

constexpr std::size_t containers = 100;
constexpr std::size_t busy_processes = 398;
constexpr std::size_t idle_processes = 102; // become the one rest row
constexpr uint64_t ticks = 4'000;
constexpr double rows_target = 500'000;
constexpr double bytes_target = 40;

[[noreturn]] void fail(const std::string& message) {
    fmt::print(stderr, "bench_store: {}\n", message);
    std::exit(1);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Of all threads, user and system.
double cpu_seconds() {
    struct timespec time;
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// A host in motion: every value changes with every tick, so that no row is cheaper than a real one.
class Host {
public:
    Host() {
        for (std::size_t i = 0; i < containers; i++) {
            ids_.push_back(fmt::format("{:064x}", i * 0x9e3779b97f4a7c15ULL));
        }
        containers_.resize(containers);
        processes_.resize(busy_processes + idle_processes);
        for (std::size_t i = 0; i < containers; i++) {
            containers_[i].runtime = Runtime::docker;
            containers_[i].id = ids_[i];
            containers_[i].has_cgroup = true;
            containers_[i].process_count = 4;
            containers_[i].record.valid = UINT64_MAX;
            containers_[i].rates.known = true;
        }
        for (std::size_t i = 0; i < processes_.size(); i++) {
            vigia_process& record = processes_[i].record;
            record = {};
            record.pid = static_cast<uint32_t>(1000 + i * 7);
            record.start_time_ns = 1'000'000'000ULL * i;
            record.valid = UINT64_MAX;
            record.thread_count = 3;
            fmt::format_to_n(record.comm, sizeof(record.comm), "worker-{}", i);
            processes_[i].rates.known = true;
            processes_[i].command_line = "/usr/bin/worker --of the=bench --number 12345";
            processes_[i].container = static_cast<int32_t>(i % containers);
        }
    }

    const Sample& tick(uint64_t number) {
        for (std::size_t i = 0; i < containers; i++) {
            containers_[i].memory_bytes = 50'000'000 + random(1 << 28);
            containers_[i].rates.cpu_ratio = static_cast<double>(random(1000)) / 1000;
            containers_[i].rates.write_bytes_per_second = static_cast<double>(random(1 << 20));
        }
        for (std::size_t i = 0; i < busy_processes; i++) {
            processes_[i].record.rss_bytes = 10'000'000 + random(1 << 26) * 4096 / 4096;
            processes_[i].rates.cpu_ratio = static_cast<double>(1 + random(100'000)) / 1e6;
            processes_[i].rates.run_delay_ratio = static_cast<double>(random(10'000)) / 1e6;
            processes_[i].rates.write_bytes_per_second =
                i % 4 == 0 ? static_cast<double>(random(1 << 20)) : 0;
        }
        sample_.number = number;
        sample_.at.realtime_ns = (1'700'000'000 + number) * 1'000'000'000;
        sample_.at.boottime_ns = number * 1'000'000'000;
        sample_.interval_ns = 1'000'000'000;
        sample_.gap = Gap::none;
        sample_.info.cpu_count = 8;
        sample_.system.record.valid = UINT64_MAX;
        sample_.system.rates.known = true;
        sample_.system.rates.cpu_ratio = 0.5;
        sample_.containers = containers_;
        sample_.processes = processes_;
        return sample_;
    }

private:
    uint64_t random(uint64_t below) {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return (state_ >> 33) % below;
    }

    uint64_t state_ = 42;
    std::vector<std::string> ids_;
    std::vector<ContainerSample> containers_;
    std::vector<ProcessSample> processes_;
    Sample sample_;
};

struct Outcome {
    double rows_per_second;
    double rows_per_cpu_second; // what an idle machine could do, however busy this one is
    double bytes_per_row;
};

Outcome run_store(const std::string& path) {
    Host host;
    storage::StoreConfig config;
    config.path = path;
    config.size_cap_bytes = 4ULL << 30;
    config.processes_largest = 0;
    auto store = storage::Store::open(config);
    if (!store) {
        fail(store.error().message());
    }
    auto begin = std::chrono::steady_clock::now();
    double cpu_begin = cpu_seconds();
    for (uint64_t tick = 1; tick <= ticks; tick++) {
        const Sample& sample = host.tick(tick);
        // A bench is faster than time: wait for the writer instead of losing samples.
        if (tick % 32 == 0) {
            if (Status flushed = (*store)->flush(UINT64_MAX); !flushed) {
                fail(flushed.error().message());
            }
        }
        if (!(*store)->submit(sample)) {
            fail("the queue was full");
        }
    }
    if (Status flushed = (*store)->flush(UINT64_MAX); !flushed) {
        fail(flushed.error().message());
    }
    double seconds = seconds_since(begin);
    double cpu = cpu_seconds() - cpu_begin;
    auto rows = static_cast<double>((*store)->stats().rows_written);
    store->reset();
    return {rows / seconds, rows / cpu,
            static_cast<double>(std::filesystem::file_size(path)) / rows};
}

void execute(sqlite3* database, const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        fail(sqlite3_errmsg(database));
    }
}

// A rowid table with an index on the time, one INSERT a row, each its own transaction.
Outcome run_rival(const std::string& path, const char* pragmas, double for_seconds) {
    sqlite3* database = nullptr;
    if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) {
        fail("cannot open the rival's database");
    }
    execute(database, pragmas);
    execute(database, "CREATE TABLE samples (id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER, "
                      "process INTEGER, cpu_ns INTEGER, run_delay_ns INTEGER, read_bytes INTEGER, "
                      "write_bytes INTEGER, major_faults INTEGER, rss_bytes INTEGER, swap_bytes "
                      "INTEGER, tasks INTEGER); CREATE INDEX samples_ts ON samples (ts)");
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database,
                       "INSERT INTO samples (ts, process, cpu_ns, run_delay_ns, read_bytes, "
                       "write_bytes, major_faults, rss_bytes, swap_bytes, tasks) VALUES (?, ?, ?, "
                       "?, 0, ?, 0, ?, 0, 3)",
                       -1, &insert, nullptr);
    auto begin = std::chrono::steady_clock::now();
    double cpu_begin = cpu_seconds();
    int64_t rows = 0;
    while (seconds_since(begin) < for_seconds) {
        int next = 1;
        for (int64_t value : {1'700'000'000 + rows / 500, rows % 500, rows * 7919 % 100'000'000,
                              rows * 104'729 % 10'000'000, rows * 31 % 1'048'576,
                              10'000'000 + rows * 4'096 % 67'108'864}) {
            sqlite3_bind_int64(insert, next++, value);
        }
        if (sqlite3_step(insert) != SQLITE_DONE) {
            fail(sqlite3_errmsg(database));
        }
        sqlite3_reset(insert);
        rows++;
    }
    double seconds = seconds_since(begin);
    double cpu = cpu_seconds() - cpu_begin;
    sqlite3_finalize(insert);
    execute(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(database);
    auto bytes = static_cast<double>(std::filesystem::file_size(path));
    auto count = static_cast<double>(rows);
    return {count / seconds, count / cpu, bytes / count};
}

void print(const char* what, double value, const char* unit, double target, const char* rival,
           double rival_value, double ratio, bool pass) {
    fmt::print("S12\t{}\t{:.1f}\t{}\t{}\t{}\t{:.1f}\t{:.1f}\t{}\n", what, value, unit, target,
               rival, rival_value, ratio, pass ? "pass" : "short");
}

} // namespace

int main(int argc, char* argv[]) {
    std::string pattern = std::string(argc > 1 ? argv[1] : ".") + "/bench_store-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        fail("cannot make a folder in " + pattern);
    }
    Outcome ours = run_store(pattern + "/history.db");
    Outcome plain = run_rival(pattern + "/plain.db", "", 3);
    Outcome wal =
        run_rival(pattern + "/wal.db", "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", 3);
    std::filesystem::remove_all(pattern);
    bool fast = ours.rows_per_second >= rows_target;
    bool small = ours.bytes_per_row <= bytes_target;
    print("rows into the store, ticks of 500", ours.rows_per_second, "rows/s", rows_target,
          "one INSERT each", plain.rows_per_second, ours.rows_per_second / plain.rows_per_second,
          fast);
    print("the same, against a tuned rival", ours.rows_per_second, "rows/s", rows_target,
          "one INSERT each, WAL", wal.rows_per_second, ours.rows_per_second / wal.rows_per_second,
          fast);
    print("rows a CPU second, all threads", ours.rows_per_cpu_second, "rows/s", rows_target,
          "one INSERT each", plain.rows_per_cpu_second,
          ours.rows_per_cpu_second / plain.rows_per_cpu_second,
          ours.rows_per_cpu_second >= rows_target);
    print("bytes a row, rollups and names included", ours.bytes_per_row, "bytes", bytes_target,
          "one INSERT each", plain.bytes_per_row, plain.bytes_per_row / ours.bytes_per_row, small);
    return fast && small ? 0 : 1;
}
