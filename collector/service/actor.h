// SPDX-License-Identifier: MIT
// From a decision to the engine's answer: the record first, then the act. A decision is durable in
// the database before its request leaves, so that a daemon that dies in between never acts twice.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "collector/service/engines.h"
#include "collector/service/log.h"
#include "policy/decision.h"
#include "policy/engine.h"
#include "storage/store.h"

namespace vigia::service {

// One thread: the io_context's. The store's thread only posts to it.
class Actor {
public:
    using Report = std::function<void(const policy::ActionReport&)>;

    // Borrows all; `store` may be null. `report` receives the answer to every request.
    Actor(boost::asio::io_context& io_context, Engines& engines, storage::Store* store, Log& log,
          Report report);
    ~Actor();

    // Says it and has it recorded.
    void decided(const policy::Decision& decision);
    // Sends it as soon as everything recorded so far is durable. A database that refuses to keep
    // the record, or takes longer than limits::record_patience_ns, does not stop the act: the
    // host's stability comes first, and the log says so.
    void requested(const policy::ActionRequest& request);

private:
    struct Shared;
    void send_ready();
    void send_all();
    void send(const policy::ActionRequest& request);

    boost::asio::io_context& io_context_;
    Engines& engines_;
    storage::Store* store_;
    Log& log_;
    Report report_;
    boost::asio::steady_timer patience_;
    std::shared_ptr<Shared> shared_; // outlives the actor in handlers that are still on their way
    std::map<uint64_t, std::size_t> said_steps_; // of each open decision
    uint64_t recorded_ = 0;                      // records handed to the store
    uint64_t durable_ = 0; // records that the store has answered for, in order
    std::multimap<uint64_t, policy::ActionRequest> waiting_; // by the record that each waits for
};

// What is new in a decision of which `said_steps` steps were said already, a line each:
// "decision 7: would stop web-1 by rule memory-hog: memory 612 MiB is above 512 MiB" the first
// time, then "decision 7: stop web-1 answered: HTTP 204" and the like.
std::vector<std::string> describe(const policy::Decision& decision, std::size_t said_steps);

} // namespace vigia::service
