// SPDX-License-Identifier: MIT
// What events come from, and why something does not come.
#pragma once

#include <string>
#include <vector>

namespace vigia::publish {

// Why something is not there, and what to do about it.
struct Absence {
    std::string why;
    std::string remedy;
};

// One source of events: there, or why not. If it is there and has a reason, it does not tell all.
struct EventOrigin {
    std::string what; // "fork, exec and exit"
    std::string from; // "process connector"
    bool there = false;
    Absence absence;
};

// What a publisher of this process would get, tried out at once and given back.
std::vector<EventOrigin> examine_event_origins();

} // namespace vigia::publish
