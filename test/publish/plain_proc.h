// SPDX-License-Identifier: MIT
// A second, plain reading of /proc for the differential test: streams and maps, nothing shared with
// the publisher's parsers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vigia::test {

// All numbers of a process by name: "stat.utime", "status.VmRSS", "io.rchar", "schedstat.0", ...
struct PlainProcess {
    std::string comm;
    std::string cgroup_path; // in the hierarchy that is followed
    char state = '?';
    std::map<std::string, int64_t> number;
    bool has(const std::string& name) const { return number.count(name) != 0; }
};

// The whole file, "" if it cannot be read.
std::string slurp(const std::string& path);
// "key value" or "key: value unit" lines.
std::map<std::string, int64_t> keyed_numbers(const std::string& text);
// /proc/zoneinfo by subject: "node 0" with the lines of the node, "zone 0 DMA32" with those of a
// zone that has pages. Page tables that are counted per zone are added to the node.
std::map<std::string, std::map<std::string, int64_t>> plain_zoneinfo();
// The sum of "/proc/interrupts" lines that the kernel counts, but no exported symbol tells.
int64_t machine_check_interrupts();
// Of "some avg10=0.00 ... total=5" lines, in µs: the total of `kind` in ns.
std::optional<int64_t> stalled_ns(const std::string& text, const std::string& kind);
// Every process that could be read completely (io only where allowed), by pid.
std::map<uint32_t, PlainProcess> plain_processes();
// Of /proc/PID/cgroup: the path in v2, else in the first v1 hierarchy that is followed; "" if none.
std::string plain_cgroup_path(const std::string& text);
std::vector<uint32_t> pids_in(const std::string& procs_file);

} // namespace vigia::test
