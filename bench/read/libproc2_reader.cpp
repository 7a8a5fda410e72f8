// SPDX-License-Identifier: MIT
#include "bench/read/libproc2_reader.h"

#include <algorithm>
#include <ctime>
#include <limits>

#include <libproc2/pids.h>

namespace vigia::bench {
namespace {

enum Field { pid, rss, ticks_user, ticks_system, minor_faults, read_bytes, write_bytes };

uint64_t sum_of(const pids_fetch& fetched, uint64_t processes) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < processes; ++i) {
        const pids_result* value = fetched.stacks[i]->head;
        sum += static_cast<uint64_t>(value[pid].result.s_int) + value[rss].result.ul_int +
               value[ticks_user].result.ull_int + value[ticks_system].result.ull_int +
               value[minor_faults].result.ul_int + value[read_bytes].result.ul_int +
               value[write_bytes].result.ul_int;
    }
    return sum;
}

} // namespace

uint64_t cpu_now_ns() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

Libproc2Reading read_with_libproc2(unsigned rounds) {
    pids_item items[] = {PIDS_ID_PID,  PIDS_RSS,           PIDS_TICS_USER,     PIDS_TICS_SYSTEM,
                         PIDS_FLT_MIN, PIDS_IO_READ_BYTES, PIDS_IO_WRITE_BYTES};
    pids_info* info = nullptr;
    Libproc2Reading reading;
    if (procps_pids_new(&info, items, sizeof(items) / sizeof(items[0])) < 0) {
        return reading;
    }
    reading.ns_per_process = std::numeric_limits<double>::max();
    for (unsigned round = 0; round < rounds; ++round) {
        const uint64_t begin_ns = cpu_now_ns();
        const pids_fetch* fetched = procps_pids_reap(info, PIDS_FETCH_TASKS_ONLY);
        if (fetched == nullptr || fetched->counts->total <= 0) {
            break;
        }
        reading.processes = static_cast<uint64_t>(fetched->counts->total);
        reading.sum += sum_of(*fetched, reading.processes);
        reading.ns_per_process =
            std::min(reading.ns_per_process, static_cast<double>(cpu_now_ns() - begin_ns) /
                                                 static_cast<double>(reading.processes));
    }
    procps_pids_unref(&info);
    return reading;
}

} // namespace vigia::bench
