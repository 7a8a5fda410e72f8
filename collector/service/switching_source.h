// SPDX-License-Identifier: MIT
// The source of --source auto while a program runs: modules come and go, publishers start and end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collector/base/clock.h"
#include "collector/base/result.h"
#include "collector/service/source_choice.h"
#include "collector/source/source.h"

namespace vigia::service {

// Chooses anew when the writer that it reads has been gone for a while, and goes (back) to the
// kernel's files when they are there and answer. A source that the user named is never left.
//
// A writer that is only being replaced is waited for: until patience_ns() has passed since the
// first failure, refresh() and acquire() pass its errors on and is_waiting() is true. Then another
// writer takes over within the same call. Whoever reads once per interval misses at most one
// sample; the first sample of another kind of writer has no rates, as its counters need not
// continue the old ones (sampler.h).
//
// A kernel source that fails again and again is tried less and less often.
//
// One thread; `clock` must outlive it. Allocates only when it chooses.
class SwitchingSource final : public source::Source {
public:
    // Errors: those of choose_source().
    static Result<std::unique_ptr<SwitchingSource>> open(SourceRequest request, const Clock& clock);

    Status refresh(uint64_t max_age_ns) override;
    Result<source::Snapshots> acquire() override;
    Result<vigia_view> acquire_memory(uint64_t max_age_ns) override {
        return chosen_.source->acquire_memory(max_age_ns);
    }
    Result<vigia_process> query(uint32_t pid) override { return chosen_.source->query(pid); }
    std::vector<source::Description> describe() override { return chosen_.source->describe(); }
    std::string description() const override { return chosen_.source->description(); }
    source::SourceCounters counters() const override; // of all writers since it was opened
    void count_torn_reading() override { chosen_.source->count_torn_reading(); }

    // Which writer is read, and why that one.
    const std::string& explanation() const { return chosen_.explanation; }
    const std::string& directory() const { return chosen_.directory; }
    bool is_kernel() const { return chosen_.is_kernel; }
    // How many times another writer was chosen since it was opened.
    uint64_t changes() const { return changes_; }
    // Its writer is missing, and is given a moment to come back: ask again soon.
    bool is_waiting() const { return waiting_; }
    // How long that moment is: half an interval, and not more than limits::source_patience_ns.
    uint64_t patience_ns() const;

private:
    SwitchingSource(SourceRequest request, ChosenSource chosen, const Clock& clock);

    void look_for_kernel();
    Status recover(const Error& error);
    void take_over(ChosenSource next);
    void delay_kernel();

    SourceRequest request_;
    ChosenSource chosen_;
    const Clock& clock_;
    uint64_t max_age_ns_ = 0;
    source::SourceCounters earlier_; // of the writers before
    uint64_t changes_ = 0;
    uint64_t chosen_ns_;            // when the present writer was chosen
    uint64_t failing_since_ns_ = 0; // 0: it answers
    bool waiting_ = false;
    uint64_t kernel_check_ns_; // when to look for the kernel's files again
    uint64_t kernel_wait_ns_;  // between two such looks
};

} // namespace vigia::service
