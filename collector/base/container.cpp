// SPDX-License-Identifier: MIT
#include "collector/base/container.h"

namespace vigia {

std::string_view to_string(Runtime runtime) {
    switch (runtime) {
    case Runtime::unknown:
        return "unknown";
    case Runtime::docker:
        return "docker";
    case Runtime::podman:
        return "podman";
    case Runtime::containerd:
        return "containerd";
    case Runtime::crio:
        return "crio";
    case Runtime::lxc:
        return "lxc";
    case Runtime::nspawn:
        return "nspawn";
    }
    return "unknown";
}

std::string_view to_string(ContainerState state) {
    switch (state) {
    case ContainerState::unknown:
        return "unknown";
    case ContainerState::created:
        return "created";
    case ContainerState::running:
        return "running";
    case ContainerState::paused:
        return "paused";
    case ContainerState::restarting:
        return "restarting";
    case ContainerState::removing:
        return "removing";
    case ContainerState::exited:
        return "exited";
    case ContainerState::dead:
        return "dead";
    }
    return "unknown";
}

const std::string* ContainerInfo::label(std::string_view key) const {
    for (const auto& entry : labels) {
        if (entry.first == key) {
            return &entry.second;
        }
    }
    return nullptr;
}

} // namespace vigia
