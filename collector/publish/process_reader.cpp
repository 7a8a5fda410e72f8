// SPDX-License-Identifier: MIT
#include "collector/publish/process_reader.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>

#include "collector/base/limits.h"
#include "collector/publish/process_record.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr std::array<const char*, process_file_count> file_names{"schedstat", "stat", "status",
                                                                 "io"};

ReadOutcome outcome_of(int error) {
    return error == ENOENT || error == ESRCH ? ReadOutcome::vanished : ReadOutcome::unreadable;
}

// When a quiet process is read again: between a half and the whole of the bound, by pid, so that
// processes found together are not read together.
uint64_t reread_after_ns(uint32_t pid, uint64_t bound_ns) {
    return bound_ns / 2 + pid * 2654435761U % 1024 * (bound_ns / 2048);
}

bool is_recent(uint64_t at_ns, uint64_t now_ns, uint64_t within_ns) {
    return at_ns != 0 && now_ns - at_ns < within_ns;
}

} // namespace

ProcessReader::ProcessReader(int proc, const ProcessHost& host, uint64_t kept_files_maximum)
    : proc_(proc), host_(host), kept_files_maximum_(kept_files_maximum) {}

ReadOutcome ProcessReader::read(ProcessEntry& entry, uint64_t now_ns) {
    const ReadOutcome outcome = read_once(entry, now_ns);
    directory_.reset();
    return outcome;
}

ReadOutcome ProcessReader::read_once(ProcessEntry& entry, uint64_t now_ns) {
    ProcSchedstat schedstat;
    if (host_.has_schedstat) {
        // Before all other files: what moves behind our back then shows in the next refresh.
        const Text text = read_file(entry, process_file_schedstat, true);
        if (!text) {
            return outcome_of(text.error);
        }
        if (!parse_proc_schedstat(text.text, schedstat)) {
            return ReadOutcome::unreadable;
        }
        if (schedstat == entry.schedstat && entry.record.thread_count == 1 &&
            is_fresh(entry, now_ns)) {
            return ReadOutcome::current;
        }
    }
    return read_whole(entry, schedstat, now_ns);
}

bool ProcessReader::is_fresh(const ProcessEntry& entry, uint64_t now_ns) const {
    return entry.whole && !entry.reread && entry.record.state != VIGIA_STATE_RUNNING &&
           is_recent(entry.read_at_ns, now_ns,
                     reread_after_ns(entry.record.pid, host_.quiet_reread_ns));
}

ReadOutcome ProcessReader::read_whole(ProcessEntry& entry, const ProcSchedstat& schedstat,
                                      uint64_t now_ns) {
    const bool ran = schedstat != entry.schedstat || entry.record.thread_count > 1;
    const bool keep = ran && is_recent(entry.active_at_ns, now_ns, limits::active_process_ns);
    ReadOutcome outcome = read_stat(entry, schedstat, keep);
    if (outcome == ReadOutcome::current) {
        outcome = read_status(entry, keep);
    }
    if (outcome == ReadOutcome::current) {
        outcome = read_io(entry, keep);
    }
    if (outcome == ReadOutcome::current) {
        read_oom_adjustment(entry, now_ns);
        entry.schedstat = schedstat;
        entry.read_at_ns = now_ns;
        entry.active_at_ns = ran ? now_ns : entry.active_at_ns;
        entry.first_read_at_ns = entry.whole ? entry.first_read_at_ns : now_ns;
        entry.whole = true;
        entry.reread = false;
        entry.has_asked_cgroup = false;
    }
    return outcome;
}

ReadOutcome ProcessReader::read_stat(ProcessEntry& entry, const ProcSchedstat& schedstat,
                                     bool keep) {
    const Text text = read_file(entry, process_file_stat, keep);
    ProcStat stat;
    if (!text) {
        return outcome_of(text.error);
    }
    if (!parse_proc_stat(text.text, stat)) {
        return ReadOutcome::unreadable;
    }
    if (entry.whole && stat.start_ticks * host_.tick_ns != entry.record.start_time_ns) {
        return ReadOutcome::replaced;
    }
    fill_from_stat(entry.record, stat, schedstat, host_);
    return ReadOutcome::current;
}

ReadOutcome ProcessReader::read_status(ProcessEntry& entry, bool keep) {
    const Text text = read_file(entry, process_file_status, keep);
    ProcStatus status;
    if (!text) {
        return outcome_of(text.error);
    }
    if (!parse_proc_status(text.text, status)) {
        return ReadOutcome::unreadable;
    }
    fill_from_status(entry.record, status);
    return ReadOutcome::current;
}

// Refused for other users' processes without privilege: then the record goes without.
ReadOutcome ProcessReader::read_io(ProcessEntry& entry, bool keep) {
    if (entry.io_refused && !entry.reread) {
        return ReadOutcome::current;
    }
    const Text text = read_file(entry, process_file_io, keep);
    ProcIo io;
    if (text && parse_proc_io(text.text, io)) {
        fill_from_io(entry.record, io);
        entry.io_refused = false;
        return ReadOutcome::current;
    }
    if (text.error == ESRCH) { // ENOENT: a kernel without I/O accounting
        return ReadOutcome::vanished;
    }
    fill_from_io(entry.record, {});
    entry.record.valid &= ~VIGIA_PROCESS_VALID_IO;
    entry.io_refused = true;
    return ReadOutcome::current;
}

// It changes when somebody writes it, which is rare and mostly early in a life.
void ProcessReader::read_oom_adjustment(ProcessEntry& entry, uint64_t now_ns) {
    const bool young =
        !entry.whole || is_recent(entry.first_read_at_ns, now_ns, limits::young_process_ns);
    if (!young && is_recent(entry.oom_adjustment_at_ns, now_ns, host_.quiet_reread_ns / 2)) {
        return;
    }
    UniqueFd file;
    const Text text = read_path(entry, "oom_score_adj", file);
    TextScan scan(text.text);
    entry.record.oom_score_adjustment = static_cast<int32_t>(text ? scan.signed_number() : 0);
    entry.record.valid = text ? entry.record.valid | VIGIA_PROCESS_VALID_OOM
                              : entry.record.valid & ~VIGIA_PROCESS_VALID_OOM;
    entry.oom_adjustment_at_ns = now_ns;
}

Text ProcessReader::read_file(ProcessEntry& entry, ProcessFile file, bool keep) {
    int& kept = entry.files[file];
    if (kept >= 0) {
        return text_.read_once(kept);
    }
    UniqueFd opened;
    const Text text = read_path(entry, file_names[file], opened);
    if (text && keep && kept_files_ < kept_files_maximum_) {
        kept = opened.release();
        ++kept_files_;
    }
    return text;
}

Text ProcessReader::read_path(ProcessEntry& entry, const char* name, UniqueFd& opened) {
    const int directory = open_directory(entry);
    if (directory < 0) {
        return {errno, {}};
    }
    opened.reset(::openat(directory, name, O_RDONLY | O_CLOEXEC));
    return opened ? text_.read_once(opened.get()) : Text{errno, {}};
}

// Through one descriptor of /proc/PID, all files are of one process even if the pid is reused
// meanwhile; it is also cheaper than whole paths.
int ProcessReader::open_directory(ProcessEntry& entry) {
    if (!directory_) {
        char name[16] = {};
        std::to_chars(name, name + sizeof(name) - 1, entry.record.pid);
        directory_.reset(::openat(proc_, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    return directory_.get();
}

void ProcessReader::release(ProcessEntry& entry) {
    for (int& file : entry.files) {
        if (file >= 0) {
            ::close(file);
            file = -1;
            --kept_files_;
        }
    }
}

} // namespace vigia::publish
