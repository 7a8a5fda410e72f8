// SPDX-License-Identifier: MIT
// A daemon's life in fast forward: a host on which containers come, grow, die and come back, people
// who stop and start them, clocks that jump, an engine that lies, a process that dies, rules that
// change. The same seed gives the same life.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/engine.h"
#include "test/policy/simulation/auditor.h"
#include "test/policy/simulation/fake_docker.h"
#include "test/policy/simulation/random.h"
#include "test/policy/world.h"

namespace vigia::test {

class Simulation {
public:
    explicit Simulation(uint64_t seed);
    // Runs so many ticks, then lets everything come to its end. Stops at the first broken promise.
    void run(uint64_t ticks);

    const Auditor& auditor() const { return auditor_; }
    uint64_t ticks() const { return ticks_; }
    uint64_t crashes() const { return crashes_; }
    uint64_t requests() const { return requests_; }
    uint64_t forgotten() const { return forgotten_; } // decisions open at the end

private:
    enum class Death { none, before_record, before_send, after_send };
    void tick();
    void live(); // containers and people
    void live_one(FakeContainer& container);
    void arrive();
    void bend_time(); // clocks, gaps, incomplete lists
    void change_rules();
    uint64_t new_cgroup() { return 1'000'000 + random_.below(1ULL << 40); }
    void evaluate(const Sample& sample);
    void die();
    void deliver();
    void calm();

    Random random_;
    World world_;
    FakeDocker docker_;
    Auditor auditor_;
    policy::Config config_;
    std::unique_ptr<policy::Engine> engine_;
    const Sample* sample_ = nullptr;
    policy::Verdicts verdicts_;
    uint64_t ticks_ = 0;
    uint64_t crashes_ = 0;
    uint64_t requests_ = 0;
    uint64_t forgotten_ = 0;
    uint64_t next_step_ns_ = 0; // of the time of day
    uint64_t tick_ns_ = ns_per_second;
    bool quiet_ = false;
};

// The rules that the simulated person changes between.
policy::Config random_config(Random& random);

} // namespace vigia::test
