// SPDX-License-Identifier: MIT
// A made-up host: processes, cgroups and containers that a test or benchmark commands, published as
// ABI files by the real protocol. Nothing of it exists outside the files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "test/support/abi_writer.h"

namespace vigia::test {

struct WorldSize {
    uint32_t processes = 100;
    uint32_t cgroups = 10;
    uint32_t containers_maximum = 256;
    uint32_t active_processes = 10; // that use CPU between two snapshots
};

// One thread. Counters move with the real time that passes between two publications.
class World {
public:
    World(const std::string& directory, WorldSize size);

    // A container of one process under /docker/<id>; the same id again changes its memory.
    void run_container(const std::string& id, uint64_t memory_bytes);
    void end_container(const std::string& id);
    // One snapshot of all four files. `interval_ns` is told to the readers.
    void publish(uint64_t interval_ns);

private:
    struct Container {
        uint32_t pid = 0;
        uint64_t cgroup_id = 0;
        uint64_t memory_bytes = 0;
        uint64_t start_time_ns = 0;
    };

    void begin(AbiWriter& file);
    void end(AbiWriter& file);
    void publish_info(uint64_t interval_ns);
    void publish_system();
    void publish_processes();
    void publish_cgroups();
    void add_cgroup(uint64_t id, const std::string& path, uint32_t processes,
                    uint64_t memory_bytes);

    WorldSize size_;
    std::vector<std::string> service_paths_;
    AbiWriter info_;
    AbiWriter system_;
    AbiWriter processes_;
    AbiWriter cgroups_;
    std::map<std::string, Container> containers_;
    uint64_t began_ns_ = 0;
    uint64_t now_ns_ = 0;
    uint64_t refreshes_ = 0;
    uint32_t next_container_ = 0;
};

} // namespace vigia::test
