// SPDX-License-Identifier: MIT
// Makes samples of snapshots: a merge-join by identity of this snapshot with the counters of the
// one before gives the rates; whole cgroup path components give the containers.
#pragma once

#include <memory>

#include "collector/base/result.h"
#include "collector/sampler/sample.h"
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

    // The expected interval from now on.
    void set_interval(uint64_t interval_ns);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::sampler
