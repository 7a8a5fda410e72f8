// SPDX-License-Identifier: MIT
#include "collector/service/log.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"
#include "collector/base/units.h"

namespace vigia::service {
namespace {

// A reader that has stopped reading must not stop the daemon: after this long the rest is dropped.
constexpr int patience_ms = 100;

bool may_write() {
    pollfd wanted{STDERR_FILENO, POLLOUT, 0};
    int ready = 0;
    do {
        ready = poll(&wanted, 1, patience_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 && (wanted.revents & POLLOUT) != 0;
}

void write_all(std::string_view text) {
    while (!text.empty() && may_write()) {
        // A pipe that is ready takes PIPE_BUF bytes without blocking, and no more is promised.
        const ssize_t written =
            write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (written < 0 && errno != EINTR) {
            return; // nobody listens: a daemon goes on
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
}

void write_line(std::string_view line) {
    static const bool journald = std::getenv("JOURNAL_STREAM") != nullptr;
    if (journald) {
        write_all(fmt::format("{}\n", line));
        return;
    }
    const std::string time = format_time(SystemClock().now().realtime_ns);
    write_all(fmt::format("{}  {}\n", time.substr(time.size() - 8), line));
}

} // namespace

Log::Log() : Log(write_line) {}
Log::Log(Sink sink) : sink_(std::move(sink)) {}

void Log::info(std::string_view text) {
    say(to_terminal(text));
}

void Log::warn(std::string_view text) {
    say("warning: " + to_terminal(text));
}

void Log::say(std::string line) {
    if (held_) {
        waiting_.push_back(std::move(line));
    } else {
        sink_(line);
    }
}

void Log::release() {
    held_ = false;
    for (const std::string& line : waiting_) {
        sink_(line);
    }
    waiting_.clear();
}

void Log::condition(const std::string& topic, const std::string& text, std::string_view well) {
    const auto said = conditions_.find(topic);
    if (text.empty()) {
        if (said != conditions_.end()) {
            conditions_.erase(said);
            if (!well.empty()) {
                info(well);
            }
        }
        return;
    }
    if (said == conditions_.end() || said->second != text) {
        conditions_[topic] = text;
        warn(text);
    }
}

} // namespace vigia::service
