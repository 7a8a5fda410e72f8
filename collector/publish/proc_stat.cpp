// SPDX-License-Identifier: MIT
#include "collector/publish/proc_text.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {

// The name may hold spaces, parentheses and newlines ("a) S 1 ("), all other fields are numbers:
// so the last ')' ends it. Field numbers are those of proc(5).
bool parse_proc_stat(std::string_view text, ProcStat& stat) {
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
        close + 2 >= text.size()) {
        return false;
    }
    stat.pid = static_cast<uint32_t>(TextScan(text).number());
    stat.comm = text.substr(open + 1, close - open - 1);
    TextScan scan(text.substr(close + 1));
    const std::string_view state = scan.word(); // 3
    if (state.size() != 1 || stat.pid == 0) {
        return false;
    }
    stat.state = state.front();
    stat.parent_pid = static_cast<uint32_t>(scan.number()); // 4
    scan.skip_words(4);                                     // 5-8
    stat.flags = static_cast<uint32_t>(scan.number());      // 9
    stat.minor_faults = scan.number();                      // 10
    scan.skip_words(1);
    stat.major_faults = scan.number(); // 12
    scan.skip_words(1);
    stat.user_ticks = scan.number();   // 14
    stat.system_ticks = scan.number(); // 15
    scan.skip_words(3);
    stat.nice = static_cast<int32_t>(scan.signed_number());   // 19
    stat.thread_count = static_cast<uint32_t>(scan.number()); // 20
    scan.skip_words(1);
    stat.start_ticks = scan.number();   // 22
    stat.virtual_bytes = scan.number(); // 23
    if (!scan.at_number()) {
        return false;
    }
    stat.rss_pages = scan.number();                       // 24
    scan.skip_words(14);                                  // 25-38
    stat.last_cpu = static_cast<uint32_t>(scan.number()); // 39
    scan.skip_words(2);                                   // 40, 41
    stat.block_delay_ticks = scan.number();               // 42
    return true;
}

} // namespace vigia::publish
