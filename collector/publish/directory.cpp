// SPDX-License-Identifier: MIT
#include "collector/publish/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include <vigia/file.h>

namespace vigia::publish {
namespace {

constexpr mode_t directory_mode = 0750;
constexpr mode_t file_mode_writing = 0600;
constexpr mode_t file_mode = 0440;
constexpr const char* temporary_suffix = ".new";
constexpr const char* file_names[] = {"info", "system", "memory", "processes", "cgroups", "events"};

std::string temporary(const std::string& name) {
    return name + temporary_suffix;
}

Result<UniqueFd> open_directory(const std::string& path) {
    if (::mkdir(path.c_str(), directory_mode) != 0 && errno != EEXIST) {
        return system_error("make directory " + path, errno);
    }
    UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) {
        return system_error("open directory " + path, errno);
    }
    struct stat status {};
    if (::fstat(directory.get(), &status) != 0) {
        return system_error("examine directory " + path, errno);
    }
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return Error(ErrorKind::permission,
                     path + ": others may write this directory; publish into one of your own");
    }
    return directory;
}

std::string holder(int lock) {
    char text[32] = {};
    const ssize_t size = ::pread(lock, text, sizeof(text) - 1, 0);
    return size > 0 ? " (process " + std::string(text, static_cast<std::size_t>(size)) + ")" : "";
}

Result<UniqueFd> take_lock(int directory, const std::string& path) {
    UniqueFd lock(::openat(directory, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock) {
        return system_error("open " + path + "/.lock", errno);
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return system_error("lock " + path + "/.lock", errno);
        }
        return Error(ErrorKind::unavailable,
                     path + ": another publisher" + holder(lock.get()) + " fills this directory");
    }
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
        return system_error("write " + path + "/.lock", errno);
    }
    return lock;
}

// Whether we may replace the file: one of ours begins with the magic. A publisher that was killed
// early leaves it empty or, before it got its name, all zeros.
Status expect_ours(int directory, const std::string& name, const std::string& path) {
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? Status{} : system_error("examine " + path, errno);
    }
    if (S_ISREG(status.st_mode)) {
        const UniqueFd file(
            ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file) {
            return errno == ENOENT ? Status{} : system_error("open " + path, errno);
        }
        uint64_t magic = 0;
        const ssize_t size = ::pread(file.get(), &magic, sizeof(magic), 0);
        if (size < 0) {
            return system_error("read " + path, errno);
        }
        const bool unfinished = magic == 0 && name.ends_with(temporary_suffix);
        if (size == 0 || (size == sizeof(magic) && (magic == VIGIA_FILE_MAGIC || unfinished))) {
            return {};
        }
    }
    return Error(ErrorKind::usage, path + " is no file of Vigia's: move it away, or publish into "
                                          "another directory");
}

// All are looked at before anything is touched: a directory of other files stays as it was.
Status expect_ours_alone(int directory, const std::string& path) {
    for (const char* file_name : file_names) {
        for (const std::string& name : {std::string(file_name), temporary(file_name)}) {
            if (Status ours = expect_ours(directory, name, path + "/" + name); !ours) {
                return ours;
            }
        }
    }
    return {};
}

} // namespace

Result<Directory> Directory::take(const std::string& path) {
    Result<UniqueFd> directory = open_directory(path);
    if (!directory) {
        return directory.error();
    }
    if (Status ours = expect_ours_alone(directory->get(), path); !ours) {
        return ours.error();
    }
    Result<UniqueFd> lock = take_lock(directory->get(), path);
    if (!lock) {
        return lock.error();
    }
    Directory taken(path, std::move(directory).value(), std::move(lock).value());
    taken.clear_stale_files();
    return taken;
}

void Directory::clear_stale_files() const {
    for (const char* name : file_names) {
        bury(name);
        remove_file(temporary(name));
    }
}

// A killed publisher could not say goodbye to its readers; we do it in its name. The state is one
// aligned word, which one write() changes at once in every mapping.
void Directory::bury(const char* name) const {
    UniqueFd file(::openat(directory_.get(), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) {
        return;
    }
    ::fchmod(file.get(), file_mode_writing);
    file.reset(::openat(directory_.get(), name, O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    const uint32_t dead = VIGIA_FILE_DEAD;
    uint64_t magic = 0;
    if (file && ::fstat(file.get(), &status) == 0 &&
        static_cast<std::size_t>(status.st_size) >= sizeof(vigia_file_header) &&
        ::pread(file.get(), &magic, sizeof(magic), 0) == sizeof(magic) &&
        magic == VIGIA_FILE_MAGIC) {
        [[maybe_unused]] const ssize_t written =
            ::pwrite(file.get(), &dead, sizeof(dead), offsetof(vigia_file_header, state));
    }
    remove_file(name);
}

Result<std::string> Directory::create_file(const std::string& name, uint64_t size_bytes) const {
    const std::string new_name = temporary(name);
    const std::string new_path = path_ + "/" + new_name;
    remove_file(new_name);
    const UniqueFd file(::openat(directory_.get(), new_name.c_str(),
                                 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                 file_mode_writing));
    if (!file) {
        return system_error("create " + new_path, errno);
    }
    const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size_bytes));
    if (error != 0) {
        remove_file(new_name);
        return system_error("allocate " + std::to_string(size_bytes) + " bytes for " + new_path,
                            error);
    }
    return new_path;
}

Status Directory::commit_file(const std::string& name) const {
    const std::string new_name = temporary(name);
    if (::fchmodat(directory_.get(), new_name.c_str(), file_mode, 0) != 0 ||
        ::renameat(directory_.get(), new_name.c_str(), directory_.get(), name.c_str()) != 0) {
        return system_error("rename " + path_ + "/" + new_name, errno);
    }
    return {};
}

void Directory::remove_file(const std::string& name) const {
    ::unlinkat(directory_.get(), name.c_str(), 0);
}

} // namespace vigia::publish
