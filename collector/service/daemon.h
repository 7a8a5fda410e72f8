// SPDX-License-Identifier: MIT
// The daemon: one thread of timers, signals and sockets around tick(), and the store's writing
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace vigia::service {

// What the command line says. Whatever is absent comes from the configuration.
struct DaemonOptions {
    std::string config_path; // empty: /etc/vigia/vigia.toml if it exists
    std::optional<std::string> database_path;
    std::optional<std::string> source; // auto, kernel, publisher, or a directory
    std::optional<uint64_t> interval_ns;
    std::optional<std::string> run_directory; // of the publisher's files
    uint64_t for_ns = 0;                      // 0: until a signal
    bool enforce = false;                     // true: act, whatever the configuration says
    bool check_config = false;                // read the configuration, say so, and end
};

// Runs until a signal or the end of `for_ns`. Everything it says goes to stderr. Returns the exit
// code: 0, 1 failed, 2 the configuration is wrong, 4 a named file does not exist.
int run_daemon(const DaemonOptions& options);

} // namespace vigia::service
