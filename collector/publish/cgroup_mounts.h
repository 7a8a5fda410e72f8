// SPDX-License-Identifier: MIT
// Where the control group hierarchies are mounted, from /proc/self/mountinfo.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <vigia/info.h>

namespace vigia::publish {

// The places where files of a cgroup are: the hierarchy that the tree and the ids come from, and
// the v1 controllers beside it.
enum CgroupPlace : uint8_t {
    cgroup_place_followed,
    cgroup_place_cpu,
    cgroup_place_cpuacct,
    cgroup_place_memory,
    cgroup_place_blkio,
    cgroup_place_pids,
    cgroup_place_count,
};

struct CgroupMounts {
    vigia_cgroup_mode mode = VIGIA_CGROUP_NONE;
    // Mount points; "" where there is none. In v2 only the followed one is there.
    std::array<std::string, cgroup_place_count> path;
    // Which line of /proc/PID/cgroup names the followed path: "" is the unified hierarchy.
    std::string followed_controller;
};

// The unified hierarchy is followed if it is mounted, else name=systemd, else the first of the
// controllers that containers are given: memory, pids, cpuacct, cpu.
CgroupMounts parse_cgroup_mounts(std::string_view mountinfo);

} // namespace vigia::publish
