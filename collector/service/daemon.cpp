// SPDX-License-Identifier: MIT
#include "collector/service/daemon.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/base/units.h"
#include "collector/recording/background.h"
#include "collector/sampler/host_supplement.h"
#include "collector/service/actor.h"
#include "collector/service/engines.h"
#include "collector/service/event_watch.h"
#include "collector/service/log.h"
#include "collector/service/paths.h"
#include "collector/service/cost.h"
#include "collector/service/screen.h"
#include "collector/service/settings.h"
#include "collector/service/switching_source.h"
#include "collector/service/tick.h"

namespace vigia::service {
namespace {

using std::chrono::nanoseconds;
using SteadyTime = boost::asio::steady_timer::time_point;

constexpr uint64_t settle_ns = ns_per_second; // how long the first tick waits for an engine
constexpr uint64_t status_interval_ns = 10 * ns_per_second;
constexpr uint64_t restored_ns = 24 * 3600 * ns_per_second; // decisions this young still matter

int exit_code_of(const Error& error) {
    return error.kind() == ErrorKind::usage ? 2 : error.kind() == ErrorKind::not_found ? 4 : 1;
}

bool asked_to_end(const policy::Decision& decision) {
    return std::any_of(decision.steps.begin(), decision.steps.end(), [](const policy::Step& step) {
        return step.phase == policy::Phase::requested &&
               (step.action == policy::ActionKind::stop || step.action == policy::ActionKind::kill);
    });
}

// A configuration's mistakes come one to a line.
void warn_lines(Log& log, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        log.warn(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// What is fixed when the parts are made.
bool needs_restart(const config::Settings& before, const config::Settings& now) {
    return now.source != before.source || now.run_directory != before.run_directory ||
           now.mounts != before.mounts || now.storage.path != before.storage.path ||
           now.storage.enabled != before.storage.enabled ||
           now.engine.sockets != before.engine.sockets ||
           now.engine.enabled != before.engine.enabled ||
           now.recording.enabled != before.recording.enabled ||
           now.recording.directory != before.recording.directory ||
           now.recording.size_cap_bytes != before.recording.size_cap_bytes ||
           now.recording.age_ns != before.recording.age_ns;
}

class Daemon {
public:
    Daemon(DaemonOptions options, config::Settings settings)
        : options_(std::move(options)), settings_(std::move(settings)),
          begin_(clock_.now().monotonic_ns), signals_(io_context_, SIGINT, SIGTERM, SIGHUP),
          tick_timer_(io_context_), settle_timer_(io_context_), end_timer_(io_context_),
          sampler_(sampler::SamplerConfig{settings_.interval_ns, true, "/proc"}) {}

    Status prepare();
    void run();

private:
    Status open_store();
    Status open_source();
    Status open_recorder();
    void start_engines();
    void take_up_decisions();
    void wait_for_signal();
    void reload();
    void settled();
    void schedule(SteadyTime when);
    void nudge();
    void nudge_if_urgent();
    void tick();
    bool take_sample();
    void say_source();
    void say_first_screen(const Sample& sample);
    void say_conditions();
    void say_last_screen();
    void stop(std::string_view why);

    DaemonOptions options_;
    config::Settings settings_;
    SystemClock clock_;
    uint64_t begin_;
    Log log_;
    boost::asio::io_context io_context_{1};
    boost::asio::signal_set signals_;
    boost::asio::steady_timer tick_timer_;
    boost::asio::steady_timer settle_timer_;
    boost::asio::steady_timer end_timer_;
    // In the order of their dependence: destroyed from the bottom up, so that no answer finds its
    // asker gone and the store writes what the last tick gave it.
    std::unique_ptr<storage::Store> store_;
    std::unique_ptr<policy::Engine> policy_;
    std::unique_ptr<SwitchingSource> source_;
    std::unique_ptr<recording::Background> recorder_; // null: not wanted
    source::EventFile recorded_events_;               // the recorder's own place in them
    source::EventFile events_;                        // of the directory that source_ reads
    sampler::Sampler sampler_;
    std::unique_ptr<EventWatch> event_watch_;
    std::unique_ptr<Engines> engines_;
    std::unique_ptr<Actor> actor_;
    std::unique_ptr<Ticker> ticker_;
    SteadyTime last_tick_{};
    SteadyTime next_tick_{};
    uint64_t last_status_ns_ = 0;
    uint64_t decisions_ = 0; // made by this process
    uint64_t next_decision_id_ = 1;
    uint64_t samples_ = 0;
    uint64_t last_number_ = 0;
    uint64_t max_age_ns_ = limits::shared_walk_age_ns; // of the next sample
    uint64_t source_changes_ = 0;                      // that were said
    uint64_t waited_ = 0;   // ticks that found no writer and were taken again soon
    bool followed_ = false; // every engine that is there is followed
    bool urgent_ = false;   // an event came that a rule should judge at once
    bool ticking_ = false;
    bool stopping_ = false;
};

Status Daemon::open_store() {
    if (!settings_.storage.enabled) {
        return {};
    }
    auto opened = storage::Store::open(store_config(settings_.storage));
    if (!opened) {
        return opened.error().within("database");
    }
    store_ = std::move(*opened);
    return {};
}

Status Daemon::open_source() {
    SourceRequest request;
    request.source = settings_.source;
    request.run_directory = settings_.run_directory;
    request.mounts = settings_.mounts;
    request.refresh_interval_ns = settings_.interval_ns;
    request.with_events = true;
    auto opened = SwitchingSource::open(std::move(request), clock_);
    if (!opened) {
        return opened.error();
    }
    source_ = std::move(*opened);
    events_.follow(source_->directory());
    sampler_.follow(&events_, [this](const vigia_event& event) {
        urgent_ = urgent_ || policy_->is_urgent(event);
    });
    event_watch_ = std::make_unique<EventWatch>(io_context_, events_, [this] {
        sampler_.drain();
        nudge_if_urgent();
    });
    return {};
}

Status Daemon::open_recorder() {
    const config::RecordingSettings& wanted = settings_.recording;
    if (!wanted.enabled) {
        return {};
    }
    auto started = recording::Background::start(
        {wanted.directory, settings_.interval_ns, wanted.size_cap_bytes, wanted.age_ns},
        [supplement = std::make_shared<sampler::HostSupplement>("/proc")](auto& host) {
            supplement->complete(host);
        });
    if (!started) {
        return started.error().within("recording");
    }
    recorder_ = std::move(*started);
    return {};
}

Status Daemon::prepare() {
    if (auto opened = open_source(); !opened) {
        return opened;
    }
    if (auto opened = open_store(); !opened) {
        return opened;
    }
    if (auto opened = open_recorder(); !opened) {
        return opened;
    }
    policy_ =
        std::make_unique<policy::Engine>(settings_.policy, store_ ? store_->next_decision_id() : 1);
    start_engines();
    take_up_decisions();
    return {};
}

void Daemon::take_up_decisions() {
    if (!store_) {
        return;
    }
    const uint64_t now_ns = clock_.now().realtime_ns;
    auto recent = store_->recent_decisions(now_ns - std::min(now_ns, restored_ns));
    if (!recent) {
        log_.warn(recent.error().within("earlier decisions").message());
        return;
    }
    policy_->restore(*recent);
    for (const policy::Decision& decision : *recent) {
        if (asked_to_end(decision)) {
            engines_->claim_end(decision.container_id);
        }
    }
}

void Daemon::start_engines() {
    std::vector<docker::EngineConfig> configs;
    if (settings_.engine.enabled) {
        configs = settings_.engine.sockets.empty() ? default_engines()
                                                   : engines_at(settings_.engine.sockets);
    }
    engines_ = std::make_unique<Engines>(io_context_, configs);
    actor_ = std::make_unique<Actor>(io_context_, *engines_, store_.get(), log_,
                                     [this](const policy::ActionReport& report) {
                                         // An answer that only came because we are leaving says
                                         // nothing: the next start verifies what became of it.
                                         if (!stopping_) {
                                             ticker_->report(report);
                                         }
                                     });
    Ticker::Hands hands;
    hands.decided = [this](const policy::Decision& decision) {
        if (decision.id >= next_decision_id_) { // not a step of one that is known already
            next_decision_id_ = decision.id + 1;
            ++decisions_;
        }
        actor_->decided(decision);
    };
    hands.requested = [this](const policy::ActionRequest& request) { actor_->requested(request); };
    hands.noticed = [this](const policy::Notice& notice) {
        if (engines_->present()) {
            log_.info(fmt::format("rule {}: {}", notice.rule, notice.text));
        } else { // one reason for all rules
            constexpr const char* text = "no container engine answers: rules about containers rest";
            if (samples_ == 0) {
                log_.known("rules", text); // the first screen says it
            } else {
                log_.condition("rules", text);
            }
        }
    };
    ticker_ = std::make_unique<Ticker>(sampler_, *policy_, store_.get(), engines_.get(), clock_,
                                       std::move(hands));
}

void Daemon::run() {
    wait_for_signal();
    if (options_.for_ns > 0) {
        end_timer_.expires_after(nanoseconds(options_.for_ns));
        end_timer_.async_wait([this](boost::system::error_code error) {
            if (!error) {
                stop("--for is over");
            }
        });
    }
    event_watch_->start();
    engines_->start([this] { nudge(); },
                    [this](const ContainerTurn& turn) { sampler_.note(turn); });
    settle_timer_.expires_after(nanoseconds(engines_->any() ? settle_ns : 0));
    settle_timer_.async_wait([this](boost::system::error_code) { settled(); });
    io_context_.run();
    say_last_screen();
}

void Daemon::settled() {
    if (!ticking_ && !stopping_) {
        ticking_ = true;
        tick();
    }
}

void Daemon::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error) {
            return;
        }
        if (number == SIGHUP) {
            reload();
            wait_for_signal();
        } else {
            stop(number == SIGINT ? "interrupted" : "terminated");
        }
    });
}

void Daemon::reload() {
    auto loaded = load_settings(options_);
    if (!loaded) {
        warn_lines(log_, loaded.error().message());
        log_.warn("reload: the configuration in force stays as it was");
        return;
    }
    if (needs_restart(settings_, *loaded)) {
        log_.warn("reload: a change of source, run_directory, [system], [engine], [recording], or "
                  "the database's "
                  "place needs a restart; everything else is in force now");
    }
    if (store_) {
        storage::StoreConfig config = store_config(loaded->storage);
        config.path = settings_.storage.path;
        if (auto status = store_->reconfigure(config); !status) {
            log_.warn("reload: " + status.error().message());
        }
    }
    policy_->reconfigure(loaded->policy);
    sampler_.set_interval(loaded->interval_ns);
    settings_.interval_ns = loaded->interval_ns;
    settings_.policy = std::move(loaded->policy);
    settings_.files = std::move(loaded->files);
    log_.info(fmt::format("reloaded: {} rules, {}, every {}", settings_.policy.rules.size(),
                          to_string(settings_.policy.mode),
                          format_duration_ns(settings_.interval_ns)));
    nudge();
}

void Daemon::schedule(SteadyTime when) {
    next_tick_ = when;
    tick_timer_.expires_at(when);
    tick_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            tick();
        }
    });
}

// Something changed: look soon rather than at the next interval, but not all the time.
void Daemon::nudge() {
    say_conditions();
    if (!ticking_) {
        if (engines_->settled()) {
            settle_timer_.cancel();
        }
        return;
    }
    max_age_ns_ = 0; // an older walk, whoever asked for it, has not seen the change
    // Bounded in cost, whatever the engines report: at most a tenth of one CPU.
    const auto spacing =
        nanoseconds(std::max(limits::early_tick_spacing_ns,
                             limits::early_tick_rest * ticker_->stats().last_duration_ns));
    const SteadyTime soon = std::max(last_tick_ + spacing, std::chrono::steady_clock::now());
    if (!stopping_ && soon < next_tick_) {
        schedule(soon);
    }
}

void Daemon::nudge_if_urgent() {
    if (std::exchange(urgent_, false)) {
        nudge();
    }
}

void Daemon::tick() {
    const SteadyTime now = std::chrono::steady_clock::now();
    last_tick_ = now;
    const bool wants_newer = max_age_ns_ == 0;
    const uint64_t number_before = last_number_;
    const bool taken = take_sample();
    say_conditions();
    // On the beat, not behind it; beats that were missed are not made up for.
    SteadyTime next = next_tick_ + nanoseconds(settings_.interval_ns);
    if (next <= now || next_tick_ == SteadyTime{}) {
        next = now + nanoseconds(settings_.interval_ns);
    }
    if (!taken && source_->is_waiting()) {
        ++waited_;
        next = now + nanoseconds(std::min(limits::source_retry_ns, source_->patience_ns()));
    } else if (taken && wants_newer && last_number_ == number_before) {
        // A writer with a beat of its own has seen nothing of the change yet.
        max_age_ns_ = 0;
        next = std::min(next, now + nanoseconds(limits::source_retry_ns));
    }
    schedule(next);
    nudge_if_urgent(); // what came with the tick is younger than its snapshot
}

// False if there was none.
bool Daemon::take_sample() {
    const bool first = samples_ == 0;
    if (first) {
        log_.hold();
    }
    events_.follow(source_->directory());
    auto taken = ticker_->tick(*source_, std::exchange(max_age_ns_, limits::shared_walk_age_ns));
    if (taken) {
        log_.condition("source", "", "samples come again");
        const Sample& sample = **taken;
        samples_ += sample.number != last_number_;
        last_number_ = sample.number;
        if (recorder_) {
            recorded_events_.follow(source_->directory());
            recorder_->offer(*source_, engines_.get(), &recorded_events_);
        }
        if (first) {
            say_first_screen(sample);
        }
        say_source();
        const uint64_t now_ns = clock_.now().monotonic_ns;
        const bool watched = options_.for_ns > 0 || isatty(STDERR_FILENO) != 0;
        if (watched && now_ns - last_status_ns_ >= status_interval_ns && !first) {
            last_status_ns_ = now_ns;
            log_.info(status_line(sample, decisions_));
        }
    } else if (!source_->is_waiting()) {
        log_.condition("source", taken.error().message());
    }
    log_.release();
    return static_cast<bool>(taken);
}

// Another writer was chosen: which, and why.
void Daemon::say_source() {
    if (source_->changes() != source_changes_) {
        source_changes_ = source_->changes();
        log_.info("source: " + source_->explanation());
    }
}

void Daemon::say_first_screen(const Sample& sample) {
    Beginning beginning;
    beginning.source = source_->explanation();
    source_changes_ = source_->changes();
    beginning.engine = engines_->describe();
    beginning.engine_present = engines_->present();
    followed_ = engines_->complete();
    beginning.database =
        store_ ? settings_.storage.path : "none: switched off by the configuration";
    beginning.database_size_cap_bytes = store_ ? settings_.storage.size_cap_bytes : 0;
    Log screen;
    for (const std::string& line : first_screen(settings_, beginning, sample, decisions_)) {
        screen.info(line);
    }
    if (recorder_) {
        screen.info(fmt::format("{:<11} {}, at most {}", "recording", settings_.recording.directory,
                                format_bytes(settings_.recording.size_cap_bytes)));
    }
    if (store_ && !store_->stats().notice.empty()) {
        screen.warn(store_->stats().notice);
    }
    last_status_ns_ = clock_.now().monotonic_ns;
}

void Daemon::say_conditions() {
    log_.condition("engine", engines_->trouble());
    const bool followed = engines_->complete();
    if (followed && !followed_ && ticking_) {
        log_.info("container engine: " + engines_->describe());
        log_.condition("rules", "");
    }
    followed_ = followed;
    if (store_) {
        log_.condition("database", store_->stats().last_error, "the database is written again");
    }
    if (recorder_) {
        log_.condition("recording", recorder_->stats().last_error, "the recording goes on");
    }
}

void Daemon::say_last_screen() {
    Ending ending;
    ending.duration_ns = clock_.now().monotonic_ns - begin_;
    ending.samples = samples_;
    ending.failed_samples = ticker_->stats().failed_ticks - waited_;
    ending.dropped_samples = ticker_->stats().dropped_samples;
    ending.decisions = decisions_;
    ending.writing_requests = engines_->writing_requests();
    ending.cpu_ns = spent_cpu_ns();
    ending.resident_bytes = resident_bytes();
    if (store_) {
        if (auto flushed = store_->flush(ns_per_second); !flushed) {
            log_.warn(flushed.error().within("last rows").message());
        }
        ending.database = settings_.storage.path;
        ending.store = store_->stats();
    }
    for (const std::string& line : last_screen(ending)) {
        log_.info(line);
    }
    if (recorder_) {
        const recording::BackgroundStats stats = recorder_->stats();
        log_.info(fmt::format("recording: {}, {} samples in {}, {} dropped",
                              settings_.recording.directory, stats.segments.samples,
                              format_bytes(stats.segments.written_bytes),
                              stats.dropped_samples + stats.failed_samples));
    }
}

void Daemon::stop(std::string_view why) {
    stopping_ = true;
    log_.info(fmt::format("{}: ending", why));
    io_context_.stop();
}

} // namespace

int run_daemon(const DaemonOptions& options) {
    Log log;
    auto settings = load_settings(options);
    if (!settings) {
        warn_lines(log, settings.error().message());
        return exit_code_of(settings.error());
    }
    if (options.check_config) {
        log.info(fmt::format("configuration is good: rules: {}, files: {}",
                             settings->policy.rules.size(), settings->files.size()));
        return 0;
    }
    Daemon daemon(options, std::move(*settings));
    if (auto prepared = daemon.prepare(); !prepared) {
        log.warn(prepared.error().message());
        return exit_code_of(prepared.error());
    }
    daemon.run();
    return 0;
}

} // namespace vigia::service
