// SPDX-License-Identifier: MIT
// How many files the publisher may keep open.
#pragma once

#include <cstdint>

namespace vigia::publish {

struct FileBudget {
    uint64_t process_files = 0;
    uint64_t cgroup_files = 0;
};

// Raises RLIMIT_NOFILE to what limits.h wants, as far as this process may, and shares out what
// there is; some stay free for the rest of the process.
FileBudget raise_file_budget();

} // namespace vigia::publish
