// SPDX-License-Identifier: MIT
#include "collector/sampler/container_path.h"

#include <algorithm>
#include <array>

namespace vigia::sampler {
namespace {

constexpr std::size_t id_size = 64;

bool is_id(std::string_view text) {
    return text.size() == id_size && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool strip_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

bool strip_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) {
        return false;
    }
    text.remove_suffix(suffix.size());
    return true;
}

struct Prefix {
    std::string_view text;
    Runtime runtime;
};

// "<prefix><64 hex>" with or without ".scope". Monitors have prefixes of their own (libpod-conmon-,
// crio-conmon-), after which what is left is not 64 hex digits.
constexpr std::array<Prefix, 6> prefixes{{{"docker-", Runtime::docker},
                                          {"libpod-payload-", Runtime::podman},
                                          {"libpod-", Runtime::podman},
                                          {"cri-containerd-", Runtime::containerd},
                                          {"nerdctl-", Runtime::containerd},
                                          {"crio-", Runtime::crio}}};

struct Match {
    Runtime runtime = Runtime::unknown;
    std::string_view id;
};

Match match_prefixed(std::string_view component) {
    strip_suffix(component, ".scope");
    for (const Prefix& prefix : prefixes) {
        std::string_view rest = component;
        if (strip_prefix(rest, prefix.text) && is_id(rest)) {
            return {prefix.runtime, rest};
        }
    }
    return {};
}

// containerd's cgroupfs form of CRI: "<anything>:cri-containerd:<64 hex>".
Match match_colons(std::string_view component) {
    const std::size_t last = component.rfind(':');
    if (last == std::string_view::npos || !is_id(component.substr(last + 1))) {
        return {};
    }
    return component.substr(0, last).ends_with(":cri-containerd")
               ? Match{Runtime::containerd, component.substr(last + 1)}
               : Match{};
}

// A bare id says what it is only by the component before it.
Match match_bare(std::string_view component, std::string_view parent) {
    if (!is_id(component)) {
        return {};
    }
    if (parent == "docker") {
        return {Runtime::docker, component};
    }
    if (parent == "libpod_parent") {
        return {Runtime::podman, component};
    }
    // Kubernetes with the cgroupfs driver: /kubepods/<class>/pod<uid>/<64 hex>
    return parent.starts_with("pod") ? Match{Runtime::containerd, component} : Match{};
}

// lxc.payload.<name> (4.0 and newer) or /lxc/<name>. lxc.monitor.<name> is not the container.
Match match_lxc(std::string_view component, std::string_view parent, bool first) {
    if (strip_prefix(component, "lxc.payload.") && !component.empty()) {
        return {Runtime::lxc, component};
    }
    const bool under_lxc = parent == "lxc" && !first && !component.starts_with("lxc.");
    return under_lxc && !component.empty() ? Match{Runtime::lxc, component} : Match{};
}

// systemd-nspawn: machine.slice/systemd-nspawn@<name>.service, or a scope that machined registered.
Match match_nspawn(std::string_view component, std::string_view parent) {
    if (parent != "machine.slice") {
        return {};
    }
    std::string_view name = component;
    if (strip_prefix(name, "systemd-nspawn@") && strip_suffix(name, ".service") && !name.empty()) {
        return {Runtime::nspawn, name};
    }
    name = component;
    // libvirt and Podman also use machine.slice; theirs are told apart by their own prefixes.
    if (strip_prefix(name, "machine-") && !name.starts_with("qemu") && !name.starts_with("lxc") &&
        strip_suffix(name, ".scope") && !name.empty()) {
        return {Runtime::nspawn, name};
    }
    return {};
}

Match match(std::string_view component, std::string_view parent, bool first) {
    if (component.ends_with(".mount") || component.ends_with(".slice")) {
        return {};
    }
    if (const Match found = match_prefixed(component); found.runtime != Runtime::unknown) {
        return found;
    }
    if (const Match found = match_colons(component); found.runtime != Runtime::unknown) {
        return found;
    }
    if (const Match found = match_bare(component, parent); found.runtime != Runtime::unknown) {
        return found;
    }
    if (const Match found = match_lxc(component, parent, first);
        found.runtime != Runtime::unknown) {
        return found;
    }
    return match_nspawn(component, parent);
}

} // namespace

std::optional<ContainerPath> container_of(std::string_view path) {
    std::string_view parent;
    std::size_t begin = 0;
    bool first = true;
    while (begin < path.size()) {
        if (path[begin] == '/') {
            ++begin;
            continue;
        }
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view component = path.substr(begin, end - begin);
        const Match found = match(component, parent, first);
        if (found.runtime != Runtime::unknown) {
            return ContainerPath{found.runtime, found.id, path.substr(0, end)};
        }
        parent = component;
        first = false;
        begin = end;
    }
    return std::nullopt;
}

} // namespace vigia::sampler
