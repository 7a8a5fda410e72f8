// SPDX-License-Identifier: MIT
#include "collector/base/result.h"

#include <cerrno>
#include <system_error>

namespace vigia {
namespace {

ErrorKind kind_of(int error_number) {
    switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
        return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
        return ErrorKind::permission;
    case EAGAIN:
    case EBUSY:
    case ECONNREFUSED:
    case ETIMEDOUT:
        return ErrorKind::unavailable;
    default:
        return ErrorKind::failed;
    }
}

} // namespace

Error system_error(std::string_view what, int error_number) {
    // generic_category().message() is thread-safe where strerror() is not.
    return {kind_of(error_number),
            std::string(what) + ": " + std::generic_category().message(error_number)};
}

} // namespace vigia
