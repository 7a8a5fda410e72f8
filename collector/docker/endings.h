// SPDX-License-Identifier: MIT
// Who ended a container: itself, Vigia, or a person (or script) through the engine? A container
// that a person stopped is left alone.
//
// The engine's events for `docker stop`: kill (signal), perhaps kill (9), die, stop; for
// `docker kill`: kill, die. The rule:
//   - A kill event with a signal that ends programs, or a stop event, which Vigia has not asked
//     for, makes the end that belongs to it a person's. SIGHUP, SIGUSR1, SIGWINCH and the like do
//     not: they are used to talk to programs. (If the container's own stop signal is one of them,
//     the stop event after the end still tells.)
//   - Vigia has asked from the moment its stop or kill is sent until the container starts again,
//     unless the engine answered that it did nothing. A signal before that moment is a person's.
//     What an earlier process of Vigia asked for is claimed at the start (Engine::claim_end).
//   - A start clears everything.
//   - An end whose events may have been missed (we were not connected, or only just) is taken for
//     a person's if the exit code says SIGKILL or SIGTERM (137, 143), unless Vigia asked or the
//     kernel's OOM killer did it. That is the careful side: nothing is restarted or removed
//     wrongly.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace vigia::docker {

// Knows no clock and no catalog. One thread. Bounded by limits::containers_maximum ids.
class Endings {
public:
    // Vigia's stop or kill is about to be sent; it did nothing (refused, or already so).
    void we_ask(std::string_view id);
    void we_did_nothing(std::string_view id);

    // Events, in order. `history_known`: events have been followed for long enough to know of every
    // signal that can have caused this end.
    void kill_event(std::string_view id, std::optional<int> signal);
    void oom_event(std::string_view id);
    void die_event(std::string_view id, std::optional<int> exit_code, bool history_known);
    void stop_event(std::string_view id);
    void start_event(std::string_view id);
    void forget(std::string_view id);

    // The verdict on a container that is not running. `exit_code` nothing: not known yet.
    bool ended_by_person(std::string_view id, std::optional<int> exit_code, bool oom_killed) const;

private:
    struct Mark {
        bool we_asked = false;
        bool person_asked = false;
        bool oom = false;
        bool end_seen = false; // with all that led to it
    };
    Mark* mark(std::string_view id);

    std::map<std::string, Mark, std::less<>> marks_;
};

} // namespace vigia::docker
