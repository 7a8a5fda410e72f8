// SPDX-License-Identifier: MIT
// Makes samples of snapshots: a merge-join by identity of this snapshot with the counters of the
// one before gives the rates; whole cgroup path components give the containers.
#pragma once

#include <functional>
#include <memory>

#include "collector/base/result.h"
#include "collector/sampler/sample.h"
#include "collector/source/event_source.h"
#include "collector/source/source.h"

namespace vigia::sampler {

struct SamplerConfig {
    // The expected one; a writer with a slower pace of its own sets that. Many times this is a gap.
    uint64_t interval_ns = 1'000'000'000;
    bool command_lines = true; // read /proc/PID/cmdline once in a process's life
    std::string proc_path = "/proc";
    // Fill from there what the kernel modules cannot know of this host (host_supplement.h).
    bool complete_host = true;
};

// One thread. Allocates only while tables grow or new processes and cgroups appear.
class Sampler {
public:
    explicit Sampler(SamplerConfig config);
    ~Sampler();
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    // The sample of `source`'s newest snapshots, refreshed to at most `max_age_ns`. Reads again, a
    // bounded number of times, when the writer laps it. `catalog` adds descriptions; it may be null
    // and must stay unchanged while the sample is used. The sample is valid until the next call.
    // Where the writer has published nothing new, it is the last sample again, under the same
    // number.
    Result<const Sample*> take(source::Source& source, const ContainerCatalog* catalog,
                               uint64_t max_age_ns);

    // What happens between the samples is read from `events` from now on, which must outlive the
    // sampler or be replaced (null: nobody tells): what ended is then in the sums of the next
    // sample. `listener` is given every event that was read, so that one reader is enough for all;
    // it must not call the sampler.
    void follow(source::EventSource* events, std::function<void(const vigia_event&)> listener = {});
    // Reads what is there. take() does so, too; in between it is to be called whenever
    // events->descriptor() is readable, or rings overflow.
    void drain();

    // What an engine told since the last sample: the next one has it.
    void note(const ContainerTurn& turn);

    // The expected interval from now on.
    void set_interval(uint64_t interval_ns);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::sampler
