// SPDX-License-Identifier: MIT
// The namespaces of a process.
#pragma once

#include <cstdint>

#include <vigia/cgroups.h>

namespace vigia::publish {

// Reads the links under <proc>/PID/ns. False, and all zero, if one could not be read.
bool read_namespaces_of(int proc, uint32_t pid, vigia_namespaces& namespaces);

} // namespace vigia::publish
