// SPDX-License-Identifier: MIT
#include "collector/service/paths.h"

#include <cstdlib>
#include <string_view>
#include <pwd.h>
#include <unistd.h>

namespace vigia::service {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

// $HOME, or what the user database says where a service manager has not set it.
std::string home_directory() {
    std::string home = environment("HOME");
    if (!home.empty()) {
        return home;
    }
    const passwd* entry = getpwuid(geteuid());
    return entry == nullptr ? "/tmp" : entry->pw_dir;
}

// The unix socket that a variable such as DOCKER_HOST names; empty for none or another transport.
std::string socket_in(const char* variable) {
    constexpr std::string_view scheme = "unix://";
    const std::string value = environment(variable);
    return value.starts_with(scheme) ? value.substr(scheme.size()) : std::string();
}

void add_engine(std::vector<docker::EngineConfig>& engines, std::string path, Runtime runtime) {
    docker::EngineConfig engine;
    engine.socket_path = std::move(path);
    engine.runtime = runtime;
    engines.push_back(std::move(engine));
}

} // namespace

std::string default_database_path() {
    if (geteuid() == 0) {
        return "/var/lib/vigia/history.db";
    }
    std::string state = environment("XDG_STATE_HOME");
    if (state.empty()) {
        state = home_directory() + "/.local/state";
    }
    return state + "/vigia/history.db";
}

std::string default_recording_directory() {
    const std::string database = default_database_path();
    return database.substr(0, database.rfind('/')) + "/recordings";
}

std::string default_run_directory() {
    if (geteuid() == 0) {
        return "/run/vigia";
    }
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    return runtime.empty() ? "/tmp/vigia-" + std::to_string(geteuid()) : runtime + "/vigia";
}

std::vector<docker::EngineConfig> engines_at(const std::vector<std::string>& paths) {
    std::vector<docker::EngineConfig> engines;
    for (const std::string& path : paths) {
        const bool podman = path.find("podman") != std::string::npos;
        add_engine(engines, path, podman ? Runtime::podman : Runtime::docker);
    }
    return engines;
}

std::vector<docker::EngineConfig> default_engines() {
    const std::string docker = socket_in("DOCKER_HOST");
    const std::string podman = socket_in("CONTAINER_HOST");
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    std::vector<docker::EngineConfig> engines;
    add_engine(engines, docker.empty() ? "/run/docker.sock" : docker, Runtime::docker);
    add_engine(engines, podman.empty() ? "/run/podman/podman.sock" : podman, Runtime::podman);
    if (geteuid() != 0 && !runtime.empty()) {
        add_engine(engines, runtime + "/docker.sock", Runtime::docker);
        add_engine(engines, runtime + "/podman/podman.sock", Runtime::podman);
    }
    return engines;
}

} // namespace vigia::service
