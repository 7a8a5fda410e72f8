// SPDX-License-Identifier: MIT
// The host as a whole, from a handful of files of /proc that stay open. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <vigia/system.h>

#include "collector/publish/memory_text.h"
#include "collector/publish/text_reader.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

class SystemReader {
public:
    // `proc` is an open /proc directory, borrowed. `mounts` are asked with statvfs(2) every time:
    // a network file system whose server is silent can hold the caller there.
    SystemReader(int proc, const std::vector<std::string>& mounts, uint64_t tick_ns,
                 PageSizes page_sizes);

    void update();
    const vigia_system& system() const { return system_; }
    const std::vector<vigia_cpu>& cpus() const { return cpus_; }
    const std::vector<vigia_mount>& mounts() const { return mounts_; }
    const MemoryText& memory() const { return memory_; }
    uint64_t reads() const { return text_.reads(); }

private:
    enum File {
        stat,
        meminfo,
        vmstat,
        zoneinfo,
        loadavg,
        cpu_pressure,
        memory_pressure,
        io_pressure,
        count
    };

    Text read(File file);
    void update_memory();
    void update_pressure();
    void update_mounts();

    std::array<UniqueFd, count> files_;
    std::vector<std::string> mount_paths_;
    uint64_t tick_ns_;
    TextReader text_;
    vigia_system system_{};
    std::vector<vigia_cpu> cpus_;
    std::vector<vigia_mount> mounts_;
    MemoryText memory_;
};

} // namespace vigia::publish
