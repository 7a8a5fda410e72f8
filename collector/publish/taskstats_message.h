// SPDX-License-Identifier: MIT
// Exit records of the kernel's taskstats interface (linux/taskstats.h), from their bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "collector/publish/netlink.h"

namespace vigia::publish {

// What one thread used until it ended. Bytes and calls are cut down by the kernel to a multiple of
// 1024.
struct ThreadUsage {
    uint32_t tid = 0;
    uint32_t tgid = 0; // 0: this kernel does not tell (before taskstats version 12)
    uint32_t parent_pid = 0;
    uint32_t uid = 0;        // real
    uint32_t status = 0;     // as wait() has it
    bool tells_end = false;  // is_end means something
    bool is_end = false;     // the last of its process to begin its end
    uint64_t charged_ns = 0; // run time as the scheduler knew it: up to its last tick or switch
    uint64_t runtime_ns = 0; // with what ran since, of a thread that never slept; else the same
    uint64_t age_ns = 0;     // when the record was made
    uint64_t user_ns = 0;    // sampled by the tick
    uint64_t system_ns = 0;
    uint64_t rss_peak_bytes = 0; // of its process; 0: it had no memory of its own
    uint64_t minor_faults = 0;
    uint64_t major_faults = 0;
    uint64_t read_bytes = 0;
    uint64_t write_bytes = 0;
    uint64_t read_calls = 0;
    uint64_t write_calls = 0;
    uint64_t process_age_ns = 0;     // 0: unknown
    bool has_process = false;        // the next is there: its process had several threads
    uint64_t process_charged_ns = 0; // of all threads that ended before it, and of itself
    std::array<char, 16> comm{};
};

// `payload` is that of a netlink message of the family. False if it is no exit record.
bool parse_thread_usage(Bytes payload, ThreadUsage& usage);

// The number of the family in the answer to family_request(); 0 if it is not there.
uint16_t parse_family(Bytes payload);

std::vector<std::byte> family_request();
// "Send me the exit records of these CPUs" ("0-3"), or "no more".
std::vector<std::byte> register_request(std::string_view cpus, bool on);
// "What has this thread used so far?"
std::vector<std::byte> usage_request(uint32_t tid);

} // namespace vigia::publish
