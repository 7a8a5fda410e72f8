// SPDX-License-Identifier: MIT
// A source: one directory of mappable files, whoever writes them. Everything above this file works
// the same on the kernel's files, a publisher's or a test's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <vigia/control.h>
#include <vigia/reader.h>

#include "collector/base/limits.h"
#include "collector/base/result.h"

namespace vigia::source {

// The newest snapshots of one directory, held for one reading. Views point into the mappings, until
// the source's next acquire() or its end. All four come from one run of the writer; each file is
// published for itself, so that a reader beside a running writer can get neighbouring generations.
struct Snapshots {
    vigia_view info;
    vigia_view system;
    vigia_view processes;
    vigia_view cgroups;
    uint64_t writer_instance = 0;
    vigia_writer_kind writer = VIGIA_WRITER_PUBLISHER;

    // True if none of the four was overwritten since acquire().
    bool still_valid() const;
};

// What has happened to a source since it was opened.
struct SourceCounters {
    uint64_t acquired = 0;      // snapshots handed out
    uint64_t slot_retries = 0;  // times that the writer was in the slot that was to be read
    uint64_t torn_readings = 0; // readings thrown away because the writer lapped them
    uint64_t reopened = 0;      // files opened again because their writer left or replaced them
    uint64_t enlarged = 0;      // ... because a snapshot did not fit
};

// What stands behind one file, in its writer's own words.
struct Description {
    std::string file; // "processes"
    vigia_description text{};
};

// Vigia's writers never make a file shorter: they replace it under its name, and an old mapping
// stays whole. Whoever owns the directory could truncate a file all the same. acquire() notices one
// that became shorter, and gives `damaged` instead of a view of it. A file that is truncated after
// acquire() looked and before its views were last used (still_valid() is a use) ends the reader by
// SIGBUS: user space cannot close this window but by copying. So read only directories whose owner
// is trusted with the reader's life, as root's /run/vigia and one's own are; the files of the
// kernel cannot be truncated.

// One thread.
class Source {
public:
    virtual ~Source() = default;
    // Makes the newest snapshot at most `max_age_ns` old where the writer works on demand;
    // elsewhere it does nothing. Every reader that allows some age shares the others' walks.
    // Reopens what is dead or too small. Errors as acquire().
    virtual Status refresh(uint64_t max_age_ns) = 0;
    // The newest snapshots; reopens files whose writer left or replaced them. Errors: not_found,
    // permission, damaged, newer, failed (older), unavailable (nothing published yet, nothing for
    // limits::stale_intervals, or the writer is being replaced this moment: try again).
    virtual Result<Snapshots> acquire() = 0;
    // "publisher in this process, files in /run/vigia" and the like.
    virtual std::string description() const = 0;
    virtual SourceCounters counters() const { return {}; }
    // For the counters: a reading of acquire()'s snapshots was thrown away. Called by read().
    virtual void count_torn_reading() {}

    // The newest snapshot of the file `memory`, which a writer may lack; not of the same moment as
    // acquire()'s. At most `max_age_ns` old where the writer works on demand. Good until the next
    // call; see read_memory(). Errors: not_found (there is none), and those of acquire().
    virtual Result<vigia_view> acquire_memory(uint64_t max_age_ns);

    // The record of one process, made this moment, by the kernel alone. Errors: not_found (no such
    // process), unavailable (this writer takes no questions), and those of acquire().
    virtual Result<vigia_process> query(uint32_t pid);
    // Of each file whose writer describes it: the kernel's. Empty elsewhere.
    virtual std::vector<Description> describe() { return {}; }
};

// How the kernel is asked: ioctl(2) with the errno value as its answer, 0 for success. A test gives
// its own.
using Control = std::function<int(int descriptor, unsigned long request, void* argument)>;

// The kernel module that writes the file of this name in /proc/vigia: "vigia_processes" ...
std::string_view module_of(std::string_view file_name);

// Reads the newest snapshots with `use(const Snapshots&)`, again from the start if the writer
// lapped the reading, at most limits::snapshot_read_attempts times. `use` must be able to start
// over. Errors: those of acquire(); unavailable if every attempt was lapped.
template <typename Use>
Status read(Source& source, Use use) {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        const auto snapshots = source.acquire();
        if (!snapshots) {
            return snapshots.error();
        }
        use(*snapshots);
        if (snapshots->still_valid()) {
            return {};
        }
        source.count_torn_reading();
    }
    return Error(ErrorKind::unavailable,
                 source.description() + ": the writer lapped every attempt to read a snapshot");
}

// Gives `use(const vigia_view&)` the newest snapshot of `memory`, as read() does for the others.
template <typename Use>
Status read_memory(Source& source, uint64_t max_age_ns, Use use) {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        const auto view = source.acquire_memory(max_age_ns);
        if (!view) {
            return view.error();
        }
        use(*view);
        if (vigia_still_valid(&*view) != 0) {
            return {};
        }
    }
    return Error(ErrorKind::unavailable,
                 source.description() + ": the writer lapped every attempt to read the memory");
}

// Opens a directory. `refresh` is called by Source::refresh: an in-process publisher's, or nothing.
// Errors as acquire(), with the file named. A directory whose writer has not published yet opens.
Result<std::unique_ptr<Source>>
open_directory(const std::string& directory,
               std::function<Status(uint64_t max_age_ns)> refresh = {}, Control control = {});

} // namespace vigia::source
