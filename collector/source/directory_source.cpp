// SPDX-License-Identifier: MIT
#include "collector/source/directory_source.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/base/units.h"

namespace vigia::source {
namespace {

bool is_known_writer(uint32_t kind) {
    return kind == VIGIA_WRITER_KERNEL || kind == VIGIA_WRITER_PUBLISHER ||
           kind == VIGIA_WRITER_RECORDING;
}

std::string_view writer_name(uint32_t kind) {
    switch (kind) {
    case VIGIA_WRITER_KERNEL:
        return "kernel modules";
    case VIGIA_WRITER_RECORDING:
        return "recording";
    default:
        return "publisher";
    }
}

} // namespace

bool Snapshots::still_valid() const {
    return vigia_still_valid(&info) != 0 && vigia_still_valid(&system) != 0 &&
           vigia_still_valid(&processes) != 0 && vigia_still_valid(&cgroups) != 0;
}

DirectorySource::DirectorySource(std::string directory,
                                 std::function<Status(uint64_t max_age_ns)> refresh,
                                 Control control)
    : directory_(std::move(directory)), refresh_(std::move(refresh)), control_(std::move(control)),
      memory_(directory_ + "/memory", VIGIA_FILE_MEMORY, control_) {}

Status DirectorySource::open_file(std::size_t index) {
    const std::string path = directory_ + "/" + source_files[index].name;
    if (files_[index] != nullptr) {
        counters_.reopened++;
        files_[index].reset();
    }
    auto opened = MappedFile::open(path, source_files[index].kind);
    if (!opened) {
        return opened.error();
    }
    if (vigia_is_live(&opened.value()->file()) == 0) {
        return Error(ErrorKind::unavailable,
                     path + ": its writer has left; start it again (vigia daemon, vigia publish)");
    }
    if (!is_known_writer(opened.value()->header().writer_kind)) {
        return Error(ErrorKind::newer,
                     path + " comes from a kind of writer that this version does not know: "
                            "upgrade the reader");
    }
    files_[index] = std::move(opened).value();
    return {};
}

bool DirectorySource::from_one_writer() const {
    return std::all_of(files_.begin(), files_.end(), [this](const auto& file) {
        return file->header().writer_instance == files_[0]->header().writer_instance &&
               file->header().writer_kind == files_[0]->header().writer_kind;
    });
}

Status DirectorySource::open_files() {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        for (std::size_t i = 0; i < files_.size(); i++) {
            if (files_[i] != nullptr && files_[i]->is_current()) {
                continue;
            }
            if (Status opened = open_file(i); !opened) {
                return opened;
            }
            if (Status written = demand(i); !written) {
                return written;
            }
        }
        if (from_one_writer()) {
            return {};
        }
        // A writer is replacing another one, file by file: the next look finds the rest replaced.
    }
    return Error(ErrorKind::unavailable,
                 directory_ + ": its files come from different runs of the writer; if this stays, "
                              "two writers use the directory or one was killed: start it again");
}

Status DirectorySource::take(std::size_t index, vigia_view& view) {
    const bool published = vigia_acquire(&files_[index]->file(), &view) != 0;
    counters_.slot_retries += view.retries;
    if (!published) {
        return Error(ErrorKind::unavailable,
                     files_[index]->path() + ": nothing has been published yet");
    }
    return {};
}

// A publisher that was killed cannot mark its files dead: they go on looking live for ever. Writers
// that work on demand (the kernel, a publisher in this process) and recordings may be of any age.
Status DirectorySource::expect_fresh(const vigia_view& info) const {
    if (refresh_ || files_[0]->header().writer_kind != VIGIA_WRITER_PUBLISHER ||
        info.count[VIGIA_INFO_REGION] == 0) {
        return {};
    }
    const auto* record = static_cast<const vigia_info*>(vigia_record(&info, VIGIA_INFO_REGION, 0));
    const uint64_t interval_ns = record->refresh_interval_ns;
    const uint64_t published_ns = info.slot->end_monotonic_ns;
    const uint64_t now_ns = SystemClock().now().monotonic_ns;
    // Whatever a torn reading says means nothing, and the reader will find out by itself.
    if (interval_ns == 0 || published_ns >= now_ns || vigia_still_valid(&info) == 0) {
        return {};
    }
    const uint64_t silence_ns = std::max(
        limits::stale_minimum_ns,
        std::min(interval_ns, UINT64_MAX / limits::stale_intervals) * limits::stale_intervals);
    if (now_ns - published_ns < silence_ns) {
        return {};
    }
    // No age: whoever logs each error once needs the same words while the trouble lasts.
    return Error(ErrorKind::unavailable,
                 directory_ + ": nothing was published for more than " +
                     format_duration_ns(silence_ns) + ", and every " +
                     format_duration_ns(interval_ns) +
                     " was promised: the writer hangs or was killed; start it again "
                     "(vigia daemon, vigia publish)");
}

Result<Snapshots> DirectorySource::acquire() {
    if (Status opened = open_files(); !opened) {
        return opened.error();
    }
    Snapshots snapshots{};
    const std::array<vigia_view*, 4> views{&snapshots.info, &snapshots.system, &snapshots.processes,
                                           &snapshots.cgroups};
    for (std::size_t i = 0; i < views.size(); i++) {
        if (Status taken = take(i, *views[i]); !taken) {
            return taken.error();
        }
    }
    if (Status fresh = expect_fresh(snapshots.info); !fresh) {
        return fresh.error();
    }
    snapshots.writer_instance = files_[0]->header().writer_instance;
    snapshots.writer = static_cast<vigia_writer_kind>(files_[0]->header().writer_kind);
    counters_.acquired++;
    return snapshots;
}

std::string DirectorySource::description() const {
    const std::string writer = files_[0] == nullptr
                                   ? "no writer"
                                   : std::string(writer_name(files_[0]->header().writer_kind));
    return writer + (refresh_ ? " in this process" : "") + ", files in " + directory_;
}

Result<std::unique_ptr<Source>> open_directory(const std::string& directory,
                                               std::function<Status(uint64_t max_age_ns)> refresh,
                                               Control control) {
    if (!control) {
        control = [](int descriptor, unsigned long request, void* argument) {
            return ioctl(descriptor, request, argument) == 0 ? 0 : errno;
        };
    }
    auto source =
        std::make_unique<DirectorySource>(directory, std::move(refresh), std::move(control));
    if (Status opened = source->open_files(); !opened) {
        return opened.error();
    }
    return std::unique_ptr<Source>(std::move(source));
}

} // namespace vigia::source
