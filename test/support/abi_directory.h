// SPDX-License-Identifier: MIT
// The four files of a source, written by a test.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "test/support/abi_writer.h"

namespace vigia::test {

struct AbiDirectory {
    explicit AbiDirectory(const std::string& path, uint64_t writer_instance = 1,
                          uint32_t capacity = 16)
        : info(path + "/info", VIGIA_FILE_INFO, 1, writer_instance),
          system(path + "/system", VIGIA_FILE_SYSTEM, capacity, writer_instance),
          processes(path + "/processes", VIGIA_FILE_PROCESSES, capacity, writer_instance),
          cgroups(path + "/cgroups", VIGIA_FILE_CGROUPS, capacity, writer_instance) {}

    // One snapshot of every file: `process_count` processes with pids from 1 on, in one cgroup.
    void publish(uint32_t process_count) {
        publish_info(vigia_info{}, 0);
        system.begin();
        system.add(VIGIA_SYSTEM_REGION, vigia_system{});
        system.publish();
        processes.begin();
        for (uint32_t pid = 1; pid <= process_count; pid++) {
            processes.add(VIGIA_PROCESSES_REGION, process(pid, "test"));
        }
        processes.publish();
        cgroups.begin();
        vigia_cgroup cgroup{};
        cgroup.id = 1;
        cgroup.path_offset_bytes = cgroups.add_text(VIGIA_CGROUPS_REGION_TEXT, "/");
        cgroup.path_size_bytes = 1;
        cgroup.process_count = process_count;
        cgroups.add(VIGIA_CGROUPS_REGION, cgroup);
        cgroups.publish();
    }

    void publish_info(const vigia_info& record, uint64_t end_monotonic_ns) {
        info.begin();
        info.add(VIGIA_INFO_REGION, record);
        info.slot().end_monotonic_ns = end_monotonic_ns;
        info.publish();
    }

    // A process whose resident memory is pid KiB.
    static vigia_process process(uint32_t pid, std::string_view comm) {
        vigia_process record{};
        record.pid = pid;
        record.start_time_ns = pid * 1'000'000ULL;
        record.valid = VIGIA_PROCESS_VALID_MEMORY | VIGIA_PROCESS_VALID_CGROUP;
        record.cgroup_id = 1;
        record.rss_bytes = pid * 1024ULL;
        std::memcpy(record.comm, comm.data(), std::min(comm.size(), sizeof(record.comm)));
        return record;
    }

    AbiWriter info;
    AbiWriter system;
    AbiWriter processes;
    AbiWriter cgroups;
};

} // namespace vigia::test
