// SPDX-License-Identifier: MIT
// A daemon without a loop: one engine over a made-up world, its verdicts and what it has recorded.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "policy/engine.h"
#include "test/policy/world.h"

namespace vigia::test {

class Daemon {
public:
    explicit Daemon(policy::Config rules, uint64_t next_id = 1);
    // The next sample, evaluated and recorded.
    void tick(uint64_t interval_ns = ns_per_second);
    // Answers the last request.
    void answer(policy::Answer answer, int http_status, const std::string& text = "");
    void reconfigure(policy::Config rules);
    // The process dies and begins anew with what it has recorded.
    void restart();

    // What the last tick asked for: "stop web, remove db".
    std::string asked() const;
    // Whom the last tick decided about: "web, db".
    std::string decided() const { return decided_; }
    const policy::Decision& decision(uint64_t id) const { return recorded_.at(id); }

    policy::Config config;
    World world;
    std::unique_ptr<policy::Engine> engine;
    policy::Verdicts verdicts;

private:
    void record(const policy::Verdicts& made);

    std::map<uint64_t, policy::Decision> recorded_;
    policy::ActionRequest last_request_;
    std::string decided_;
};

} // namespace vigia::test
