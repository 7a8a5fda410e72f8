// SPDX-License-Identifier: MIT
// What the kernel's files say of themselves: version, cost, and what this kernel cannot tell.
#include "collector/cli/doctor.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collector/base/units.h"

namespace vigia::cli {
namespace {

struct Group {
    uint64_t bit;
    const char* name;
};

constexpr std::array<Group, 12> process_groups{{{VIGIA_PROCESS_VALID_CPU, "cpu"},
                                                {VIGIA_PROCESS_VALID_RUN_DELAY, "run delay"},
                                                {VIGIA_PROCESS_VALID_BLOCK_DELAY, "block delay"},
                                                {VIGIA_PROCESS_VALID_MEMORY, "memory"},
                                                {VIGIA_PROCESS_VALID_RSS_SPLIT, "kinds of RSS"},
                                                {VIGIA_PROCESS_VALID_FAULTS, "faults"},
                                                {VIGIA_PROCESS_VALID_IO, "I/O"},
                                                {VIGIA_PROCESS_VALID_SWITCHES, "switches"},
                                                {VIGIA_PROCESS_VALID_CGROUP, "control group"},
                                                {VIGIA_PROCESS_VALID_NAMESPACE_PID, "inner pid"},
                                                {VIGIA_PROCESS_VALID_USER, "user"},
                                                {VIGIA_PROCESS_VALID_OOM, "OOM score"}}};
constexpr std::array<Group, 15> cgroup_groups{
    {{VIGIA_CGROUP_VALID_CPU, "cpu"},
     {VIGIA_CGROUP_VALID_CPU_SPLIT, "user and system"},
     {VIGIA_CGROUP_VALID_CPU_LIMIT, "cpu limit"},
     {VIGIA_CGROUP_VALID_THROTTLING, "throttling"},
     {VIGIA_CGROUP_VALID_MEMORY, "memory"},
     {VIGIA_CGROUP_VALID_MEMORY_PAGES, "kinds of memory"},
     {VIGIA_CGROUP_VALID_MEMORY_INACTIVE, "inactive files"},
     {VIGIA_CGROUP_VALID_FAULTS, "faults"},
     {VIGIA_CGROUP_VALID_SWAP, "swap"},
     {VIGIA_CGROUP_VALID_IO, "I/O"},
     {VIGIA_CGROUP_VALID_TASK_COUNT, "tasks"},
     {VIGIA_CGROUP_VALID_TASKS, "task limit"},
     {VIGIA_CGROUP_VALID_PRESSURE, "pressure"},
     {VIGIA_CGROUP_VALID_NAMESPACES, "namespaces"},
     {VIGIA_CGROUP_VALID_OOM, "OOM kills"}}};
constexpr std::array<Group, 14> system_groups{
    {{VIGIA_SYSTEM_VALID_CPU_TIMES, "CPU times"},
     {VIGIA_SYSTEM_VALID_INTERRUPTS, "interrupts"},
     {VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES, "context switches"},
     {VIGIA_SYSTEM_VALID_FORKS, "forks"},
     {VIGIA_SYSTEM_VALID_TASKS, "tasks"},
     {VIGIA_SYSTEM_VALID_LOAD, "load"},
     {VIGIA_SYSTEM_VALID_PAGES, "memory"},
     {VIGIA_SYSTEM_VALID_CACHED, "cached"},
     {VIGIA_SYSTEM_VALID_COMMITTED, "committed"},
     {VIGIA_SYSTEM_VALID_COMMIT_LIMIT, "commit limit"},
     {VIGIA_SYSTEM_VALID_SWAP_TOTAL, "swap size"},
     {VIGIA_SYSTEM_VALID_SWAP_FREE, "free swap"},
     {VIGIA_SYSTEM_VALID_PAGING, "paging"},
     {VIGIA_SYSTEM_VALID_PRESSURE, "pressure"}}};

// `valid` with the parts of the groups that it has.
uint64_t cgroup_parts(uint64_t valid) {
    if ((valid & VIGIA_CGROUP_VALID_MEMORY_SPLIT) != 0) {
        valid |= VIGIA_CGROUP_VALID_MEMORY_PAGES | VIGIA_CGROUP_VALID_MEMORY_INACTIVE |
                 VIGIA_CGROUP_VALID_FAULTS;
    }
    return (valid & VIGIA_CGROUP_VALID_TASKS) != 0 ? valid | VIGIA_CGROUP_VALID_TASK_COUNT : valid;
}

// "cgroups: I/O, swap" of the groups that no record has; empty if there is none.
std::string masked(const char* file, uint64_t valid, std::span<const Group> groups) {
    std::string names;
    for (const Group& group : groups) {
        if ((valid & group.bit) == 0) {
            names += (names.empty() ? "" : ", ") + std::string(group.name);
        }
    }
    return names.empty() ? names : fmt::format("{}: {}", file, names);
}

std::string masked_in(const Sample& sample) {
    uint64_t processes = 0;
    uint64_t cgroups = 0;
    for (const ProcessSample& process : sample.processes) {
        processes |= process.record.valid;
    }
    for (const CgroupSample& cgroup : sample.cgroups) {
        cgroups |= cgroup_parts(cgroup.record.valid);
    }
    std::string all;
    for (const std::string& part :
         {masked("system", vigia_system_parts(sample.system.record.valid), system_groups),
          masked("processes", processes, process_groups),
          masked("cgroups", cgroups, cgroup_groups)}) {
        all += (all.empty() || part.empty() ? "" : "; ") + part;
    }
    return all;
}

std::string version_of(const vigia_description& description) {
    const char* text = description.module_version;
    return {text, std::find(text, text + sizeof(description.module_version), '\0')};
}

// "processes 84 us": the mean of all walks so far, by whoever asked.
std::string walks_of(const source::Description& description) {
    const vigia_description& text = description.text;
    const uint64_t mean_ns = text.walk_duration_ns / std::max<uint64_t>(text.walk_count, 1);
    return fmt::format("{} {}", description.file, format_duration_ns(mean_ns));
}

} // namespace

Findings check_kernel_files(const Sample& sample,
                            const std::vector<source::Description>& descriptions) {
    std::string walks;
    std::string others;
    for (const source::Description& description : descriptions) {
        walks += (walks.empty() ? "" : ", ") + walks_of(description);
        const std::string version = version_of(description.text);
        if (version != VIGIA_VERSION) {
            others +=
                fmt::format("{}{} is of {}", others.empty() ? "" : ", ", description.file, version);
        }
    }
    Findings findings;
    if (!others.empty()) {
        findings.push_back({"kernel files", Mark::warn,
                            fmt::format("this program is {}, but {}", VIGIA_VERSION, others),
                            "deploy/modules.sh load builds and loads those of this version"});
    } else {
        findings.push_back(
            {"kernel files",
             Mark::ok,
             fmt::format("modules {}, ABI {} (readers from {}), a walk takes on average: {}",
                         VIGIA_VERSION, descriptions.front().text.abi_version,
                         descriptions.front().text.abi_compatible, walks),
             {}});
    }
    const std::string unknown = masked_in(sample);
    findings.push_back({"not told",
                        Mark::ok,
                        unknown.empty() ? "nothing: this kernel tells every group of fields"
                                        : "by this kernel's modules: " + unknown,
                        {}});
    return findings;
}

} // namespace vigia::cli
