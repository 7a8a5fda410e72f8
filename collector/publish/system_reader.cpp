// SPDX-License-Identifier: MIT
#include "collector/publish/system_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "collector/base/limits.h"
#include "collector/publish/cgroup_files.h"
#include "collector/publish/system_text.h"

namespace vigia::publish {
namespace {

constexpr const char* file_names[] = {"stat",    "meminfo",      "vmstat",          "zoneinfo",
                                      "loadavg", "pressure/cpu", "pressure/memory", "pressure/io"};

vigia_mount read_mount(const std::string& path) {
    vigia_mount mount{};
    std::memcpy(mount.path, path.data(), std::min(path.size(), sizeof(mount.path) - 1));
    struct statfs space {};
    struct stat status {};
    if (::statfs(path.c_str(), &space) != 0 || ::stat(path.c_str(), &status) != 0) {
        return mount;
    }
    // f_frsize is the unit of the block counts; 0 on file systems that don't tell it.
    const auto unit = static_cast<uint64_t>(space.f_frsize != 0 ? space.f_frsize : space.f_bsize);
    mount.valid = VIGIA_MOUNT_VALID_SPACE;
    mount.device = status.st_dev;
    mount.filesystem_type = static_cast<uint64_t>(space.f_type);
    mount.total_bytes = space.f_blocks * unit;
    mount.free_bytes = space.f_bfree * unit;
    mount.available_bytes = space.f_bavail * unit;
    mount.inodes_total = space.f_files;
    mount.inodes_free = space.f_ffree;
    return mount;
}

} // namespace

SystemReader::SystemReader(int proc, const std::vector<std::string>& mounts, uint64_t tick_ns,
                           PageSizes page_sizes)
    : mount_paths_(mounts), tick_ns_(tick_ns), memory_(page_sizes) {
    for (std::size_t i = 0; i < count; ++i) {
        files_[i].reset(::openat(proc, file_names[i], O_RDONLY | O_CLOEXEC));
    }
    mount_paths_.resize(std::min(mount_paths_.size(), std::size_t{limits::mounts_maximum}));
}

Text SystemReader::read(File file) {
    return files_[file] ? text_.read(files_[file].get()) : Text{ENOENT, {}};
}

void SystemReader::update() {
    system_ = {};
    cpus_.clear();
    if (const Text text = read(stat)) {
        parse_stat(text.text, tick_ns_, system_, cpus_);
    }
    update_memory();
    if (const Text text = read(loadavg)) {
        parse_loadavg(text.text, system_);
    }
    update_pressure();
    update_mounts();
}

// Both `system` and `memory` come from one reading.
void SystemReader::update_memory() {
    memory_.begin();
    if (const Text text = read(meminfo)) {
        parse_meminfo(text.text, system_);
        memory_.take_meminfo(text.text);
    }
    if (const Text text = read(vmstat)) {
        parse_vmstat(text.text, system_);
        memory_.take_vmstat(text.text);
    }
    if (const Text text = read(zoneinfo)) {
        memory_.take_zoneinfo(text.text);
    }
    memory_.finish();
}

// A kernel started with psi=0 has the files, but refuses to read them.
void SystemReader::update_pressure() {
    const Text cpu = read(cpu_pressure);
    if (!cpu) {
        return;
    }
    system_.cpu_pressure = parse_pressure(cpu.text);
    if (const Text memory = read(memory_pressure)) {
        system_.memory_pressure = parse_pressure(memory.text);
    }
    if (const Text io = read(io_pressure)) {
        system_.io_pressure = parse_pressure(io.text);
        system_.valid |= VIGIA_SYSTEM_VALID_PRESSURE;
    }
}

void SystemReader::update_mounts() {
    mounts_.clear();
    for (const std::string& path : mount_paths_) {
        mounts_.push_back(read_mount(path));
    }
}

} // namespace vigia::publish
