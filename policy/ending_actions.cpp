// SPDX-License-Identifier: MIT
// Actions after which the container runs no longer.
#include <fmt/format.h>

#include "policy/actions.h"

namespace vigia::policy {
namespace {

enum class End : uint8_t { gone, exited, empty, running, restarting, out_of_sight };

// The cgroup is the truth; the engine's word is needed only where the cgroup cannot be seen, and to
// know that a restart policy is about to start it again.
End end_of(const Sight& sight) {
    if (sight.runs()) {
        return End::running;
    }
    const ContainerInfo* info = sight.info();
    const ContainerState state = info != nullptr ? info->state : ContainerState::unknown;
    if (state == ContainerState::restarting) {
        return End::restarting;
    }
    if (state == ContainerState::exited || state == ContainerState::dead) {
        return End::exited;
    }
    const bool has_cgroup = sight.container != nullptr && sight.container->has_cgroup;
    if (!has_cgroup && !sight.cgroups_complete) {
        return End::out_of_sight;
    }
    return sight.container == nullptr ? End::gone : End::empty;
}

class Ending : public Action {
public:
    bool ends_container() const final { return true; }
    bool seen(const Sight& sight, const ActionParameters&) const override {
        const End end = end_of(sight);
        return end == End::gone || end == End::exited || end == End::empty;
    }
    std::string tell(const Sight& sight, const ActionParameters&) const override {
        switch (end_of(sight)) {
        case End::gone:
            return "gone";
        case End::exited:
            return "exited";
        case End::empty:
            return "no process left";
        case End::running:
            return fmt::format("processes left: {}", sight.container->process_count);
        case End::restarting:
            return "restarting";
        case End::out_of_sight:
            break;
        }
        return "no cgroup in sight, but records did not fit";
    }
};

class Stop final : public Ending {
public:
    ActionKind kind() const override { return ActionKind::stop; }
};

class Kill final : public Ending {
public:
    ActionKind kind() const override { return ActionKind::kill; }
};

class Remove final : public Ending {
public:
    ActionKind kind() const override { return ActionKind::remove; }
    bool seen(const Sight& sight, const ActionParameters&) const override { return sight.absent(); }
    std::string tell(const Sight& sight, const ActionParameters&) const override {
        if (sight.container == nullptr) {
            return sight.absent() ? "gone" : "not in sight, but not all is in sight";
        }
        return sight.info() != nullptr ? "still listed by the engine" : "its cgroup is still there";
    }
};

} // namespace

const Action& stop_action() {
    static const Stop action;
    return action;
}

const Action& kill_action() {
    static const Kill action;
    return action;
}

const Action& remove_action() {
    static const Remove action;
    return action;
}

} // namespace vigia::policy
