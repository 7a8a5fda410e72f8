// SPDX-License-Identifier: MIT
#include "collector/cli/replay_feed.h"

#include <utility>

#include <fmt/format.h>

#include "collector/base/units.h"
#include "collector/cli/when.h"
#include "collector/sampler/sampler.h"

namespace vigia::cli {
namespace {

using recording::Replay;

class ReplayFeed final : public SampleFeed {
public:
    ReplayFeed(std::unique_ptr<Replay> replay, bool watch, uint64_t speed)
        : replay_(std::move(replay)), watch_(watch), speed_(speed),
          // What runs under these numbers here and now is somebody else.
          sampler_(sampler::SamplerConfig{replay_->interval_ns(), false, "/proc"}),
          explanation_(replay_->description()) {
        sampler_.follow(&replay_->events());
    }

    Result<const Sample*> next(uint64_t, Patience& patience) override {
        const bool is_first = !std::exchange(begun_, true);
        const uint64_t pause_ns =
            watch_ && speed_ > 0 && !is_first ? replay_->until_next_ns() / speed_ : 0;
        if (!replay_->has_next() || !patience.wait_ns(pause_ns)) {
            return nullptr;
        }
        Result<const Sample*> sample = take();
        if (sample && is_first && replay_->has_next()) {
            sample = take(); // the first one has no rates
        }
        return sample;
    }
    const std::string& explanation() const override { return explanation_; }
    uint64_t changes() const override { return 0; }

private:
    Result<const Sample*> take() {
        auto sample = sampler_.take(*replay_, &replay_->catalog(), 0);
        taken(*replay_, sample);
        return sample;
    }

    std::unique_ptr<Replay> replay_;
    bool begun_ = false;
    bool watch_;
    uint64_t speed_;
    sampler::Sampler sampler_;
    std::string explanation_;
};

Result<uint64_t> time_in(const Replay& replay, const std::string& text, const char* option) {
    auto time_ns = parse_when(text, replay.end_realtime_ns());
    return time_ns ? time_ns : time_ns.error().within(option);
}

} // namespace

bool is_replay(std::string_view source) {
    return source.starts_with(recording::replay_prefix);
}

Result<std::unique_ptr<Replay>> open_recording(std::string_view source,
                                               const ReplayOptions& options) {
    auto replay = Replay::open(std::string(source.substr(recording::replay_prefix.size())));
    if (!replay || (!options.from && !options.to)) {
        return replay;
    }
    recording::TimeRange range;
    if (options.from) {
        const auto from_ns = time_in(**replay, *options.from, "--from");
        if (!from_ns) {
            return from_ns.error();
        }
        range.from_ns = *from_ns;
    }
    if (options.to) {
        const auto to_ns = time_in(**replay, *options.to, "--to");
        if (!to_ns) {
            return to_ns.error();
        }
        range.to_ns = *to_ns;
    }
    if (const Status status = (**replay).set_range(range); !status) {
        return status.error();
    }
    return replay;
}

Result<std::unique_ptr<SampleFeed>> open_replay(const LiveOptions& options) {
    const ReplayOptions& wanted = options.replay;
    if (options.watch ? wanted.at.has_value() : wanted.from || wanted.to || wanted.speed) {
        return Error(ErrorKind::usage, "--at shows one moment; --from, --to and --speed go with "
                                       "--watch, which shows all of them");
    }
    auto replay = open_recording(options.source, wanted);
    if (!replay) {
        return replay.error();
    }
    if (!options.watch) {
        const auto at_ns = wanted.at ? time_in(**replay, *wanted.at, "--at")
                                     : Result<uint64_t>((**replay).end_realtime_ns());
        if (!at_ns) {
            return at_ns.error();
        }
        if (const Status status = (**replay).seek(*at_ns); !status) {
            return status.error();
        }
    }
    return std::unique_ptr<SampleFeed>(
        std::make_unique<ReplayFeed>(std::move(*replay), options.watch, wanted.speed.value_or(1)));
}

} // namespace vigia::cli
