// SPDX-License-Identifier: MIT
#include "collector/service/actor.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "collector/base/limits.h"

namespace vigia::service {

// Handlers hold this; the destructor of the actor cuts the way back.
struct Actor::Shared {
    Actor* actor = nullptr;
};

Actor::Actor(boost::asio::io_context& io_context, Engines& engines, storage::Store* store, Log& log,
             Report report)
    : io_context_(io_context), engines_(engines), store_(store), log_(log),
      report_(std::move(report)), patience_(io_context), shared_(std::make_shared<Shared>()) {
    shared_->actor = this;
}

Actor::~Actor() {
    shared_->actor = nullptr;
}

void Actor::decided(const policy::Decision& decision) {
    std::size_t& said_steps = said_steps_[decision.id];
    for (const std::string& line : describe(decision, said_steps)) {
        log_.info(line);
    }
    said_steps = decision.steps.size();
    if (policy::is_final(decision.phase)) {
        said_steps_.erase(decision.id);
    }
    if (store_ == nullptr) {
        return;
    }
    ++recorded_;
    store_->record(decision, [this, shared = shared_, &io_context = io_context_](Status status) {
        // On the store's thread: only the message crosses.
        std::string error = status ? std::string() : status.error().message();
        boost::asio::post(io_context, [this, shared, error = std::move(error)] {
            if (shared->actor == nullptr) {
                return;
            }
            ++durable_;
            log_.condition("record", error, "decisions are recorded again");
            send_ready();
        });
    });
}

void Actor::requested(const policy::ActionRequest& request) {
    waiting_.emplace(recorded_, request);
    send_ready();
    if (waiting_.empty()) {
        return;
    }
    patience_.expires_after(std::chrono::nanoseconds(limits::record_patience_ns));
    patience_.async_wait([this, shared = shared_](boost::system::error_code error) {
        if (!error && shared->actor != nullptr && !waiting_.empty()) {
            log_.condition("record", "the database is too slow to record decisions: acting before "
                                     "they are on disk");
            send_all();
        }
    });
}

void Actor::send_ready() {
    while (!waiting_.empty() && waiting_.begin()->first <= durable_) {
        const policy::ActionRequest request = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        send(request);
    }
}

void Actor::send_all() {
    for (const auto& entry : std::exchange(waiting_, {})) {
        send(entry.second);
    }
}

void Actor::send(const policy::ActionRequest& request) {
    engines_.execute(request, [this, shared = shared_](const policy::ActionReport& report) {
        if (shared->actor != nullptr) {
            report_(report);
        }
    });
}

namespace {

std::string words_of(const policy::Step& step) {
    std::string words;
    if (step.http_status != 0) {
        words = fmt::format(": HTTP {}", step.http_status);
    }
    if (!step.text.empty()) {
        words += (words.empty() ? ": " : ", ") + step.text;
    }
    return words;
}

std::string announcement(const policy::Decision& decision) {
    const policy::ActionKind first =
        decision.actions.empty() ? policy::ActionKind::warn : decision.actions.front();
    return fmt::format("decision {}: {}{} {} by rule {}: {}", decision.id,
                       decision.mode == policy::Mode::dry_run ? "would " : "", to_string(first),
                       decision.container_name, decision.rule, decision.reason);
}

} // namespace

std::vector<std::string> describe(const policy::Decision& decision, std::size_t said_steps) {
    std::vector<std::string> lines;
    if (said_steps == 0) {
        lines.push_back(announcement(decision));
    }
    if (decision.mode == policy::Mode::dry_run) {
        return lines; // nothing follows
    }
    for (std::size_t i = said_steps; i < decision.steps.size(); ++i) {
        const policy::Step& step = decision.steps[i];
        if (step.phase != policy::Phase::decided) {
            lines.push_back(fmt::format("decision {}: {} {} {}{}", decision.id,
                                        to_string(step.action), decision.container_name,
                                        to_string(step.phase), words_of(step)));
        }
    }
    return lines;
}

} // namespace vigia::service
