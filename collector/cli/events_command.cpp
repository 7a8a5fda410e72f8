// SPDX-License-Identifier: MIT
// vigia events: what happened, and what happens.
#include "collector/cli/commands.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include <vigia/events_reader.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/cli/engine_names.h"
#include "collector/cli/event_text.h"
#include "collector/cli/filter.h"
#include "collector/cli/live.h"
#include "collector/cli/live_table.h"
#include "collector/cli/render.h"
#include "collector/cli/replay_feed.h"
#include "collector/cli/when.h"
#include "collector/cli/width.h"
#include "collector/sampler/newborn_table.h"
#include "collector/sampler/sampler.h"
#include "collector/service/switching_source.h"
#include "collector/source/event_source.h"

namespace vigia::cli {
namespace {

constexpr uint64_t one_shot_ns = 500 * ns_per_millisecond;
constexpr uint64_t look_again_ns = 250 * ns_per_millisecond; // for a container that is new

// Who processes and control groups are: learned from samples, and kept when they have gone.
class Names {
public:
    void learn(const Sample& sample) {
        sample_ = &sample;
        for (const CgroupSample& cgroup : sample.cgroups) {
            const ContainerSample* container = container_at(sample, cgroup.container);
            containers_[cgroup.record.id] =
                container == nullptr
                    ? Container{}
                    : Container{std::string(container->name()), std::string(container->id)};
        }
    }
    bool knows_cgroup(uint64_t id) const { return containers_.count(id) != 0; }

    EventRow row(const vigia_event& event, const Instant& now) {
        EventRow row{event, now, {}, {}, {}};
        if ((event.valid & VIGIA_EVENT_VALID_CGROUP) != 0) {
            if (const auto found = containers_.find(event.cgroup_id); found != containers_.end()) {
                row.container = found->second.name;
                row.container_id = found->second.id;
            }
        }
        row.comm = comm_of(event);
        return row;
    }

private:
    struct Container {
        std::string name;
        std::string id;
    };

    std::string comm_of(const vigia_event& event) {
        if (event.kind == VIGIA_EVENT_FORK) {
            newborns_.born(vigia_event_as_fork(&event));
        } else if (event.kind == VIGIA_EVENT_EXEC) {
            newborns_.became(vigia_event_as_exec(&event));
        } else if (event.kind == VIGIA_EVENT_OOM_KILL) {
            return std::string(name_in(vigia_event_as_oom_kill(&event).comm));
        }
        if (const auto* newborn = newborns_.find(event.pid, event.start_time_ns)) {
            return std::string(name_in(newborn->comm));
        }
        return sampled_comm(event);
    }

    std::string sampled_comm(const vigia_event& event) const {
        if (sample_ == nullptr || event.pid == 0) {
            return {};
        }
        const auto found = std::lower_bound(
            sample_->processes.begin(), sample_->processes.end(), event.pid,
            [](const ProcessSample& process, uint32_t pid) { return process.record.pid < pid; });
        const bool is_it = found != sample_->processes.end() && found->record.pid == event.pid &&
                           found->record.start_time_ns == event.start_time_ns;
        return is_it ? std::string(name_in(found->record.comm)) : std::string();
    }

    sampler::NewbornTable newborns_ = [] {
        sampler::NewbornTable table;
        table.prepare();
        return table;
    }();
    const Sample* sample_ = nullptr; // the latest
    std::unordered_map<uint64_t, Container> containers_;
};

// Lines that need not wait for the longest of their columns: each is as wide as its kind of value.
class StreamWriter {
public:
    // `endless`: an array of JSON would never end, so it is one object a line.
    StreamWriter(OutputOptions output, bool endless, std::span<const Column<EventRow>> columns,
                 std::vector<std::size_t> chosen)
        : output_(std::move(output)), columns_(columns), chosen_(std::move(chosen)) {
        if (endless && output_.format == Format::json) {
            output_.format = Format::ndjson;
        }
    }

    std::string render(const std::vector<EventRow>& rows) {
        OutputOptions once = output_;
        once.header = output_.header && !begun_;
        const Terminal terminal = look_at_stdout(output_.color);
        if (!for_people(output_)) {
            begun_ = true;
            return cli::render(make_grid(columns_, chosen_, rows), once, terminal);
        }
        std::string text;
        if (once.header) {
            for (const std::size_t index : chosen_) {
                add(text, std::string(columns_[index].info.title), columns_[index].info, {}, false);
            }
            end_line(text);
        }
        begun_ = true;
        for (const EventRow& row : rows) {
            for (const std::size_t index : chosen_) {
                const Value value = columns_[index].get(row);
                add(text, to_human(value, columns_[index].info.unit), columns_[index].info, value,
                    terminal.color);
            }
            end_line(text);
        }
        return text;
    }

private:
    static std::size_t width_of(const ColumnInfo& info) {
        if (info.unit == Unit::time_ns) {
            return 23;
        }
        return std::max<std::size_t>(info.title.size(), info.unit == Unit::text ? 15 : 8);
    }

    static void add(std::string& text, const std::string& cell, const ColumnInfo& info,
                    const Value& value, bool color) {
        const std::size_t width = display_width(cell);
        const std::string blanks(width < width_of(info) ? width_of(info) - width : 0, ' ');
        const bool toned = info.tone != nullptr && value.index() != 0;
        const std::string shown = toned ? with_tone(cell, info.tone(value), color) : cell;
        text += is_number(info.unit) ? blanks + shown : shown + blanks;
        text += "  ";
    }

    static void end_line(std::string& text) {
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }

    OutputOptions output_;
    std::span<const Column<EventRow>> columns_;
    std::vector<std::size_t> chosen_;
    bool begun_ = false;
};

class EventsView {
public:
    EventsView(const EventsCommand& command, std::vector<std::size_t> chosen)
        : command_(command), events_(starts_with(command)), patience_(false),
          writer_(command.live.output, command.follow, event_columns(), std::move(chosen)) {}

    int run() {
        if (is_replay(command_.live.source)) {
            return run_replay();
        }
        if (command_.live.replay.is_given()) {
            return fail(Error(ErrorKind::usage, "--at, --from and --to are about a recording: "
                                                "--source replay:FILE; see also --since"));
        }
        if (command_.since) {
            const auto since = parse_when(*command_.since, clock_.now().realtime_ns);
            if (!since) {
                return fail(since.error().within("--since"));
            }
            since_realtime_ns_ = *since;
        }
        auto live = LiveSource::open(command_.live.source, &engine_names_, true);
        if (!live) {
            return fail(live.error());
        }
        live_ = std::move(*live);
        events_.follow(live_->source().directory());
        if (const Status opened = events_.open(); !opened) {
            return fail(opened.error());
        }
        engine_names_.wait(limits::names_deadline_ns);
        look();
        return learn() ? show() : exit_failed;
    }

private:
    // All of a recording, or of the part of it that was asked for; --at is the interval before it.
    int run_replay() {
        const ReplayOptions& wanted = command_.live.replay;
        auto replay = open_recording(command_.live.source, wanted);
        if (!replay) {
            return fail(replay.error());
        }
        if (wanted.at) {
            const auto at_ns = parse_when(*wanted.at, (**replay).end_realtime_ns());
            const Status found = at_ns ? (**replay).seek(*at_ns) : at_ns.error().within("--at");
            if (!found) {
                return fail(found.error());
            }
        }
        if (command_.since || command_.follow) {
            return fail(Error(ErrorKind::usage, "of a recording: --at, --from and --to"));
        }
        source_ = &(**replay).events();
        sampler::Sampler sampler(sampler::SamplerConfig{(**replay).interval_ns(), false, "/proc"});
        while ((**replay).has_next()) {
            const auto sample = sampler.take(**replay, &(**replay).catalog(), 0);
            if (!sample) {
                continue; // the last ones are damaged
            }
            names_.learn(**sample);
            const bool is_shown = !wanted.at || !(**replay).has_next();
            look();
            if (!is_shown) {
                waiting_.clear();
            } else {
                collect((**sample).at);
            }
        }
        static_cast<void>(write());
        return failed_ ? exit_failed : parting();
    }

    static vigia_events_start starts_with(const EventsCommand& command) {
        return command.follow && !command.since ? VIGIA_EVENTS_NEWEST : VIGIA_EVENTS_OLDEST;
    }

    void look() {
        while (const vigia_event* event = source_->next()) {
            waiting_.push_back(*event);
        }
        for (uint16_t kind = VIGIA_EVENT_FORK; kind <= VIGIA_EVENT_SENSOR_UNLOADED; ++kind) {
            if (source_->reports(static_cast<vigia_event_kind>(kind))) {
                reported_ |= VIGIA_EVENTS_FEATURE(kind);
            }
        }
    }

    // A new sample: who is who.
    bool learn() {
        const auto sample = live_->newest();
        if (!sample) {
            return say(sample.error().message()), false;
        }
        learned_ns_ = clock_.now().monotonic_ns;
        names_.learn(**sample);
        return true;
    }

    // What came, as far as it is wanted. A container that is new is looked for, now and then.
    bool put() {
        const auto is_strange = [&](const vigia_event& event) {
            return (event.valid & VIGIA_EVENT_VALID_CGROUP) != 0 &&
                   !names_.knows_cgroup(event.cgroup_id);
        };
        if (std::any_of(waiting_.begin(), waiting_.end(), is_strange) &&
            clock_.now().monotonic_ns - learned_ns_ >= look_again_ns && !learn()) {
            return false;
        }
        collect(clock_.now());
        return write();
    }

    void collect(const Instant& now) {
        for (const vigia_event& event : waiting_) {
            EventRow row = names_.row(event, now);
            if (is_wanted(row)) {
                rows_.push_back(std::move(row));
            }
        }
        waiting_.clear();
    }

    // False if nobody reads it.
    bool write() {
        if (rows_.empty() && begun_) {
            return true;
        }
        begun_ = true;
        const auto written = write_stdout(writer_.render(rows_));
        rows_.clear();
        if (!written) {
            say(written.error().message());
            failed_ = true;
        }
        return written && !written->closed;
    }

    bool is_wanted(const EventRow& row) const {
        const auto& kinds = command_.kinds;
        const Value time = realtime_of(row.event.time_ns, row.now);
        return (kinds.empty() ||
                std::find(kinds.begin(), kinds.end(), row.event.kind) != kinds.end()) &&
               std::get<uint64_t>(time) >= since_realtime_ns_ && matches(command_.live.filter, row);
    }

    int show() {
        if (command_.follow) {
            bool goes_on = put();
            while (goes_on && patience_.wait_ns(50 * ns_per_millisecond)) {
                events_.follow(live_->source().directory());
                look();
                goes_on = put();
                refresh_names();
            }
        } else if (patience_.wait_ns(one_shot_ns)) {
            look();
            static_cast<void>(put());
        }
        return failed_ ? exit_failed : parting();
    }

    // Samples also tell when another writer took over.
    void refresh_names() {
        if (clock_.now().monotonic_ns - learned_ns_ >= ns_per_second) {
            static_cast<void>(learn());
        }
    }

    // What is missing, for the person; the exit code for programs.
    int parting() const {
        const source::EventCounters counters = source_->counters();
        std::string masked;
        for (uint16_t kind = VIGIA_EVENT_FORK; kind <= VIGIA_EVENT_SENSOR_UNLOADED; ++kind) {
            const auto& kinds = command_.kinds;
            const bool is_sensor = kind >= VIGIA_EVENT_SENSOR_LOADED; // not of the host
            const bool wanted = kinds.empty()
                                    ? !is_sensor
                                    : std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
            if (wanted && (reported_ & VIGIA_EVENTS_FEATURE(kind)) == 0) {
                masked += (masked.empty() ? "" : ", ") + std::string(event_kind_name(kind));
            }
        }
        if (counters.missing() > 0) {
            say(fmt::format("{} lost: {} overwritten before they were read, {} not written",
                            counted(counters.missing(), "event"), counters.lost, counters.dropped));
        }
        if (!masked.empty()) {
            say(fmt::format("this source does not report {}", masked));
        }
        return counters.missing() > 0 || !masked.empty() ? exit_degraded : exit_ok;
    }

    const EventsCommand& command_;
    SystemClock clock_;
    source::EventFile events_;
    source::EventSource* source_ = &events_; // or a recording's
    Patience patience_;
    StreamWriter writer_;
    EngineNames engine_names_;
    std::unique_ptr<LiveSource> live_;
    Names names_;
    std::vector<vigia_event> waiting_;
    std::vector<EventRow> rows_; // to be written
    uint64_t since_realtime_ns_ = 0;
    uint64_t learned_ns_ = 0;
    uint64_t reported_ = 0; // VIGIA_EVENTS_FEATURE() of all kinds that were
    bool begun_ = false;
    bool failed_ = false;
};

} // namespace

int run(const EventsCommand& command) {
    const auto chosen = find_fields(infos_of(event_columns()), command.live.output.fields,
                                    for_people(command.live.output));
    if (!chosen) {
        return fail(chosen.error().within("--fields"));
    }
    return EventsView(command, *chosen).run();
}

} // namespace vigia::cli
