// SPDX-License-Identifier: MIT
#include "collector/cli/filter.h"

#include <algorithm>

#include "collector/base/text.h"

namespace vigia::cli {
namespace {

constexpr std::size_t shortest_id_prefix = 4; // shorter words are names

bool matches_container(const std::string& wanted, const ContainerSample& container) {
    return matches_glob(wanted, container.name()) ||
           (wanted.size() >= shortest_id_prefix && container.id.starts_with(wanted));
}

bool matches_user(const std::string& wanted, const ProcessRow& row) {
    const vigia_process& record = row.process->record;
    if ((record.valid & VIGIA_PROCESS_VALID_USER) == 0) {
        return false;
    }
    return std::to_string(record.uid) == wanted ||
           matches_glob(wanted, row.users->name(record.uid));
}

} // namespace

bool matches(const Filter& filter, const ProcessRow& row) {
    const vigia_process& record = row.process->record;
    const ContainerSample* container = container_of(*row.sample, *row.process);
    const auto is = [](const std::optional<std::string>& glob, std::string_view name) {
        return !glob || matches_glob(*glob, name);
    };
    const auto& pids = filter.pids;
    return (pids.empty() || std::find(pids.begin(), pids.end(), record.pid) != pids.end()) &&
           is(filter.comm, name_in(record.comm)) && is(filter.state, state_name(record.state)) &&
           (!filter.container ||
            (container != nullptr && matches_container(*filter.container, *container))) &&
           (!filter.image || (container != nullptr && is(filter.image, container->image()))) &&
           (!filter.user || matches_user(*filter.user, row));
}

bool matches(const Filter& filter, const ExitRow& row) {
    const ExitSample& exit = *row.exit;
    const ContainerSample* container = container_at(*row.sample, exit.container);
    const auto& pids = filter.pids;
    const auto user = [&](const std::string& wanted) {
        return exit.knows_user && (std::to_string(exit.uid) == wanted ||
                                   matches_glob(wanted, row.users->name(exit.uid)));
    };
    return (pids.empty() || std::find(pids.begin(), pids.end(), exit.record.pid) != pids.end()) &&
           (!filter.comm || matches_glob(*filter.comm, name_in(exit.comm))) &&
           (!filter.container ||
            (container != nullptr && matches_container(*filter.container, *container))) &&
           (!filter.image ||
            (container != nullptr && matches_glob(*filter.image, container->image()))) &&
           (!filter.user || user(*filter.user));
}

bool matches(const Filter& filter, const EventRow& row) {
    const auto& pids = filter.pids;
    const auto in_container = [&](const std::string& wanted) {
        return !row.container_id.empty() &&
               (matches_glob(wanted, row.container) ||
                (wanted.size() >= shortest_id_prefix && row.container_id.starts_with(wanted)));
    };
    return (pids.empty() || std::find(pids.begin(), pids.end(), row.event.pid) != pids.end()) &&
           (!filter.comm || matches_glob(*filter.comm, row.comm)) &&
           (!filter.container || in_container(*filter.container));
}

bool matches(const Filter& filter, const ContainerRow& row) {
    const ContainerSample& container = *row.container;
    const auto state = [&container] {
        if (container.is_gone) {
            return std::string_view("gone");
        }
        return container.info != nullptr && container.info->state != ContainerState::unknown
                   ? to_string(container.info->state)
                   : std::string_view(container.running() ? "running" : "unknown");
    };
    return (!filter.container || matches_container(*filter.container, container)) &&
           (!filter.image || matches_glob(*filter.image, container.image())) &&
           (!filter.state || matches_glob(*filter.state, state()));
}

bool is_narrow(const Filter& filter) {
    return filter.container || filter.image || filter.user || filter.comm || filter.state ||
           !filter.pids.empty();
}

std::vector<ProcessRow> process_rows(const Sample& sample, const Filter& filter, UserNames& users) {
    std::vector<ProcessRow> rows;
    for (const ProcessSample& process : sample.processes) {
        const ProcessRow row{&process, &sample, &users};
        if (matches(filter, row)) {
            rows.push_back(row);
        }
    }
    return rows;
}

std::vector<ExitRow> exit_rows(const Sample& sample, const Filter& filter, UserNames& users) {
    std::vector<ExitRow> rows;
    for (const ExitSample& exit : sample.exits) {
        const ExitRow row{&exit, &sample, &users};
        if (matches(filter, row)) {
            rows.push_back(row);
        }
    }
    return rows;
}

std::vector<ContainerRow> container_rows(const Sample& sample, const Filter& filter) {
    std::vector<ContainerRow> rows;
    for (const auto& containers : {sample.containers, sample.departed}) {
        for (const ContainerSample& container : containers) {
            // One may be gone without exits because its events came before its first snapshot.
            if (container.is_gone && container.exits.count == 0) {
                continue;
            }
            const ContainerRow row{&container, &sample};
            if (matches(filter, row)) {
                rows.push_back(row);
            }
        }
    }
    return rows;
}

} // namespace vigia::cli
