// SPDX-License-Identifier: MIT
// One file of a directory, for itself: one that a Source does not hand out because a reader may do
// without it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <vigia/reader.h>

#include "collector/base/result.h"
#include "collector/source/source.h"

namespace vigia::source {

class MappedFile;

// One thread.
class SingleFile {
public:
    // `control`: see open_directory(). Opens nothing yet.
    SingleFile(std::string path, vigia_file_kind kind, Control control = {});
    ~SingleFile();
    SingleFile(const SingleFile&) = delete;
    SingleFile& operator=(const SingleFile&) = delete;

    // The newest snapshot, at most `max_age_ns` old where its writer works on demand. Opens the
    // file, and again when its writer left or replaced it. The view is good until the next call.
    // Errors as Source::acquire().
    Result<vigia_view> acquire(uint64_t max_age_ns);

    const std::string& path() const { return path_; }
    const vigia_file_header& header() const; // of the last view

private:
    Status open();
    int refresh(uint64_t max_age_ns);

    std::string path_;
    vigia_file_kind kind_;
    Control control_;
    std::unique_ptr<MappedFile> file_;
};

} // namespace vigia::source
