// SPDX-License-Identifier: MIT
#include "collector/publish/text_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "collector/publish/unique_fd.h"

namespace vigia::publish {
namespace {

constexpr std::size_t buffer_initial_bytes = 64 * 1024;
constexpr std::size_t buffer_maximum_bytes = 64 * 1024 * 1024;

} // namespace

TextReader::TextReader() : buffer_(buffer_initial_bytes) {}

Text TextReader::read_once(int descriptor) {
    while (true) {
        ++reads_;
        const ssize_t size = ::pread(descriptor, buffer_.data(), buffer_.size(), 0);
        if (size < 0) {
            return {errno, {}};
        }
        if (static_cast<std::size_t>(size) < buffer_.size() ||
            buffer_.size() >= buffer_maximum_bytes) {
            return {0, {buffer_.data(), static_cast<std::size_t>(size)}};
        }
        buffer_.resize(buffer_.size() * 2);
    }
}

Text TextReader::read(int descriptor) {
    std::size_t used = 0;
    while (true) {
        ++reads_;
        const ssize_t size = ::pread(descriptor, buffer_.data() + used, buffer_.size() - used,
                                     static_cast<off_t>(used));
        if (size < 0) {
            return {errno, {}};
        }
        used += static_cast<std::size_t>(size);
        if (size == 0 || buffer_.size() >= buffer_maximum_bytes) {
            return {0, {buffer_.data(), used}};
        }
        if (used == buffer_.size()) {
            buffer_.resize(buffer_.size() * 2);
        }
    }
}

Text TextReader::read_at(int directory, const char* path) {
    const UniqueFd file(::openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
    return file ? read(file.get()) : Text{errno, {}};
}

} // namespace vigia::publish
