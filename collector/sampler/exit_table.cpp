// SPDX-License-Identifier: MIT
#include "collector/sampler/exit_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <vigia/events_reader.h>

#include "collector/base/limits.h"

namespace vigia::sampler {
namespace {

constexpr unsigned late_samples = 2; // that an exit may be told behind its process's leaving

// Without a start time an event means whoever had the number then.
bool is_of(const vigia_process& process, const vigia_event_exit& event,
           const ExitTable::Turn& turn) {
    if ((event.valid & VIGIA_EVENT_VALID_START_TIME) == 0) {
        return process.start_time_ns <= event.time_ns + turn.boottime_ahead_ns;
    }
    return increase(process.start_time_ns, event.start_time_ns) <= turn.start_tolerance_ns &&
           increase(event.start_time_ns, process.start_time_ns) <= turn.start_tolerance_ns;
}

const vigia_process* find_process(const ExitTable::Turn& turn, const vigia_event_exit& event) {
    const auto found = std::lower_bound(
        turn.processes.begin(), turn.processes.end(), event.pid,
        [](const ProcessSample& process, uint32_t pid) { return process.record.pid < pid; });
    const bool is_there = found != turn.processes.end() && found->record.pid == event.pid &&
                          is_of(found->record, event, turn);
    return is_there ? &found->record : nullptr;
}

ExitShare share_of(const vigia_event_exit& event, const vigia_process* last) {
    ExitShare share;
    share.pid = event.pid;
    share.start_time_ns = event.start_time_ns;
    share.time_ns = event.time_ns;
    if ((event.valid & VIGIA_EVENT_VALID_PARENT) != 0) {
        share.parent_pid = event.parent_pid;
    }
    if ((event.valid & VIGIA_EVENT_VALID_CGROUP) != 0) {
        share.cgroup_id = event.cgroup_id;
    } else if (last != nullptr && (last->valid & VIGIA_PROCESS_VALID_CGROUP) != 0) {
        share.cgroup_id = last->cgroup_id;
    }
    return share;
}

void set_spent(ExitShare& share, const vigia_event_exit& event, const vigia_process* last) {
    share.spent = spent_since(last, event);
    share.knows_io = (event.valid & VIGIA_EVENT_VALID_IO) != 0 &&
                     (last == nullptr || (last->valid & VIGIA_PROCESS_VALID_IO) != 0);
    if (share.knows_io) {
        share.final_read_bytes = event.read_bytes;
        share.final_write_bytes = event.write_bytes;
        share.earlier_read_bytes = last == nullptr ? 0 : last->read_bytes;
        share.earlier_write_bytes = last == nullptr ? 0 : last->write_bytes;
    }
}

} // namespace

void ExitTable::note(const vigia_event& event) {
    switch (event.kind) {
    case VIGIA_EVENT_FORK:
        newborns_.born(vigia_event_as_fork(&event));
        break;
    case VIGIA_EVENT_EXEC:
        newborns_.became(vigia_event_as_exec(&event));
        break;
    case VIGIA_EVENT_EXIT:
        note_exit(vigia_event_as_exit(&event));
        break;
    default:
        break;
    }
}

void ExitTable::note_exit(const vigia_event_exit& event) {
    if (noted_.size() >= limits::exits_per_sample) {
        ++overflow_count_;
        return;
    }
    Pending pending;
    pending.exit.record = event;
    if (const Newborn* newborn = newborns_.find(event.pid, event.start_time_ns)) {
        pending.exit.comm = newborn->comm;
        pending.exit.knows_user = newborn->knows_user;
        pending.exit.uid = newborn->uid;
        pending.named_ns = newborn->told_ns;
    }
    noted_.push_back(pending);
}

void ExitTable::clear_results() {
    listed_.clear();
    shares_.clear();
    by_pid_.clear();
    descendants_.clear();
    sums_ = {};
    masked_count_ = 0;
}

void ExitTable::commit(const Turn& turn) {
    clear_results();
    if (!turn.known) {
        noted_.clear();
        departed_.clear();
        return;
    }
    remember_vanished(turn);
    settled_.swap(noted_);
    noted_.clear();
    for (Pending& pending : settled_) {
        settle(turn, pending);
    }
    find_parents(turn);
    correct_io();
    for (const ExitShare& share : shares_) {
        sums_.add(share.spent);
    }
    add_to_ancestors(turn);
}

// What left without a word may still be told of. All lists are in the order of pids.
void ExitTable::remember_vanished(const Turn& turn) {
    departed_before_.swap(departed_);
    departed_.clear();
    auto old = departed_before_.begin();
    const auto keep_below = [&](uint64_t pid) {
        for (; old != departed_before_.end() && old->record.pid < pid; ++old) {
            if (!old->reported && ++old->age <= late_samples) {
                departed_.push_back(*old);
            }
        }
    };
    for (const uint32_t index : turn.vanished) {
        const vigia_process& record = turn.previous[index].record;
        keep_below(record.pid);
        departed_.push_back({record, 0, false});
    }
    keep_below(UINT64_MAX);
}

ExitTable::Departed* ExitTable::find_departed(const Turn& turn, const vigia_event_exit& event) {
    auto found = std::lower_bound(
        departed_.begin(), departed_.end(), event.pid,
        [](const Departed& departed, uint32_t pid) { return departed.record.pid < pid; });
    for (; found != departed_.end() && found->record.pid == event.pid; ++found) {
        if (!found->reported && is_of(found->record, event, turn)) {
            return &*found;
        }
    }
    return nullptr;
}

// A zombie, and a process that ended when the walk had passed it, is still in this sample.
void ExitTable::settle(const Turn& turn, Pending& pending) {
    const vigia_event_exit& event = pending.exit.record;
    const vigia_process* here = find_process(turn, event);
    Departed* departed = here == nullptr ? find_departed(turn, event) : nullptr;
    const vigia_process* last = here;
    if (departed != nullptr) {
        departed->reported = true;
        last = &departed->record;
    }
    ExitShare share = share_of(event, last);
    if (!std::exchange(pending.is_counted, true)) {
        share.listed = static_cast<int32_t>(listed_.size());
        list(turn, pending, last);
    }
    const bool is_whole = departed != nullptr || pending.exit.short_lived;
    if (here != nullptr) {
        if (spent_since(here, event).cpu_ns > 0) {
            noted_.push_back(pending); // that belongs to the next sample
        }
    } else if (is_whole) {
        set_spent(share, event, last);
    }
    if (here == nullptr && (!is_whole || !knows_cpu(event))) {
        ++masked_count_;
    }
    if (share.listed != ExitShare::none) {
        share.spent.count = 1;
        share.spent.short_lived_count = pending.exit.short_lived ? 1 : 0;
    }
    shares_.push_back(share);
}

// Completed with what the last sample had of it.
void ExitTable::list(const Turn& turn, Pending& pending, const vigia_process* last) {
    ExitSample& exit = pending.exit;
    const bool is_young = (exit.record.valid & VIGIA_EVENT_VALID_START_TIME) == 0 ||
                          exit.record.start_time_ns >= turn.born_after_ns;
    exit.short_lived = last == nullptr && is_young;
    if (last != nullptr && (exit.comm[0] == '\0' || pending.named_ns < turn.previous_ns)) {
        static_assert(sizeof(exit.comm) == sizeof(last->comm));
        std::memcpy(exit.comm.data(), last->comm, exit.comm.size());
    }
    if (last != nullptr && (last->valid & VIGIA_PROCESS_VALID_USER) != 0) {
        exit.knows_user = true;
        exit.uid = last->uid;
    }
    listed_.push_back(exit);
}

// What children that it waited for had spent was their own.
void ExitTable::correct_io() {
    for (const ExitShare& child : shares_) {
        if (child.ended_parent != ExitShare::none && child.knows_io) {
            ExitSums& parent = shares_[static_cast<std::size_t>(child.ended_parent)].spent;
            parent.read_bytes = increase(child.final_read_bytes, parent.read_bytes);
            parent.write_bytes = increase(child.final_write_bytes, parent.write_bytes);
        }
    }
}

void ExitTable::forget() {
    noted_.clear();
    departed_.clear();
    clear_results();
}

} // namespace vigia::sampler
