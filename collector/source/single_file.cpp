// SPDX-License-Identifier: MIT
#include "collector/source/single_file.h"

#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

#include <vigia/control.h>

#include "collector/base/limits.h"
#include "collector/source/mapped_file.h"

namespace vigia::source {

SingleFile::SingleFile(std::string path, vigia_file_kind kind, Control control)
    : path_(std::move(path)), kind_(kind), control_(std::move(control)) {
    if (!control_) {
        control_ = [](int descriptor, unsigned long request, void* argument) {
            return ioctl(descriptor, request, argument) == 0 ? 0 : errno;
        };
    }
}

SingleFile::~SingleFile() = default;

const vigia_file_header& SingleFile::header() const {
    return file_->header();
}

Status SingleFile::open() {
    if (file_ != nullptr && file_->is_current()) {
        return {};
    }
    file_.reset();
    auto opened = MappedFile::open(path_, kind_);
    if (!opened) {
        return opened.error();
    }
    file_ = std::move(opened).value();
    return {};
}

// 0, or errno. A plain file that says it is the kernel's knows no ioctl, and is read as it is.
int SingleFile::refresh(uint64_t max_age_ns) {
    if (!file_->is_on_demand()) {
        return 0;
    }
    vigia_refresh wanted{};
    wanted.max_age_ns = max_age_ns;
    const int error_number = control_(file_->descriptor(), VIGIA_IOC_REFRESH, &wanted);
    return error_number == ENOTTY && file_->is_current() ? 0 : error_number;
}

Result<vigia_view> SingleFile::acquire(uint64_t max_age_ns) {
    for (unsigned attempt = 0; attempt < limits::snapshot_read_attempts; attempt++) {
        if (Status opened = open(); !opened) {
            return opened.error();
        }
        const int error_number = refresh(max_age_ns);
        if (error_number == ESTALE || error_number == ENOTTY) {
            file_.reset(); // its writer left it behind
            continue;
        }
        if (error_number == EINTR) {
            continue;
        }
        if (error_number != 0) {
            return system_error("refresh " + path_, error_number);
        }
        vigia_view view{};
        if (vigia_acquire(&file_->file(), &view) != 0) {
            return view;
        }
        return Error(ErrorKind::unavailable, path_ + ": nothing has been published yet");
    }
    return Error(ErrorKind::unavailable, path_ + ": replaced again and again while it was read");
}

} // namespace vigia::source
