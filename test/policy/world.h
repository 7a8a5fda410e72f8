// SPDX-License-Identifier: MIT
// A host made by hand: containers that a test puts there, changes and takes away, and the samples
// of it on a clock that the test moves.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/sampler/sample.h"
#include "policy/engine.h"

namespace vigia::test {

constexpr uint64_t mebibyte = 1ULL << 20;

// One container of the fake host. Change its fields between samples.
struct FakeContainer {
    std::string id;
    ContainerInfo info;
    bool described = true;
    bool has_cgroup = true;
    bool hidden = false; // its cgroup did not fit the snapshot
    uint32_t process_count = 1;
    uint64_t memory_bytes = mebibyte;
    uint64_t oldest_start_time_ns = 0;
    vigia_cgroup record{};
    CgroupRates rates;
};

class World {
public:
    World();
    // A running container; its id is made of its name and how many there were before.
    FakeContainer& run(const std::string& name, uint64_t memory_bytes = mebibyte);
    FakeContainer* find(std::string_view name);
    void erase(std::string_view name);
    // Its processes end; the engine knows it.
    void end(std::string_view name, ContainerState state = ContainerState::exited);
    // It runs again, in a new cgroup.
    void start(std::string_view name);

    // The next sample, `interval_ns` later on every clock.
    const Sample& tick(uint64_t interval_ns = ns_per_second);
    // The sample of this moment again, with what was changed since, as the next one.
    const Sample& sample();

    FakeClock clock;
    Gap gap = Gap::none; // of the next sample alone
    bool complete = true;
    uint64_t truncated_records = 0;
    SystemSample system;
    // Runs a program in a container, before the next sample.
    void exec(std::string_view container, std::string_view file_name);
    bool execs_known = true;
    std::list<FakeContainer> containers;
    uint64_t interval_ns = ns_per_second;

private:
    Sample sample_;
    std::vector<ContainerSample> rows_;
    std::vector<std::pair<std::string, std::string>> execs_; // container's name, file name
    std::vector<std::pair<std::string, std::string>> told_;  // of this sample
    std::vector<ExecSample> exec_rows_;
    uint64_t cgroups_ = 100;
    uint64_t made_ = 0;
};

// A configuration with one rule, to be changed.
policy::Config enforcing(policy::RuleConfig rule);
policy::DetectorConfig above(const std::string& kind, double threshold, uint64_t for_ns = 0);
policy::RuleConfig rule_of(const std::string& name, std::vector<policy::DetectorConfig> detectors,
                           std::vector<policy::ActionKind> actions = {policy::ActionKind::stop,
                                                                      policy::ActionKind::remove});
policy::ContainerClass class_of(const std::string& name, const std::string& pattern);

// What a decision did, for short assertions: "stop decided, stop requested, ...".
std::string steps_of(const policy::Decision& decision);

} // namespace vigia::test
