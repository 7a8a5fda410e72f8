// SPDX-License-Identifier: MIT
#include "collector/source/mapped_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <boost/interprocess/exceptions.hpp>

#include "collector/source/source.h"

namespace vigia::source {
namespace {

namespace ipc = boost::interprocess;

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

Error cannot_open(const std::string& path, int error_number) {
    const Error error = system_error("open " + path, error_number);
    return {error.kind(), error.message() + advice(path, error.kind())};
}

// One of reader.h's texts as an error. Files of another version are sound, only not for us.
Error rejected(const std::string& path, std::string_view reason) {
    const std::string message = path + " " + std::string(reason);
    if (reason == VIGIA_ERROR_NEWER) {
        return {ErrorKind::newer, message};
    }
    if (reason == VIGIA_ERROR_OLDER) {
        return {ErrorKind::failed, message};
    }
    return {ErrorKind::damaged, message + "; remove it and start its writer again"};
}

// reader.h's word on how much to map, or the error.
Result<std::size_t> mapping_size(const std::string& path, int descriptor) {
    std::size_t size_bytes = 0;
    const char* reason = vigia_mapping_size(descriptor, &size_bytes);
    if (reason == nullptr) {
        return size_bytes;
    }
    return std::string_view(reason) == VIGIA_ERROR_OPEN ? cannot_open(path, errno)
                                                        : rejected(path, reason);
}

} // namespace

std::string_view module_of(std::string_view file_name) {
    struct Name {
        std::string_view file;
        std::string_view module;
    };
    constexpr std::array<Name, 4> names{{{"system", "vigia_system"},
                                         {"memory", "vigia_system"},
                                         {"processes", "vigia_processes"},
                                         {"cgroups", "vigia_cgroups"}}};
    for (const Name& name : names) {
        if (name.file == file_name) {
            return name.module;
        }
    }
    return "vigia";
}

MappedFile::MappedFile(std::string path, ipc::mapped_region region, const struct stat& status)
    : path_(std::move(path)), region_(std::move(region)), device_(status.st_dev),
      inode_(status.st_ino), inode_size_bytes_(status.st_size) {}

Result<std::unique_ptr<MappedFile>> MappedFile::open(const std::string& path, uint32_t kind) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        return cannot_open(path, errno);
    }
    if (!S_ISREG(status.st_mode)) { // opening a FIFO would wait for its writer
        return rejected(path, VIGIA_ERROR_MAGIC);
    }
    try {
        ipc::file_mapping mapping(path.c_str(), ipc::read_only);
        const int descriptor = mapping.get_mapping_handle().handle;
        const auto size_bytes = mapping_size(path, descriptor);
        if (!size_bytes) {
            return size_bytes.error();
        }
        if (fstat(descriptor, &status) != 0) {
            return cannot_open(path, errno);
        }
        // With the size given, Boost does not ask the inode, which for /proc would say 0.
        ipc::mapped_region region(mapping, ipc::read_only, 0, *size_bytes);
        std::unique_ptr<MappedFile> file(new MappedFile(path, std::move(region), status));
        const char* reason = vigia_validate(file->region_.get_address(), file->region_.get_size(),
                                            kind, &file->file_);
        if (reason != nullptr) {
            return rejected(path, reason);
        }
        if (file->is_on_demand()) {
            fcntl(descriptor, F_SETFD, FD_CLOEXEC); // Boost does not
            file->open_ = std::move(mapping);
        }
        return file;
    } catch (const ipc::interprocess_exception& error) {
        return cannot_open(path, error.get_native_error());
    }
}

// The mapping is looked at last: behind the end of a file that became shorter it would fault.
bool MappedFile::is_current() const {
    if (inode_size_bytes_ == 0) {
        return vigia_is_live(&file_) != 0;
    }
    struct stat status {};
    return stat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
           status.st_ino == inode_ && status.st_size >= inode_size_bytes_ &&
           vigia_is_live(&file_) != 0;
}

} // namespace vigia::source
