// SPDX-License-Identifier: MIT
// A real dockerd for C++ tests: test/support/docker_engine.py behind two pipes. It ends and cleans
// up when this object goes, or when the test's process does.
#pragma once

#include <cstdio>
#include <string>

#include <sys/types.h>

namespace vigia::test {

// One thread. Throws std::runtime_error if the engine cannot be started: that is a failed test.
class RealEngine {
public:
    RealEngine();
    ~RealEngine();
    RealEngine(const RealEngine&) = delete;
    RealEngine& operator=(const RealEngine&) = delete;

    const std::string& socket_path() const { return socket_path_; }
    // A line of docker_engine.py: "run NAME IMAGE LABEL=VALUE -- COMMAND", "api POST /...",
    // "restart", "freeze", "thaw". The answer's line; throws if that says "failed".
    std::string command(const std::string& line);

private:
    std::string read_line();

    pid_t pid_ = -1;
    FILE* to_ = nullptr;
    FILE* from_ = nullptr;
    std::string socket_path_;
};

} // namespace vigia::test
