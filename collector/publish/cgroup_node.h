// SPDX-License-Identifier: MIT
// What the publisher remembers of a cgroup between refreshes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <vigia/cgroups.h>

#include "collector/publish/cgroup_mounts.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

// Whether anything can have run in a cgroup since the last update. A vector of them is indexed by
// CgroupNode::slot; `id` tells whether the slot still is the cgroup's.
struct CgroupActivity {
    uint64_t id = 0;
    bool idle = false;
};

// A process that is in this cgroup now.
struct CgroupMember {
    uint32_t pid = 0;
    uint32_t slot = 0;
    uint64_t cgroup_id = 0;
};

// What became of the last try to read a file: `absent` was not there, not for us or not in this
// kernel and is tried again with the limits; `failed`, for lack of descriptors or memory, at the
// next refresh.
enum class CgroupRow : uint8_t { untried, read, absent, failed };

struct CgroupNode {
    std::string path; // from the root of the hierarchy: "/", "/a/b"
    std::string name; // last component
    vigia_cgroup record{};
    std::array<UniqueFd, cgroup_place_count> directory; // where this path is there
    std::vector<UniqueFd> files; // one per row of the file table; empty where not kept
    std::vector<CgroupRow> rows; // of the file table
    uint64_t withheld = 0;       // valid bits that failed files took from the record
    UniqueFd procs;              // cgroup.procs
    uint64_t procs_hash = 0;     // of its text when last taken
    uint32_t link_count = 0;     // of the directory when last listed
    uint32_t sample_pid = 0;     // a process to ask for the namespaces
    uint32_t slot = 0;           // its place in CgroupTree::activity()
    uint64_t usage_ns = 0;       // of the followed hierarchy, at the last update
    bool has_usage = false;      // usage_ns is known
    bool procs_changed = false;  // in this update
    bool opened = false;
    bool populated = false;         // it or a descendant has processes
    bool seen = false;              // by the listing under way
    uint64_t limits_read_at_ns = 0; // CLOCK_MONOTONIC
    std::vector<std::unique_ptr<CgroupNode>> children;
};

} // namespace vigia::publish
