// SPDX-License-Identifier: MIT
// The four files of one directory as a Source: private to this folder, made by open_directory().
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "collector/source/mapped_file.h"
#include "collector/source/single_file.h"
#include "collector/source/source.h"

namespace vigia::source {

struct FileName {
    const char* name;
    vigia_file_kind kind;
};
constexpr std::array<FileName, 4> source_files{{{"info", VIGIA_FILE_INFO},
                                                {"system", VIGIA_FILE_SYSTEM},
                                                {"processes", VIGIA_FILE_PROCESSES},
                                                {"cgroups", VIGIA_FILE_CGROUPS}}};
constexpr std::size_t processes_file = 2;

class DirectorySource final : public Source {
public:
    DirectorySource(std::string directory, std::function<Status(uint64_t max_age_ns)> refresh,
                    Control control);

    // Opens what is not open and reopens what is no longer current, until all four files belong to
    // one run of the writer; bounded by limits::snapshot_read_attempts.
    Status open_files();

    Status refresh(uint64_t max_age_ns) override;
    Result<Snapshots> acquire() override;
    std::string description() const override;
    SourceCounters counters() const override { return counters_; }
    void count_torn_reading() override { counters_.torn_readings++; }
    Result<vigia_view> acquire_memory(uint64_t max_age_ns) override;
    Result<vigia_process> query(uint32_t pid) override;
    std::vector<Description> describe() override;

private:
    Status open_file(std::size_t index);
    bool from_one_writer() const;
    Status take(std::size_t index, vigia_view& view);
    Status expect_fresh(const vigia_view& info) const;

    // directory_demand.cpp: what is asked of the kernel
    Status ask(std::size_t index, unsigned long request, void* argument, int& error_number);
    Status demand(std::size_t index);

    std::string directory_;
    std::function<Status(uint64_t max_age_ns)> refresh_;
    Control control_;
    uint64_t max_age_ns_ =
        limits::interval_maximum_ns; // as last asked for; at first, whatever is there
    std::array<std::unique_ptr<MappedFile>, 4> files_; // info, system, processes, cgroups
    SingleFile memory_;
    SourceCounters counters_;
};

} // namespace vigia::source
