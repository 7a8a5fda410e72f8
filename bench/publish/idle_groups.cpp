// SPDX-License-Identifier: MIT
#include "bench/publish/idle_groups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/publish/cgroup_mounts.h"
#include "collector/publish/text_reader.h"

namespace vigia::bench {
namespace {

bool move(pid_t pid, const std::string& group) {
    const int procs = ::open((group + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    const std::string text = std::to_string(pid);
    const bool moved = procs >= 0 && ::write(procs, text.data(), text.size()) > 0;
    ::close(procs);
    return moved;
}

} // namespace

IdleGroups::IdleGroups(const std::vector<pid_t>& pids, unsigned count) : pids_(pids) {
    publish::TextReader reader;
    const publish::Text mountinfo = reader.read_at(AT_FDCWD, "/proc/self/mountinfo");
    root_ = publish::parse_cgroup_mounts(mountinfo.text).path[publish::cgroup_place_followed];
    parent_ = root_ + "/vigia-bench-" + std::to_string(::getpid());
    if (root_.empty() || ::mkdir(parent_.c_str(), 0755) != 0) {
        return;
    }
    for (unsigned i = 0; i < count; ++i) {
        const std::string group = parent_ + "/" + std::to_string(i);
        if (::mkdir(group.c_str(), 0755) == 0) {
            groups_.push_back(group);
        }
    }
    for (std::size_t i = 0; i < pids_.size() && !groups_.empty(); ++i) {
        move(pids_[i], groups_[i % groups_.size()]);
    }
}

IdleGroups::~IdleGroups() {
    for (const pid_t pid : pids_) {
        move(pid, root_);
    }
    for (const std::string& group : groups_) {
        ::rmdir(group.c_str());
    }
    ::rmdir(parent_.c_str());
}

} // namespace vigia::bench
