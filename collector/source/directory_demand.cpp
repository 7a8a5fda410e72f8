// SPDX-License-Identifier: MIT
// What a directory of the kernel's is asked for: fresh snapshots, one process, its description.
#include "collector/source/directory_source.h"

#include <cerrno>

#include "collector/base/limits.h"

namespace vigia::source {

// Asks the open file `index`, opening it (again) if it is not there or dead. A file that its writer
// left behind answers ESTALE, or ENOTTY once it is gone from /proc. A signal is no answer.
// `error_number` is: 0, or what the caller has to judge.
Status DirectorySource::ask(std::size_t index, unsigned long request, void* argument,
                            int& error_number) {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        if (files_[index] == nullptr || !files_[index]->is_current()) {
            if (Status opened = open_file(index); !opened) {
                return opened;
            }
        }
        if (!files_[index]->is_on_demand()) {
            error_number = ENOTTY;
            return {};
        }
        error_number = control_(files_[index]->descriptor(), request, argument);
        if (error_number == ESTALE) {
            if (Status opened = open_file(index); !opened) {
                return opened;
            }
        } else if (error_number != EINTR && (error_number == 0 || files_[index]->is_current())) {
            return {};
        }
    }
    return Error(ErrorKind::unavailable,
                 files_[index]->path() + ": replaced again and again while it was asked");
}

// A snapshot of file `index` that is young enough, where its writer works on demand. The kernel
// ends a file when a snapshot did not fit and a larger one would help: the next opening makes it.
Status DirectorySource::demand(std::size_t index) {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        vigia_refresh wanted{};
        wanted.max_age_ns = max_age_ns_;
        int error_number = 0;
        if (Status asked = ask(index, VIGIA_IOC_REFRESH, &wanted, error_number); !asked) {
            return asked;
        }
        if (error_number == ENOTTY) { // a publisher's file, or a recording
            return {};
        }
        if (error_number != 0) {
            return system_error("refresh " + files_[index]->path(), error_number);
        }
        if (files_[index]->is_current()) {
            return {};
        }
        counters_.enlarged++; // it died with this snapshot, which a larger file will hold
    }
    return {}; // grows faster than it is read: truncated_count says what is missing
}

// Processes before cgroups: the cgroup of every process that is seen is then there, too.
Status DirectorySource::refresh(uint64_t max_age_ns) {
    max_age_ns_ = max_age_ns;
    if (refresh_) {
        return refresh_(max_age_ns);
    }
    for (std::size_t i = 0; i < files_.size(); i++) {
        if (files_[i] != nullptr && !files_[i]->is_on_demand()) {
            continue; // acquire() looks after it
        }
        if (Status written = demand(i); !written) {
            return written;
        }
    }
    return {};
}

Result<vigia_view> Source::acquire_memory(uint64_t) {
    return Error(ErrorKind::not_found, description() + ": there is no file memory");
}

Result<vigia_view> DirectorySource::acquire_memory(uint64_t max_age_ns) {
    return memory_.acquire(max_age_ns);
}

Result<vigia_process> Source::query(uint32_t) {
    return Error(ErrorKind::unavailable, description() + ": only the kernel answers questions");
}

Result<vigia_process> DirectorySource::query(uint32_t pid) {
    vigia_process_query query{};
    query.pid = pid;
    int error_number = 0;
    if (Status asked = ask(processes_file, VIGIA_IOC_PROCESS, &query, error_number); !asked) {
        return asked.error();
    }
    if (error_number == ESRCH) {
        return Error(ErrorKind::not_found, "there is no process " + std::to_string(pid));
    }
    if (error_number == ENOTTY) {
        return Source::query(pid);
    }
    if (error_number != 0) {
        return system_error("ask " + files_[processes_file]->path(), error_number);
    }
    return query.process;
}

std::vector<Description> DirectorySource::describe() {
    std::vector<Description> descriptions;
    for (std::size_t i = 0; i < files_.size(); i++) {
        Description description{source_files[i].name, {}};
        int error_number = 0;
        if (ask(i, VIGIA_IOC_DESCRIBE, &description.text, error_number) && error_number == 0) {
            descriptions.push_back(std::move(description));
        }
    }
    return descriptions;
}

} // namespace vigia::source
