// SPDX-License-Identifier: MIT
#include "collector/cli/terminal.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

#include "collector/base/text.h"

namespace vigia::cli {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

bool wants_color(Color color, bool is_terminal) {
    if (color != Color::automatic) {
        return color == Color::always;
    }
    return is_terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

std::size_t number_in(std::string_view text) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

Terminal look_at_stdout(Color color) {
    Terminal terminal;
    terminal.is_terminal = isatty(STDOUT_FILENO) == 1;
    terminal.color = wants_color(color, terminal.is_terminal);
    winsize size{};
    if (terminal.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal.width = size.ws_col;
        terminal.lines = size.ws_row;
    } else { // a script can ask for a width
        terminal.width = number_in(environment("COLUMNS"));
    }
    return terminal;
}

Result<Written> write_stdout(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0 && errno == EPIPE) {
            return Written{true};
        }
        if (written < 0) {
            return system_error("write to stdout", errno);
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return Written{};
}

void say(std::string_view text) {
    const std::string line = "vigia: " + to_terminal(text) + "\n";
    const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
    static_cast<void>(written); // nobody left to tell
}

int fail(const Error& error) {
    say(error.message());
    switch (error.kind()) {
    case ErrorKind::usage:
        return exit_usage;
    case ErrorKind::not_found:
        return exit_not_found;
    default:
        return exit_failed;
    }
}

} // namespace vigia::cli
