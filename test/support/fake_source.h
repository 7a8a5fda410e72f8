// SPDX-License-Identifier: MIT
// A source that a test writes: the four files in memory, read by the same path as any other.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/clock.h"
#include "collector/source/source.h"
#include "test/support/abi_writer.h"

namespace vigia::test {

// What the next publish() shows. One thread.
class FakeSource final : public source::Source {
public:
    explicit FakeSource(uint32_t capacity = 64, uint64_t writer_instance = 1)
        : info_("", VIGIA_FILE_INFO, 1, writer_instance),
          system_("", VIGIA_FILE_SYSTEM, capacity, writer_instance),
          processes_("", VIGIA_FILE_PROCESSES, capacity, writer_instance),
          memory_("", VIGIA_FILE_MEMORY, capacity, writer_instance),
          cgroups_("", make_header(VIGIA_FILE_CGROUPS,
                                   regions_of(VIGIA_FILE_CGROUPS, capacity, capacity * 256),
                                   writer_instance)) {
        host.valid = VIGIA_SYSTEM_VALID_CPU | VIGIA_SYSTEM_VALID_MEMORY | VIGIA_SYSTEM_VALID_PAGING;
        about.page_size_bytes = 4096;
        open(info_, VIGIA_FILE_INFO, info_file_);
        open(system_, VIGIA_FILE_SYSTEM, system_file_);
        open(processes_, VIGIA_FILE_PROCESSES, processes_file_);
        open(cgroups_, VIGIA_FILE_CGROUPS, cgroups_file_);
        open(memory_, VIGIA_FILE_MEMORY, memory_file_);
    }

    std::vector<vigia_process> processes;
    std::vector<std::pair<vigia_cgroup, std::string>> cgroups; // with their paths
    std::vector<vigia_cpu> cpus;
    std::vector<vigia_mount> mounts;
    vigia_system host{};
    std::optional<vigia_memory> memory; // none: this writer lacks the file
    std::vector<vigia_memory_zone> zones;
    vigia_info about{};
    vigia_writer_kind writer = VIGIA_WRITER_PUBLISHER;
    Status next_refresh; // what refresh() answers
    unsigned torn = 0;   // so many readings will find themselves lapped
    unsigned torn_memory = 0;

    // Adds a process and returns it for more.
    vigia_process& add_process(uint32_t pid, uint64_t start_time_ns, uint64_t cgroup_id = 1,
                               std::string_view comm = "test") {
        vigia_process record{};
        record.pid = pid;
        record.start_time_ns = start_time_ns;
        record.cgroup_id = cgroup_id;
        record.thread_count = 1;
        record.valid = VIGIA_PROCESS_VALID_CPU | VIGIA_PROCESS_VALID_MEMORY |
                       VIGIA_PROCESS_VALID_CGROUP | VIGIA_PROCESS_VALID_IO |
                       VIGIA_PROCESS_VALID_FAULTS;
        std::memcpy(record.comm, comm.data(), std::min(comm.size(), sizeof(record.comm)));
        processes.push_back(record);
        return processes.back();
    }
    vigia_cgroup& add_cgroup(uint64_t id, std::string path) {
        vigia_cgroup record{};
        record.id = id;
        record.valid = VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_IO |
                       VIGIA_CGROUP_VALID_TASKS;
        cgroups.emplace_back(record, std::move(path));
        return cgroups.back().first;
    }
    vigia_cgroup& cgroup(uint64_t id) {
        return std::find_if(cgroups.begin(), cgroups.end(),
                            [&](const auto& entry) { return entry.first.id == id; })
            ->first;
    }

    // Writes everything as one snapshot that began at `now`.
    void publish(Instant now) {
        publish_processes(now);
        write(info_, now, [&] { info_.add(VIGIA_INFO_REGION, about); });
        write(system_, now, [&] {
            system_.add(VIGIA_SYSTEM_REGION, host);
            for (const vigia_cpu& cpu : cpus) {
                system_.add(VIGIA_SYSTEM_REGION_CPUS, cpu);
            }
            for (const vigia_mount& mount : mounts) {
                system_.add(VIGIA_SYSTEM_REGION_MOUNTS, mount);
            }
        });
        if (memory) {
            write(memory_, now, [&] {
                memory_.add(VIGIA_MEMORY_REGION, *memory);
                for (const vigia_memory_zone& zone : zones) {
                    memory_.add(VIGIA_MEMORY_REGION_ZONES, zone);
                }
            });
        }
        write(cgroups_, now, [&] {
            for (auto& [record, path] : cgroups) {
                record.path_offset_bytes = cgroups_.add_text(VIGIA_CGROUPS_REGION_TEXT, path);
                record.path_size_bytes = static_cast<uint32_t>(path.size());
                cgroups_.add(VIGIA_CGROUPS_REGION, record);
            }
        });
    }
    // Only the processes: as a reader finds them who comes in the middle of a writer's round.
    void publish_processes(Instant now) {
        write(processes_, now, [&] {
            for (const vigia_process& process : processes) {
                processes_.add(VIGIA_PROCESSES_REGION, process);
            }
        });
    }

    Status refresh(uint64_t) override { return next_refresh; }
    Result<source::Snapshots> acquire() override {
        source::Snapshots snapshots;
        const bool all = vigia_acquire(&info_file_, &snapshots.info) != 0 &&
                         vigia_acquire(&system_file_, &snapshots.system) != 0 &&
                         vigia_acquire(&processes_file_, &snapshots.processes) != 0 &&
                         vigia_acquire(&cgroups_file_, &snapshots.cgroups) != 0;
        if (!all) {
            return Error(ErrorKind::unavailable, "nothing published yet");
        }
        snapshots.writer_instance = processes_file_.header.writer_instance;
        snapshots.writer = writer;
        if (torn > 0) {
            --torn;
            snapshots.processes.sequence -= 2; // as if the writer had been there since
        }
        ++counters_.acquired;
        return snapshots;
    }
    Result<vigia_view> acquire_memory(uint64_t max_age_ns) override {
        vigia_view view{};
        if (!memory || vigia_acquire(&memory_file_, &view) == 0) {
            return Source::acquire_memory(max_age_ns);
        }
        if (torn_memory > 0) {
            --torn_memory;
            view.sequence -= 2;
        }
        return view;
    }
    std::string description() const override { return "test"; }
    source::SourceCounters counters() const override { return counters_; }
    void count_torn_reading() override { ++counters_.torn_readings; }

private:
    static void open(const AbiWriter& writer, uint32_t kind, vigia_file& file) {
        if (vigia_validate(writer.map(), writer.size_bytes(), kind, &file) != nullptr) {
            throw std::runtime_error("fake source: invalid file");
        }
    }
    template <typename Fill>
    static void write(AbiWriter& writer, Instant now, Fill fill) {
        writer.begin();
        writer.slot().begin_monotonic_ns = now.monotonic_ns;
        writer.slot().begin_boottime_ns = now.boottime_ns;
        writer.slot().begin_realtime_ns = now.realtime_ns;
        fill();
        writer.publish();
    }

    AbiWriter info_;
    AbiWriter system_;
    AbiWriter processes_;
    AbiWriter memory_;
    AbiWriter cgroups_;
    vigia_file info_file_{};
    vigia_file system_file_{};
    vigia_file processes_file_{};
    vigia_file cgroups_file_{};
    vigia_file memory_file_{};
    source::SourceCounters counters_;
};

} // namespace vigia::test
