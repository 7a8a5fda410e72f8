// SPDX-License-Identifier: MIT
// All processes of this sample and of the one before, joined by identity.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <vigia/reader.h>

#include "collector/sampler/counters.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Two tables take turns; their capacity is kept.
class ProcessTable {
public:
    // Copies the records of `view`. Nothing is shown until commit(): a torn copy is simply filled
    // again.
    void fill(const vigia_view& view);

    // The filled table becomes the present one. Rates are over `interval`; a process born after
    // `previous_boottime_ns` (0: never) has lived entirely within it, so its counters are its
    // rates. `proc_directory` (-1: none) is where the command lines of new processes are read.
    void commit(Interval interval, uint64_t previous_boottime_ns, int proc_directory);

    // Forgets the present table: the next commit has no rates.
    void clear() { current_.clear(), command_lines_.clear(); }

    std::span<ProcessSample> processes() { return current_; }
    // The table before, until the next fill(), and who of it is gone: indices, by pid.
    std::span<const ProcessSample> previous() const { return filled_; }
    std::span<const uint32_t> vanished() const { return vanished_; }
    // Over all of them; 1.0 is one CPU.
    double cpu_ratio() const { return cpu_ratio_; }

private:
    void join(Interval interval, uint64_t previous_boottime_ns, int proc_directory);

    std::vector<ProcessSample> current_;
    std::vector<ProcessSample> filled_; // becomes current_, which is filled next
    std::vector<uint32_t> vanished_;
    double cpu_ratio_ = 0;
    std::vector<std::string> command_lines_; // parallel to current_
    std::vector<std::string> filled_command_lines_;
};

} // namespace vigia::sampler
