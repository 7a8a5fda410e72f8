// SPDX-License-Identifier: MIT
#include "collector/cli/live.h"

#include <algorithm>
#include <optional>

#include <vigia/events_reader.h>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/cli/engine_names.h"
#include "collector/cli/private_directory.h"
#include "collector/sampler/sampler.h"
#include "collector/service/switching_source.h"

namespace vigia::cli {
namespace {

constexpr int awake_patience_ms = 3'000; // a host with very many processes, or a busy one
constexpr int awake_look_ms = 10;

// Whether it rests, by its last word about that.
bool still_rests(vigia_events& events, bool rests) {
    while (const vigia_event* event = vigia_events_next(&events)) {
        if (event->kind == VIGIA_EVENT_SENSOR_UNLOADED ||
            event->kind == VIGIA_EVENT_SENSOR_LOADED) {
            rests = event->kind == VIGIA_EVENT_SENSOR_UNLOADED;
        }
    }
    return rests;
}

// A publisher rests while nobody has its events open: ours has just woken it. Whoever counts what
// ended waits until it is awake, and then misses nothing. The kernel's modules never rest.
void wait_awake(const std::string& path) {
    vigia_events events{};
    if (vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events) != nullptr) {
        return;
    }
    if (events.file.header.writer_kind == VIGIA_WRITER_PUBLISHER) {
        bool rests = still_rests(events, false);
        for (int waited_ms = 0; rests && waited_ms < awake_patience_ms;
             waited_ms += awake_look_ms) {
            vigia_events_wait(&events, awake_look_ms);
            rests = still_rests(events, rests);
        }
    }
    vigia_events_close(&events);
}

} // namespace

struct LiveSource::State {
    SystemClock clock;
    std::optional<PrivateDirectory> directory; // removed after the source's publisher has left it
    std::unique_ptr<service::SwitchingSource> source;
    source::EventFile events; // of the directory that source reads
    sampler::Sampler sampler{sampler::SamplerConfig{}};
    EngineNames* names = nullptr;
    uint64_t last_number = 0; // of the sample shown last; 0: none yet

    Status open(const std::string& wanted, bool with_events);
};

Status LiveSource::State::open(const std::string& wanted, bool with_events) {
    auto made = PrivateDirectory::create();
    if (!made) {
        return made.error();
    }
    directory.emplace(std::move(*made));
    service::SourceRequest request;
    request.source = wanted;
    request.run_directory = directory->path() + "/files";
    request.join_running_publisher = true;
    request.with_events = with_events;
    auto opened = service::SwitchingSource::open(std::move(request), clock);
    if (!opened) {
        return opened.error();
    }
    source = std::move(*opened);
    events.follow(source->directory());
    wait_awake(events.path());
    sampler.follow(&events);
    return {};
}

LiveSource::LiveSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
LiveSource::~LiveSource() = default;

Result<const Sample*> LiveSource::take(uint64_t max_age_ns) {
    const ContainerCatalog* catalog = nullptr;
    if (state_->names != nullptr) {
        state_->names->poll();
        catalog = &state_->names->catalog();
    }
    state_->events.follow(state_->source->directory());
    auto sample = state_->sampler.take(*state_->source, catalog, max_age_ns);
    taken(*state_->source, sample);
    return sample;
}

// A writer with a pace of its own publishes when it likes, and one that left may come back: waits
// until there is something new.
Result<const Sample*> LiveSource::wait_for_new(uint64_t interval_ns, Patience& patience) {
    State& state = *state_;
    if (!patience.wait_ns(interval_ns, [&state] {
            if (state.names != nullptr) {
                state.names->poll();
            }
            state.sampler.drain();
            return false;
        })) {
        return nullptr;
    }
    // Half of the interval: then views side by side, and the daemon, share the kernel's walks.
    Result<const Sample*> sample = take(interval_ns / 2);
    const uint64_t pace_ns = sample ? (*sample)->info.refresh_interval_ns : 0;
    const auto settled = [&] {
        return sample ? (*sample)->number > state.last_number : !state.source->is_waiting();
    };
    const bool goes_on = patience.wait_ns(std::max(3 * pace_ns, 3 * ns_per_second), [&] {
        if (!settled()) {
            sample = take(interval_ns / 2);
        }
        return settled();
    });
    if (!goes_on) {
        return nullptr;
    }
    if (!settled()) {
        return Error(ErrorKind::unavailable,
                     state.source->directory() +
                         ": its writer no longer publishes; is it still running?");
    }
    if (sample) {
        state.last_number = (*sample)->number;
    }
    return sample;
}

Result<std::unique_ptr<LiveSource>> LiveSource::open(const std::string& source, EngineNames* names,
                                                     bool with_events) {
    auto state = std::make_unique<State>();
    state->names = names;
    if (Status status = state->open(source, with_events); !status) {
        return status.error();
    }
    return std::unique_ptr<LiveSource>(new LiveSource(std::move(state)));
}

Result<const Sample*> LiveSource::next(uint64_t interval_ns, Patience& patience) {
    if (state_->last_number == 0) {
        auto first = take(interval_ns / 2);
        if (!first) {
            return first;
        }
        state_->last_number = (*first)->number;
    }
    Result<const Sample*> sample = wait_for_new(interval_ns, patience);
    // The first sample of another writer has no rates; the next one has.
    if (sample && *sample != nullptr && (*sample)->gap == Gap::writer_changed) {
        sample = wait_for_new(interval_ns, patience);
    }
    return sample;
}

Result<const Sample*> LiveSource::newest() {
    return take(limits::shared_walk_age_ns);
}

const std::string& LiveSource::explanation() const {
    return state_->source->explanation();
}

uint64_t LiveSource::changes() const {
    return state_->source->changes();
}

service::SwitchingSource& LiveSource::source() {
    return *state_->source;
}

} // namespace vigia::cli
