// SPDX-License-Identifier: MIT
// What others pay for one look at all processes: CPU time (user and system) in ns per interval of
// one second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vigia::bench {

struct RivalCost {
    std::string name;
    double cpu_ns = 0; // per interval; 0: could not be run
};

// Runs the command for one interval and for `intervals` more; the difference is the cost, so that
// starting up is not held against it. `arguments` may hold "{}", which becomes the count.
RivalCost command_cost(const std::string& name, std::vector<std::string> arguments,
                       unsigned intervals);
// A command that looks once and ends: all of its life counts, as it has to be started every time.
RivalCost single_cost(const std::string& name, const std::vector<std::string>& arguments,
                      unsigned runs);
// Starts prometheus-process-exporter on a loopback port and scrapes it once per interval.
RivalCost exporter_cost(unsigned intervals);
// libproc2 (procps 4) in this process, asked for the fields that the publisher publishes.
RivalCost libproc2_cost(unsigned intervals);

uint64_t process_cpu_ns();

} // namespace vigia::bench
