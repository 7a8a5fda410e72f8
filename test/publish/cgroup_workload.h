// SPDX-License-Identifier: MIT
// A tree of cgroups to look at: busy, limited, nested, empty, threaded, with names that are hard to
// print. The same paths in every hierarchy that lets us make them.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "collector/publish/cgroup_mounts.h"

namespace vigia::test {

class CgroupWorkload {
public:
    // Makes nothing without root. A test fails by what it does not find.
    CgroupWorkload();
    ~CgroupWorkload();
    CgroupWorkload(const CgroupWorkload&) = delete;
    CgroupWorkload& operator=(const CgroupWorkload&) = delete;

    bool made() const { return !root.empty(); }
    // Makes a cgroup below the root of the tree. Its path from the root of the hierarchies.
    std::string make(const std::string& name);
    // Writes to a file of a cgroup in the hierarchy that has it; false if none takes the words.
    bool write(const std::string& path, const std::string& file, const std::string& words) const;
    // Moves a process into the cgroup, in every hierarchy.
    void move(const std::string& path, pid_t pid) const;
    // Starts a process in the cgroup that does its work until the end.
    pid_t run(const std::string& path, void (*work)());

    std::string root;     // of the tree
    std::string burner;   // one CPU that is throttled to a fifth
    std::string memory;   // 16 MiB under a limit of 64
    std::string outer;    // no process of its own
    std::string inner;    // in `outer`, with a process
    std::string empty;    // nobody
    std::string longest;  // a name of 255 bytes
    std::string hostile;  // quotes, blanks, escapes, invalid UTF-8
    std::string domain;   // of threads; v2 only, else empty
    std::string threaded; // in `domain`, with a thread of its process
    pid_t threads = 0;    // that process

private:
    void limit();
    void make_threaded();

    publish::CgroupMounts mounts_;
    std::vector<pid_t> children_;
    std::vector<std::string> cgroups_; // paths, parents first
};

} // namespace vigia::test
