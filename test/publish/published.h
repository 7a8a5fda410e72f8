// SPDX-License-Identifier: MIT
// A published directory read back with nothing but the ABI's own reader. Records are copies.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <vigia/reader.h>

namespace vigia::test {

struct Published {
    // Opens, reads and closes all four files; a test fails by an exception if one cannot be read.
    explicit Published(const std::string& directory);

    // nullptr if there is none.
    const vigia_process* process(uint32_t pid) const;
    const vigia_cgroup* cgroup(const std::string& path) const;

    vigia_info info{};
    vigia_system system{};
    std::vector<vigia_cpu> cpus;
    std::vector<vigia_mount> mounts;
    std::vector<vigia_process> processes;
    std::vector<vigia_cgroup> cgroups;
    std::vector<std::string> cgroup_paths; // beside cgroups
    vigia_slot processes_slot{};
    vigia_slot cgroups_slot{};
    vigia_file_header processes_header{};
};

// The file `memory` alone.
struct PublishedMemory {
    explicit PublishedMemory(const std::string& directory);

    vigia_memory host{};
    std::vector<vigia_memory_node> nodes;
    std::vector<vigia_memory_zone> zones;
};

} // namespace vigia::test
