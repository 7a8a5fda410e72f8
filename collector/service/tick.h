// SPDX-License-Identifier: MIT
// One tick, as a plain synchronous function: take a sample, look at it, keep it. It knows no socket
// and no timer; a test calls it a million times.
#pragma once

#include <cstdint>
#include <functional>

#include "collector/base/result.h"
#include "collector/sampler/sampler.h"
#include "policy/engine.h"
#include "storage/store.h"

namespace vigia::service {

struct TickStats {
    uint64_t ticks = 0;
    uint64_t failed_ticks = 0;    // no sample could be taken
    uint64_t dropped_samples = 0; // the store's queue was full
    uint64_t last_duration_ns = 0;
};

// Borrows all its parts, which must outlive it. One thread. After warm-up a tick on which nothing
// happens allocates nothing, blocks on nothing and starts no process.
class Ticker {
public:
    // What becomes of a decision that is new or has taken a step, and of a request. The ticker
    // calls `decided` for every changed decision before `requested` for any request of the same
    // tick.
    struct Hands {
        std::function<void(const policy::Decision&)> decided;
        std::function<void(const policy::ActionRequest&)> requested;
        std::function<void(const policy::Notice&)> noticed; // a rule that holds and does nothing
    };

    // `store` may be null: then nothing is kept.
    Ticker(sampler::Sampler& sampler, policy::Engine& engine, storage::Store* store,
           const ContainerCatalog* catalog, const Clock& clock, Hands hands);

    // Takes a sample no older than `max_age_ns` and acts on it. The sample is valid until the next
    // call. A sample that was seen before (the writer has nothing new) is neither judged nor kept
    // again.
    Result<const Sample*> tick(source::Source& source, uint64_t max_age_ns);

    // Hands an engine's answer to the policy.
    void report(const policy::ActionReport& report);

    const TickStats& stats() const { return stats_; }

private:
    void hand_over();

    sampler::Sampler& sampler_;
    policy::Engine& engine_;
    storage::Store* store_;
    const ContainerCatalog* catalog_;
    const Clock& clock_;
    Hands hands_;
    policy::Verdicts verdicts_;
    TickStats stats_;
    uint64_t last_number_ = 0;
};

} // namespace vigia::service
