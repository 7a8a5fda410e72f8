// SPDX-License-Identifier: MIT
#include "collector/docker/engine.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/docker/session.h"

namespace vigia::docker {
namespace {

void append_member(std::string& body, std::string_view name, uint64_t value) {
    body += fmt::format("{}\"{}\":{}", body.empty() ? "" : ",", name, value);
}

// Memory alone would be refused where it exceeds the old memory+swap, and would leave swap to grow.
std::string update_body(const Limits& limits) {
    std::string body;
    if (limits.memory_bytes > 0) {
        append_member(body, "Memory", limits.memory_bytes);
        append_member(body, "MemorySwap", limits.memory_bytes);
    }
    if (limits.cpu_ratio > 0) {
        append_member(body, "NanoCpus",
                      static_cast<uint64_t>(std::llround(limits.cpu_ratio * 1e9)));
    }
    if (limits.pids > 0) {
        append_member(body, "PidsLimit", limits.pids);
    }
    return "{" + body + "}";
}

} // namespace

std::string_view to_string(Connection connection) {
    switch (connection) {
    case Connection::absent:
        return "absent";
    case Connection::connecting:
        return "connecting";
    case Connection::following:
        return "following";
    case Connection::broken:
        return "broken";
    }
    return "broken";
}

struct Engine::State : Session {
    using Session::Session;
};

Engine::Engine(boost::asio::io_context& io_context, EngineConfig config)
    : state_(std::make_shared<State>(io_context, std::move(config))) {}

Engine::~Engine() {
    state_->shut_down();
}

void Engine::start() {
    state_->start();
}

void Engine::on_change(std::function<void()> handler) {
    state_->on_change(std::move(handler));
}

void Engine::on_turn(std::function<void(const ContainerTurn&)> handler) {
    state_->on_turn(std::move(handler));
}

void Engine::claim_end(const std::string& id) {
    state_->claim_end(id);
}

const ContainerCatalog& Engine::catalog() const {
    return state_->catalog();
}

const EngineStatus& Engine::status() const {
    return state_->status();
}

void Engine::stop(const std::string& id, unsigned grace_seconds, AnswerHandler handler) {
    state_->perform(Operation::stop, id, fmt::format("/stop?t={}", grace_seconds), {},
                    grace_seconds * ns_per_second, std::move(handler));
}

void Engine::kill(const std::string& id, AnswerHandler handler) {
    state_->perform(Operation::kill, id, "/kill", {}, 0, std::move(handler));
}

// force=0: a running container is never removed. v=0: its anonymous volumes stay, as they may hold
// data that nobody has elsewhere; a person frees them with `docker volume prune`.
void Engine::remove(const std::string& id, AnswerHandler handler) {
    state_->perform(Operation::remove, id, "?v=0&force=0", {}, 0, std::move(handler));
}

void Engine::pause(const std::string& id, AnswerHandler handler) {
    state_->perform(Operation::pause, id, "/pause", {}, 0, std::move(handler));
}

void Engine::unpause(const std::string& id, AnswerHandler handler) {
    state_->perform(Operation::unpause, id, "/unpause", {}, 0, std::move(handler));
}

void Engine::update(const std::string& id, Limits limits, AnswerHandler handler) {
    state_->perform(Operation::update, id, "/update", update_body(limits), 0, std::move(handler));
}

} // namespace vigia::docker
