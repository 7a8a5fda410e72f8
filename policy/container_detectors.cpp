// SPDX-License-Identifier: MIT
// Detectors that look at one container, and the one that counts them.
#include "policy/detectors.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"

namespace vigia::policy {
namespace {

class ContainerDetector : public Detector {
public:
    Scope scope() const final { return Scope::container; }
};

template <uint64_t valid>
bool knows(const ContainerSample& container) {
    return (container.record.valid & valid) != 0;
}

// Its cgroup's own or, where the kernel does not tell that, the sum over its processes.
bool knows_io(const ContainerSample& container) {
    return container.rates.io_origin != IoOrigin::unknown;
}

// The container's own memory limit, else the host's memory: what it can use at most.
std::optional<double> memory_room_bytes(const Subject& subject) {
    const vigia_cgroup& record = subject.container->record;
    const vigia_system& host = subject.sample.system.record;
    const bool host_known = vigia_system_has(host.valid, VIGIA_SYSTEM_VALID_PAGES) != 0;
    const uint64_t host_bytes = host_known ? host.memory_total_bytes : 0;
    uint64_t room = host_bytes;
    if ((record.valid & VIGIA_CGROUP_VALID_MEMORY) != 0 && record.memory_limit_bytes != 0 &&
        record.memory_limit_bytes != VIGIA_NO_LIMIT &&
        (host_bytes == 0 || record.memory_limit_bytes < host_bytes)) {
        room = record.memory_limit_bytes;
    }
    return room == 0 ? std::nullopt : std::optional(static_cast<double>(room));
}

class MemoryAbove final : public ContainerDetector {
public:
    explicit MemoryAbove(bool share) : share_(share) {}
    std::string_view unit() const override { return share_ ? "ratio" : "bytes"; }
    std::string_view noun() const override { return "memory"; }
    std::optional<double> measure(const Subject& subject) const override {
        if (!subject.container->running()) {
            return {};
        }
        const double bytes = static_cast<double>(subject.container->memory_bytes);
        if (!share_) {
            return bytes;
        }
        const auto room = memory_room_bytes(subject);
        return room ? std::optional(bytes / *room) : std::nullopt;
    }

private:
    bool share_;
};

class PidsAbove final : public ContainerDetector {
public:
    explicit PidsAbove(bool share) : share_(share) {}
    std::string_view unit() const override { return share_ ? "ratio" : "tasks"; }
    std::string_view noun() const override { return "tasks"; }
    std::optional<double> measure(const Subject& subject) const override {
        const vigia_cgroup& record = subject.container->record;
        if (!subject.container->running() ||
            !knows<VIGIA_CGROUP_VALID_TASK_COUNT>(*subject.container)) {
            return {};
        }
        const double tasks = static_cast<double>(record.task_count);
        if (!share_) {
            return tasks;
        }
        if (!knows<VIGIA_CGROUP_VALID_TASKS>(*subject.container) ||
            record.task_limit == VIGIA_NO_LIMIT || record.task_limit == 0) {
            return {};
        }
        return tasks / static_cast<double>(record.task_limit);
    }

private:
    bool share_;
};

// One or two of CgroupRates, known if the cgroup's controller is there and there was a sample
// before.
class RateAbove final : public ContainerDetector {
public:
    using Rate = double (*)(const CgroupRates&);
    using Known = bool (*)(const ContainerSample&);
    RateAbove(std::string_view noun, std::string_view unit, Known known, Rate rate)
        : noun_(noun), unit_(unit), known_(known), rate_(rate) {}
    std::string_view unit() const override { return unit_; }
    std::string_view noun() const override { return noun_; }
    std::optional<double> measure(const Subject& subject) const override {
        const ContainerSample& container = *subject.container;
        if (!container.running() || !container.rates.known || !known_(container)) {
            return {};
        }
        return rate_(container.rates);
    }

private:
    std::string_view noun_;
    std::string_view unit_;
    Known known_;
    Rate rate_;
};

class OomKillsAbove final : public ContainerDetector {
public:
    std::string_view unit() const override { return "oom_kills"; }
    std::string_view noun() const override { return "OOM kills"; }
    uint64_t events() const override { return VIGIA_EVENTS_FEATURE(VIGIA_EVENT_OOM_KILL); }
    bool windowed() const override { return true; }
    std::optional<double> measure(const Subject& subject) const override {
        return subject.rise ? std::optional(static_cast<double>(*subject.rise)) : std::nullopt;
    }
    std::optional<uint64_t> counter(const ContainerSample& container) const override {
        const bool known = (container.record.valid & VIGIA_CGROUP_VALID_OOM) != 0;
        return container.has_cgroup && known ? std::optional(container.record.oom_kills)
                                             : std::nullopt;
    }
};

class RestartsAbove final : public ContainerDetector {
public:
    std::string_view unit() const override { return "restarts"; }
    std::string_view noun() const override { return "restarts"; }
    bool windowed() const override { return true; }
    std::optional<double> measure(const Subject& subject) const override {
        return subject.rise ? std::optional(static_cast<double>(*subject.rise)) : std::nullopt;
    }
    std::optional<uint64_t> counter(const ContainerSample& container) const override {
        return container.info != nullptr ? std::optional(container.info->restart_count)
                                         : std::nullopt;
    }
};

// Programs are named as shells find them: a pattern with a slash is about the whole file name, one
// without about what stands behind the last.
class ExecsAbove final : public ContainerDetector {
public:
    explicit ExecsAbove(std::vector<std::string> programs) : programs_(std::move(programs)) {
        std::string wanted;
        for (const std::string& pattern : programs_) {
            wanted += (wanted.empty() ? "runs of " : ", ") + pattern;
        }
        noun_ = wanted.empty() ? "programs run" : wanted;
    }
    std::string_view unit() const override { return "execs"; }
    std::string_view noun() const override { return noun_; }
    uint64_t events() const override { return VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXEC); }
    bool windowed() const override { return true; }
    std::optional<double> measure(const Subject& subject) const override {
        return subject.rise ? std::optional(static_cast<double>(*subject.rise)) : std::nullopt;
    }
    std::optional<uint64_t> occurrences(const Subject& subject) const override {
        if (!subject.sample.execs_known) {
            return {};
        }
        const auto container = subject.container - subject.sample.containers.data();
        const auto concerns = [&](const ExecSample& exec) {
            return exec.container == container && is_wanted(exec.file_name);
        };
        return static_cast<uint64_t>(
            std::count_if(subject.sample.execs.begin(), subject.sample.execs.end(), concerns));
    }

private:
    bool is_wanted(std::string_view file_name) const {
        const std::string_view base = file_name.substr(file_name.rfind('/') + 1);
        return programs_.empty() ||
               std::any_of(programs_.begin(), programs_.end(), [&](const std::string& pattern) {
                   const bool is_path = pattern.find('/') != std::string::npos;
                   return matches_glob(pattern, is_path ? file_name : base);
               });
    }
    std::vector<std::string> programs_;
    std::string noun_;
};

class CountAbove final : public Detector {
public:
    Scope scope() const override { return Scope::selection; }
    std::string_view unit() const override { return "containers"; }
    std::string_view noun() const override { return "running containers"; }
    // Containers begin and end with their cgroups.
    uint64_t events() const override {
        return VIGIA_EVENTS_FEATURE(VIGIA_EVENT_CGROUP_CREATED) |
               VIGIA_EVENTS_FEATURE(VIGIA_EVENT_CGROUP_REMOVED);
    }
    std::optional<double> measure(const Subject& subject) const override {
        return subject.running ? std::optional(static_cast<double>(*subject.running))
                               : std::nullopt;
    }
};

} // namespace

DetectorPointer make_memory_above(const DetectorConfig& config) {
    return std::make_unique<MemoryAbove>(config.share);
}

DetectorPointer make_pids_above(const DetectorConfig& config) {
    return std::make_unique<PidsAbove>(config.share);
}

DetectorPointer make_cpu_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>("CPU", "ratio", knows<VIGIA_CGROUP_VALID_CPU>,
                                       [](const CgroupRates& r) { return r.cpu_ratio; });
}

DetectorPointer make_io_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>(
        "storage I/O", "bytes_per_second", knows_io,
        [](const CgroupRates& r) { return r.read_bytes_per_second + r.write_bytes_per_second; });
}

DetectorPointer make_read_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>(
        "reading from storage", "bytes_per_second", knows_io,
        [](const CgroupRates& r) { return r.read_bytes_per_second; });
}

DetectorPointer make_write_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>(
        "writing to storage", "bytes_per_second", knows_io,
        [](const CgroupRates& r) { return r.write_bytes_per_second; });
}

DetectorPointer make_cpu_pressure_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>(
        "CPU pressure", "ratio", knows<VIGIA_CGROUP_VALID_PRESSURE>,
        [](const CgroupRates& r) { return r.cpu_pressure_some_ratio; });
}

DetectorPointer make_memory_pressure_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>(
        "memory pressure", "ratio", knows<VIGIA_CGROUP_VALID_PRESSURE>,
        [](const CgroupRates& r) { return r.memory_pressure_some_ratio; });
}

DetectorPointer make_io_pressure_above(const DetectorConfig&) {
    return std::make_unique<RateAbove>(
        "I/O pressure", "ratio", knows<VIGIA_CGROUP_VALID_PRESSURE>,
        [](const CgroupRates& r) { return r.io_pressure_some_ratio; });
}

DetectorPointer make_oom_kills_above(const DetectorConfig&) {
    return std::make_unique<OomKillsAbove>();
}

DetectorPointer make_execs_above(const DetectorConfig& config) {
    return std::make_unique<ExecsAbove>(config.programs);
}

DetectorPointer make_restarts_above(const DetectorConfig&) {
    return std::make_unique<RestartsAbove>();
}

DetectorPointer make_count_above(const DetectorConfig&) {
    return std::make_unique<CountAbove>();
}

} // namespace vigia::policy
