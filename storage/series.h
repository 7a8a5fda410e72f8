// SPDX-License-Identifier: MIT
// The dimension tables: which integer stands for which process and container. The database is the
// truth, a bounded cache keeps the look-ups off it. Writing thread only.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "storage/batch.h"
#include "storage/sqlite.h"

namespace vigia::storage {

class Series {
public:
    // `boot`: the row of table boot that start times count from.
    static Result<Series> prepare(Connection& connection, int64_t boot);

    // The series of a row of `batch`, made or brought up to date if need be. Inside a transaction.
    Result<int64_t> container(const Batch& batch, const ContainerIdentity& row);
    Result<int64_t> process(const Batch& batch, const ProcessRow& row, int64_t container);

    // After a rollback: what was made is gone.
    void forget();

private:
    struct ProcessKey {
        uint64_t start_time_ns;
        uint32_t pid;
        bool operator==(const ProcessKey&) const = default;
    };
    struct ProcessHash {
        std::size_t operator()(const ProcessKey& key) const {
            return (key.start_time_ns ^ (static_cast<uint64_t>(key.pid) << 32)) *
                   0x9e3779b97f4a7c15ULL;
        }
    };
    // A series and the hash of the description that the database has of it.
    struct Entry {
        int64_t series;
        std::size_t description;
    };

    Result<int64_t> describe_process(const Batch& batch, const ProcessRow& row, int64_t container);
    Result<int64_t> describe_container(const Batch& batch, const ContainerIdentity& row);

    int64_t boot_ = 0;
    Statement upsert_process_;
    Statement upsert_container_;
    std::unordered_map<ProcessKey, Entry, ProcessHash> processes_;
    std::unordered_map<std::string, Entry> containers_;
    std::string key_; // kept for its capacity
};

} // namespace vigia::storage
