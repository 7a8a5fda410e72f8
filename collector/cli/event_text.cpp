// SPDX-License-Identifier: MIT
#include "collector/cli/event_text.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include <vigia/events_reader.h>

#include "collector/cli/views.h"

namespace vigia::cli {
namespace {

constexpr std::array<std::string_view, 9> kinds{
    "unknown",        "fork",           "exec",          "exit",           "oom_kill",
    "cgroup_created", "cgroup_removed", "sensor_loaded", "sensor_unloaded"};

std::string detail_of_exec(const vigia_event_exec& event) {
    if ((event.valid & VIGIA_EVENT_VALID_NAME) == 0) {
        return {};
    }
    const bool is_cut = event.file_name_length_bytes > sizeof(event.file_name);
    return std::string(name_in(event.file_name)) + (is_cut ? "..." : "");
}

std::string detail_of_exit(const vigia_event_exit& event) {
    const std::string end = end_of(event);
    const bool timed = (event.valid & VIGIA_EVENT_VALID_RUNTIME) != 0;
    const std::string time =
        timed ? to_human(Value{event.cpu_runtime_ns}, Unit::duration_ns) + " of CPU" : "";
    const bool own = event.exit_signal == 0;
    const std::string word = end.empty() ? "" : own ? "code " + end : end;
    return word + (word.empty() || time.empty() ? "" : ", ") + time;
}

std::string detail_of_oom_kill(const vigia_event_oom_kill& event) {
    std::string text;
    if ((event.valid & VIGIA_EVENT_VALID_RSS) != 0) {
        const uint64_t rss_bytes =
            event.rss_anon_bytes + event.rss_file_bytes + event.rss_shared_bytes;
        text = to_human(Value{rss_bytes}, Unit::bytes) + " resident";
    }
    if ((event.valid & VIGIA_EVENT_VALID_TRIGGER) != 0) {
        text += fmt::format("{}for process {}", text.empty() ? "" : ", ", event.trigger_pid);
    }
    return text;
}

std::string detail_of_cgroup(const vigia_event_cgroup& event) {
    if ((event.valid & VIGIA_EVENT_VALID_PATH) == 0) {
        return {};
    }
    const bool is_cut = event.path_length_bytes > sizeof(event.path);
    return (is_cut ? "..." : "") + std::string(name_in(event.path));
}

} // namespace

std::string_view event_kind_name(uint16_t kind) {
    return kind < kinds.size() ? kinds[kind] : kinds[0];
}

uint16_t event_kind_of(std::string_view name) {
    const auto found = std::find(kinds.begin() + 1, kinds.end(), name);
    return found == kinds.end() ? uint16_t{VIGIA_EVENT_NONE}
                                : static_cast<uint16_t>(found - kinds.begin());
}

std::string signal_name(unsigned signal) {
    const char* name = sigabbrev_np(static_cast<int>(signal));
    return name != nullptr ? std::string("SIG") + name : fmt::format("signal {}", signal);
}

std::string end_of(const vigia_event_exit& event) {
    if ((event.valid & VIGIA_EVENT_VALID_STATUS) == 0) {
        return {};
    }
    if (event.exit_signal == 0) {
        return std::to_string(event.exit_code);
    }
    const bool dumped = (event.flags & VIGIA_EVENT_EXIT_CORE_DUMPED) != 0;
    return signal_name(event.exit_signal) + (dumped ? ", core" : "");
}

Tone tone_of_end(const Value& end) {
    const auto* text = std::get_if<std::string>(&end);
    if (text == nullptr || *text == "0") {
        return Tone::faint;
    }
    return text->starts_with("SIG") ? Tone::bad : Tone::warning;
}

Value realtime_of(uint64_t monotonic_ns, const Instant& now) {
    const uint64_t offset_ns = now.realtime_ns - now.monotonic_ns; // modulo 2^64
    return monotonic_ns + offset_ns;
}

std::string detail_of(const vigia_event& event) {
    switch (event.kind) {
    case VIGIA_EVENT_FORK:
        return {};
    case VIGIA_EVENT_EXEC:
        return detail_of_exec(vigia_event_as_exec(&event));
    case VIGIA_EVENT_EXIT:
        return detail_of_exit(vigia_event_as_exit(&event));
    case VIGIA_EVENT_OOM_KILL:
        return detail_of_oom_kill(vigia_event_as_oom_kill(&event));
    case VIGIA_EVENT_CGROUP_CREATED:
    case VIGIA_EVENT_CGROUP_REMOVED:
        return detail_of_cgroup(vigia_event_as_cgroup(&event));
    case VIGIA_EVENT_SENSOR_LOADED:
    case VIGIA_EVENT_SENSOR_UNLOADED:
        return std::string(name_in(vigia_event_as_sensor(&event).name));
    default:
        return fmt::format("kind {}", event.kind);
    }
}

} // namespace vigia::cli
