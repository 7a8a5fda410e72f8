// SPDX-License-Identifier: MIT
// One mapped file of a source. Mapping is Boost.Interprocess's; what is in the mapping is judged by
// vigia/reader.h alone, so that every reader judges alike.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include <vigia/reader.h>

#include "collector/base/result.h"

namespace vigia::source {

// A validated, read-only mapping. Not movable: views point at the vigia_file inside. Any number of
// threads may read it.
class MappedFile {
public:
    // Maps `path` as a file of `kind`. Errors name the path and what to do about it: not_found,
    // permission, newer, damaged, failed.
    static Result<std::unique_ptr<MappedFile>> open(const std::string& path, uint32_t kind);

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const vigia_file& file() const { return file_; }
    const vigia_file_header& header() const { return file_.header; }
    const std::string& path() const { return path_; }

    // True until the writer says that it left, or the path names another file or none (a writer
    // that was killed could not say so), or somebody made the file shorter than it was. For
    // files of /proc it needs no system call: the kernel always says so, and never shortens them.
    bool is_current() const;

    // True for the kernel's files, which are written when somebody asks. (A plain file may claim to
    // be one: then the asking fails with ENOTTY.)
    bool is_on_demand() const { return header().writer_kind == VIGIA_WRITER_KERNEL; }
    // To ask with (vigia/control.h). Open only while is_on_demand(); else -1.
    int descriptor() const { return open_.get_mapping_handle().handle; }

private:
    MappedFile(std::string path, boost::interprocess::mapped_region region,
               const struct stat& status);

    std::string path_;
    boost::interprocess::file_mapping open_; // empty unless is_on_demand()
    boost::interprocess::mapped_region region_;
    dev_t device_;
    ino_t inode_;
    off_t inode_size_bytes_; // 0 for a file of /proc
    vigia_file file_{};
};

} // namespace vigia::source
