// SPDX-License-Identifier: MIT
#include "collector/publish/process_look.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include <fmt/format.h>

#include "collector/publish/proc_text.h"

namespace vigia::publish {
namespace {

constexpr uint32_t pf_kthread = 0x00200000; // include/linux/sched.h; shown in stat's flags
constexpr std::string_view deleted = " (deleted)";

using Path = std::array<char, 32>;

Path path_of(uint32_t pid, const char* file) {
    Path path{};
    fmt::format_to_n(path.data(), path.size() - 1, "{}/{}", pid, file);
    return path;
}

} // namespace

ProcLooker::ProcLooker(int proc, const CgroupMounts& mounts, uint64_t tick_ns)
    : proc_(proc), cgroup_mount_(mounts.path[cgroup_place_followed]),
      cgroup_controller_(mounts.followed_controller), tick_ns_(tick_ns), pids_(proc),
      link_(PATH_MAX + deleted.size()) {}

Text ProcLooker::read(uint32_t pid, const char* file) {
    return text_.read_at(proc_, path_of(pid, file).data());
}

bool ProcLooker::look(uint32_t pid, ProcessLook& process) {
    ProcStat stat;
    const Text text = read(pid, "stat");
    if (!text || !parse_proc_stat(text.text, stat)) {
        return false;
    }
    process = {};
    process.state = stat.state;
    process.thread_count = stat.thread_count;
    process.parent_pid = stat.parent_pid;
    process.start_time_ns = stat.start_ticks * tick_ns_;
    process.is_kernel_thread = (stat.flags & pf_kthread) != 0;
    std::memcpy(process.comm.data(), stat.comm.data(),
                std::min(stat.comm.size(), process.comm.size() - 1));
    return true;
}

bool ProcLooker::read_user(uint32_t pid, uint32_t& uid) {
    ProcStatus status;
    const Text text = read(pid, "status");
    if (!text || !parse_proc_status(text.text, status)) {
        return false;
    }
    uid = status.uid;
    return true;
}

bool ProcLooker::read_cgroup(uint32_t pid, uint64_t& cgroup_id) {
    if (cgroup_mount_.empty()) {
        return false;
    }
    const Text text = read(pid, "cgroup");
    std::string_view path;
    if (!text || !find_cgroup_path(text.text, cgroup_controller_, path)) {
        return false;
    }
    path_ = cgroup_mount_;
    path_ += path;
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
        return false;
    }
    cgroup_id = status.st_ino;
    return true;
}

// A deleted file's link has a word at its end, which another file may have in its name.
std::string_view ProcLooker::read_executable(uint32_t pid) {
    const Path path = path_of(pid, "exe");
    const ssize_t size = ::readlinkat(proc_, path.data(), link_.data(), link_.size());
    if (size <= 0) {
        return {};
    }
    std::string_view target(link_.data(), static_cast<std::size_t>(size));
    struct stat status {};
    if (target.ends_with(deleted) && ::fstatat(proc_, path.data(), &status, 0) == 0 &&
        status.st_nlink == 0) {
        target.remove_suffix(deleted.size());
    }
    return target;
}

const std::vector<uint32_t>& ProcLooker::list(int& error) {
    return pids_.scan(error);
}

} // namespace vigia::publish
