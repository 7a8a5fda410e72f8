// SPDX-License-Identifier: MIT
// Whose children those were that ended: their nearest living ancestors are told of them.
#include <algorithm>
#include <tuple>

#include "collector/base/limits.h"
#include "collector/sampler/exit_table.h"

namespace vigia::sampler {

// A parent is no younger than its child: a number that was given out again names nobody.
void ExitTable::find_parents(const Turn& turn) {
    for (ExitShare& share : shares_) {
        if (share.parent_pid == 0) {
            continue;
        }
        const auto found = std::lower_bound(
            turn.processes.begin(), turn.processes.end(), share.parent_pid,
            [](const ProcessSample& process, uint32_t pid) { return process.record.pid < pid; });
        const bool is_there =
            found != turn.processes.end() && found->record.pid == share.parent_pid &&
            (share.start_time_ns == 0 ||
             found->record.start_time_ns <= share.start_time_ns + turn.start_tolerance_ns);
        if (is_there) {
            share.parent = static_cast<int32_t>(found - turn.processes.begin());
        } else {
            share.ended_parent = find_ended(share);
        }
    }
}

// Who had that number when the child ended, and ended since.
int32_t ExitTable::find_ended(const ExitShare& child) {
    if (by_pid_.empty()) {
        for (uint32_t i = 0; i < shares_.size(); ++i) {
            by_pid_.push_back(i);
        }
        std::sort(by_pid_.begin(), by_pid_.end(), [&](uint32_t left, uint32_t right) {
            return std::tuple(shares_[left].pid, shares_[left].time_ns) <
                   std::tuple(shares_[right].pid, shares_[right].time_ns);
        });
    }
    const auto found = std::lower_bound(
        by_pid_.begin(), by_pid_.end(), child, [&](uint32_t index, const ExitShare& wanted) {
            return std::tuple(shares_[index].pid, shares_[index].time_ns) <
                   std::tuple(wanted.parent_pid, wanted.time_ns);
        });
    const bool is_there =
        found != by_pid_.end() && shares_[*found].pid == child.parent_pid &&
        &shares_[*found] != &child &&
        (child.start_time_ns == 0 || shares_[*found].start_time_ns <= child.start_time_ns);
    return is_there ? static_cast<int32_t>(*found) : ExitShare::none;
}

void ExitTable::add_to_ancestors(const Turn& turn) {
    ancestors_.clear();
    for (uint32_t i = 0; i < shares_.size(); ++i) {
        const ExitShare* at = &shares_[i];
        for (unsigned step = 0; step < limits::ancestors_followed; ++step) {
            if (at->parent != ExitShare::none) {
                ancestors_.emplace_back(static_cast<uint32_t>(at->parent), i);
            }
            if (at->ended_parent == ExitShare::none) {
                break;
            }
            at = &shares_[static_cast<std::size_t>(at->ended_parent)];
        }
    }
    std::sort(ancestors_.begin(), ancestors_.end());
    descendants_.reserve(std::min(ancestors_.size(), turn.processes.size()));
    for (std::size_t i = 0; i < ancestors_.size();) {
        const uint32_t process = ancestors_[i].first;
        ExitSums sums;
        for (; i < ancestors_.size() && ancestors_[i].first == process; ++i) {
            sums.add(shares_[ancestors_[i].second].spent);
        }
        descendants_.push_back(sums.rates(turn.interval));
        turn.processes[process].descendants = &descendants_.back();
    }
}

} // namespace vigia::sampler
