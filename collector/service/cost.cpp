// SPDX-License-Identifier: MIT
#include "collector/service/cost.h"

#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include "collector/base/clock.h"

namespace vigia::service {

uint64_t spent_cpu_ns() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto ns = [](const timeval& time) {
        return static_cast<uint64_t>(time.tv_sec) * ns_per_second +
               static_cast<uint64_t>(time.tv_usec) * 1000;
    };
    return ns(usage.ru_utime) + ns(usage.ru_stime);
}

uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    uint64_t virtual_pages = 0;
    uint64_t resident_pages = 0;
    statm >> virtual_pages >> resident_pages;
    return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace vigia::service
