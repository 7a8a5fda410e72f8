// SPDX-License-Identifier: MIT
// A container engine that speaks the Docker Engine API over a unix socket: Docker itself, or
// Podman's compatible service. Asynchronous on the caller's io_context; nothing here ever blocks.
//
//   Engine engine(io_context, {.socket_path = "/run/docker.sock"});
//   engine.start();            // connects, negotiates, lists, follows events; reconnects by itself
//   engine.catalog().find(id); // any time, on the io_context's thread
//   engine.stop(id, 10, [](Answer answer) { ... });
//
// /stats is never called: counters come from the kernel. Paths are built from a checked 64-hex id
// and constants, never from names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "collector/base/container.h"
#include "collector/base/result.h"
#include "collector/docker/answers.h"

namespace vigia::docker {

struct EngineConfig {
    std::string socket_path = "/run/docker.sock";
    Runtime runtime = Runtime::docker;
    uint64_t connect_timeout_ns = 0; // 0: limits.h
    uint64_t request_timeout_ns = 0; // 0: limits.h
    uint64_t reconnect_first_ns = 0; // 0: limits.h
    uint64_t heartbeat_ns = 0;       // 0: limits.h
};

struct Limits {
    uint64_t memory_bytes = 0; // 0 leaves it; memory and memory+swap move together
    double cpu_ratio = 0;      // CPUs; 0 leaves it
    uint64_t pids = 0;         // 0 leaves it
};

enum class Connection : uint8_t { absent, connecting, following, broken };
std::string_view to_string(Connection connection);

// What doctor, the log and the daemon's first screen say about the engine.
struct EngineStatus {
    Connection connection = Connection::absent;
    std::string server_version; // "20.10.24"
    std::string api_version;    // as negotiated: "1.41"
    std::string last_error;     // empty while all is well
    uint64_t reconnects = 0;
    uint64_t events = 0;
    uint64_t writing_requests = 0; // every POST and DELETE ever sent: 0 in dry run
};

using AnswerHandler = std::function<void(Answer)>;

// Lives and is called on the io_context's one thread. Handlers are called exactly once, never from
// within the call that takes them. Destroying the engine cancels everything: handlers get `failed`,
// on the loop's next turn.
class Engine {
public:
    Engine(boost::asio::io_context& io_context, EngineConfig config);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void start();
    // Called after every change of the catalog or the connection.
    void on_change(std::function<void()> handler);

    // Called for each start and end of a container that the engine tells of from now on, before the
    // call for that change.
    void on_turn(std::function<void(const ContainerTurn&)> handler);

    // Before start(): the container's end, if it has ended, was asked for by an earlier process of
    // ours and is not a person's (endings.h).
    void claim_end(const std::string& id);

    const ContainerCatalog& catalog() const;
    const EngineStatus& status() const;

    void stop(const std::string& id, unsigned grace_seconds, AnswerHandler handler);
    void kill(const std::string& id, AnswerHandler handler);
    void remove(const std::string& id, AnswerHandler handler); // its volumes stay
    void pause(const std::string& id, AnswerHandler handler);
    void unpause(const std::string& id, AnswerHandler handler);
    void update(const std::string& id, Limits limits, AnswerHandler handler);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace vigia::docker
