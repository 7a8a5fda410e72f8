// SPDX-License-Identifier: MIT
// /proc/vigia/processes, opened once. Nothing but the ABI's headers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include <vigia/control.h>
#include <vigia/reader.h>

namespace vigia::test {

struct ProcessesSnapshot {
    std::vector<vigia_process> records;
    vigia_slot slot{};

    // A test fails by an exception if there is none.
    const vigia_process& at(pid_t pid) const;
    bool has(pid_t pid) const;
};

class ProcessesFile {
public:
    ProcessesFile(); // throws if the file cannot be opened
    ~ProcessesFile();
    ProcessesFile(const ProcessesFile&) = delete;
    ProcessesFile& operator=(const ProcessesFile&) = delete;

    // A new snapshot, copied.
    ProcessesSnapshot refresh() const;
    // 0, or the errno of VIGIA_IOC_PROCESS.
    int query(pid_t pid, uint64_t start_time_ns, vigia_process& process) const;

private:
    int descriptor_;
    vigia_file file_{};
};

} // namespace vigia::test
