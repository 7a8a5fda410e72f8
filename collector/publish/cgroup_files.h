// SPDX-License-Identifier: MIT
// The files of a cgroup and what they say: one table for v2 and one for v1.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <vigia/cgroups.h>

#include "collector/publish/cgroup_mounts.h"

namespace vigia::publish {

// A pure function from the file's text to the record's fields; it sets the valid bits of what it
// found.
using CgroupParser = void (*)(std::string_view text, vigia_cgroup& record);

// How often a file is read: a small one, and what can move while nobody runs, every time; a long
// one that hardly moves without activity in the cgroup, then or with the limits; a limit that
// somebody sets, every limits::cgroup_limits_reread_ns.
enum class CgroupPace : uint8_t { always, active, limit };

// What memory.stat and the files of pids give as a whole, with the bits of their parts.
constexpr uint64_t cgroup_valid_memory_split =
    VIGIA_CGROUP_VALID_MEMORY_SPLIT | VIGIA_CGROUP_VALID_MEMORY_INACTIVE |
    VIGIA_CGROUP_VALID_MEMORY_PAGES | VIGIA_CGROUP_VALID_FAULTS;
constexpr uint64_t cgroup_valid_tasks = VIGIA_CGROUP_VALID_TASKS | VIGIA_CGROUP_VALID_TASK_COUNT;

struct CgroupFile {
    CgroupPlace place;
    const char* name;
    CgroupPace pace;
    CgroupParser parse;
    uint64_t valid; // the bits that cannot be believed while this file cannot be read
};

// In the order of reading: where two say the same, the later one wins.
std::span<const CgroupFile> cgroup_files_v2();
constexpr std::size_t cgroup_usage_row_v2 = 0; // cpu.stat, the figure that shows activity
std::span<const CgroupFile> cgroup_files_v1();

// "some avg10=... total=123" and "full ..." in µs. Also used for /proc/pressure.
vigia_pressure parse_pressure(std::string_view text);

} // namespace vigia::publish
