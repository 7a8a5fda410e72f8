// SPDX-License-Identifier: MIT
// A /proc and a cgroup file system of plain files in a temporary directory, as far as the publisher
// reads them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "collector/publish/publisher.h"
#include "test/support/temporary_directory.h"

namespace vigia::test {

struct FakeProcess {
    uint32_t pid = 1;
    std::string comm = "fake";
    uint32_t parent_pid = 0;
    char state = 'S';
    uint32_t threads = 1;
    uint64_t start_ticks = 1000;
    uint64_t user_ticks = 3;
    uint64_t system_ticks = 2;
    uint64_t runtime_ns = 51'000'000;
    uint64_t run_delay_ns = 7'000;
    uint64_t timeslices = 9;
    int nice = 0;
    uint64_t rss_kib = 64;
    std::string cgroup_lines = "0::/\n";
};

class FakeHost {
public:
    // With a `self` whose schedstat counts, no cgroups, and the host's own files.
    FakeHost();

    void write(const std::string& path, const std::string& text) const; // relative to the root
    void remove(const std::string& path) const;
    std::string path(const std::string& name) const { return directory_.file(name); }
    // Writes all files of /proc/PID.
    void put(const FakeProcess& process) const;
    // A line of /proc/self/mountinfo for a hierarchy at `point` (relative to the root).
    void mount(const std::string& point, const std::string& type, const std::string& options);
    uint64_t inode(const std::string& path) const;

    // Publishes this host into <root>/out.
    publish::PublisherConfig config() const;

private:
    TemporaryDirectory directory_;
    std::string mountinfo_;
};

} // namespace vigia::test
