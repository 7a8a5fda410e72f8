// SPDX-License-Identifier: MIT
// The daemon's words for a person: the first screen, the line every few seconds, and the last one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/config/config.h"
#include "collector/sampler/sample.h"
#include "storage/store.h"

namespace vigia::service {

// What is fixed before the first sample.
struct Beginning {
    std::string source; // which and why
    std::string engine; // which container engine answers, or where none was found
    bool engine_present = false;
    std::string database; // path, or why there is none
    uint64_t database_size_cap_bytes = 0;
};

// "vigia 0.1.0 ..." and one aligned line per part, without newlines.
std::vector<std::string> first_screen(const config::Settings& settings, const Beginning& beginning,
                                      const Sample& sample, uint64_t decisions);

// "cpu 3.2 %  memory 41.0 %  412 processes  12 containers  3 decisions".
std::string status_line(const Sample& sample, uint64_t decisions);

struct Ending {
    uint64_t duration_ns = 0;
    uint64_t samples = 0;
    uint64_t failed_samples = 0;
    uint64_t dropped_samples = 0;
    uint64_t decisions = 0;
    uint64_t writing_requests = 0;
    uint64_t cpu_ns = 0; // user and system time of this process
    uint64_t resident_bytes = 0;
    std::string database;
    storage::StoreStats store;
};
std::vector<std::string> last_screen(const Ending& ending);

} // namespace vigia::service
