// SPDX-License-Identifier: MIT
// Why the kernel does not write Vigia's files here, and the command that changes it.
#include "collector/cli/doctor.h"

#include <array>
#include <climits>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace vigia::cli {
namespace {

constexpr const char* build_command = "deploy/modules.sh load builds and loads them";
constexpr const char* load_command = "modprobe -a vigia_system vigia_processes vigia_cgroups";

bool exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

std::string kernel_release() {
    utsname name{};
    uname(&name);
    return name.release;
}

std::string target_of(const std::string& link) {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = readlink(link.c_str(), target.data(), target.size());
    target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return target;
}

// The first pid namespace has a number of its own (PROC_PID_INIT_INO), every container another.
bool is_container(const HostPaths& paths) {
    const std::string space = target_of(paths.proc + "/self/ns/pid");
    return !space.empty() && space != "pid:[4026531836]";
}

// The firmware's variable: four bytes of attributes, then one byte that is 1 if it is on.
bool has_secure_boot(const HostPaths& paths) {
    const std::string variable = read_text(
        paths.sys + "/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
    return variable.size() >= 5 && variable[4] == 1;
}

// "none [integrity] confidentiality": all but none refuse modules without a known signature.
bool is_locked_down(const HostPaths& paths) {
    const std::string lockdown = read_text(paths.sys + "/kernel/security/lockdown");
    const bool enforced =
        has_word(read_text(paths.sys + "/module/module/parameters/sig_enforce"), "Y");
    return enforced || (lockdown.empty() ? has_secure_boot(paths)
                                         : lockdown.find("[none]") == std::string::npos);
}

// Where `make install` and DKMS put modules, packed or not.
bool is_installed(const HostPaths& paths) {
    const std::string folder = paths.modules + "/" + kernel_release() + "/";
    constexpr std::array<const char*, 3> places{"updates/dkms/", "updates/", "extra/"};
    constexpr std::array<const char*, 4> suffixes{".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
    for (const char* place : places) {
        for (const char* suffix : suffixes) {
            if (exists(folder + place + "vigia" + suffix)) {
                return true;
            }
        }
    }
    return false;
}

std::string missing_modules(const std::string& files) {
    std::string missing;
    for (const char* file : {"info", "system", "processes", "cgroups"}) {
        if (!exists(files + "/" + file)) {
            missing += (missing.empty() ? "" : ", ") + std::string(source::module_of(file));
        }
    }
    return missing;
}

Finding modules(Mark mark, const std::string& text, std::string remedy = {}) {
    return {"modules", mark, text, std::move(remedy)};
}

// Modules could be loaded: what is in the way?
Finding not_loaded(const HostPaths& paths) {
    const std::string release = kernel_release();
    if (is_locked_down(paths)) {
        return modules(
            Mark::warn,
            fmt::format(
                "Linux {} takes only signed modules ({}): the publisher reads /proc instead",
                release, has_secure_boot(paths) ? "Secure Boot is on" : "locked down"),
            "deploy/modules.sh install (DKMS signs them); then mokutil --import "
            "/var/lib/dkms/mok.pub, reboot, and enrol the key");
    }
    if (is_installed(paths)) {
        return modules(Mark::warn, "installed, but not loaded: the publisher reads /proc instead",
                       load_command);
    }
    if (!exists(paths.modules + "/" + release + "/build/Makefile")) {
        return modules(
            Mark::warn,
            fmt::format("not built, and the headers of Linux {} to build them with are "
                        "missing: the publisher reads /proc instead",
                        release),
            fmt::format("apt install linux-headers-{}; then {}", release, build_command));
    }
    return modules(Mark::warn, "not built for this kernel: the publisher reads /proc instead",
                   build_command);
}

} // namespace

Finding check_modules(const HostPaths& paths) {
    const std::string files = paths.proc + "/vigia";
    if (exists(files)) {
        const std::string missing = missing_modules(files);
        if (access(files.c_str(), R_OK | X_OK) != 0) {
            return modules(Mark::warn,
                           fmt::format("loaded, but uid {} may not read {}", geteuid(), files),
                           "run as root, or load them for a group of yours: modprobe -r "
                           "vigia_cgroups vigia_processes vigia_system; modprobe vigia gid=GID");
        }
        return missing.empty() ? modules(Mark::ok, "the kernel modules are loaded")
                               : modules(Mark::warn, "not loaded: " + missing, load_command);
    }
    // /proc/modules is there exactly if the kernel was built with CONFIG_MODULES.
    if (!exists(paths.proc + "/modules")) {
        return modules(Mark::ok, "this kernel was built without modules: the publisher reads /proc "
                                 "instead");
    }
    if (is_container(paths)) {
        return modules(Mark::ok, "this is a container: Vigia's modules answer only the host");
    }
    if (read_text(paths.proc + "/sys/kernel/modules_disabled") == "1") {
        return modules(
            Mark::warn,
            "no module can be loaded until the next boot (kernel.modules_disabled is 1): "
            "the publisher reads /proc instead",
            "take kernel.modules_disabled out of /etc/sysctl.d, and reboot");
    }
    return not_loaded(paths);
}

} // namespace vigia::cli
