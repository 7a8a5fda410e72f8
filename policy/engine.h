// SPDX-License-Identifier: MIT
// The policy engine: samples in, decisions out. A pure state machine over samples, answers and the
// time that is in them: it knows no clock, socket, file or database, so a test drives it a million
// times and gets the same answers.
//
// Promises (test/policy/simulation checks each over 100,000 seeded ticks):
//   - dry run never asks for anything;
//   - at most one open decision per container, and none by a rule from which it cools down;
//   - never more decisions within the budget's window than the budget;
//   - nothing protected, and nothing that a person stopped, is ever chosen;
//   - the next action of a chain is asked for only after the one before was verified; a kill right
//     behind a stop is its fallback: asked for only if the stop failed, passed over if it worked;
//   - identity (id and cgroup) is checked again on the very sample on which the engine acts.
//
// What holds, holds over time that was seen: a gap, a suspension or another life of the container
// (a new cgroup) begins every duration anew. Cool-downs and the budget count CLOCK_MONOTONIC.
//
// Counts are of running containers that an engine described, that nobody protected and that no open
// decision ends already. In dry run a container whose end was "decided" counts as gone while it
// cools down, so that the log shows what would have happened, once.
//
// A rule about a container acts on every container for which it holds; count_above(n) on as many as
// are above n; a rule about the host on one container at a time, and then cools down as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"
#include "collector/sampler/sample.h"
#include "policy/config.h"
#include "policy/decision.h"

namespace vigia::policy {

// The engine wants this done. It is asked once; report() must follow, whatever happens.
struct ActionRequest {
    uint64_t decision_id = 0;
    ActionKind kind = ActionKind::warn;
    Runtime runtime = Runtime::docker;
    std::string container_id;
    ActionParameters parameters;
};

enum class Answer : uint8_t {
    done,       // the engine did it
    already_so, // 304, 404 on remove, 409 on kill and the like: the wished state is there
    refused,    // an answer that says no
    failed,     // no usable answer: connection, time-out, nonsense
};

struct ActionReport {
    uint64_t decision_id = 0;
    ActionKind kind = ActionKind::warn;
    Answer answer = Answer::failed;
    int http_status = 0;
    std::string text;
};

// Why a rule that holds does nothing. Said once when it begins.
struct Notice {
    std::string_view rule; // valid until reconfigure()
    std::string_view text; // constant
};

// What one evaluation produced. Cleared and refilled by the engine; capacity is kept.
struct Verdicts {
    // Decisions that are new or have taken a step: to be recorded, in order, before any request is
    // sent. Pointers into the engine, valid until the next evaluate().
    std::vector<const Decision*> changed;
    std::vector<ActionRequest> requests; // empty in dry run
    std::vector<Notice> notices;
    void clear() {
        changed.clear();
        requests.clear();
        notices.clear();
    }
};

// One thread. Nothing is allocated in evaluate() on a tick on which nothing happens, after warm-up.
class Engine {
public:
    // `config` is valid (policy/config.h). `next_decision_id`: one above the highest that the
    // database knows.
    Engine(Config config, uint64_t next_decision_id);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Takes up decisions that were open, and those recent enough to matter for cool-down and
    // budget, when the last process ended: nothing is done twice. An open one that was requested is
    // carried on by verification; one that was not is requested if container and rule are the same.
    // `recent`: all that are open, all that began within the budget's window and all that ended
    // within the longest cool-down. Call it once, before the first evaluate().
    void restore(const std::vector<Decision>& recent);

    // Looks at one sample. `verdicts` is cleared first.
    void evaluate(const Sample& sample, Verdicts& verdicts);

    // The answer to a request, at `now`. Changed decisions are appended to `verdicts`; a report
    // that nobody waits for any more changes nothing.
    void report(const ActionReport& report, Instant now, Verdicts& verdicts);

    // New rules from now on, whose durations begin now; `config` is valid. Open decisions are
    // carried to their end under the old ones, but ask for nothing more that the new mode or
    // protection forbids.
    void reconfigure(Config config);

    // Whether an event may be why a rule holds, or holds no more: then a sample should be looked at
    // now rather than at the next interval.
    bool is_urgent(const vigia_event& event) const;

    std::size_t open_decisions() const;
    const Config& config() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::policy
