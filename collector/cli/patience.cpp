// SPDX-License-Identifier: MIT
#include "collector/cli/patience.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collector/base/clock.h"

namespace vigia::cli {
namespace {

constexpr uint64_t slice_ns = 50 * ns_per_millisecond;

} // namespace

Patience::Patience(bool keyboard) {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&ending, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ending, &old_mask_);
    signals_ = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
    // Only the terminal's foreground process may read keys or change its modes.
    keyboard_ = keyboard && isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
                tcgetattr(STDIN_FILENO, &saved_) == 0;
    if (keyboard_) {
        termios raw = saved_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
}

Patience::~Patience() {
    if (keyboard_) {
        tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
    }
    if (signals_ >= 0) {
        close(signals_);
    }
    pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

bool Patience::wait_ns(uint64_t duration_ns, const std::function<bool()>& meanwhile) {
    const SystemClock clock;
    const uint64_t end_ns = clock.now().monotonic_ns + duration_ns;
    while (!stopped_) {
        if (meanwhile && meanwhile()) {
            return true;
        }
        const uint64_t now_ns = clock.now().monotonic_ns;
        if (now_ns >= end_ns) {
            look(0);
            return !stopped_;
        }
        const uint64_t step_ns = meanwhile ? std::min(slice_ns, end_ns - now_ns) : end_ns - now_ns;
        look(static_cast<int>(std::min<uint64_t>(step_ns / ns_per_millisecond + 1, 60'000)));
    }
    return false;
}

void Patience::look(int timeout_ms) {
    std::array<pollfd, 2> files{{{signals_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    if (poll(files.data(), keyboard_ ? 2 : 1, timeout_ms) <= 0) {
        return;
    }
    if (files[0].revents != 0) {
        read_signal();
    }
    if (keyboard_ && files[1].revents != 0) {
        read_key();
    }
}

void Patience::read_signal() {
    signalfd_siginfo signal{};
    stopped_ = read(signals_, &signal, sizeof(signal)) > 0 || stopped_;
}

void Patience::read_key() {
    char key = 0;
    const ssize_t count = read(STDIN_FILENO, &key, 1);
    stopped_ = stopped_ || count <= 0 || key == 'q' || key == 'Q';
}

} // namespace vigia::cli
