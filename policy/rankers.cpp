// SPDX-License-Identifier: MIT
#include "policy/rankers.h"

#include <algorithm>

namespace vigia::policy {
namespace {

class LargestMemory final : public Ranker {
public:
    std::string_view unit() const override { return "bytes"; }
    double score(const Sample&, const ContainerSample& container) const override {
        return static_cast<double>(container.memory_bytes);
    }
};

class MostCpu final : public Ranker {
public:
    std::string_view unit() const override { return "ratio"; }
    double score(const Sample&, const ContainerSample& container) const override {
        return container.rates.known ? container.rates.cpu_ratio : 0;
    }
};

class MostIo final : public Ranker {
public:
    std::string_view unit() const override { return "bytes_per_second"; }
    double score(const Sample&, const ContainerSample& container) const override {
        const CgroupRates& rates = container.rates;
        return rates.known ? rates.read_bytes_per_second + rates.write_bytes_per_second : 0;
    }
};

class MostRestarts final : public Ranker {
public:
    std::string_view unit() const override { return "restarts"; }
    double score(const Sample&, const ContainerSample& container) const override {
        return container.info != nullptr ? static_cast<double>(container.info->restart_count) : 0;
    }
};

// Its oldest process tells best: that clock never jumps. The engine's word comes second.
double age_seconds(const Sample& sample, const ContainerSample& container) {
    uint64_t age_ns = 0;
    if (container.oldest_start_time_ns != 0) {
        age_ns =
            sample.at.boottime_ns - std::min(container.oldest_start_time_ns, sample.at.boottime_ns);
    } else if (container.info != nullptr && container.info->started_realtime_ns != 0) {
        age_ns = sample.at.realtime_ns -
                 std::min(container.info->started_realtime_ns, sample.at.realtime_ns);
    }
    return static_cast<double>(age_ns) / 1e9;
}

class Oldest final : public Ranker {
public:
    std::string_view unit() const override { return "seconds"; }
    double score(const Sample& sample, const ContainerSample& container) const override {
        return age_seconds(sample, container);
    }
};

class Newest final : public Ranker {
public:
    std::string_view unit() const override { return "seconds"; }
    double score(const Sample& sample, const ContainerSample& container) const override {
        return age_seconds(sample, container);
    }
    bool highest_first() const override { return false; }
};

} // namespace

const Ranker& largest_memory() {
    static const LargestMemory ranker;
    return ranker;
}

const Ranker& most_cpu() {
    static const MostCpu ranker;
    return ranker;
}

const Ranker& most_io() {
    static const MostIo ranker;
    return ranker;
}

const Ranker& newest() {
    static const Newest ranker;
    return ranker;
}

const Ranker& oldest() {
    static const Oldest ranker;
    return ranker;
}

const Ranker& most_restarts() {
    static const MostRestarts ranker;
    return ranker;
}

} // namespace vigia::policy
