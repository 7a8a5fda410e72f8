// SPDX-License-Identifier: MIT
#include "collector/service/tick.h"

#include <utility>

namespace vigia::service {

Ticker::Ticker(sampler::Sampler& sampler, policy::Engine& engine, storage::Store* store,
               const ContainerCatalog* catalog, const Clock& clock, Hands hands)
    : sampler_(sampler), engine_(engine), store_(store), catalog_(catalog), clock_(clock),
      hands_(std::move(hands)) {}

Result<const Sample*> Ticker::tick(source::Source& source, uint64_t max_age_ns) {
    const uint64_t begin_ns = clock_.now().monotonic_ns;
    ++stats_.ticks;
    auto taken = sampler_.take(source, catalog_, max_age_ns);
    if (!taken) {
        ++stats_.failed_ticks;
        return taken;
    }
    const Sample& sample = **taken;
    if (sample.number != last_number_) {
        last_number_ = sample.number;
        engine_.evaluate(sample, verdicts_);
        if (store_ != nullptr && !store_->submit(sample)) {
            ++stats_.dropped_samples;
        }
        hand_over();
    }
    stats_.last_duration_ns = clock_.now().monotonic_ns - begin_ns;
    return taken;
}

void Ticker::report(const policy::ActionReport& report) {
    verdicts_.clear();
    engine_.report(report, clock_.now(), verdicts_);
    hand_over();
}

void Ticker::hand_over() {
    for (const policy::Decision* decision : verdicts_.changed) {
        hands_.decided(*decision);
    }
    for (const policy::ActionRequest& request : verdicts_.requests) {
        hands_.requested(request);
    }
    for (const policy::Notice& notice : verdicts_.notices) {
        hands_.noticed(notice);
    }
    verdicts_.clear();
}

} // namespace vigia::service
