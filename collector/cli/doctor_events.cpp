// SPDX-License-Identifier: MIT
// Which events are told here, from where, and why not the others.
#include "collector/cli/doctor.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <vigia/events_reader.h>

#include <fmt/format.h>

#include "collector/base/result.h"

namespace vigia::cli {
namespace {

struct Kind {
    vigia_event_kind kind;
    const char* name;
};

constexpr std::array<Kind, 7> kinds{{{VIGIA_EVENT_FORK, "fork"},
                                     {VIGIA_EVENT_EXEC, "exec"},
                                     {VIGIA_EVENT_EXIT, "exit"},
                                     {VIGIA_EVENT_OOM_KILL, "OOM kill"},
                                     {VIGIA_EVENT_CGROUP_CREATED, "cgroup created"},
                                     {VIGIA_EVENT_CGROUP_REMOVED, "cgroup removed"},
                                     {VIGIA_EVENT_SENSOR_LOADED, "sensors"}}};

void append(std::string& list, std::string_view word, std::string_view separator = ", ") {
    list += list.empty() ? "" : separator;
    list += word;
}

std::string names_of(uint64_t features, bool present) {
    std::string names;
    for (const Kind& kind : kinds) {
        if (((features & VIGIA_EVENTS_FEATURE(kind.kind)) != 0) == present) {
            append(names, kind.name);
        }
    }
    return names;
}

std::string dropped_of(const EventsReport& report) {
    return report.dropped_count == 0
               ? ""
               : fmt::format("; {} lost by the writer so far", report.dropped_count);
}

Finding of_kernel(const EventsReport& report) {
    if (!report.is_open) {
        return {"events", Mark::warn,
                fmt::format("{}: {}; what lives for less than an interval is unseen", report.path,
                            report.error),
                "modprobe vigia_events"};
    }
    const std::string missing = names_of(report.features, false);
    return {"events",
            Mark::ok,
            fmt::format("by the kernel modules: {}{}{}", names_of(report.features, true),
                        missing.empty() ? "" : "; this kernel does not tell: " + missing,
                        dropped_of(report)),
            {}};
}

// What a publisher of ours is told, "X (from)", and what it is not, "no X: why".
void describe_origins(const std::vector<publish::EventOrigin>& origins, std::string& there,
                      std::string& missing, std::string& remedy) {
    for (const publish::EventOrigin& origin : origins) {
        if (origin.there) {
            append(there, fmt::format("{} ({})", origin.what, origin.from));
        }
        if (!origin.absence.why.empty()) {
            append(missing,
                   fmt::format("{} {}: {}", origin.there ? "not all of" : "no", origin.what,
                               origin.absence.why),
                   "; ");
            if (!origin.absence.remedy.empty() &&
                remedy.find(origin.absence.remedy) == std::string::npos) {
                append(remedy, origin.absence.remedy, "; ");
            }
        }
    }
}

} // namespace

EventsReport read_events(const std::string& directory, bool is_kernel) {
    EventsReport report;
    report.path = directory + "/events";
    report.is_kernel = is_kernel;
    vigia_events events{};
    if (const char* error = vigia_events_open(report.path.c_str(), VIGIA_EVENTS_NEWEST, &events)) {
        report.error = error == std::string_view(VIGIA_ERROR_OPEN)
                           ? system_error("open", errno).message()
                           : std::string(error);
        return report;
    }
    report.is_open = true;
    report.features = events.file.header.features;
    report.dropped_count = vigia_events_dropped_count(&events);
    vigia_events_close(&events);
    return report;
}

Finding check_events(const EventsReport& report, const std::vector<publish::EventOrigin>& origins) {
    if (report.is_kernel) {
        return of_kernel(report);
    }
    std::string there;
    std::string missing;
    std::string remedy;
    describe_origins(origins, there, missing, remedy);
    std::string text = report.is_open
                           ? fmt::format("by the publisher, in {}: {}{}", report.path,
                                         names_of(report.features, true), dropped_of(report))
                           : "told while vigia daemon or vigia publish runs";
    append(text, there.empty() ? "this user would be told nothing" : "this user is told: " + there,
           "; ");
    if (missing.empty()) {
        return {"events", Mark::ok, text, {}};
    }
    return {"events", Mark::warn, text + "; " + missing, remedy};
}

} // namespace vigia::cli
