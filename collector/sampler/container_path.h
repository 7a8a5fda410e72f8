// SPDX-License-Identifier: MIT
// Which container a cgroup belongs to, from whole components of its path and nothing else.
#pragma once

#include <optional>
#include <string_view>

#include "collector/base/container.h"

namespace vigia::sampler {

struct ContainerPath {
    Runtime runtime = Runtime::unknown;
    std::string_view id;   // points into the path: 64 hex digits, or a machine's name
    std::string_view root; // the path up to and including the container's component

    bool operator==(const ContainerPath&) const = default;
};

// The outermost container on `path`, or nothing. Monitors and shims (libpod-conmon-, crio-conmon-,
// lxc.monitor.) are not containers, nor are services of the engines themselves, nor .mount units.
std::optional<ContainerPath> container_of(std::string_view path);

} // namespace vigia::sampler
