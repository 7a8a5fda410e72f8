// SPDX-License-Identifier: MIT
// Children that do a bit of everything while the differential test looks.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace vigia::test {

class Workload {
public:
    // A burner, a writer, one with threads, a zombie, a stopped one, sleepers with hostile names,
    // and, as root, one in cgroups of the test's own. Files go into `scratch`.
    explicit Workload(const std::string& scratch);
    ~Workload(); // ends all, removes the cgroups
    Workload(const Workload&) = delete;
    Workload& operator=(const Workload&) = delete;

    pid_t zombie = 0;
    pid_t stopped = 0;
    pid_t threaded = 0;
    pid_t hostile = 0;
    pid_t burner = 0;
    pid_t grouped = 0;       // 0 where no cgroup can be made
    std::string cgroup_path; // of `grouped`, in the unified hierarchy

private:
    void make_cgroups();

    std::vector<pid_t> children_;
    std::vector<std::string> cgroups_;
};

} // namespace vigia::test
