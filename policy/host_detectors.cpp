// SPDX-License-Identifier: MIT
// Detectors that look at the host as a whole.
#include <algorithm>
#include <cstring>
#include <string>

#include "policy/detectors.h"

namespace vigia::policy {
namespace {

class HostDetector : public Detector {
public:
    Scope scope() const final { return Scope::host; }
    std::string_view unit() const override { return "ratio"; }
};

bool has(const Subject& subject, uint64_t wanted) {
    return vigia_system_has(subject.sample.system.record.valid, wanted) != 0;
}

double used_ratio(uint64_t total, uint64_t left) {
    return 1.0 - static_cast<double>(std::min(left, total)) / static_cast<double>(total);
}

class HostMemoryAbove final : public HostDetector {
public:
    std::string_view noun() const override { return "memory in use"; }
    std::optional<double> measure(const Subject& subject) const override {
        const vigia_system& host = subject.sample.system.record;
        if (!has(subject, VIGIA_SYSTEM_VALID_PAGES) || host.memory_total_bytes == 0) {
            return {};
        }
        return used_ratio(host.memory_total_bytes, host.memory_available_bytes);
    }
};

class HostSwapAbove final : public HostDetector {
public:
    std::string_view noun() const override { return "swap in use"; }
    std::optional<double> measure(const Subject& subject) const override {
        const vigia_system& host = subject.sample.system.record;
        if (!has(subject, VIGIA_SYSTEM_VALID_SWAP_TOTAL | VIGIA_SYSTEM_VALID_SWAP_FREE) ||
            host.swap_total_bytes == 0) {
            return {};
        }
        return used_ratio(host.swap_total_bytes, host.swap_free_bytes);
    }
};

class HostCpuAbove final : public HostDetector {
public:
    std::string_view noun() const override { return "CPU in use"; }
    std::optional<double> measure(const Subject& subject) const override {
        const SystemSample& system = subject.sample.system;
        if (!system.rates.known || !has(subject, VIGIA_SYSTEM_VALID_CPU_TIMES)) {
            return {};
        }
        return system.rates.cpu_ratio;
    }
};

// A share is of the CPUs: 150% on 4 CPUs is a load of 6.
class HostLoadAbove final : public HostDetector {
public:
    explicit HostLoadAbove(bool share) : share_(share) {}
    std::string_view unit() const override { return share_ ? "ratio" : "tasks"; }
    std::string_view noun() const override { return "load of the last minute"; }
    std::optional<double> measure(const Subject& subject) const override {
        const SystemSample& system = subject.sample.system;
        if (!has(subject, VIGIA_SYSTEM_VALID_LOAD) || (share_ && system.cpus.empty())) {
            return {};
        }
        const double load = static_cast<double>(system.record.load_1min_millitasks) / 1000.0;
        return share_ ? load / static_cast<double>(system.cpus.size()) : load;
    }

private:
    bool share_;
};

class HostMemoryPressureAbove final : public HostDetector {
public:
    std::string_view noun() const override { return "memory pressure"; }
    std::optional<double> measure(const Subject& subject) const override {
        const SystemSample& system = subject.sample.system;
        if (!system.rates.known || !has(subject, VIGIA_SYSTEM_VALID_PRESSURE)) {
            return {};
        }
        return system.rates.memory_pressure_some_ratio;
    }
};

// As df counts: what is used, of what users without privilege could use.
class HostStorageAbove final : public HostDetector {
public:
    explicit HostStorageAbove(std::string mount) : mount_(std::move(mount)) {}
    std::string_view noun() const override { return "storage in use"; }
    std::optional<double> measure(const Subject& subject) const override {
        for (const vigia_mount& mount : subject.sample.system.mounts) {
            const std::string_view path(mount.path, strnlen(mount.path, sizeof mount.path));
            if (path == mount_) {
                return used(mount);
            }
        }
        return {};
    }

private:
    static std::optional<double> used(const vigia_mount& mount) {
        const uint64_t used_bytes =
            mount.total_bytes - std::min(mount.free_bytes, mount.total_bytes);
        const uint64_t usable_bytes = used_bytes + mount.available_bytes;
        if ((mount.valid & VIGIA_MOUNT_VALID_SPACE) == 0 || usable_bytes == 0) {
            return {};
        }
        return static_cast<double>(used_bytes) / static_cast<double>(usable_bytes);
    }
    std::string mount_;
};

} // namespace

DetectorPointer make_host_memory_above(const DetectorConfig&) {
    return std::make_unique<HostMemoryAbove>();
}

DetectorPointer make_host_swap_above(const DetectorConfig&) {
    return std::make_unique<HostSwapAbove>();
}

DetectorPointer make_host_cpu_above(const DetectorConfig&) {
    return std::make_unique<HostCpuAbove>();
}

DetectorPointer make_host_load_above(const DetectorConfig& config) {
    return std::make_unique<HostLoadAbove>(config.share);
}

DetectorPointer make_host_memory_pressure_above(const DetectorConfig&) {
    return std::make_unique<HostMemoryPressureAbove>();
}

DetectorPointer make_host_storage_above(const DetectorConfig& config) {
    return std::make_unique<HostStorageAbove>(config.mount);
}

} // namespace vigia::policy
