// SPDX-License-Identifier: MIT
// Where things are on a host, for root and for everybody else.
#pragma once

#include <string>
#include <vector>

#include "collector/docker/engine.h"

namespace vigia::service {

// The kernel modules' directory.
inline constexpr const char* kernel_directory = "/proc/vigia";

// /var/lib/vigia/history.db as root; else vigia/history.db under $XDG_STATE_HOME or ~/.local/state.
std::string default_database_path();
// "recordings" beside that database.
std::string default_recording_directory();
// /run/vigia as root; else $XDG_RUNTIME_DIR/vigia, or a folder of our own in /tmp named by uid.
std::string default_run_directory();
// The engines' usual sockets: /run/docker.sock, the user's own, and Podman's. Whether they exist or
// not.
std::vector<docker::EngineConfig> default_engines();
// `paths` as engines; a path with "podman" in it is Podman's.
std::vector<docker::EngineConfig> engines_at(const std::vector<std::string>& paths);

} // namespace vigia::service
