// SPDX-License-Identifier: MIT
#include "collector/cli/engine_names.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "collector/base/clock.h"
#include "collector/docker/engine.h"
#include "collector/docker/merged_catalog.h"
#include "collector/service/paths.h"

namespace vigia::cli {
namespace {

using docker::Connection;

std::vector<docker::EngineConfig> wanted_engines() {
    std::vector<docker::EngineConfig> engines = service::default_engines();
    constexpr std::string_view scheme = "unix://";
    const char* host = std::getenv("DOCKER_HOST");
    if (host != nullptr && std::string_view(host).starts_with(scheme)) {
        const std::string path = host + scheme.size();
        const bool listed =
            std::any_of(engines.begin(), engines.end(),
                        [&path](const auto& engine) { return engine.socket_path == path; });
        if (!listed) {
            engines.push_back(service::engines_at({path}).front());
        }
    }
    return engines;
}

} // namespace

struct EngineNames::State {
    struct Known {
        docker::EngineConfig config;
        std::unique_ptr<docker::Engine> engine; // null: no such socket
    };

    boost::asio::io_context io_context{1};
    std::vector<Known> engines;
    docker::MergedCatalog all;

    bool settled() const {
        return std::all_of(engines.begin(), engines.end(), [](const Known& known) {
            return known.engine == nullptr || known.engine->catalog().complete() ||
                   !known.engine->status().last_error.empty();
        });
    }
};

EngineNames::EngineNames() : state_(std::make_unique<State>()) {
    for (docker::EngineConfig& config : wanted_engines()) {
        State::Known known{config, nullptr};
        if (access(config.socket_path.c_str(), F_OK) == 0) {
            known.engine = std::make_unique<docker::Engine>(state_->io_context, config);
            known.engine->start();
            state_->all.add(known.engine->catalog());
        }
        state_->engines.push_back(std::move(known));
    }
}

EngineNames::~EngineNames() = default;

void EngineNames::wait(uint64_t deadline_ns) {
    const SystemClock clock;
    const uint64_t end_ns = clock.now().monotonic_ns + deadline_ns;
    while (!state_->settled() && clock.now().monotonic_ns < end_ns) {
        state_->io_context.restart();
        state_->io_context.run_one_for(std::chrono::milliseconds(20));
    }
}

void EngineNames::poll() {
    state_->io_context.restart();
    state_->io_context.poll();
}

const ContainerCatalog& EngineNames::catalog() const {
    return state_->all;
}

std::vector<EngineReport> EngineNames::reports() const {
    std::vector<EngineReport> reports;
    for (const State::Known& known : state_->engines) {
        EngineReport& report = reports.emplace_back();
        report.socket_path = known.config.socket_path;
        report.exists = known.engine != nullptr;
        if (known.engine != nullptr) {
            report.following = known.engine->status().connection == Connection::following;
            report.server_version = known.engine->status().server_version;
            report.api_version = known.engine->status().api_version;
            report.last_error = known.engine->status().last_error;
            report.containers = known.engine->catalog().size();
        }
    }
    return reports;
}

std::string EngineNames::hint() const {
    std::string why;
    for (const EngineReport& report : reports()) {
        if (report.following) {
            return {};
        }
        if (report.exists) {
            why = fmt::format("{} does not answer{}{}", report.socket_path,
                              report.last_error.empty() ? "" : ": ", report.last_error);
        }
    }
    return why.empty() ? "no container engine's socket was found: containers are shown by their ids"
                       : why + ": containers are shown by their ids; see vigia doctor";
}

} // namespace vigia::cli
