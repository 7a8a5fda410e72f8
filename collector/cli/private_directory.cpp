// SPDX-License-Identifier: MIT
#include "collector/cli/private_directory.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vigia::cli {
namespace {

constexpr std::string_view prefix = "vigia-view-"; // then the pid, '-' and six random letters

std::vector<std::string> parents() {
    std::vector<std::string> parents;
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && *runtime == '/') {
        parents.emplace_back(runtime);
    }
    parents.insert(parents.end(), {"/run", "/dev/shm", "/tmp"});
    return parents;
}

bool belongs_to_us(const std::string& path) {
    struct stat status {};
    return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == geteuid();
}

bool is_abandoned(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename();
    if (!name.starts_with(prefix) || !belongs_to_us(path)) {
        return false;
    }
    pid_t pid = 0;
    const char* begin = name.data() + prefix.size();
    const auto [end, error] = std::from_chars(begin, name.data() + name.size(), pid);
    return error == std::errc() && *end == '-' && pid > 0 && kill(pid, 0) != 0 && errno == ESRCH;
}

// Files in it are a publisher's: plain files, no folders.
void sweep(const std::string& parent) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
        if (is_abandoned(entry.path())) {
            std::error_code ignored; // another view may sweep at the same time
            std::filesystem::remove_all(entry.path(), ignored);
        }
    }
}

} // namespace

Result<PrivateDirectory> PrivateDirectory::create() {
    int first_error = 0;
    for (const std::string& parent : parents()) {
        std::string path = fmt::format("{}/{}{}-XXXXXX", parent, prefix, getpid());
        if (mkdtemp(path.data()) != nullptr) {
            sweep(parent);
            return PrivateDirectory(path);
        }
        first_error = first_error == 0 ? errno : first_error;
    }
    return system_error("make a directory for the live view in $XDG_RUNTIME_DIR, /run, /dev/shm or "
                        "/tmp",
                        first_error);
}

PrivateDirectory::PrivateDirectory(PrivateDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

PrivateDirectory::~PrivateDirectory() {
    if (!path_.empty()) {
        std::error_code ignored; // it is in memory, and swept up later
        std::filesystem::remove_all(path_, ignored);
    }
}

} // namespace vigia::cli
