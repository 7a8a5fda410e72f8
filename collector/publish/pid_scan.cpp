// SPDX-License-Identifier: MIT
#include "collector/publish/pid_scan.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace vigia::publish {
namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;

// As the kernel writes it for getdents64: glibc's dirent64 has this layout, but promises it not.
struct KernelEntry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[1];
};

// The pid of a name of digits, else 0.
uint32_t pid_of(const char* name) {
    uint32_t pid = 0;
    for (; *name >= '0' && *name <= '9'; ++name) {
        pid = pid * 10 + static_cast<uint32_t>(*name - '0');
    }
    return *name == '\0' ? pid : 0;
}

} // namespace

PidScan::PidScan(int proc) : proc_(proc), buffer_(buffer_bytes) {}

const std::vector<uint32_t>& PidScan::scan(int& error) {
    pids_.clear();
    sorted_ = true;
    error = ::lseek(proc_, 0, SEEK_SET) < 0 ? errno : 0;
    while (error == 0) {
        const long size = ::syscall(SYS_getdents64, proc_, buffer_.data(), buffer_.size());
        if (size <= 0) {
            error = size < 0 ? errno : 0;
            break;
        }
        take_entries(buffer_.data(), static_cast<std::size_t>(size));
    }
    if (!sorted_) { // the kernel's /proc is in order; a test's directory is not
        std::sort(pids_.begin(), pids_.end());
    }
    return pids_;
}

void PidScan::take_entries(const char* entries, std::size_t size) {
    for (std::size_t at = 0; at < size;) {
        const char* entry = entries + at;
        uint16_t entry_size = 0;
        std::memcpy(&entry_size, entry + offsetof(KernelEntry, size), sizeof(entry_size));
        if (const uint32_t pid = pid_of(entry + offsetof(KernelEntry, name)); pid != 0) {
            sorted_ = sorted_ && (pids_.empty() || pids_.back() < pid);
            pids_.push_back(pid);
        }
        at += entry_size;
    }
}

} // namespace vigia::publish
