// SPDX-License-Identifier: MIT
#include "collector/service/switching_source.h"

#include <algorithm>
#include <utility>

#include "collector/base/limits.h"

namespace vigia::service {

Result<std::unique_ptr<SwitchingSource>> SwitchingSource::open(SourceRequest request,
                                                               const Clock& clock) {
    auto chosen = choose_source(request);
    if (!chosen) {
        return chosen.error();
    }
    return std::unique_ptr<SwitchingSource>(
        new SwitchingSource(std::move(request), std::move(*chosen), clock));
}

SwitchingSource::SwitchingSource(SourceRequest request, ChosenSource chosen, const Clock& clock)
    : request_(std::move(request)), chosen_(std::move(chosen)), clock_(clock),
      chosen_ns_(clock.now().monotonic_ns),
      kernel_check_ns_(chosen_ns_ + limits::kernel_check_first_ns),
      kernel_wait_ns_(limits::kernel_check_first_ns) {}

uint64_t SwitchingSource::patience_ns() const {
    const uint64_t interval_ns = request_.refresh_interval_ns;
    return interval_ns == 0 ? limits::source_patience_ns
                            : std::min(interval_ns / 2, limits::source_patience_ns);
}

Status SwitchingSource::refresh(uint64_t max_age_ns) {
    max_age_ns_ = max_age_ns;
    look_for_kernel();
    Status refreshed = chosen_.source->refresh(max_age_ns);
    return refreshed ? refreshed : recover(refreshed.error());
}

Result<source::Snapshots> SwitchingSource::acquire() {
    auto snapshots = chosen_.source->acquire();
    if (snapshots) {
        failing_since_ns_ = 0;
        waiting_ = false;
        return snapshots;
    }
    if (Status recovered = recover(snapshots.error()); !recovered) {
        return recovered.error();
    }
    return chosen_.source->acquire();
}

// Cheap while there is nothing: the directory is not there. What is there is tried before the
// present writer is given up, so that files which do not answer cost no sample.
void SwitchingSource::look_for_kernel() {
    if (request_.source != "auto" || chosen_.is_kernel) {
        return;
    }
    const uint64_t now_ns = clock_.now().monotonic_ns;
    if (now_ns < kernel_check_ns_) {
        return;
    }
    kernel_check_ns_ = now_ns + kernel_wait_ns_;
    if (!may_have_kernel(request_)) {
        return;
    }
    if (auto kernel = choose_kernel(request_)) {
        take_over(std::move(*kernel));
    } else {
        delay_kernel();
    }
}

// The present writer does not answer: waits for it a moment, then chooses anew. Success means that
// another one has taken over and has published.
Status SwitchingSource::recover(const Error& error) {
    const uint64_t now_ns = clock_.now().monotonic_ns;
    // A publisher of our own that fails would fail again.
    if (request_.source != "auto" || chosen_.publisher != nullptr) {
        return error;
    }
    if (failing_since_ns_ == 0) {
        failing_since_ns_ = now_ns;
    }
    waiting_ = now_ns - failing_since_ns_ < patience_ns();
    if (waiting_) {
        return error;
    }
    const bool was_kernel = chosen_.is_kernel;
    const bool was_short = now_ns - chosen_ns_ < limits::kernel_steady_ns;
    auto next = choose_source(request_);
    if (!next) {
        return next.error();
    }
    take_over(std::move(*next));
    if (was_kernel && !was_short) {
        kernel_wait_ns_ = limits::kernel_check_first_ns;
    } else if (was_kernel) {
        delay_kernel();
    }
    kernel_check_ns_ = now_ns + kernel_wait_ns_;
    return chosen_.source->refresh(max_age_ns_);
}

source::SourceCounters SwitchingSource::counters() const {
    source::SourceCounters all = chosen_.source->counters();
    all.acquired += earlier_.acquired;
    all.slot_retries += earlier_.slot_retries;
    all.torn_readings += earlier_.torn_readings;
    all.reopened += earlier_.reopened;
    all.enlarged += earlier_.enlarged;
    return all;
}

void SwitchingSource::take_over(ChosenSource next) {
    earlier_ = counters();
    chosen_ = std::move(next);
    chosen_ns_ = clock_.now().monotonic_ns;
    failing_since_ns_ = 0;
    waiting_ = false;
    ++changes_;
}

void SwitchingSource::delay_kernel() {
    kernel_wait_ns_ = std::min(2 * kernel_wait_ns_, limits::kernel_check_longest_ns);
    kernel_check_ns_ = clock_.now().monotonic_ns + kernel_wait_ns_;
}

} // namespace vigia::service
