// SPDX-License-Identifier: MIT
// What the container engines call their containers, for a program that only looks: all the usual
// sockets at once, followed while somebody waits. Nothing is ever asked of an engine but to tell.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/container.h"

namespace vigia::cli {

// One engine's state, for hints and doctor.
struct EngineReport {
    std::string socket_path;
    bool exists = false;
    bool following = false; // its list is complete
    std::string server_version;
    std::string api_version;
    std::string last_error;
    std::size_t containers = 0;
};

// One thread.
class EngineNames {
public:
    // Connects to the sockets that exist; $DOCKER_HOST (unix://) takes the place of Docker's.
    EngineNames();
    ~EngineNames();
    EngineNames(const EngineNames&) = delete;
    EngineNames& operator=(const EngineNames&) = delete;

    // Runs until every engine has told its list or failed, at most `deadline_ns`.
    void wait(uint64_t deadline_ns);
    // Handles what has come in; never blocks.
    void poll();

    // All engines' containers. Unchanged between calls of wait() and poll().
    const ContainerCatalog& catalog() const;
    std::vector<EngineReport> reports() const;

    // Why containers have no names, and what to do; empty if an engine answers.
    std::string hint() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::cli
