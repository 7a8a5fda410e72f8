// SPDX-License-Identifier: MIT
// Which source to use, and why. The kernel's files where its modules are loaded and answer; else a
// publisher.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "collector/publish/publisher.h"
#include "collector/service/paths.h"
#include "collector/source/source.h"

namespace vigia::service {

struct SourceRequest {
    std::string source = "auto"; // auto, kernel, publisher, or a directory
    std::string run_directory;   // where a publisher in this process writes
    std::vector<std::string> mounts{"/"};
    uint64_t refresh_interval_ns = 0; // told to readers of that publisher
    bool with_events = false;         // that publisher also fills `events`
    // auto looks for a running publisher's files before it starts one of its own. (Where one fills
    // run_directory already, auto reads its files in any case.)
    bool join_running_publisher = false;
    std::string running_files = default_run_directory(); // where that one's would be
    std::string kernel_files = kernel_directory;         // a test has another
    source::Control control;                             // and another kernel
};

struct ChosenSource {
    std::unique_ptr<publish::Publisher> publisher; // null unless it runs in this process
    std::unique_ptr<source::Source> source;        // destroyed before the publisher
    std::string directory;
    std::string explanation; // "publisher in this process, files in /run/vigia: ..."
    bool is_kernel = false;

    ChosenSource() = default;
    ChosenSource(ChosenSource&&) = default;
    ChosenSource& operator=(ChosenSource&& other) noexcept {
        source.reset(); // before its publisher
        publisher = std::move(other.publisher);
        source = std::move(other.source);
        directory = std::move(other.directory);
        explanation = std::move(other.explanation);
        is_kernel = other.is_kernel;
        return *this;
    }
    ~ChosenSource() {
        source.reset();
        publisher.reset();
    }
};

// One that has answered, as the request says; for auto the best of this moment.
Result<ChosenSource> choose_source(const SourceRequest& request);

// The kernel's files, if all of them are there and have answered. not_found says which module is
// missing.
Result<ChosenSource> choose_kernel(const SourceRequest& request);

// Whether all of the kernel's files can be opened, as far as their permissions tell. Four system
// calls, no allocation.
bool may_have_kernel(const SourceRequest& request);

// Why there are no files of the kernel, in one clause: "the running kernel cannot load modules",
// "vigia_cgroups is not loaded"; empty if they are there.
std::string why_no_kernel_source(const std::string& directory = kernel_directory);

} // namespace vigia::service
