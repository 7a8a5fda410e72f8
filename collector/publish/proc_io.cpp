// SPDX-License-Identifier: MIT
#include "collector/publish/proc_text.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

bool take_line(TextScan& scan, std::string_view key, uint64_t& value) {
    if (!scan.take(key) || !scan.at_number()) {
        return false;
    }
    value = scan.number();
    scan.skip_line();
    return true;
}

// Whether a comma-separated list holds `name`; the unified hierarchy's list is empty.
bool lists(std::string_view list, std::string_view name) {
    while (list != name) {
        const std::size_t comma = list.find(',');
        if (comma == std::string_view::npos) {
            return false;
        }
        if (list.substr(0, comma) == name) {
            return true;
        }
        list.remove_prefix(comma + 1);
    }
    return true;
}

} // namespace

bool parse_proc_io(std::string_view text, ProcIo& io) {
    TextScan scan(text);
    return take_line(scan, "rchar:", io.read_chars_bytes) &&
           take_line(scan, "wchar:", io.write_chars_bytes) &&
           take_line(scan, "syscr:", io.read_calls) && take_line(scan, "syscw:", io.write_calls) &&
           take_line(scan, "read_bytes:", io.read_bytes) &&
           take_line(scan, "write_bytes:", io.write_bytes) &&
           take_line(scan, "cancelled_write_bytes:", io.cancelled_write_bytes);
}

bool parse_proc_schedstat(std::string_view text, ProcSchedstat& schedstat) {
    TextScan scan(text);
    if (!scan.at_number()) {
        return false;
    }
    schedstat.runtime_ns = scan.number();
    schedstat.run_delay_ns = scan.number();
    const bool whole = scan.at_number();
    schedstat.timeslices = scan.number();
    return whole;
}

bool find_cgroup_path(std::string_view text, std::string_view controller, std::string_view& path) {
    for (TextScan scan(text); !scan.done();) {
        const std::string_view line = scan.line(); // hierarchy:controllers:path
        const std::size_t first = line.find(':');
        const std::size_t second =
            first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second != std::string_view::npos &&
            lists(line.substr(first + 1, second - first - 1), controller)) {
            path = line.substr(second + 1);
            return true;
        }
    }
    return false;
}

} // namespace vigia::publish
