// SPDX-License-Identifier: MIT
// A directory of plain files that behaves as /proc/vigia does: written when somebody asks, marked
// dead when a module leaves, replaced by a larger file when it is opened after a snapshot did not
// fit. Plain files know no ioctl, so it comes with the function that answers in its place.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/clock.h"
#include "collector/source/source.h"
#include "test/support/abi_writer.h"

namespace vigia::test {

class FakeKernel {
public:
    struct File {
        const char* name;
        uint32_t kind;
        std::unique_ptr<AbiWriter> writer{};
        ino_t inode = 0;
        uint32_t capacity = 4;
        uint32_t limit = 16; // of the capacity
        unsigned walks = 0;
        unsigned asked = 0;
        uint64_t walked_ns = 0;     // when
        std::vector<int> answers{}; // errno values to give before the true answer, last one first
    };

    FakeKernel(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

    // What the next walks find.
    std::vector<vigia_process> processes;
    std::vector<vigia_cgroup> cgroups;
    vigia_system host{};
    std::vector<vigia_cpu> cpus;
    vigia_info about{};
    uint64_t instance = 1; // of the core module

    std::array<File, 4> files{{{"info", VIGIA_FILE_INFO},
                               {"system", VIGIA_FILE_SYSTEM},
                               {"processes", VIGIA_FILE_PROCESSES},
                               {"cgroups", VIGIA_FILE_CGROUPS}}};
    File& file(const std::string& name) {
        return *std::find_if(files.begin(), files.end(),
                             [&](const File& candidate) { return candidate.name == name; });
    }
    unsigned walks() const {
        unsigned all = 0;
        for (const File& each : files) {
            all += each.walks;
        }
        return all;
    }

    // The module of one file, or of all: loaded and unloaded.
    void load(File& which) {
        vigia_file_header header =
            make_header(which.kind, regions_of(which.kind, which.capacity), instance);
        header.writer_kind = VIGIA_WRITER_KERNEL;
        std::filesystem::create_directory(path_);
        which.writer = std::make_unique<AbiWriter>(path_ + "/" + which.name, header);
        struct stat status {};
        stat((path_ + "/" + which.name).c_str(), &status);
        which.inode = status.st_ino;
    }
    void unload(File& which) {
        which.writer->mark_dead();
        std::filesystem::remove(path_ + "/" + which.name);
        which.inode = 0;
    }
    void load() {
        for (File& each : files) {
            load(each);
        }
    }
    void unload() {
        for (File& each : files) {
            if (each.inode != 0) {
                unload(each);
            }
        }
        std::filesystem::remove(path_);
    }

    // ioctl(2) on these files.
    source::Control control() {
        return [this](int descriptor, unsigned long request, void* argument) {
            struct stat status {};
            if (fstat(descriptor, &status) != 0) {
                return errno;
            }
            for (File& each : files) {
                if (each.inode == status.st_ino) {
                    return answer(each, request, argument);
                }
            }
            return status.st_nlink == 0 ? ESTALE : ENOTTY;
        };
    }

private:
    int answer(File& which, unsigned long request, void* argument) {
        ++which.asked;
        if (!which.answers.empty()) {
            const int error = which.answers.back();
            which.answers.pop_back();
            return error;
        }
        if (request == VIGIA_IOC_REFRESH) {
            return refresh(which, *static_cast<vigia_refresh*>(argument));
        }
        if (request == VIGIA_IOC_PROCESS && which.kind == VIGIA_FILE_PROCESSES) {
            return query(*static_cast<vigia_process_query*>(argument));
        }
        if (request == VIGIA_IOC_DESCRIBE) {
            return describe(which, *static_cast<vigia_description*>(argument));
        }
        return ENOTTY;
    }
    int refresh(File& which, vigia_refresh& wanted) {
        const Instant now = clock_.now();
        wanted.walked = wanted.max_age_ns == 0 ||
                        now.monotonic_ns - which.walked_ns > wanted.max_age_ns ||
                        which.writer->live_header().current_slot == VIGIA_NO_SLOT;
        if (wanted.walked != 0) {
            walk(which, now);
        }
        return 0;
    }
    void walk(File& which, const Instant& now) {
        ++which.walks;
        which.walked_ns = now.monotonic_ns;
        AbiWriter& writer = *which.writer;
        writer.begin();
        writer.slot().begin_monotonic_ns = writer.slot().end_monotonic_ns = now.monotonic_ns;
        writer.slot().begin_boottime_ns = now.boottime_ns;
        writer.slot().begin_realtime_ns = now.realtime_ns;
        std::fill(std::begin(writer.slot().truncated_count),
                  std::end(writer.slot().truncated_count), 0);
        fill(which);
        writer.publish();
        if (writer.slot().truncated_count[0] > 0 && which.capacity < which.limit) {
            writer.mark_dead(); // the next to open it finds a larger one
            which.capacity = which.limit;
            load(which);
        }
    }
    void fill(File& which) {
        switch (which.kind) {
        case VIGIA_FILE_INFO:
            which.writer->add(VIGIA_INFO_REGION, about);
            break;
        case VIGIA_FILE_SYSTEM:
            which.writer->add(VIGIA_SYSTEM_REGION, host);
            for (const vigia_cpu& cpu : cpus) {
                which.writer->add(VIGIA_SYSTEM_REGION_CPUS, cpu);
            }
            break;
        case VIGIA_FILE_PROCESSES:
            add_all(which, processes);
            break;
        default:
            add_all(which, cgroups);
        }
    }
    template <typename Record>
    void add_all(File& which, const std::vector<Record>& records) {
        const std::size_t fit = std::min<std::size_t>(records.size(), which.capacity);
        for (std::size_t i = 0; i < fit; i++) {
            which.writer->add(0, records[i]);
        }
        which.writer->slot().truncated_count[0] = static_cast<uint32_t>(records.size() - fit);
    }
    int query(vigia_process_query& query) const {
        for (const vigia_process& process : processes) {
            if (process.pid == query.pid &&
                (query.start_time_ns == 0 || query.start_time_ns == process.start_time_ns)) {
                query.process = process;
                return 0;
            }
        }
        return ESRCH;
    }
    int describe(const File& which, vigia_description& description) const {
        description.abi_version = VIGIA_ABI_VERSION;
        description.abi_compatible = VIGIA_ABI_COMPATIBLE;
        description.file_kind = which.kind;
        description.abilities = VIGIA_DESCRIPTION_REFRESH;
        description.writer_instance = instance;
        description.walk_count = which.walks;
        description.walk_duration_ns = which.walks * 1'000'000ULL;
        description.longest_walk_ns = 1'000'000;
        std::memcpy(description.module_version, "0.1.0", sizeof("0.1.0"));
        return 0;
    }

    std::string path_;
    const Clock& clock_;
};

// A process that the fakes can show.
inline vigia_process fake_process(uint32_t pid, uint64_t cpu_runtime_ns = 0) {
    vigia_process record{};
    record.pid = pid;
    record.start_time_ns = pid * 1'000'000ULL;
    record.valid = VIGIA_PROCESS_VALID_CPU | VIGIA_PROCESS_VALID_MEMORY;
    record.cpu_runtime_ns = cpu_runtime_ns;
    std::memcpy(record.comm, "test", sizeof("test"));
    return record;
}

} // namespace vigia::test
