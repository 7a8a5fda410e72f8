// SPDX-License-Identifier: MIT
// The tree of control groups, kept up to date from refresh to refresh: which there are, which
// processes they hold, and their counters. One thread.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/publish/cgroup_files.h"
#include "collector/publish/cgroup_node.h"
#include "collector/publish/text_reader.h"

namespace vigia::publish {

class CgroupTree {
public:
    // `proc` is an open /proc directory, borrowed. `kept_files_maximum` bounds the files of
    // counters that stay open.
    CgroupTree(CgroupMounts mounts, int proc, uint64_t kept_files_maximum);

    // Brings all cgroups up to date at `now_ns` (CLOCK_MONOTONIC).
    void update(uint64_t now_ns);

    const CgroupMounts& mounts() const { return mounts_; }
    // Those with processes of their own or in a descendant, in rising order of id.
    const std::vector<CgroupNode*>& populated() const { return populated_; }
    // Bytes of all their paths together.
    uint64_t text_size_bytes() const { return text_size_bytes_; }
    // Every process in a cgroup whose list changed since the last update.
    const std::vector<CgroupMember>& moves() const { return moves_; }
    // By slot. A cgroup of the unified hierarchy is idle if neither its list of processes nor its
    // CPU time, which includes its descendants', moved between the last two updates: then none of
    // its threads has run in between. (The kernel shows that time in whole microseconds. A thread
    // that ran for less shows with its next run.)
    const std::vector<CgroupActivity>& activity() const { return activity_; }
    // The cgroup that the text of /proc/PID/cgroup names, or nullptr.
    const CgroupNode* find(std::string_view proc_cgroup_text) const;

    uint64_t kept_files() const { return kept_files_; }
    uint64_t reads() const { return text_.reads(); }

private:
    bool open_places(CgroupNode& node);
    bool open_node(CgroupNode& node);
    bool list_children(CgroupNode& node); // false: not all were seen; the known ones stay
    void see_child(CgroupNode& node, const dirent& entry);
    void drop_unseen(CgroupNode& node);
    void add_child(CgroupNode& node, const char* name);
    void take_slot(CgroupNode& node);
    void forget(CgroupNode& node);
    void set_activity(CgroupNode& node);
    bool visit(CgroupNode& node, uint64_t now_ns);
    bool visit_children(CgroupNode& node, uint64_t now_ns);
    bool read_procs(CgroupNode& node);
    void read_counters(CgroupNode& node, uint64_t now_ns);
    // Reads those of this pace, of the quicker ones, and those that failed before.
    void read_files(CgroupNode& node, std::span<const CgroupFile> files, std::size_t first,
                    CgroupPace pace);
    void note_unread(CgroupNode& node, const CgroupFile& file, std::size_t row, int error);
    Text read_row(CgroupNode& node, const CgroupFile& file, std::size_t row);

    CgroupMounts mounts_;
    int proc_;
    uint64_t kept_files_maximum_;
    uint64_t kept_files_ = 0;
    bool is_cgroupfs_ = false; // link counts tell of new children
    uint64_t unread_ = 0;      // valid bits that the cgroup being read loses in this update
    uint64_t text_size_bytes_ = 0;
    TextReader text_;
    std::string path_; // of the child being looked at; kept to allocate nothing
    std::unique_ptr<CgroupNode> root_;
    std::unordered_map<std::string_view, CgroupNode*> by_path_; // keys live in the nodes
    std::vector<CgroupNode*> populated_;
    std::vector<CgroupMember> moves_;
    std::vector<CgroupActivity> activity_;
    std::vector<uint32_t> free_slots_;
};

} // namespace vigia::publish
