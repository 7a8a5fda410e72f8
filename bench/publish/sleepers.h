// SPDX-License-Identifier: MIT
// Processes that do nothing, for as long as the object lives.
#pragma once

#include <sys/types.h>

#include <vector>

namespace vigia::bench {

class Sleepers {
public:
    // Forks up to `count` children that wait for a signal; fewer if the host has no room.
    explicit Sleepers(unsigned count);
    ~Sleepers();
    Sleepers(const Sleepers&) = delete;
    Sleepers& operator=(const Sleepers&) = delete;

    const std::vector<pid_t>& pids() const { return pids_; }

private:
    std::vector<pid_t> pids_;
};

} // namespace vigia::bench
