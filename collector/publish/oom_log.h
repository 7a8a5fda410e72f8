// SPDX-License-Identifier: MIT
// Processes killed for lack of memory, as the kernel's log tells of them. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/publish/event_origin.h"
#include "collector/publish/process_look.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

struct OomKill {
    uint32_t pid = 0;
    Comm comm{};
    bool has_memory = false; // the next three
    uint64_t rss_anon_bytes = 0;
    uint64_t rss_file_bytes = 0;
    uint64_t rss_shared_bytes = 0;
    bool has_user = false;
    uint32_t uid = 0;
    int32_t oom_score_adjustment = 0;
};

// A record of /dev/kmsg: "prefix;text". False if it is no kill, or if anybody but the kernel wrote
// it.
bool parse_oom_kill(std::string_view record, OomKill& kill);

class OomLog {
public:
    // Reads from now on.
    static std::optional<OomLog> open(const char* path, Absence& absence);

    int descriptor() const { return log_.get(); }
    // Appends the kills among the next records, a bounded number. Adds to `lost` for each time that
    // the log was overwritten before we read it: nobody knows what was in there.
    void receive(std::vector<OomKill>& kills, uint64_t& lost);

private:
    explicit OomLog(UniqueFd log);

    UniqueFd log_;
    std::vector<char> buffer_;
};

} // namespace vigia::publish
