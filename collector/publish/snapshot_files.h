// SPDX-License-Identifier: MIT
// The five files of a published directory and how the collected state becomes their records.
#pragma once

#include <memory>

#include <vigia/info.h>

#include "collector/base/clock.h"
#include "collector/publish/file_writer.h"

namespace vigia::publish {

struct PublisherConfig;
class CgroupTree;
class MemoryText;
class ProcessTable;
class SystemReader;

// One thread.
class SnapshotFiles {
public:
    // `directory` must outlive the files.
    static Result<std::unique_ptr<SnapshotFiles>> create(const Directory& directory,
                                                         const PublisherConfig& config);

    Status write_info(const vigia_info& info, const Instant& begin);
    Status write_system(const SystemReader& system, const Instant& begin);
    Status write_memory(const MemoryText& memory, const Instant& begin);
    Status write_processes(ProcessTable& processes, const Instant& begin);
    Status write_cgroups(const CgroupTree& cgroups, const Instant& begin);
    uint64_t writer_instance() const { return instance_; }

private:
    SnapshotFiles(uint64_t instance, FileWriter info, FileWriter system, FileWriter memory,
                  FileWriter processes, FileWriter cgroups)
        : instance_(instance), info_(std::move(info)), system_(std::move(system)),
          memory_(std::move(memory)), processes_(std::move(processes)),
          cgroups_(std::move(cgroups)) {}

    uint64_t instance_;
    FileWriter info_;
    FileWriter system_;
    FileWriter memory_;
    FileWriter processes_;
    FileWriter cgroups_;
    SystemClock clock_;
};

} // namespace vigia::publish
