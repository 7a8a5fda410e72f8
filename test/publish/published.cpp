// SPDX-License-Identifier: MIT
#include "test/publish/published.h"

#include <stdexcept>

namespace vigia::test {
namespace {

struct OpenFile {
    OpenFile(const std::string& directory, const char* name, uint32_t kind) {
        const std::string path = directory + "/" + name;
        if (const char* error = vigia_open(path.c_str(), kind, &file)) {
            throw std::runtime_error(path + " " + error);
        }
        if (vigia_acquire(&file, &view) == 0) {
            throw std::runtime_error(path + " holds no snapshot");
        }
    }
    ~OpenFile() { vigia_close(&file); }

    template <typename Record>
    std::vector<Record> records(unsigned region) const {
        std::vector<Record> all;
        for (uint32_t i = 0; i < view.count[region]; ++i) {
            all.push_back(*static_cast<const Record*>(vigia_record(&view, region, i)));
        }
        return all;
    }

    vigia_file file{};
    vigia_view view{};
};

} // namespace

Published::Published(const std::string& directory) {
    info = OpenFile(directory, "info", VIGIA_FILE_INFO).records<vigia_info>(0).at(0);
    const OpenFile host(directory, "system", VIGIA_FILE_SYSTEM);
    system = host.records<vigia_system>(VIGIA_SYSTEM_REGION).at(0);
    cpus = host.records<vigia_cpu>(VIGIA_SYSTEM_REGION_CPUS);
    mounts = host.records<vigia_mount>(VIGIA_SYSTEM_REGION_MOUNTS);
    const OpenFile tasks(directory, "processes", VIGIA_FILE_PROCESSES);
    processes = tasks.records<vigia_process>(VIGIA_PROCESSES_REGION);
    processes_slot = *tasks.view.slot;
    processes_header = tasks.file.header;
    const OpenFile groups(directory, "cgroups", VIGIA_FILE_CGROUPS);
    cgroups = groups.records<vigia_cgroup>(VIGIA_CGROUPS_REGION);
    cgroups_slot = *groups.view.slot;
    for (const vigia_cgroup& record : cgroups) {
        uint32_t size = 0;
        const char* path = vigia_cgroup_path(&groups.view, &record, &size);
        cgroup_paths.emplace_back(path, size);
    }
}

const vigia_process* Published::process(uint32_t pid) const {
    for (const vigia_process& record : processes) {
        if (record.pid == pid) {
            return &record;
        }
    }
    return nullptr;
}

const vigia_cgroup* Published::cgroup(const std::string& path) const {
    for (std::size_t i = 0; i < cgroups.size(); ++i) {
        if (cgroup_paths[i] == path) {
            return &cgroups[i];
        }
    }
    return nullptr;
}

PublishedMemory::PublishedMemory(const std::string& directory) {
    const OpenFile file(directory, "memory", VIGIA_FILE_MEMORY);
    host = file.records<vigia_memory>(VIGIA_MEMORY_REGION).at(0);
    nodes = file.records<vigia_memory_node>(VIGIA_MEMORY_REGION_NODES);
    zones = file.records<vigia_memory_zone>(VIGIA_MEMORY_REGION_ZONES);
}

} // namespace vigia::test
