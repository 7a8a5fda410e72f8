// SPDX-License-Identifier: MIT
#include "collector/publish/file_budget.h"

#include <sys/resource.h>

#include <algorithm>

#include "collector/base/limits.h"

namespace vigia::publish {

FileBudget raise_file_budget() {
    constexpr uint64_t wanted = limits::publish_kept_process_files +
                                limits::publish_kept_cgroup_files + limits::publish_spare_files;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return {};
    }
    if (limit.rlim_cur < wanted) {
        rlimit raised{wanted, std::max<rlim_t>(wanted, limit.rlim_max)};
        if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) { // only root may raise the hard limit
            raised = {std::min<rlim_t>(wanted, limit.rlim_max), limit.rlim_max};
            ::setrlimit(RLIMIT_NOFILE, &raised);
        }
        ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    const uint64_t free = limit.rlim_cur > limits::publish_spare_files
                              ? limit.rlim_cur - limits::publish_spare_files
                              : 0;
    FileBudget budget;
    budget.cgroup_files = std::min<uint64_t>(limits::publish_kept_cgroup_files, free / 4);
    budget.process_files =
        std::min<uint64_t>(limits::publish_kept_process_files, free - budget.cgroup_files);
    return budget;
}

} // namespace vigia::publish
