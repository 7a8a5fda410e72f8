// SPDX-License-Identifier: MIT
// Waiting that a person or a service manager can end: SIGINT, SIGTERM, SIGHUP, or the key q.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>

#include <termios.h>

namespace vigia::cli {

// One at a time, on the main thread. From its creation on the signals end only the waiting, so
// that what was begun is also put away; its end restores signals and keyboard.
class Patience {
public:
    // `keyboard`: watch stdin for q while it is a terminal.
    explicit Patience(bool keyboard);
    ~Patience();
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

    // True when the time is up, false when it was told to stop. `meanwhile` is called about every
    // 50 ms; when it returns true the waiting is over early.
    bool wait_ns(uint64_t duration_ns, const std::function<bool()>& meanwhile = {});

    bool stopped() const { return stopped_; }

private:
    void look(int timeout_ms);
    void read_signal();
    void read_key();

    int signals_ = -1;
    bool keyboard_ = false;
    bool stopped_ = false;
    termios saved_{};
    sigset_t old_mask_{};
};

} // namespace vigia::cli
