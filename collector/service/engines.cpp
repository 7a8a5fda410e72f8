// SPDX-License-Identifier: MIT
#include "collector/service/engines.h"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace vigia::service {
namespace {

policy::Answer answer_of(docker::AnswerKind kind) {
    switch (kind) {
    case docker::AnswerKind::done:
        return policy::Answer::done;
    case docker::AnswerKind::already_so:
        return policy::Answer::already_so;
    case docker::AnswerKind::refused:
        return policy::Answer::refused;
    case docker::AnswerKind::failed:
        break;
    }
    return policy::Answer::failed;
}

// There is an engine: it answers, or did, or holds a socket that does not let us. A socket that is
// only being tried for the first time, or in vain, is none.
bool is_present(const docker::EngineStatus& status) {
    switch (status.connection) {
    case docker::Connection::following:
    case docker::Connection::broken:
        return true;
    case docker::Connection::connecting:
        return !status.server_version.empty();
    case docker::Connection::absent:
        break;
    }
    return false;
}

} // namespace

Engines::Engines(boost::asio::io_context& io_context,
                 const std::vector<docker::EngineConfig>& configs)
    : io_context_(io_context) {
    for (const docker::EngineConfig& config : configs) {
        members_.push_back({config, std::make_unique<docker::Engine>(io_context, config)});
        merged_.add(members_.back().engine->catalog());
    }
}

void Engines::claim_end(const std::string& id) {
    for (Member& member : members_) {
        member.engine->claim_end(id);
    }
}

void Engines::start(std::function<void()> changed,
                    std::function<void(const ContainerTurn&)> turned) {
    for (Member& member : members_) {
        member.engine->on_change(changed);
        member.engine->on_turn(turned);
        member.engine->start();
    }
}

docker::Engine* Engines::owner(std::string_view id) {
    for (Member& member : members_) {
        if (member.engine->catalog().find(id) != nullptr) {
            return member.engine.get();
        }
    }
    return nullptr;
}

void Engines::execute(const policy::ActionRequest& request,
                      std::function<void(policy::ActionReport)> done) {
    policy::ActionReport report;
    report.decision_id = request.decision_id;
    report.kind = request.kind;
    docker::Engine* engine = owner(request.container_id);
    if (engine == nullptr) {
        // Gone between the decision and now: what stop and remove wanted is so.
        report.answer = policy::Answer::already_so;
        report.text = "no engine knows this container any more";
        boost::asio::post(io_context_, [report, done = std::move(done)] { done(report); });
        return;
    }
    const docker::AnswerHandler finish =
        [report, done = std::move(done)](const docker::Answer& answer) mutable {
            report.answer = answer_of(answer.kind);
            report.http_status = answer.http_status;
            report.text = answer.text;
            done(report);
        };
    const std::string& id = request.container_id;
    switch (request.kind) {
    case policy::ActionKind::warn:
        boost::asio::post(io_context_, [finish] {
            finish({docker::AnswerKind::done, 0, "warned"});
        });
        return;
    case policy::ActionKind::limit:
        engine->update(id,
                       {request.parameters.memory_bytes, request.parameters.cpu_ratio,
                        request.parameters.pids},
                       finish);
        return;
    case policy::ActionKind::pause:
        engine->pause(id, finish);
        return;
    case policy::ActionKind::stop:
        engine->stop(id, request.parameters.stop_grace_seconds, finish);
        return;
    case policy::ActionKind::kill:
        engine->kill(id, finish);
        return;
    case policy::ActionKind::remove:
        engine->remove(id, finish);
        return;
    }
}

bool Engines::complete() const {
    bool any = false;
    for (const Member& member : members_) {
        if (is_present(member.engine->status())) {
            if (!member.engine->catalog().complete()) {
                return false;
            }
            any = true;
        }
    }
    return any;
}

bool Engines::settled() const {
    return std::all_of(members_.begin(), members_.end(), [](const Member& member) {
        return member.engine->catalog().complete() || !member.engine->status().last_error.empty();
    });
}

bool Engines::present() const {
    return std::any_of(members_.begin(), members_.end(),
                       [](const Member& member) { return is_present(member.engine->status()); });
}

std::string Engines::describe() const {
    std::string text;
    for (const Member& member : members_) {
        const docker::EngineStatus& status = member.engine->status();
        if (is_present(status)) {
            fmt::format_to(std::back_inserter(text), "{}{} {} (API {}) at {}: {}",
                           text.empty() ? "" : "; ", to_string(member.config.runtime),
                           status.server_version, status.api_version, member.config.socket_path,
                           docker::to_string(status.connection));
        }
    }
    if (!text.empty()) {
        return text;
    }
    for (const Member& member : members_) {
        text += (text.empty() ? "none at " : ", ") + member.config.socket_path;
    }
    return text.empty() ? "switched off by the configuration" : text;
}

std::string Engines::trouble() const {
    for (const Member& member : members_) {
        const docker::EngineStatus& status = member.engine->status();
        if (is_present(status) && !status.last_error.empty()) {
            return fmt::format("container engine at {}: {}", member.config.socket_path,
                               status.last_error);
        }
    }
    return {};
}

uint64_t Engines::writing_requests() const {
    uint64_t total = 0;
    for (const Member& member : members_) {
        total += member.engine->status().writing_requests;
    }
    return total;
}

} // namespace vigia::service
