// SPDX-License-Identifier: MIT
#include <csignal>
#include <string>
#include <variant>
#include <vector>

#include "collector/cli/arguments.h"
#include "collector/cli/commands.h"

int main(int argc, char* argv[]) {
    // A closed pipe is an error value to us, not a signal: what was begun is put away first.
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    return std::visit([](const auto& command) { return vigia::cli::run(command); },
                      vigia::cli::parse_arguments(words));
}
