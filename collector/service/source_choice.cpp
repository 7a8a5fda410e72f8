// SPDX-License-Identifier: MIT
#include "collector/service/source_choice.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"

namespace vigia::service {
namespace {

constexpr std::array<const char*, 4> kernel_files{"info", "system", "processes", "cgroups"};
constexpr const char* load_command = "modprobe -a vigia_system vigia_processes vigia_cgroups";

bool exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

// Ours or root's, and nobody else can put files there: only then is it a publisher of this host.
bool is_trustworthy(const std::string& directory) {
    struct stat status {};
    return lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
           (status.st_uid == 0 || status.st_uid == geteuid()) &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<ChosenSource> open_files(const SourceRequest& request, const std::string& directory,
                                const std::string& explanation) {
    auto opened = source::open_directory(directory, {}, request.control);
    if (!opened) {
        return opened.error();
    }
    ChosenSource chosen;
    chosen.source = std::move(*opened);
    chosen.directory = directory;
    chosen.explanation = explanation;
    return chosen;
}

Result<ChosenSource> start_publisher(const SourceRequest& request, const std::string& why) {
    publish::PublisherConfig config;
    config.directory = request.run_directory;
    config.mounts = request.mounts;
    config.refresh_interval_ns = request.refresh_interval_ns;
    config.with_events = request.with_events;
    auto created = publish::Publisher::create(std::move(config));
    if (!created) {
        return created.error();
    }
    ChosenSource chosen;
    chosen.publisher = std::move(*created);
    publish::Publisher* publisher = chosen.publisher.get();
    if (auto first = publisher->refresh(); !first) {
        return first.error();
    }
    auto opened = source::open_directory(request.run_directory,
                                         [publisher](uint64_t) { return publisher->refresh(); });
    if (!opened) {
        return opened.error();
    }
    chosen.source = std::move(*opened);
    chosen.directory = request.run_directory;
    chosen.explanation =
        fmt::format("publisher in this process, files in {}: {}", request.run_directory, why);
    return chosen;
}

// Files that a killed publisher left behind look alive; their age tells.
bool is_silent(const source::Snapshots& snapshots) {
    if (snapshots.writer != VIGIA_WRITER_PUBLISHER ||
        snapshots.info.count[VIGIA_INFO_REGION] == 0) {
        return false;
    }
    vigia_info info{};
    std::memcpy(&info, vigia_record(&snapshots.info, VIGIA_INFO_REGION, 0), sizeof(info));
    const uint64_t allowed_ns = std::max(5 * ns_per_second, 3 * info.refresh_interval_ns);
    return snapshots.processes.slot->begin_monotonic_ns + allowed_ns <
           SystemClock().now().monotonic_ns;
}

Result<ChosenSource> join_publisher(const SourceRequest& request, const std::string& directory,
                                    const std::string& why) {
    if (!is_trustworthy(directory)) {
        return Error(ErrorKind::permission,
                     directory + " is not a directory of this user or root that nobody else can "
                                 "write");
    }
    return open_files(request, directory,
                      fmt::format("files of the running publisher in {}: {}", directory, why));
}

Result<ChosenSource> join_lively_publisher(const SourceRequest& request, const std::string& why) {
    auto joined = join_publisher(request, request.running_files, why);
    if (!joined) {
        return joined;
    }
    const auto snapshots = joined->source->acquire();
    if (!snapshots) {
        return snapshots.error();
    }
    if (is_silent(*snapshots)) {
        return Error(ErrorKind::unavailable, joined->directory + ": its writer is silent");
    }
    return joined;
}

Result<ChosenSource> choose_automatically(const SourceRequest& request) {
    auto kernel = choose_kernel(request);
    if (kernel) {
        return kernel;
    }
    const std::string why = kernel.error().message();
    if (request.join_running_publisher) {
        if (auto running = join_lively_publisher(request, why)) {
            return running;
        }
    }
    auto started = start_publisher(request, why);
    if (!started && started.error().kind() == ErrorKind::unavailable) {
        // Somebody publishes there already: one publisher is enough for all readers.
        if (auto running = join_publisher(request, request.run_directory, why)) {
            return running;
        }
    }
    return started;
}

Error no_kernel(const SourceRequest& request, const Error& error) {
    if (error.kind() != ErrorKind::not_found) {
        return error.within("--source kernel");
    }
    const bool loadable = exists("/proc/modules");
    const std::string help =
        loadable ? fmt::format("{} (not installed? deploy/modules.sh load)", load_command)
                 : "use --source auto";
    return {error.kind(), fmt::format("--source kernel: {}: {}; {}", request.kernel_files,
                                      error.message(), help)};
}

} // namespace

std::string why_no_kernel_source(const std::string& directory) {
    if (exists(directory)) {
        std::string missing;
        for (const char* file : kernel_files) {
            if (!exists(directory + "/" + file)) {
                missing += (missing.empty() ? "" : ", ") + std::string(source::module_of(file));
            }
        }
        return missing.empty() ? "" : fmt::format("not loaded: {}", missing);
    }
    if (!exists("/proc/modules")) {
        return "this kernel was built without loadable modules";
    }
    utsname name{};
    uname(&name);
    return fmt::format("no Vigia module is loaded in Linux {}", name.release);
}

bool may_have_kernel(const SourceRequest& request) {
    const int directory = open(request.kernel_files.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return false;
    }
    const bool all = std::all_of(kernel_files.begin(), kernel_files.end(), [&](const char* file) {
        return faccessat(directory, file, R_OK, 0) == 0;
    });
    close(directory);
    return all;
}

Result<ChosenSource> choose_kernel(const SourceRequest& request) {
    // A directory that this user may not look into seems empty: only opening tells.
    const bool hidden =
        exists(request.kernel_files) && access(request.kernel_files.c_str(), X_OK) != 0;
    if (const std::string why = why_no_kernel_source(request.kernel_files);
        !why.empty() && !hidden) {
        return Error(ErrorKind::not_found, why);
    }
    auto opened = open_files(request, request.kernel_files,
                             fmt::format("kernel modules, files in {}", request.kernel_files));
    if (!opened) {
        return opened;
    }
    if (auto refreshed = opened->source->refresh(limits::shared_walk_age_ns); !refreshed) {
        return refreshed.error();
    }
    if (auto answered = opened->source->acquire(); !answered) {
        return answered.error();
    }
    opened->is_kernel = true;
    return opened;
}

Result<ChosenSource> choose_source(const SourceRequest& request) {
    if (request.source == "auto") {
        return choose_automatically(request);
    }
    if (request.source == "publisher") {
        return start_publisher(request, "chosen by --source publisher");
    }
    if (request.source == "kernel") {
        auto kernel = choose_kernel(request);
        return kernel ? std::move(kernel)
                      : Result<ChosenSource>(no_kernel(request, kernel.error()));
    }
    return open_files(request, request.source,
                      fmt::format("files in {}, chosen by --source", request.source));
}

} // namespace vigia::service
