// SPDX-License-Identifier: MIT
// What the kernel modules cannot know of the host, because no exported symbol tells it: context
// switches, forks, the size of the swap space, the commit limit, pressure, and before Linux 5.12
// the swap cache. This host's /proc fills these gaps, so that rules and views do not lose them when
// the kernel's files take over from a publisher.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <vigia/system.h>

namespace vigia::sampler {

// One thread. The files stay open; allocates only until the buffer is as long as the longest.
class HostSupplement {
public:
    // `proc_path`: /proc, or a test's. Opens nothing before it is needed.
    explicit HostSupplement(std::string proc_path);
    ~HostSupplement();
    HostSupplement(const HostSupplement&) = delete;
    HostSupplement& operator=(const HostSupplement&) = delete;

    // Fills the parts of `record` that are not valid, where /proc has them, and says so in `valid`.
    void complete(vigia_system& record);

private:
    enum File { stat, meminfo, cpu_pressure, memory_pressure, io_pressure, count };

    std::string_view read(File file);
    void complete_counters(vigia_system& record);
    void complete_memory(vigia_system& record);
    void complete_pressure(vigia_system& record);

    std::string proc_path_;
    std::array<int, count> files_;
    std::vector<char> buffer_;
};

} // namespace vigia::sampler
