// SPDX-License-Identifier: MIT
#include "collector/sampler/command_line.h"

#include <array>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "collector/base/limits.h"

namespace vigia::sampler {

void read_command_line(int proc_directory, uint32_t pid, std::string& line) {
    line.clear();
    std::array<char, 32> path{};
    *fmt::format_to_n(path.data(), path.size() - 1, "{}/cmdline", pid).out = '\0';
    const int file = openat(proc_directory, path.data(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return;
    }
    std::array<char, limits::command_line_bytes> buffer;
    const ssize_t size = read(file, buffer.data(), buffer.size());
    close(file);
    if (size <= 0) {
        return;
    }
    auto length = static_cast<std::size_t>(size);
    while (length > 0 && buffer[length - 1] == '\0') {
        --length;
    }
    line.assign(buffer.data(), length);
    for (char& byte : line) {
        byte = byte == '\0' ? ' ' : byte;
    }
}

} // namespace vigia::sampler
