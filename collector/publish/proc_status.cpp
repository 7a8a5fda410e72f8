// SPDX-License-Identifier: MIT
#include "collector/publish/proc_text.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr uint64_t bytes_per_kib = 1024;

// A line "Key:	123 kB": true if the key is this one.
bool take_kib(TextScan& scan, std::string_view key, uint64_t& bytes) {
    if (!scan.take(key)) {
        return false;
    }
    bytes = scan.number() * bytes_per_kib;
    return true;
}

void take_memory(TextScan& scan, ProcStatus& status) {
    if (take_kib(scan, "VmRSS:", status.rss_bytes)) {
        status.has_memory = true;
    } else if (!take_kib(scan, "VmHWM:", status.rss_peak_bytes)) {
        take_kib(scan, "VmSwap:", status.swap_bytes);
    }
}

void take_rss(TextScan& scan, ProcStatus& status) {
    if (take_kib(scan, "RssAnon:", status.rss_anon_bytes)) {
        status.has_rss_split = true;
    } else if (!take_kib(scan, "RssFile:", status.rss_file_bytes)) {
        take_kib(scan, "RssShmem:", status.rss_shared_bytes);
    }
}

bool take_user(TextScan& scan, ProcStatus& status) {
    if (!scan.take("Uid:")) {
        return false;
    }
    status.uid = static_cast<uint32_t>(scan.number());
    status.effective_uid = static_cast<uint32_t>(scan.number());
    return true;
}

// "NSpid: 4711 12 1": one number per pid namespace, the innermost last.
void take_namespace_pid(TextScan& scan, ProcStatus& status) {
    if (!scan.take("NSpid:")) {
        return;
    }
    while (scan.at_number()) {
        status.namespace_pid = static_cast<uint32_t>(scan.number());
        status.has_namespace_pid = true;
    }
}

} // namespace

// The name in the first line is escaped by the kernel, so no line can be forged.
bool parse_proc_status(std::string_view text, ProcStatus& status) {
    bool has_user = false;
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        switch (scan.rest().front()) {
        case 'U':
            has_user |= take_user(scan, status);
            break;
        case 'N':
            take_namespace_pid(scan, status);
            break;
        case 'V':
            take_memory(scan, status);
            break;
        case 'R':
            take_rss(scan, status);
            break;
        case 'v':
            if (scan.take("voluntary_ctxt_switches:")) {
                status.voluntary_switches = scan.number();
            }
            break;
        case 'n':
            if (scan.take("nonvoluntary_ctxt_switches:")) {
                status.involuntary_switches = scan.number();
            }
            break;
        default:
            break;
        }
    }
    return has_user;
}

} // namespace vigia::publish
