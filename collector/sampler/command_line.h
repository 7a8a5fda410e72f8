// SPDX-License-Identifier: MIT
// A process's command line from /proc/PID/cmdline. Reading it takes the target's mmap lock for a
// moment, so it is read once in a process's life, and again only after an exec has changed its
// name.
#pragma once

#include <cstdint>
#include <string>

namespace vigia::sampler {

// The arguments joined by spaces into `line` (its capacity is kept), cut at
// limits::command_line_bytes; empty for kernel threads, and for processes that are gone or not ours
// to read.
void read_command_line(int proc_directory, uint32_t pid, std::string& line);

} // namespace vigia::sampler
