// SPDX-License-Identifier: MIT
// What the running kernel counts for everybody.
#include "collector/cli/doctor.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace vigia::cli {
namespace {

// "#subsys_name hierarchy num_cgroups enabled" and a line for each controller.
bool is_enabled_v1(const std::string& table, std::string_view controller) {
    const std::size_t line = table.find("\n" + std::string(controller) + "\t");
    if (line == std::string::npos) {
        return false;
    }
    const std::size_t end = table.find('\n', line + 1);
    return table[(end == std::string::npos ? table.size() : end) - 1] == '1';
}

std::string missing_controllers(const HostPaths& paths) {
    const std::string unified = read_text(paths.sys + "/fs/cgroup/cgroup.controllers");
    const std::string table = read_text(paths.proc + "/cgroups");
    std::string missing;
    struct Name {
        std::string_view v2;
        std::string_view v1;
    };
    constexpr std::array<Name, 4> names{
        {{"cpu", "cpuacct"}, {"memory", "memory"}, {"io", "blkio"}, {"pids", "pids"}}};
    for (const Name& name : names) {
        const bool there =
            unified.empty() ? is_enabled_v1(table, name.v1) : has_word(unified, name.v2);
        if (!there) {
            missing += (missing.empty() ? "" : ", ") + std::string(name.v2);
        }
    }
    return missing;
}

} // namespace

Finding check_pressure(const HostPaths& paths) {
    if (!read_text(paths.proc + "/pressure/memory").empty()) {
        return {"pressure", Mark::ok, "this kernel reports stalls of CPU, memory and storage", {}};
    }
    return {
        "pressure", Mark::warn, "this kernel reports no stalls (PSI): *_pressure_* is unknown",
        "start the kernel with psi=1 on its command line (Linux 4.20 or newer with CONFIG_PSI)"};
}

Finding check_controllers(const HostPaths& paths) {
    const std::string missing = missing_controllers(paths);
    if (missing.empty()) {
        return {
            "controllers", Mark::ok, "cpu, memory, io and pids are counted per control group", {}};
    }
    const bool memory = missing.find("memory") != std::string::npos;
    return {"controllers", Mark::warn, fmt::format("not counted per control group: {}", missing),
            memory ? "start the kernel with cgroup_enable=memory on its command line"
                   : "enable them in the kernel's configuration (CONFIG_BLK_CGROUP, "
                     "CONFIG_CGROUP_PIDS, CONFIG_CGROUP_CPUACCT)"};
}

} // namespace vigia::cli
