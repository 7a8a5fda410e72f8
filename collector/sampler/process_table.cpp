// SPDX-License-Identifier: MIT
#include "collector/sampler/process_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "collector/sampler/command_line.h"

namespace vigia::sampler {
namespace {

bool by_pid(const ProcessSample& left, const ProcessSample& right) {
    return left.record.pid < right.record.pid;
}

bool same_process(const vigia_process& left, const vigia_process& right) {
    return left.pid == right.pid && left.start_time_ns == right.start_time_ns;
}

bool same_comm(const vigia_process& left, const vigia_process& right) {
    return std::memcmp(left.comm, right.comm, sizeof(left.comm)) == 0;
}

ProcessRates rates_of(const vigia_process& before, const vigia_process& now, Interval interval) {
    ProcessRates rates;
    // Groups that either side lacks stay zero; `known` says that the identity has a past.
    const uint64_t valid = before.valid & now.valid;
    rates.known = true;
    if ((valid & VIGIA_PROCESS_VALID_CPU) != 0) {
        rates.cpu_ratio = interval.ratio(before.cpu_runtime_ns, now.cpu_runtime_ns);
        rates.cpu_user_ratio = interval.ratio(before.cpu_user_ns, now.cpu_user_ns);
        rates.cpu_system_ratio = interval.ratio(before.cpu_system_ns, now.cpu_system_ns);
    }
    if ((valid & VIGIA_PROCESS_VALID_RUN_DELAY) != 0) {
        rates.run_delay_ratio = interval.ratio(before.run_delay_ns, now.run_delay_ns);
    }
    if ((valid & VIGIA_PROCESS_VALID_BLOCK_DELAY) != 0) {
        rates.block_delay_ratio = interval.ratio(before.block_delay_ns, now.block_delay_ns);
    }
    if ((valid & VIGIA_PROCESS_VALID_FAULTS) != 0) {
        rates.minor_faults_per_second = interval.per_second(before.minor_faults, now.minor_faults);
        rates.major_faults_per_second = interval.per_second(before.major_faults, now.major_faults);
    }
    if ((valid & VIGIA_PROCESS_VALID_IO) != 0) {
        rates.read_bytes_per_second = interval.per_second(before.read_bytes, now.read_bytes);
        rates.write_bytes_per_second = interval.per_second(before.write_bytes, now.write_bytes);
        rates.read_chars_bytes_per_second =
            interval.per_second(before.read_chars_bytes, now.read_chars_bytes);
        rates.write_chars_bytes_per_second =
            interval.per_second(before.write_chars_bytes, now.write_chars_bytes);
        rates.read_calls_per_second = interval.per_second(before.read_calls, now.read_calls);
        rates.write_calls_per_second = interval.per_second(before.write_calls, now.write_calls);
    }
    if ((valid & VIGIA_PROCESS_VALID_SWITCHES) != 0) {
        rates.switches_per_second =
            interval.per_second(before.voluntary_switches + before.involuntary_switches,
                                now.voluntary_switches + now.involuntary_switches);
    }
    return rates;
}

// What a process that was born within the interval had before: nothing.
vigia_process unborn(const vigia_process& now) {
    vigia_process before{};
    before.valid = now.valid;
    return before;
}

} // namespace

void ProcessTable::fill(const vigia_view& view) {
    const uint32_t count = view.count[VIGIA_PROCESSES_REGION];
    filled_.resize(count);
    for (uint32_t i = 0; i < count; ++i) {
        std::memcpy(&filled_[i].record, vigia_record(&view, VIGIA_PROCESSES_REGION, i),
                    sizeof(vigia_process));
    }
}

void ProcessTable::commit(Interval interval, uint64_t previous_boottime_ns, int proc_directory) {
    // Writers sort; a file that does not is still read, only dearer.
    if (!std::is_sorted(filled_.begin(), filled_.end(), by_pid)) {
        std::stable_sort(filled_.begin(), filled_.end(), by_pid);
    }
    filled_command_lines_.resize(filled_.size());
    join(interval, previous_boottime_ns, proc_directory);
    current_.swap(filled_);
    command_lines_.swap(filled_command_lines_);
}

void ProcessTable::join(Interval interval, uint64_t previous_boottime_ns, int proc_directory) {
    vanished_.clear();
    cpu_ratio_ = 0;
    std::size_t p = 0;
    bool is_there = false; // p is
    const auto pass = [&] {
        if (!std::exchange(is_there, false)) {
            vanished_.push_back(static_cast<uint32_t>(p));
        }
        ++p;
    };
    for (std::size_t i = 0; i < filled_.size(); ++i) {
        ProcessSample& process = filled_[i];
        const vigia_process& record = process.record;
        while (p < current_.size() && current_[p].record.pid < record.pid) {
            pass();
        }
        const bool seen = p < current_.size() && same_process(current_[p].record, record);
        is_there = is_there || seen;
        process.container = no_container;
        process.descendants = nullptr;
        process.rates = {};
        if (seen) {
            process.rates = rates_of(current_[p].record, record, interval);
        } else if (previous_boottime_ns != 0 && record.start_time_ns >= previous_boottime_ns) {
            process.rates = rates_of(unborn(record), record, interval);
        }
        cpu_ratio_ += process.rates.cpu_ratio;
        if (seen && same_comm(current_[p].record, record)) {
            filled_command_lines_[i].swap(command_lines_[p]);
        } else if (proc_directory >= 0 && (record.flags & VIGIA_PROCESS_FLAG_KERNEL_THREAD) == 0) {
            read_command_line(proc_directory, record.pid, filled_command_lines_[i]);
        } else {
            filled_command_lines_[i].clear();
        }
        process.command_line = filled_command_lines_[i];
    }
    while (p < current_.size()) {
        pass();
    }
}

} // namespace vigia::sampler
