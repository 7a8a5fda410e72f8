// SPDX-License-Identifier: MIT
// Cgroups of the bench's own in the followed hierarchy, as a host full of idle containers has them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace vigia::bench {

class IdleGroups {
public:
    // Spreads `pids` over `count` new cgroups; size() is 0 where we may not make any.
    IdleGroups(const std::vector<pid_t>& pids, unsigned count);
    ~IdleGroups(); // moves everybody back and removes the cgroups
    IdleGroups(const IdleGroups&) = delete;
    IdleGroups& operator=(const IdleGroups&) = delete;

    std::size_t size() const { return groups_.size(); }

private:
    std::string root_;
    std::string parent_;
    std::vector<std::string> groups_;
    std::vector<pid_t> pids_;
};

} // namespace vigia::bench
