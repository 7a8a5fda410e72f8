// SPDX-License-Identifier: MIT
// Parsers of the host's text files: /proc/stat, meminfo, vmstat, loadavg. Pure functions; each sets
// the valid bit of what it found.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <vigia/system.h>

namespace vigia::publish {

// /proc/stat. `cpus` is emptied and filled with the per-CPU lines (those online), in their order.
void parse_stat(std::string_view text, uint64_t tick_ns, vigia_system& system,
                std::vector<vigia_cpu>& cpus);
void parse_meminfo(std::string_view text, vigia_system& system);
void parse_vmstat(std::string_view text, vigia_system& system);
// Returns the pid that was given out last (the file's last number).
uint32_t parse_loadavg(std::string_view text, vigia_system& system);

} // namespace vigia::publish
