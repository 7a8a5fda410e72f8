// SPDX-License-Identifier: MIT
// The live views' samples: from the kernel's files, a running daemon's, or a publisher of our own
// in a temporary directory that goes away with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "collector/base/result.h"
#include "collector/cli/patience.h"
#include "collector/sampler/sample.h"
#include "collector/source/source.h"

namespace vigia::service {
class SwitchingSource;
}

namespace vigia::cli {

class EngineNames;

// Called after each sample that was taken, whether it is shown or not, with the source that it is
// from: for what is not in it.
using Observer = std::function<void(source::Source& source, const Sample& sample)>;

// Where a view's samples come from. One thread.
class SampleFeed {
public:
    virtual ~SampleFeed() = default;
    void observe(Observer observer) { observer_ = std::move(observer); }
    // The next sample to show, with rates over `interval_ns` where that is a choice. Valid until
    // the next call. nullptr: `patience` was told to stop, or there are no more.
    virtual Result<const Sample*> next(uint64_t interval_ns, Patience& patience) = 0;
    virtual const std::string& explanation() const = 0; // where they come from, and why from there
    virtual uint64_t changes() const = 0; // times that they came from elsewhere since open()

protected:
    void taken(source::Source& source, const Result<const Sample*>& sample) const {
        if (observer_ && sample) {
            observer_(source, **sample);
        }
    }

private:
    Observer observer_;
};

// One thread.
class LiveSource final : public SampleFeed {
public:
    // `source`: auto, kernel, publisher, or a directory. `names` may be null and must outlive it.
    // `with_events`: a publisher of our own tells what happens, too. Errors: usage, not_found,
    // permission, unavailable.
    static Result<std::unique_ptr<LiveSource>> open(const std::string& source, EngineNames* names,
                                                    bool with_events = false);
    ~LiveSource() override;
    LiveSource(const LiveSource&) = delete;
    LiveSource& operator=(const LiveSource&) = delete;

    // A sample with rates over at least half of `interval_ns`, taken after the one before; the
    // first call takes two. Valid until the next call. nullptr: `patience` was told to stop.
    Result<const Sample*> next(uint64_t interval_ns, Patience& patience) override;

    // The newest sample at once, without rates. Valid until the next call.
    Result<const Sample*> newest();

    const std::string& explanation() const override;
    uint64_t changes() const override;
    service::SwitchingSource& source(); // for questions beside the samples

private:
    struct State;
    Result<const Sample*> take(uint64_t max_age_ns);
    Result<const Sample*> wait_for_new(uint64_t interval_ns, Patience& patience);
    explicit LiveSource(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace vigia::cli
