// SPDX-License-Identifier: MIT
// The containers of a sample: cgroups whose paths say so, joined with what the engines tell.
#pragma once

#include <span>
#include <vector>

#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Rebuilt for every sample; its capacity is kept.
class ContainerTable {
public:
    // Finds the containers among `cgroups`, gives every cgroup and process its container's index,
    // sums up the processes, and adds the catalog's containers that have no cgroup. `catalog` may
    // be null.
    void build(std::span<CgroupSample> cgroups, std::span<ProcessSample> processes,
               const ContainerCatalog* catalog);

    std::span<const ContainerSample> containers() const { return containers_; }

private:
    struct Found {
        std::size_t cgroup; // index into the cgroups
        Runtime runtime;
        std::string_view id;
        std::size_t root_size; // length of the container's own path
    };

    // Over all processes of a container.
    struct ProcessSums {
        uint64_t rss_bytes = 0;
        bool knows_io = false; // of a process at least
        bool lacks_io = false; // of a process: then the sum would be too small
        double read_bytes_per_second = 0;
        double write_bytes_per_second = 0;
    };

    static void add_sums(ProcessSums& sums, const ProcessSample& process);
    void find(std::span<const CgroupSample> cgroups);
    void add_with_cgroup(std::span<const CgroupSample> cgroups, const ContainerCatalog* catalog);
    void add_without_cgroup(const ContainerCatalog& catalog);
    void number_cgroups(std::span<CgroupSample> cgroups);
    void add_processes(std::span<const CgroupSample> cgroups, std::span<ProcessSample> processes);
    void finish_memory();
    void finish_io();

    std::vector<Found> found_;
    std::vector<ContainerSample> containers_;
    std::vector<const ContainerInfo*> described_; // scratch: of those with a cgroup, sorted
    std::vector<ProcessSums> sums_;               // parallel to containers_
};

} // namespace vigia::sampler
