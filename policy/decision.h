// SPDX-License-Identifier: MIT
// A decision and all that is needed to explain it years later: the rule, the inputs, the ranking
// with the runners-up, the action, the engine's answer and the check afterwards. Plain data:
// storage keeps it, `vigia why` tells it. No text in here is ever used to act.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/container.h"

namespace vigia::policy {

enum class ActionKind : uint8_t { warn, limit, pause, stop, kill, remove };
std::string_view to_string(ActionKind kind);

enum class Mode : uint8_t { dry_run, enforce };
std::string_view to_string(Mode mode);

// How far a decision has come. Values are stored: never renumber.
enum class Phase : uint8_t {
    decided = 1,   // recorded, not yet acted upon
    requested = 2, // sent to the engine
    answered = 3,  // the engine said yes, or "already so"
    verified = 4,  // the effect was seen on the host; final
    failed = 5,    // the engine refused, or the effect never showed; final
    dry_run = 6,   // what would have been done; final
    abandoned = 7, // the reason went away, a person acted first, or the container vanished; final
};
std::string_view to_string(Phase phase);
constexpr bool is_final(Phase phase) {
    return phase >= Phase::verified;
}

// One detector's view at the moment of the decision.
struct Reading {
    std::string detector;     // "memory_above"
    std::string subject;      // what was measured: a container's name, "class low", "host"
    double value = 0;         // in `unit`
    double threshold = 0;     // in `unit`
    std::string unit;         // "bytes", "ratio", "bytes_per_second", "containers"
    uint64_t held_ns = 0;     // for how long it has held
    uint64_t required_ns = 0; // for how long it had to
};

// One candidate of the ranking, best first.
struct Candidate {
    std::string container_id;
    std::string name;
    std::string image;
    double score = 0; // the ranker's number, in the ranker's unit
    std::string note; // "chosen", "runner-up", "protected: label vigia.protect=true", "cooling down
                      // until ..."
    bool chosen = false;
};

struct ActionParameters {
    uint64_t memory_bytes = 0;        // limit: 0 leaves it
    double cpu_ratio = 0;             // limit: CPUs; 0 leaves it
    uint64_t pids = 0;                // limit: 0 leaves it
    unsigned stop_grace_seconds = 10; // stop
};

// What happened to a decision, in order.
struct Step {
    uint64_t realtime_ns = 0;
    ActionKind action = ActionKind::warn;
    Phase phase = Phase::decided;
    std::string text;    // "HTTP 204", "container gone after 1.2 s", "still 612 MiB"
    int http_status = 0; // 0: none
};

struct Decision {
    uint64_t id = 0; // counted from 1, never reused within one database
    uint64_t realtime_ns = 0;
    uint64_t boottime_ns = 0;
    uint64_t sample_number = 0;
    Mode mode = Mode::dry_run;
    std::string rule;
    std::string reason; // one sentence for a person
    Runtime runtime = Runtime::docker;
    std::string container_id;
    std::string container_name;
    std::string image;
    uint64_t cgroup_id = 0; // of the victim at the moment of the decision
    std::string ranker;
    std::string score_unit;
    std::vector<Reading> readings;
    std::vector<Candidate>
        ranking; // with runners-up and the excluded, bounded by limits::ranking_recorded
    uint64_t candidates_total = 0;
    std::vector<ActionKind>
        actions; // the chain: the next one is taken when the one before is verified
    ActionParameters parameters;
    std::size_t action_index = 0; // which of `actions` the phase is about
    Phase phase = Phase::decided;
    std::vector<Step> steps;

    ActionKind action() const { return actions.at(action_index); }
};

} // namespace vigia::policy
