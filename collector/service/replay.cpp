// SPDX-License-Identifier: MIT
#include "collector/service/replay.h"

#include <csignal>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/base/units.h"
#include "collector/service/actor.h"
#include "collector/service/cost.h"
#include "collector/service/log.h"
#include "collector/service/screen.h"
#include "collector/service/settings.h"
#include "collector/service/tick.h"

namespace vigia::service {
namespace {

// The time of the sample that is shown.
class ReplayClock final : public Clock {
public:
    explicit ReplayClock(const recording::Replay& replay) : replay_(replay) {}
    Instant now() const override { return replay_.now(); }

private:
    const recording::Replay& replay_;
};

class Replayer {
public:
    Replayer(const DaemonOptions& options, config::Settings settings, recording::Replay& replay,
             uint64_t speed)
        : options_(options), settings_(std::move(settings)), replay_(replay), speed_(speed),
          clock_(replay), begin_ns_(SystemClock().now().monotonic_ns),
          signals_(io_context_, SIGINT, SIGTERM, SIGHUP), tick_timer_(io_context_),
          end_timer_(io_context_),
          // What runs under these numbers here and now is somebody else: no command lines.
          sampler_(sampler::SamplerConfig{settings_.interval_ns, false, "/proc"}) {
        sampler_.follow(&replay_.events());
    }

    Status prepare() {
        if (options_.database_path) {
            auto opened = storage::Store::open(store_config(settings_.storage));
            if (!opened) {
                return opened.error().within("database");
            }
            store_ = std::move(*opened);
        }
        policy_ = std::make_unique<policy::Engine>(settings_.policy,
                                                   store_ ? store_->next_decision_id() : 1);
        Ticker::Hands hands;
        hands.decided = [this](const policy::Decision& decision) { decided(decision); };
        hands.requested = [](const policy::ActionRequest&) {}; // never in dry run, and to nobody
        hands.noticed = [this](const policy::Notice& notice) {
            say(fmt::format("rule {}: {}", notice.rule, notice.text));
        };
        ticker_ = std::make_unique<Ticker>(sampler_, *policy_, store_.get(), &replay_.catalog(),
                                           clock_, std::move(hands));
        return {};
    }

    void run() {
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) {
                io_context_.stop();
            }
        });
        if (options_.for_ns > 0) {
            end_timer_.expires_after(std::chrono::nanoseconds(options_.for_ns));
            end_timer_.async_wait([this](boost::system::error_code) { io_context_.stop(); });
        }
        tick_after(0);
        io_context_.run();
        say_last_screen();
    }

private:
    void tick_after(uint64_t pause_ns) {
        tick_timer_.expires_after(std::chrono::nanoseconds(pause_ns));
        tick_timer_.async_wait([this](boost::system::error_code error) {
            if (!error) {
                tick();
            }
        });
    }

    void tick() {
        const bool first = samples_ == 0;
        log_.hold(); // the first screen comes first
        const auto taken = ticker_->tick(replay_, 0);
        if (taken && first) {
            say_first_screen(**taken);
        }
        log_.release();
        samples_ += taken ? 1 : 0;
        // A replay may be faster than the disk: it waits where the present could not.
        if (store_ && samples_ % (limits::store_queue_batches / 2) == 0) {
            if (const Status flushed = store_->flush(UINT64_MAX); !flushed) {
                log_.condition("database", flushed.error().message());
            }
        }
        if (replay_.has_next()) {
            tick_after(speed_ == 0 ? 0 : replay_.until_next_ns() / speed_);
        } else {
            io_context_.stop();
        }
    }

    // With the time of the recording in front.
    void say(const std::string& text) {
        log_.info(fmt::format("[{}] {}", format_time(replay_.now().realtime_ns), text));
    }

    void decided(const policy::Decision& decision) {
        std::size_t& said = said_steps_[decision.id];
        for (const std::string& line : describe(decision, said)) {
            say(line);
        }
        said = decision.steps.size();
        if (store_) {
            store_->record(decision, [](Status) {});
        }
    }

    void say_first_screen(const Sample& sample) {
        Beginning beginning;
        beginning.source =
            fmt::format("{}, {} samples from {} to {}", replay_.description(),
                        replay_.sample_count(), format_time(replay_.begin_realtime_ns(), true),
                        format_time(replay_.end_realtime_ns(), true));
        beginning.engine = "none: a replay asks nothing of any engine; names are the recording's";
        beginning.engine_present = true; // as far as rules are concerned
        beginning.database =
            store_ ? settings_.storage.path : "none: a replay keeps a history only by --database";
        beginning.database_size_cap_bytes = store_ ? settings_.storage.size_cap_bytes : 0;
        Log screen;
        for (const std::string& line :
             first_screen(settings_, beginning, sample, said_steps_.size())) {
            screen.info(line);
        }
    }

    void say_last_screen() {
        Ending ending;
        ending.duration_ns = SystemClock().now().monotonic_ns - begin_ns_;
        ending.samples = samples_;
        ending.failed_samples = ticker_->stats().failed_ticks;
        ending.dropped_samples = ticker_->stats().dropped_samples;
        ending.decisions = said_steps_.size();
        ending.cpu_ns = spent_cpu_ns();
        ending.resident_bytes = resident_bytes();
        if (store_) {
            if (const Status flushed = store_->flush(UINT64_MAX); !flushed) {
                log_.warn(flushed.error().within("last rows").message());
            }
            ending.database = settings_.storage.path;
            ending.store = store_->stats();
        }
        for (const std::string& line : last_screen(ending)) {
            log_.info(line);
        }
        const recording::Losses losses = replay_.losses();
        if (losses.damaged_chunks > 0 || losses.torn_bytes > 0) {
            log_.warn(fmt::format("the recording is damaged: {} chunks unreadable, {} cut at the "
                                  "end of files",
                                  losses.damaged_chunks, format_bytes(losses.torn_bytes)));
        }
    }

    const DaemonOptions& options_;
    config::Settings settings_;
    recording::Replay& replay_;
    uint64_t speed_;
    ReplayClock clock_;
    uint64_t begin_ns_;
    Log log_;
    boost::asio::io_context io_context_{1};
    boost::asio::signal_set signals_;
    boost::asio::steady_timer tick_timer_;
    boost::asio::steady_timer end_timer_;
    std::unique_ptr<storage::Store> store_;
    std::unique_ptr<policy::Engine> policy_;
    sampler::Sampler sampler_;
    std::unique_ptr<Ticker> ticker_;
    std::map<uint64_t, std::size_t> said_steps_; // of each decision
    uint64_t samples_ = 0;
};

int exit_code_of(const Error& error) {
    return error.kind() == ErrorKind::usage ? 2 : error.kind() == ErrorKind::not_found ? 4 : 1;
}

} // namespace

int run_replay(const DaemonOptions& options, recording::Replay& replay, uint64_t speed) {
    Log log;
    if (options.enforce) {
        log.warn("a replay is always a dry run: --enforce and --source replay: do not go together");
        return 2;
    }
    auto settings = load_settings(options);
    if (!settings) {
        log.warn(settings.error().message());
        return exit_code_of(settings.error());
    }
    if (settings->policy.mode == policy::Mode::enforce) {
        log.info("the configuration says enforce; a replay is a dry run all the same");
        settings->policy.mode = policy::Mode::dry_run;
    }
    if (!options.interval_ns && replay.interval_ns() > 0) {
        settings->interval_ns = replay.interval_ns();
    }
    Replayer replayer(options, std::move(*settings), replay, speed);
    if (const Status prepared = replayer.prepare(); !prepared) {
        log.warn(prepared.error().message());
        return exit_code_of(prepared.error());
    }
    replayer.run();
    return 0;
}

} // namespace vigia::service
