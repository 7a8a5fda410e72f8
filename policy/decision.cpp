// SPDX-License-Identifier: MIT
#include "policy/decision.h"

namespace vigia::policy {

std::string_view to_string(ActionKind kind) {
    switch (kind) {
    case ActionKind::warn:
        return "warn";
    case ActionKind::limit:
        return "limit";
    case ActionKind::pause:
        return "pause";
    case ActionKind::stop:
        return "stop";
    case ActionKind::kill:
        return "kill";
    case ActionKind::remove:
        return "remove";
    }
    return "unknown";
}

std::string_view to_string(Mode mode) {
    return mode == Mode::enforce ? "enforce" : "dry_run";
}

std::string_view to_string(Phase phase) {
    switch (phase) {
    case Phase::decided:
        return "decided";
    case Phase::requested:
        return "requested";
    case Phase::answered:
        return "answered";
    case Phase::verified:
        return "verified";
    case Phase::failed:
        return "failed";
    case Phase::dry_run:
        return "dry_run";
    case Phase::abandoned:
        return "abandoned";
    }
    return "unknown";
}

} // namespace vigia::policy
