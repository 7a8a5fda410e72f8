// SPDX-License-Identifier: MIT
// What is known of a container: its identity, which comes from the cgroup path alone, and its
// description, which a container engine adds when there is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia {

enum class Runtime : uint8_t { unknown, docker, podman, containerd, crio, lxc, nspawn };
std::string_view to_string(Runtime runtime);

enum class ContainerState : uint8_t {
    unknown, // no engine has described it
    created,
    running,
    paused,
    restarting,
    removing,
    exited,
    dead,
};
std::string_view to_string(ContainerState state);

// An engine's description. Owned by the catalog; bytes as the engine sent them, bounded by
// limits.h.
struct ContainerInfo {
    std::string id;   // 64 lower-case hex digits
    std::string name; // without the leading '/'
    std::string image;
    std::vector<std::pair<std::string, std::string>> labels;
    Runtime runtime = Runtime::docker;
    ContainerState state = ContainerState::unknown;
    uint64_t restart_count = 0;
    uint64_t created_realtime_ns = 0; // 0: not known
    uint64_t started_realtime_ns = 0; // 0: never started, or not known
    uint64_t finished_realtime_ns = 0;
    int exit_code = 0;
    bool oom_killed = false;
    // True if somebody other than Vigia asked the engine to stop it: such a container is left
    // alone.
    bool stopped_by_person = false;

    // The label's value, or nullptr.
    const std::string* label(std::string_view key) const;
};

// What an engine told of a container as it happened.
struct ContainerTurn {
    std::string id;
    Runtime runtime = Runtime::docker;
    bool started = false; // else it stopped
    uint64_t realtime_ns = 0;
    std::optional<int> exit_code; // of one that stopped
};

// Everything that the engines have told so far. Pointers stay valid until the next change, which
// never happens during a tick. One thread.
class ContainerCatalog {
public:
    virtual ~ContainerCatalog() = default;
    virtual const ContainerInfo* find(std::string_view id) const = 0;
    virtual std::size_t size() const = 0;
    virtual const ContainerInfo& at(std::size_t index) const = 0;
    // One that is gone, or went before it could be described, whose id ends like this: the latest
    // of a bounded number, or nullptr.
    virtual const ContainerInfo* find_gone(std::string_view) const { return nullptr; }
    // True once the whole list has been received and events are followed without a gap: only then
    // does "not in the catalog" mean "does not exist".
    virtual bool complete() const = 0;
};

} // namespace vigia
