// SPDX-License-Identifier: MIT
// One file of a directory, for itself: one that a Source does not hand out because a reader may do
// without it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <vigia/reader.h>

#include "collector/base/limits.h"
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

    // Gives `use(const vigia_view&)` the newest snapshot, again from the start if the writer lapped
    // the reading. Errors: those of acquire(); unavailable if every attempt was lapped.
    template <typename Use>
    Status read(uint64_t max_age_ns, Use use) {
        for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
            const auto view = acquire(max_age_ns);
            if (!view) {
                return view.error();
            }
            use(*view);
            if (vigia_still_valid(&*view) != 0) {
                return {};
            }
        }
        return Error(ErrorKind::unavailable,
                     path_ + ": the writer lapped every attempt to read a snapshot");
    }

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
