// SPDX-License-Identifier: MIT
// What workloads of forked processes are made of.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace vigia::test {

// Forks a child that runs `work`, ends when it returns, and dies with us. The caller waits for it.
template <typename Work>
pid_t start_forked(const Work& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        work();
        ::_exit(0);
    }
    return pid;
}

// Until a signal ends the process.
[[noreturn]] inline void sleep_forever() {
    while (true) {
        ::pause();
    }
}

// Uses a whole CPU until a signal ends the process.
[[noreturn]] inline void burn_forever() {
    std::atomic<uint64_t> sum{0};
    while (true) {
        sum.fetch_add(1, std::memory_order_relaxed);
    }
}

} // namespace vigia::test
