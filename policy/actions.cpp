// SPDX-License-Identifier: MIT
// Actions that leave the container running; ending_actions.cpp has the others.
#include "policy/actions.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "collector/base/units.h"

namespace vigia::policy {
namespace {

class Warn final : public Action {
public:
    ActionKind kind() const override { return ActionKind::warn; }
    bool asks_engine() const override { return false; }
    bool seen(const Sight&, const ActionParameters&) const override { return true; }
    std::string tell(const Sight&, const ActionParameters&) const override { return "told"; }
};

// One limit as the host shows it. A kernel without the controller shows nothing: then the engine's
// word has to do, and the text says so.
struct LimitSeen {
    bool wanted = false;
    bool shown = false;
    bool equal = false;

    bool fine() const { return !wanted || !shown || equal; }
};

// The kernel rounds memory limits down to whole pages; 64 KiB is the largest page in use.
LimitSeen memory_seen(const vigia_cgroup& record, uint64_t wanted_bytes) {
    const bool equal = record.memory_limit_bytes <= wanted_bytes &&
                       wanted_bytes - record.memory_limit_bytes < 65'536;
    return {wanted_bytes != 0, (record.valid & VIGIA_CGROUP_VALID_MEMORY) != 0, equal};
}

// CPUs; 0 without a limit.
double cpu_limit_ratio(const vigia_cgroup& record) {
    if (record.cpu_quota_ns == VIGIA_NO_LIMIT || record.cpu_period_ns == 0) {
        return 0;
    }
    return static_cast<double>(record.cpu_quota_ns) / static_cast<double>(record.cpu_period_ns);
}

LimitSeen cpu_seen(const vigia_cgroup& record, double wanted_ratio) {
    const bool equal = std::abs(cpu_limit_ratio(record) - wanted_ratio) <= 0.01 * wanted_ratio;
    return {wanted_ratio > 0, (record.valid & VIGIA_CGROUP_VALID_CPU_LIMIT) != 0, equal};
}

LimitSeen pids_seen(const vigia_cgroup& record, uint64_t wanted) {
    return {wanted != 0, (record.valid & VIGIA_CGROUP_VALID_TASKS) != 0,
            record.task_limit == wanted};
}

std::string bytes_or_none(uint64_t bytes) {
    return bytes == VIGIA_NO_LIMIT ? "none" : format_bytes(bytes);
}

class Limit final : public Action {
public:
    ActionKind kind() const override { return ActionKind::limit; }
    bool seen(const Sight& sight, const ActionParameters& parameters) const override {
        if (!sight.runs()) {
            return false;
        }
        const vigia_cgroup& record = sight.container->record;
        return memory_seen(record, parameters.memory_bytes).fine() &&
               cpu_seen(record, parameters.cpu_ratio).fine() &&
               pids_seen(record, parameters.pids).fine();
    }
    std::string tell(const Sight& sight, const ActionParameters& parameters) const override {
        if (!sight.runs()) {
            return "not running";
        }
        const vigia_cgroup& record = sight.container->record;
        std::string text;
        add(text, "memory", memory_seen(record, parameters.memory_bytes),
            bytes_or_none(record.memory_limit_bytes));
        add(text, "CPU", cpu_seen(record, parameters.cpu_ratio),
            fmt::format("{:.2f}", cpu_limit_ratio(record)));
        add(text, "task", pids_seen(record, parameters.pids),
            record.task_limit == VIGIA_NO_LIMIT ? "none" : fmt::format("{}", record.task_limit));
        return text;
    }

private:
    static void add(std::string& text, std::string_view what, const LimitSeen& seen,
                    const std::string& value) {
        if (seen.wanted) {
            text += fmt::format("{}{} limit {}", text.empty() ? "" : ", ", what,
                                seen.shown ? value : "not shown by this host");
        }
    }
};

class Pause final : public Action {
public:
    ActionKind kind() const override { return ActionKind::pause; }
    bool seen(const Sight& sight, const ActionParameters&) const override {
        return sight.info() != nullptr && sight.info()->state == ContainerState::paused;
    }
    std::string tell(const Sight& sight, const ActionParameters&) const override {
        return sight.info() != nullptr ? std::string(to_string(sight.info()->state))
                                       : "not described by an engine";
    }
};

} // namespace

const Action& warn_action() {
    static const Warn action;
    return action;
}

const Action& limit_action() {
    static const Limit action;
    return action;
}

const Action& pause_action() {
    static const Pause action;
    return action;
}

} // namespace vigia::policy
