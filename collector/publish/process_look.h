// SPDX-License-Identifier: MIT
// What /proc says of one process at the moment: the connector tells that something happened, and
// not much more. Whoever is gone by then says nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/publish/cgroup_mounts.h"
#include "collector/publish/pid_scan.h"
#include "collector/publish/text_reader.h"

namespace vigia::publish {

using Comm = std::array<char, 16>; // NUL-padded

struct ProcessLook {
    char state = '?';
    uint32_t thread_count = 0;
    uint32_t parent_pid = 0;
    uint64_t start_time_ns = 0; // as in `processes`
    bool is_kernel_thread = false;
    Comm comm{};
    // All of its threads have ended.
    bool is_over() const { return (state == 'Z' || state == 'X') && thread_count <= 1; }
};

class ProcessLooker {
public:
    virtual ~ProcessLooker() = default;
    // False: it is gone, or refused.
    virtual bool look(uint32_t pid, ProcessLook& process) = 0;
    virtual bool read_user(uint32_t pid, uint32_t& uid) = 0;         // real
    virtual bool read_cgroup(uint32_t pid, uint64_t& cgroup_id) = 0; // as in `cgroups`
    // The file that it runs; empty if it has none or is gone. Valid until the next call.
    virtual std::string_view read_executable(uint32_t pid) = 0;
    // All processes there are, rising.
    virtual const std::vector<uint32_t>& list(int& error) = 0;
};

// The host's. One thread.
class ProcLooker final : public ProcessLooker {
public:
    // `proc` is an open /proc directory, borrowed.
    ProcLooker(int proc, const CgroupMounts& mounts, uint64_t tick_ns);

    bool look(uint32_t pid, ProcessLook& process) override;
    bool read_user(uint32_t pid, uint32_t& uid) override;
    bool read_cgroup(uint32_t pid, uint64_t& cgroup_id) override;
    std::string_view read_executable(uint32_t pid) override;
    const std::vector<uint32_t>& list(int& error) override;

private:
    Text read(uint32_t pid, const char* file);

    int proc_;
    std::string cgroup_mount_; // empty: none
    std::string cgroup_controller_;
    uint64_t tick_ns_;
    TextReader text_;
    PidScan pids_;
    std::string path_;
    std::vector<char> link_;
};

} // namespace vigia::publish
