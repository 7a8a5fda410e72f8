// SPDX-License-Identifier: MIT
// All container engines of the host as one: one catalog, and each action sent to the engine that
// has the container.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "collector/base/container.h"
#include "collector/docker/engine.h"
#include "collector/docker/merged_catalog.h"
#include "policy/engine.h"

namespace vigia::service {

// One thread: the io_context's.
class Engines final : public ContainerCatalog {
public:
    Engines(boost::asio::io_context& io_context, const std::vector<docker::EngineConfig>& configs);

    // Before start(): an earlier process of ours asked for this container's end.
    void claim_end(const std::string& id);

    // Connects all of them; `changed` is called after every change of any, `turned` for each start
    // and end of a container.
    void start(std::function<void()> changed, std::function<void(const ContainerTurn&)> turned);

    // Sends `request` to the engine that knows the container; `done` is called exactly once, later.
    void execute(const policy::ActionRequest& request,
                 std::function<void(policy::ActionReport)> done);

    const ContainerInfo* find(std::string_view id) const override { return merged_.find(id); }
    std::size_t size() const override { return merged_.size(); }
    const ContainerInfo& at(std::size_t index) const override { return merged_.at(index); }
    const ContainerInfo* find_gone(std::string_view id_end) const override {
        return merged_.find_gone(id_end);
    }
    // True if the configuration names any engine.
    bool any() const { return !members_.empty(); }
    // True if at least one engine is followed and none of those that ever answered is lost.
    bool complete() const override;

    // True once every engine has answered or failed for the first time.
    bool settled() const;
    // True if any engine is there at all, in whatever state.
    bool present() const;

    // "Docker 20.10.24 (API 1.41)", or why there is none. One line for people.
    std::string describe() const;
    // Lasting trouble for the log; empty while all is well.
    std::string trouble() const;
    uint64_t writing_requests() const;

private:
    struct Member {
        docker::EngineConfig config;
        std::unique_ptr<docker::Engine> engine;
    };

    docker::Engine* owner(std::string_view id);

    boost::asio::io_context& io_context_;
    std::vector<Member> members_;
    docker::MergedCatalog merged_;
};

} // namespace vigia::service
