// SPDX-License-Identifier: MIT
#include "test/kernel/processes_file.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>

namespace vigia::test {
namespace {

constexpr const char* path = "/proc/vigia/processes";

const vigia_process* find(const std::vector<vigia_process>& records, pid_t pid) {
    const auto place = std::lower_bound(
        records.begin(), records.end(), static_cast<uint32_t>(pid),
        [](const vigia_process& record, uint32_t wanted) { return record.pid < wanted; });
    return place != records.end() && place->pid == static_cast<uint32_t>(pid) ? &*place : nullptr;
}

} // namespace

const vigia_process& ProcessesSnapshot::at(pid_t pid) const {
    const vigia_process* record = find(records, pid);
    if (record == nullptr) {
        throw std::runtime_error("no record of process " + std::to_string(pid));
    }
    return *record;
}

bool ProcessesSnapshot::has(pid_t pid) const {
    return find(records, pid) != nullptr;
}

ProcessesFile::ProcessesFile() : descriptor_(::open(path, O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) {
        throw std::runtime_error(std::string(path) + " cannot be opened");
    }
    if (const char* error = vigia_open(path, VIGIA_FILE_PROCESSES, &file_)) {
        ::close(descriptor_);
        throw std::runtime_error(std::string(path) + " " + error);
    }
}

ProcessesFile::~ProcessesFile() {
    vigia_close(&file_);
    ::close(descriptor_);
}

ProcessesSnapshot ProcessesFile::refresh() const {
    vigia_refresh request{};
    vigia_view view{};
    if (::ioctl(descriptor_, VIGIA_IOC_REFRESH, &request) != 0 ||
        vigia_acquire(&file_, &view) == 0) {
        throw std::runtime_error(std::string(path) + " does not refresh");
    }
    ProcessesSnapshot snapshot;
    snapshot.slot = *view.slot;
    for (uint32_t i = 0; i < view.count[VIGIA_PROCESSES_REGION]; ++i) {
        snapshot.records.push_back(
            *static_cast<const vigia_process*>(vigia_record(&view, VIGIA_PROCESSES_REGION, i)));
    }
    if (vigia_still_valid(&view) == 0) {
        throw std::runtime_error("another writer is at work");
    }
    return snapshot;
}

int ProcessesFile::query(pid_t pid, uint64_t start_time_ns, vigia_process& process) const {
    vigia_process_query query{};
    query.pid = static_cast<uint32_t>(pid);
    query.start_time_ns = start_time_ns;
    if (::ioctl(descriptor_, VIGIA_IOC_PROCESS, &query) != 0) {
        return errno;
    }
    process = query.process;
    return 0;
}

} // namespace vigia::test
