// SPDX-License-Identifier: MIT
// A process of the test's own, gone when the test ends.
#pragma once

#include <sys/types.h>

#include <functional>

#include "test/support/forked.h" // sleep_forever

namespace vigia::test {

class Child {
public:
    // Tells that it is as the test wants it; then it should sleep.
    using Ready = std::function<void()>;

    // Forks; returns when the child has called `ready`, or has ended. A child whose `work` returns
    // exits. `clone_flags` are CLONE_NEW* for the child.
    explicit Child(const std::function<void(const Ready& ready)>& work, int clone_flags = 0);
    ~Child(); // kills it and waits
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }

private:
    pid_t pid_;
};

// Uses a CPU for this long, user and system time.
void burn_ms(int64_t duration_ms);

} // namespace vigia::test
