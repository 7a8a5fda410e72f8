// SPDX-License-Identifier: MIT
// Which container engine tells names and takes actions.
#include "collector/cli/doctor.h"
#include "collector/cli/value.h"

#include <fmt/format.h>
#include <unistd.h>

namespace vigia::cli {
namespace {

std::string remedy_for(const EngineReport& report) {
    if (access(report.socket_path.c_str(), R_OK | W_OK) != 0) {
        return fmt::format("run as root, or add the user to the group that owns {} (with Docker "
                           "that is as much as root)",
                           report.socket_path);
    }
    return "is the engine running? systemctl status docker, or podman.socket";
}

} // namespace

Finding check_engines(const std::vector<EngineReport>& reports) {
    std::string found;
    for (const EngineReport& report : reports) {
        if (report.following) {
            found += fmt::format("{}{} at {} (API {}), {}", found.empty() ? "" : "; ",
                                 report.server_version, report.socket_path, report.api_version,
                                 counted(report.containers, "container"));
        }
    }
    if (!found.empty()) {
        return {"engine", Mark::ok, found, {}};
    }
    for (const EngineReport& report : reports) {
        if (report.exists) {
            return {"engine", Mark::warn,
                    fmt::format("{} does not answer{}{}: no names, no actions", report.socket_path,
                                report.last_error.empty() ? "" : ": ", report.last_error),
                    remedy_for(report)};
        }
    }
    std::string places;
    for (const EngineReport& report : reports) {
        places += (places.empty() ? "" : ", ") + report.socket_path;
    }
    return {"engine", Mark::warn,
            fmt::format("no socket at {}: containers have no names, and no rule can act", places),
            "start Docker, or Podman's socket (systemctl enable --now podman.socket); elsewhere: "
            "DOCKER_HOST=unix:///path"};
}

} // namespace vigia::cli
