// SPDX-License-Identifier: MIT
// What the kernel sends, built by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <linux/connector.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>

#include "collector/publish/netlink.h"

namespace vigia::test {

using ByteList = std::vector<std::byte>;

template <typename T>
void put(ByteList& bytes, const T& value) {
    const auto* begin = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof(value));
}

// A message of the process connector: what happened, on which CPU, when, and the words behind it.
inline ByteList connector_bytes(uint32_t what, uint32_t cpu, uint32_t sequence, uint64_t time_ns,
                                const std::vector<uint32_t>& words) {
    ByteList event;
    put(event, what);
    put(event, cpu);
    put(event, time_ns);
    for (const uint32_t word : words) {
        put(event, word);
    }
    cn_msg head{};
    head.id = {CN_IDX_PROC, CN_VAL_PROC};
    head.seq = sequence;
    head.len = static_cast<uint16_t>(event.size());
    ByteList bytes;
    put(bytes, head);
    bytes.insert(bytes.end(), event.begin(), event.end());
    return bytes;
}

inline taskstats stats_of(uint32_t tid, uint32_t tgid) {
    taskstats stats{};
    stats.version = 13;
    stats.ac_pid = tid;
    stats.ac_tgid = tgid;
    stats.ac_ppid = 1;
    stats.cpu_run_virtual_total = 1'500'000;
    stats.ac_utime = 2'000;
    stats.ac_stime = 1'000;
    stats.hiwater_rss = 64;
    stats.ac_minflt = 9;
    stats.ac_majflt = 3;
    stats.read_bytes = 4'096;
    return stats;
}

inline ByteList aggregate_bytes(uint16_t type, uint16_t id_type, uint32_t id,
                                const taskstats& stats, std::size_t stats_bytes) {
    ByteList inner;
    const auto* id_bytes = reinterpret_cast<const std::byte*>(&id);
    const auto* stats_begin = reinterpret_cast<const std::byte*>(&stats);
    publish::put_attribute(inner, id_type, {id_bytes, sizeof(id)});
    publish::put_attribute(inner, TASKSTATS_TYPE_STATS, {stats_begin, stats_bytes});
    ByteList bytes;
    publish::put_attribute(bytes, type, inner);
    return bytes;
}

// A thread's exit record; with that of its process if `process_runtime_ns` is not 0.
inline ByteList usage_bytes(const taskstats& stats, uint64_t process_runtime_ns = 0,
                            std::size_t stats_bytes = sizeof(taskstats)) {
    ByteList bytes;
    put(bytes, genlmsghdr{TASKSTATS_CMD_NEW, 1, 0});
    const ByteList thread = aggregate_bytes(TASKSTATS_TYPE_AGGR_PID, TASKSTATS_TYPE_PID,
                                            stats.ac_pid, stats, stats_bytes);
    bytes.insert(bytes.end(), thread.begin(), thread.end());
    if (process_runtime_ns != 0) {
        taskstats sum{};
        sum.cpu_run_virtual_total = process_runtime_ns;
        const ByteList process = aggregate_bytes(TASKSTATS_TYPE_AGGR_TGID, TASKSTATS_TYPE_TGID,
                                                 stats.ac_tgid, sum, stats_bytes);
        bytes.insert(bytes.end(), process.begin(), process.end());
    }
    return bytes;
}

} // namespace vigia::test
