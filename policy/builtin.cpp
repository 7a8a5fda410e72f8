// SPDX-License-Identifier: MIT
// The one list of what rules can name. To add a detector: a class in container_detectors.cpp or
// host_detectors.cpp, its maker in detectors.h, a row here, a "detects" and a "does not detect"
// test, and a line in deploy/vigia.toml.
#include "policy/builtin.h"

#include <array>

#include "policy/actions.h"
#include "policy/detectors.h"
#include "policy/rankers.h"

namespace vigia::policy {
namespace {

constexpr std::array detector_list{
    DetectorKind{"memory_above", quantity_size | quantity_share, make_memory_above},
    DetectorKind{"cpu_above", quantity_share, make_cpu_above},
    DetectorKind{"io_above", quantity_rate, make_io_above},
    DetectorKind{"read_above", quantity_rate, make_read_above},
    DetectorKind{"write_above", quantity_rate, make_write_above},
    DetectorKind{"pids_above", quantity_count | quantity_share, make_pids_above},
    DetectorKind{"cpu_pressure_above", quantity_share, make_cpu_pressure_above},
    DetectorKind{"memory_pressure_above", quantity_share, make_memory_pressure_above},
    DetectorKind{"io_pressure_above", quantity_share, make_io_pressure_above},
    DetectorKind{"oom_kills_above", quantity_count, make_oom_kills_above},
    DetectorKind{"execs_above", quantity_count, make_execs_above},
    DetectorKind{"restarts_above", quantity_count, make_restarts_above},
    DetectorKind{"count_above", quantity_count, make_count_above},
    DetectorKind{"host_memory_above", quantity_share, make_host_memory_above},
    DetectorKind{"host_swap_above", quantity_share, make_host_swap_above},
    DetectorKind{"host_cpu_above", quantity_share, make_host_cpu_above},
    DetectorKind{"host_load_above", quantity_number | quantity_share, make_host_load_above},
    DetectorKind{"host_memory_pressure_above", quantity_share, make_host_memory_pressure_above},
    DetectorKind{"host_storage_above", quantity_share, make_host_storage_above},
};

constexpr std::array ranker_list{
    RankerKind{"largest_memory", largest_memory},
    RankerKind{"most_cpu", most_cpu},
    RankerKind{"most_io", most_io},
    RankerKind{"newest", newest},
    RankerKind{"oldest", oldest},
    RankerKind{"most_restarts", most_restarts},
};

constexpr std::array action_list{ActionKind::warn, ActionKind::limit, ActionKind::pause,
                                 ActionKind::stop, ActionKind::kill,  ActionKind::remove};

constexpr std::array<std::string_view, action_list.size()> action_name_list{
    "warn", "limit", "pause", "stop", "kill", "remove"};

} // namespace

std::span<const DetectorKind> detector_kinds() {
    return detector_list;
}

std::span<const RankerKind> ranker_kinds() {
    return ranker_list;
}

std::span<const std::string_view> action_names() {
    return action_name_list;
}

const DetectorKind* find_detector(std::string_view name) {
    for (const DetectorKind& kind : detector_list) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

const RankerKind* find_ranker(std::string_view name) {
    for (const RankerKind& kind : ranker_list) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

const ActionKind* find_action(std::string_view name) {
    for (std::size_t index = 0; index < action_list.size(); ++index) {
        if (action_name_list[index] == name) {
            return &action_list[index];
        }
    }
    return nullptr;
}

const Action& action_of(ActionKind kind) {
    switch (kind) {
    case ActionKind::warn:
        return warn_action();
    case ActionKind::limit:
        return limit_action();
    case ActionKind::pause:
        return pause_action();
    case ActionKind::stop:
        return stop_action();
    case ActionKind::kill:
        return kill_action();
    case ActionKind::remove:
        return remove_action();
    }
    return warn_action();
}

} // namespace vigia::policy
