// SPDX-License-Identifier: MIT
#include "collector/publish/process_table.h"

#include <algorithm>

namespace vigia::publish {
namespace {

bool is_in_idle_cgroup(const ProcessEntry& entry, std::span<const CgroupActivity> cgroups) {
    return (entry.record.valid & VIGIA_PROCESS_VALID_CGROUP) != 0 &&
           entry.cgroup_slot < cgroups.size() &&
           cgroups[entry.cgroup_slot].id == entry.record.cgroup_id &&
           cgroups[entry.cgroup_slot].idle;
}

} // namespace

ProcessTable::~ProcessTable() {
    for (ProcessEntry& entry : slots_) {
        reader_->release(entry);
    }
}

void ProcessTable::update(std::span<const uint32_t> pids, std::span<const CgroupActivity> cgroups,
                          uint64_t now_ns) {
    vanished_ = 0;
    unreadable_ = 0;
    ended_.clear();
    merge(pids);
    read_all(cgroups, now_ns);
    if (!ended_.empty()) {
        std::sort(ended_.begin(), ended_.end());
        read_orphans(now_ns);
    }
}

uint32_t ProcessTable::take_slot(uint32_t pid) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot].record.pid = pid;
    return slot;
}

void ProcessTable::drop_slot(uint32_t slot) {
    reader_->release(slots_[slot]);
    slots_[slot] = {};
    free_slots_.push_back(slot);
}

// Both lists are in order of pid: those only in the table ended, those only in `pids` are new.
void ProcessTable::merge(std::span<const uint32_t> pids) {
    next_order_.clear();
    auto known = order_.begin();
    const auto end_before = [&](uint32_t pid) {
        for (; known != order_.end() && slots_[*known].record.pid < pid; ++known) {
            ended_.push_back(slots_[*known].record.pid);
            drop_slot(*known);
        }
    };
    for (const uint32_t pid : pids) {
        end_before(pid);
        const bool is_known = known != order_.end() && slots_[*known].record.pid == pid;
        next_order_.push_back(is_known ? *known++ : take_slot(pid));
    }
    end_before(UINT32_MAX);
    order_.swap(next_order_);
}

void ProcessTable::read_all(std::span<const CgroupActivity> cgroups, uint64_t now_ns) {
    next_order_.clear();
    for (const uint32_t slot : order_) {
        ProcessEntry& entry = slots_[slot];
        const bool rests = is_in_idle_cgroup(entry, cgroups) && reader_->is_fresh(entry, now_ns);
        if (rests || read(entry, now_ns)) {
            next_order_.push_back(slot);
        } else {
            drop_slot(slot);
        }
    }
    order_.swap(next_order_);
}

// False if there is no record to show. An entry whose process ended begins anew: its pid was listed
// after that, so somebody else may have it.
bool ProcessTable::read(ProcessEntry& entry, uint64_t now_ns) {
    const uint32_t pid = entry.record.pid;
    const bool was_zombie = entry.record.state == VIGIA_STATE_ZOMBIE;
    ReadOutcome outcome = reader_->read(entry, now_ns);
    if (entry.whole && (outcome == ReadOutcome::vanished || outcome == ReadOutcome::replaced)) {
        ended_.push_back(pid);
        reader_->release(entry);
        entry = {};
        entry.record.pid = pid;
        outcome = reader_->read(entry, now_ns);
    }
    if (outcome != ReadOutcome::current) {
        ++(outcome == ReadOutcome::unreadable ? unreadable_ : vanished_);
        return false;
    }
    if (!was_zombie && entry.record.state == VIGIA_STATE_ZOMBIE) {
        ended_.push_back(pid); // its children have been given away
    }
    return true;
}

void ProcessTable::read_orphans(uint64_t now_ns) {
    for (const uint32_t slot : order_) {
        ProcessEntry& entry = slots_[slot];
        if (std::binary_search(ended_.begin(), ended_.end(), entry.record.parent_pid)) {
            entry.reread = true;
            // One that ends right now keeps its last record and is missed in the next listing.
            reader_->read(entry, now_ns);
        }
    }
}

ProcessEntry* ProcessTable::find(uint32_t pid) {
    const auto found =
        std::lower_bound(order_.begin(), order_.end(), pid, [this](uint32_t slot, uint32_t wanted) {
            return slots_[slot].record.pid < wanted;
        });
    return found != order_.end() && slots_[*found].record.pid == pid ? &slots_[*found] : nullptr;
}

} // namespace vigia::publish
