// SPDX-License-Identifier: MIT
// Checks the engine's promises from outside: from the samples it was given, the verdicts it gave
// and nothing of its own code. The first broken promise is kept as text.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/engine.h"
#include "test/policy/world.h"

namespace vigia::test {

class Auditor {
public:
    // What evaluate() made of `sample` under `config`, before anything is recorded.
    void check_evaluation(const Sample& sample, const policy::Config& config,
                          const policy::Verdicts& verdicts);
    // What report() changed.
    void check_report(const Sample& sample, const policy::Verdicts& verdicts);
    // These verdicts are in the database now.
    void record(const policy::Verdicts& verdicts, uint64_t boottime_ns);
    // The rules changed: durations begin anew.
    void reconfigured() { held_.clear(); }
    // The process died: so do its durations.
    void restarted() { held_.clear(); }
    // After everything went quiet.
    void check_end();

    // What is open, and what began or ended in the last while.
    std::vector<policy::Decision> recent() const;
    const std::map<uint64_t, policy::Decision>& database() const { return database_; }
    const std::string& violation() const { return violation_; }
    std::size_t count(policy::Phase phase) const;
    std::size_t fallbacks() const; // decisions in which a kill followed a stop that failed

private:
    struct Held {
        uint64_t cgroup_id = 0;
        uint64_t held_ns = 0;
    };
    void violate(const std::string& promise, const policy::Decision& decision);
    const policy::Decision* recorded(uint64_t id) const;
    void follow_memory(const Sample& sample);
    void check_new(const Sample& sample, const policy::Config& config,
                   const policy::Decision& decision);
    void check_request(const Sample& sample, const policy::Config& config,
                       const policy::ActionRequest& request, const policy::Verdicts& verdicts);
    void check_steps(const policy::Decision& decision);
    void check_effects(const Sample& sample, const policy::Decision& decision);
    void check_victim(const Sample& sample, const policy::Config& config,
                      const policy::Decision& decision);
    void check_one_each(const policy::Verdicts& verdicts);
    void check_budget(const policy::Config& config, const policy::Verdicts& verdicts,
                      uint64_t boottime_ns);
    void check_cooldown(const policy::Config& config, const policy::Decision& decision);
    void check_counts(const Sample& sample, const policy::Config& config,
                      const policy::Verdicts& verdicts);

    std::map<uint64_t, policy::Decision> database_;
    std::set<uint64_t> open_;
    std::map<uint64_t, uint64_t> ended_boottime_ns_; // by decision, of the last while
    std::map<uint64_t, uint64_t> begun_boottime_ns_;
    std::map<std::string, Held> held_; // above memory_line, by container
    uint64_t last_number_ = 0;
    uint64_t last_boottime_ns_ = 0;
    std::string violation_;
};

// The rule with a duration that the auditor follows itself.
constexpr uint64_t memory_line_bytes = 500 * mebibyte;
constexpr uint64_t memory_line_for_ns = 4 * ns_per_second;

} // namespace vigia::test
