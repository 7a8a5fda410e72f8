// SPDX-License-Identifier: MIT
#include "collector/source/file_error.h"

#include <array>

#include <vigia/events_reader.h>

#include "collector/source/source.h"

namespace vigia::source {
namespace {

// What a person can do about a file that does not open.
std::string advice(const std::string& path, ErrorKind kind) {
    if (kind == ErrorKind::permission) {
        return "; is the user in group vigia?";
    }
    if (kind != ErrorKind::not_found) {
        return "";
    }
    if (!path.starts_with("/proc/")) {
        return "; is its writer (vigia daemon, vigia publish) running?";
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    return "; its module is not loaded: modprobe " + std::string(module_of(name));
}

} // namespace

Error cannot_open(const std::string& path, int error_number) {
    const Error error = system_error("open " + path, error_number);
    return {error.kind(), error.message() + advice(path, error.kind())};
}

Error rejected(const std::string& path, std::string_view reason, int error_number) {
    if (reason == VIGIA_ERROR_OPEN || reason == VIGIA_ERROR_MAP) {
        return cannot_open(path, error_number);
    }
    const std::string message = path + " " + std::string(reason);
    if (reason == VIGIA_ERROR_NEWER) {
        return {ErrorKind::newer, message};
    }
    if (reason == VIGIA_ERROR_OLDER) {
        return {ErrorKind::failed, message};
    }
    return {ErrorKind::damaged, message + "; remove it and start its writer again"};
}

std::string_view module_of(std::string_view file_name) {
    struct Name {
        std::string_view file;
        std::string_view module;
    };
    constexpr std::array<Name, 5> names{{{"system", "vigia_system"},
                                         {"memory", "vigia_system"},
                                         {"processes", "vigia_processes"},
                                         {"cgroups", "vigia_cgroups"},
                                         {"events", "vigia_events"}}};
    for (const Name& name : names) {
        if (name.file == file_name) {
            return name.module;
        }
    }
    return "vigia";
}

} // namespace vigia::source
