// SPDX-License-Identifier: MIT
// The containers of a sample: cgroups whose paths say so, joined with what the engines tell.
#pragma once

#include <span>
#include <vector>

#include "collector/sampler/cgroup_names.h"
#include "collector/sampler/counters.h"
#include "collector/sampler/exit_sums.h"
#include "collector/sampler/sample.h"

namespace vigia::sampler {

// One thread. Rebuilt for every sample; its capacity is kept.
class ContainerTable {
public:
    // What ended within the interval. Not known: nobody tells.
    struct Ended {
        bool known = false;
        Interval interval{0};
        std::span<ExitSample> exits{};
        std::span<const ExitShare> shares{};
    };

    // A control group that came, and may be gone before the next snapshot.
    void note(const vigia_event& event) { names_.note(event); }

    // Finds the containers among `cgroups`, gives every cgroup, process and exit its container's
    // index, sums up the processes and the exits, and adds the catalog's containers that have no
    // cgroup, and those that are gone and in which something ended. `catalog` may be null.
    void build(std::span<CgroupSample> cgroups, std::span<ProcessSample> processes,
               const Ended& ended, const ContainerCatalog* catalog);

    // The container of a group or of an id that may be gone, added to those that are if need be:
    // its index, as in ExitSample. After build(), with the same `cgroups` and `catalog`; a text
    // must live as long as the sample.
    int32_t find(uint64_t cgroup_id, std::span<const CgroupSample> cgroups,
                 const ContainerCatalog* catalog);
    int32_t find(Runtime runtime, std::string_view id, const ContainerCatalog* catalog);
    // Of a group that may be gone; empty: unknown.
    std::string_view path_of(uint64_t cgroup_id, std::span<const CgroupSample> cgroups) const;
    // Whether it is a container's own group.
    bool is_container(uint64_t cgroup_id, std::span<const CgroupSample> cgroups) const;

    std::span<const ContainerSample> containers() const {
        return std::span(containers_).first(present_);
    }
    std::span<const ContainerSample> departed() const {
        return std::span(containers_).subspan(present_);
    }

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
        // What the exits add to these, modulo 2^64; may be negative, see ExitShare.
        uint64_t ended_read_bytes = 0;
        uint64_t ended_write_bytes = 0;
        ExitSums ended{};
    };

    static void add_sums(ProcessSums& sums, const ProcessSample& process);
    void find(std::span<const CgroupSample> cgroups);
    void add_with_cgroup(std::span<const CgroupSample> cgroups, const ContainerCatalog* catalog);
    void add_without_cgroup(const ContainerCatalog& catalog);
    void number_cgroups(std::span<CgroupSample> cgroups);
    void add_processes(std::span<const CgroupSample> cgroups, std::span<ProcessSample> processes);
    void add_exits(std::span<const ProcessSample> processes, const Ended& ended);
    void find_share_containers(std::span<const CgroupSample> cgroups, const Ended& ended,
                               const ContainerCatalog* catalog);
    int32_t find_present(Runtime runtime, std::string_view id) const;
    void add_io(const ExitShare& share, int32_t container, int32_t parent_container);
    void finish_memory();
    void finish_io(Interval interval);

    CgroupNames names_;
    std::vector<Found> found_;
    std::vector<ContainerSample> containers_;     // those that are there, then those that are gone
    std::size_t present_ = 0;                     // of them
    std::vector<const ContainerInfo*> described_; // scratch: of those with a cgroup, sorted
    std::vector<ProcessSums> sums_;               // parallel to containers_
    std::vector<int32_t> share_containers_;       // scratch: of each share of an exit
};

} // namespace vigia::sampler
