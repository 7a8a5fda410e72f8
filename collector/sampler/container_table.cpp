// SPDX-License-Identifier: MIT
#include "collector/sampler/container_table.h"

#include <algorithm>
#include <tuple>

#include "collector/sampler/container_path.h"
#include "collector/sampler/counters.h"

namespace vigia::sampler {
namespace {

auto key(const ContainerSample& container) {
    return std::tie(container.runtime, container.id);
}

const CgroupSample* find_cgroup(std::span<const CgroupSample> cgroups, uint64_t id) {
    const auto at = std::lower_bound(
        cgroups.begin(), cgroups.end(), id,
        [](const CgroupSample& cgroup, uint64_t wanted) { return cgroup.record.id < wanted; });
    return at != cgroups.end() && at->record.id == id ? &*at : nullptr;
}

// `bytes` is modulo 2^64: the upper half is negative.
double corrected(double rate, uint64_t bytes, Interval interval) {
    const double more =
        bytes > UINT64_MAX / 2 ? -interval.per_second(0, 0 - bytes) : interval.per_second(0, bytes);
    return std::max(0.0, rate + more);
}

bool lies_within(const vigia_cgroup& record, uint64_t bits) {
    return (record.valid & bits) == bits;
}

} // namespace

void ContainerTable::build(std::span<CgroupSample> cgroups, std::span<ProcessSample> processes,
                           const Ended& ended, const ContainerCatalog* catalog) {
    containers_.clear();
    names_.commit(cgroups);
    find(cgroups);
    add_with_cgroup(cgroups, catalog);
    if (catalog != nullptr) {
        add_without_cgroup(*catalog);
    }
    present_ = containers_.size();
    number_cgroups(cgroups);
    find_share_containers(cgroups, ended, catalog);
    sums_.assign(containers_.size(), {});
    add_processes(cgroups, processes);
    add_exits(processes, ended);
    finish_memory();
    finish_io(ended.interval);
}

void ContainerTable::find(std::span<const CgroupSample> cgroups) {
    found_.clear();
    for (std::size_t i = 0; i < cgroups.size(); ++i) {
        if (const auto container = container_of(cgroups[i].path)) {
            found_.push_back({i, container->runtime, container->id, container->root.size()});
            names_.see(cgroups[i], *container);
        }
    }
    // The container's own cgroup before those inside it.
    std::sort(found_.begin(), found_.end(), [&](const Found& left, const Found& right) {
        return std::tuple(left.runtime, left.id, cgroups[left.cgroup].path.size(), left.cgroup) <
               std::tuple(right.runtime, right.id, cgroups[right.cgroup].path.size(), right.cgroup);
    });
}

void ContainerTable::add_with_cgroup(std::span<const CgroupSample> cgroups,
                                     const ContainerCatalog* catalog) {
    for (const Found& found : found_) {
        const CgroupSample& cgroup = cgroups[found.cgroup];
        const bool another = containers_.empty() || containers_.back().runtime != found.runtime ||
                             containers_.back().id != found.id;
        if (another) {
            ContainerSample container;
            container.runtime = found.runtime;
            container.id = found.id;
            container.path = cgroup.path.substr(0, found.root_size);
            container.info = catalog == nullptr ? nullptr : catalog->find(found.id);
            container.has_cgroup = true;
            container.record = cgroup.record;
            container.rates = cgroup.rates;
            containers_.push_back(container);
        }
    }
}

void ContainerTable::add_without_cgroup(const ContainerCatalog& catalog) {
    described_.clear();
    for (const ContainerSample& container : containers_) {
        described_.push_back(container.info);
    }
    std::sort(described_.begin(), described_.end());
    for (std::size_t i = 0; i < catalog.size(); ++i) {
        const ContainerInfo& info = catalog.at(i);
        const bool present = std::binary_search(described_.begin(), described_.end(), &info);
        if (!present) {
            ContainerSample container;
            container.runtime = info.runtime;
            container.id = info.id;
            container.info = &info;
            containers_.push_back(container);
        }
    }
    std::sort(containers_.begin(), containers_.end(),
              [](const ContainerSample& left, const ContainerSample& right) {
                  return key(left) < key(right);
              });
}

// Both lists are in the order of (runtime, id) by now.
void ContainerTable::number_cgroups(std::span<CgroupSample> cgroups) {
    std::size_t index = 0;
    for (const Found& found : found_) {
        while (key(containers_[index]) != std::tie(found.runtime, found.id)) {
            ++index;
        }
        cgroups[found.cgroup].container = static_cast<int32_t>(index);
    }
}

void ContainerTable::add_processes(std::span<const CgroupSample> cgroups,
                                   std::span<ProcessSample> processes) {
    const CgroupSample* last = nullptr; // neighbours by pid are often neighbours by cgroup
    for (ProcessSample& process : processes) {
        process.container = no_container;
        const vigia_process& record = process.record;
        if ((record.valid & VIGIA_PROCESS_VALID_CGROUP) == 0) {
            continue;
        }
        if (last == nullptr || last->record.id != record.cgroup_id) {
            last = find_cgroup(cgroups, record.cgroup_id);
        }
        if (last == nullptr || last->container == no_container) {
            continue;
        }
        process.container = last->container;
        ContainerSample& container = containers_[static_cast<std::size_t>(last->container)];
        ++container.process_count;
        add_sums(sums_[static_cast<std::size_t>(last->container)], process);
        if (container.oldest_start_time_ns == 0 ||
            record.start_time_ns < container.oldest_start_time_ns) {
            container.oldest_start_time_ns = record.start_time_ns;
        }
    }
}

void ContainerTable::add_sums(ProcessSums& sums, const ProcessSample& process) {
    sums.rss_bytes += process.record.rss_bytes;
    if ((process.record.valid & VIGIA_PROCESS_VALID_IO) == 0) {
        sums.lacks_io = true;
    } else if (process.rates.known) {
        sums.knows_io = true;
        sums.read_bytes_per_second += process.rates.read_bytes_per_second;
        sums.write_bytes_per_second += process.rates.write_bytes_per_second;
    }
}

int32_t ContainerTable::find_present(Runtime runtime, std::string_view id) const {
    const auto wanted = std::tie(runtime, id);
    const auto all = containers();
    const auto at = std::lower_bound(
        all.begin(), all.end(), wanted,
        [](const ContainerSample& container, const auto& key_) { return key(container) < key_; });
    return at != all.end() && key(*at) == wanted ? static_cast<int32_t>(at - all.begin())
                                                 : no_container;
}

int32_t ContainerTable::find(Runtime runtime, std::string_view id,
                             const ContainerCatalog* catalog) {
    if (const int32_t index = find_present(runtime, id); index != no_container) {
        return index;
    }
    const auto wanted = std::tie(runtime, id);
    const auto known =
        std::find_if(containers_.begin() + static_cast<std::ptrdiff_t>(present_), containers_.end(),
                     [&](const ContainerSample& container) { return key(container) == wanted; });
    if (known == containers_.end()) {
        ContainerSample container;
        container.runtime = runtime;
        container.id = id;
        container.is_gone = true;
        container.info = catalog == nullptr ? nullptr : catalog->find(id);
        if (container.info == nullptr && catalog != nullptr) {
            container.info = catalog->find_gone(id);
        }
        containers_.push_back(container);
        return static_cast<int32_t>(containers_.size() - 1);
    }
    return static_cast<int32_t>(known - containers_.begin());
}

int32_t ContainerTable::find(uint64_t cgroup_id, std::span<const CgroupSample> cgroups,
                             const ContainerCatalog* catalog) {
    if (const CgroupSample* cgroup = find_cgroup(cgroups, cgroup_id)) {
        return cgroup->container;
    }
    const CgroupName* name = names_.find(cgroup_id, catalog);
    if (name == nullptr || name->runtime == Runtime::unknown) {
        return no_container;
    }
    const int32_t index = find(name->runtime, name->id, catalog);
    ContainerSample& container = containers_[static_cast<std::size_t>(index)];
    if (container.is_gone && name->is_container) {
        container.path = name->path;
    }
    return index;
}

std::string_view ContainerTable::path_of(uint64_t cgroup_id,
                                         std::span<const CgroupSample> cgroups) const {
    if (const CgroupSample* cgroup = find_cgroup(cgroups, cgroup_id)) {
        return cgroup->path;
    }
    const CgroupName* name = names_.find(cgroup_id);
    return name == nullptr ? std::string_view() : std::string_view(name->path);
}

bool ContainerTable::is_container(uint64_t cgroup_id, std::span<const CgroupSample> cgroups) const {
    if (const CgroupSample* cgroup = find_cgroup(cgroups, cgroup_id)) {
        const auto container = container_of(cgroup->path);
        return container && container->root.size() == cgroup->path.size();
    }
    const CgroupName* name = names_.find(cgroup_id);
    return name != nullptr && name->is_container;
}

// Neighbours are often of one group.
void ContainerTable::find_share_containers(std::span<const CgroupSample> cgroups,
                                           const Ended& ended, const ContainerCatalog* catalog) {
    share_containers_.clear();
    uint64_t last_id = 0;
    int32_t last = no_container;
    for (const ExitShare& share : ended.shares) {
        if (share.cgroup_id != last_id) {
            last_id = share.cgroup_id;
            last = last_id == 0 ? no_container : find(last_id, cgroups, catalog);
        }
        share_containers_.push_back(last);
    }
}

void ContainerTable::add_exits(std::span<const ProcessSample> processes, const Ended& ended) {
    if (!ended.known) {
        return;
    }
    for (std::size_t i = 0; i < ended.shares.size(); ++i) {
        const ExitShare& share = ended.shares[i];
        const int32_t container = share_containers_[i];
        if (share.listed != ExitShare::none) {
            ended.exits[static_cast<std::size_t>(share.listed)].container = container;
        }
        if (container == no_container) {
            continue;
        }
        sums_[static_cast<std::size_t>(container)].ended.add(share.spent);
        if (share.parent != ExitShare::none) {
            add_io(share, container, processes[static_cast<std::size_t>(share.parent)].container);
        } else if (share.ended_parent != ExitShare::none) {
            add_io(share, container,
                   share_containers_[static_cast<std::size_t>(share.ended_parent)]);
        } else {
            add_io(share, container, no_container);
        }
    }
    for (std::size_t i = 0; i < containers_.size(); ++i) {
        containers_[i].exits = sums_[i].ended.rates(ended.interval);
    }
}

// A parent in the same container has the whole life of its child in its own counters.
void ContainerTable::add_io(const ExitShare& share, int32_t container, int32_t parent_container) {
    if (!share.knows_io) {
        return;
    }
    ProcessSums& sums = sums_[static_cast<std::size_t>(container)];
    const bool is_inherited = parent_container == container;
    // modulo 2^64, whatever a file says
    sums.ended_read_bytes += (is_inherited ? 0 : share.final_read_bytes) - share.earlier_read_bytes;
    sums.ended_write_bytes +=
        (is_inherited ? 0 : share.final_write_bytes) - share.earlier_write_bytes;
}

void ContainerTable::finish_memory() {
    for (std::size_t i = 0; i < containers_.size(); ++i) {
        ContainerSample& container = containers_[i];
        const vigia_cgroup& record = container.record;
        if (lies_within(record, VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_MEMORY_INACTIVE)) {
            container.memory_bytes =
                increase(record.memory_inactive_file_bytes, record.memory_current_bytes);
        } else if (lies_within(record, VIGIA_CGROUP_VALID_MEMORY)) {
            container.memory_bytes = record.memory_current_bytes;
        } else {
            container.memory_bytes = sums_[i].rss_bytes;
        }
    }
}

void ContainerTable::finish_io(Interval interval) {
    for (std::size_t i = 0; i < containers_.size(); ++i) {
        CgroupRates& rates = containers_[i].rates;
        const ProcessSums& sums = sums_[i];
        if (rates.known && rates.io_origin == IoOrigin::unknown && sums.knows_io &&
            !sums.lacks_io) {
            rates.io_origin = IoOrigin::processes;
            rates.read_bytes_per_second =
                corrected(sums.read_bytes_per_second, sums.ended_read_bytes, interval);
            rates.write_bytes_per_second =
                corrected(sums.write_bytes_per_second, sums.ended_write_bytes, interval);
        }
    }
}

} // namespace vigia::sampler
