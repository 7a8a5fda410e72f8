// SPDX-License-Identifier: MIT
#include "test/kernel/child.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace vigia::test {
namespace {

int64_t thread_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

} // namespace

Child::Child(const std::function<void(const Ready& ready)>& work, int clone_flags) {
    int channel[2];
    if (::pipe(channel) != 0) {
        throw std::runtime_error("no pipe");
    }
    pid_ = static_cast<pid_t>(
        ::syscall(SYS_clone, clone_flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (pid_ < 0) {
        throw std::runtime_error("no child");
    }
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(channel[0]);
        work([&] {
            if (::write(channel[1], "!", 1) != 1) {
                ::_exit(1);
            }
        });
        ::_exit(0);
    }
    ::close(channel[1]);
    char nothing = 0;
    while (::read(channel[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    ::close(channel[0]);
}

Child::~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, __WALL);
}

void burn_ms(int64_t duration_ms) {
    const int64_t end = thread_cpu_ns() + duration_ms * 1'000'000;
    while (thread_cpu_ns() < end) {
        ::getppid();
    }
}

} // namespace vigia::test
