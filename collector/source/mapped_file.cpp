// SPDX-License-Identifier: MIT
#include "collector/source/mapped_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include <boost/interprocess/exceptions.hpp>

#include "collector/source/file_error.h"

namespace vigia::source {
namespace {

namespace ipc = boost::interprocess;

// reader.h's word on how much to map, or the error.
Result<std::size_t> mapping_size(const std::string& path, int descriptor) {
    std::size_t size_bytes = 0;
    const char* reason = vigia_mapping_size(descriptor, &size_bytes);
    if (reason == nullptr) {
        return size_bytes;
    }
    return rejected(path, reason, errno);
}

} // namespace

MappedFile::MappedFile(std::string path, ipc::mapped_region region, const struct stat& status)
    : path_(std::move(path)), region_(std::move(region)), device_(status.st_dev),
      inode_(status.st_ino), inode_size_bytes_(status.st_size) {}

Result<std::unique_ptr<MappedFile>> MappedFile::open(const std::string& path, uint32_t kind) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        return cannot_open(path, errno);
    }
    if (!S_ISREG(status.st_mode)) { // opening a FIFO would wait for its writer
        return rejected(path, VIGIA_ERROR_MAGIC, 0);
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
            return rejected(path, reason, 0);
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
