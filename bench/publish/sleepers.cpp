// SPDX-License-Identifier: MIT
#include "bench/publish/sleepers.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vigia::bench {

Sleepers::Sleepers(unsigned count) {
    pids_.reserve(count);
    while (pids_.size() < count) {
        const pid_t pid = ::fork();
        if (pid < 0) {
            return;
        }
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL); // whatever happens to us, none stays behind
            while (true) {
                ::pause();
            }
        }
        pids_.push_back(pid);
    }
}

Sleepers::~Sleepers() {
    for (const pid_t pid : pids_) {
        ::kill(pid, SIGKILL);
    }
    for (const pid_t pid : pids_) {
        ::waitpid(pid, nullptr, 0);
    }
}

} // namespace vigia::bench
