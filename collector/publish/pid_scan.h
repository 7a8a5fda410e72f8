// SPDX-License-Identifier: MIT
// Lists the processes of a /proc directory.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/publish/unique_fd.h"

namespace vigia::publish {

// One thread.
class PidScan {
public:
    // `proc` is an open /proc directory, borrowed.
    explicit PidScan(int proc);

    // All pids, in rising order; valid until the next scan. errno into `error` (0: fine).
    const std::vector<uint32_t>& scan(int& error);

private:
    void take_entries(const char* entries, std::size_t size);

    int proc_;
    std::vector<char> buffer_;
    std::vector<uint32_t> pids_;
    bool sorted_ = true;
};

} // namespace vigia::publish
