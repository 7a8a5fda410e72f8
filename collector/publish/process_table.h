// SPDX-License-Identifier: MIT
// All processes of the host, kept up to date from refresh to refresh. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "collector/publish/cgroup_node.h"
#include "collector/publish/process_entry.h"
#include "collector/publish/process_reader.h"

namespace vigia::publish {

class ProcessTable {
public:
    // `reader` must outlive the table.
    explicit ProcessTable(ProcessReader& reader) : reader_(&reader) {}
    ~ProcessTable();
    ProcessTable(const ProcessTable&) = delete;
    ProcessTable& operator=(const ProcessTable&) = delete;

    // Makes the table what `pids` (in rising order) says, reading every process but those in idle
    // cgroups (by ProcessEntry::cgroup_slot; taken before this call). Children of a process that
    // ended are read again: they have a new parent.
    void update(std::span<const uint32_t> pids, std::span<const CgroupActivity> cgroups,
                uint64_t now_ns);

    // In rising order of pid.
    std::size_t size() const { return order_.size(); }
    ProcessEntry& at(std::size_t index) { return slots_[order_[index]]; }
    // The process of that pid, or nullptr.
    ProcessEntry* find(uint32_t pid);

    uint64_t vanished() const { return vanished_; } // ended while they were read, in this update
    uint64_t unreadable() const { return unreadable_; } // in this update

private:
    void merge(std::span<const uint32_t> pids);
    void read_all(std::span<const CgroupActivity> cgroups, uint64_t now_ns);
    void read_orphans(uint64_t now_ns);
    bool read(ProcessEntry& entry, uint64_t now_ns);
    uint32_t take_slot(uint32_t pid);
    void drop_slot(uint32_t slot);

    ProcessReader* reader_;
    std::deque<ProcessEntry> slots_;
    std::vector<uint32_t> free_slots_;
    std::vector<uint32_t> order_; // slots by pid
    std::vector<uint32_t> next_order_;
    std::vector<uint32_t> ended_; // pids that ended or became zombies since the last update, sorted
    uint64_t vanished_ = 0;
    uint64_t unreadable_ = 0;
};

} // namespace vigia::publish
