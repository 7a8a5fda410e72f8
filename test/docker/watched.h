// SPDX-License-Identifier: MIT
// A fake engine and a client of it with short time-outs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "collector/docker/engine.h"
#include "test/docker/loop.h"
#include "test/support/fake_engine.h"

namespace vigia::docker {

constexpr uint64_t test_timeout_ns = 300'000'000;

inline EngineConfig quick_config(const std::string& socket_path) {
    EngineConfig config;
    config.socket_path = socket_path;
    config.connect_timeout_ns = test_timeout_ns;
    config.request_timeout_ns = test_timeout_ns;
    config.reconnect_first_ns = 5'000'000;
    config.heartbeat_ns = 100'000'000;
    return config;
}

struct Watched : Loop {
    Watched() : engine(std::make_unique<Engine>(io, quick_config(fake.socket_path()))) {}

    bool complete() const { return engine->catalog().complete(); }
    bool until_complete() {
        engine->start();
        return until([this] { return complete(); });
    }
    const ContainerInfo* find(uint64_t number) const {
        return engine->catalog().find(test::fake_id(number));
    }
    ContainerState state(uint64_t number) const {
        const ContainerInfo* info = find(number);
        return info == nullptr ? ContainerState::unknown : info->state;
    }
    // Until it has been inspected: only an inspection tells when it was started.
    bool until_described(uint64_t number) {
        return until([=, this] {
            return find(number) != nullptr && find(number)->started_realtime_ns != 0;
        });
    }
    test::FakeEngine fake;
    std::unique_ptr<Engine> engine;
};

} // namespace vigia::docker
