// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <libproc2/pids.h>

#include "bench/publish/rivals.h"

namespace vigia::bench {

RivalCost libproc2_cost(unsigned intervals) {
    pids_item items[] = {
        PIDS_ID_PID,
        PIDS_ID_PPID,
        PIDS_TICS_BEGAN,
        PIDS_STATE,
        PIDS_CMD,
        PIDS_NICE,
        PIDS_NLWP,
        PIDS_PROCESSOR,
        PIDS_FLAGS,
        PIDS_TICS_USER,
        PIDS_TICS_SYSTEM,
        PIDS_TICS_BLKIO,
        PIDS_FLT_MIN,
        PIDS_FLT_MAJ,
        PIDS_RSS,
        PIDS_ID_RUID,
        PIDS_ID_EUID,
        PIDS_VM_RSS_ANON,
        PIDS_VM_RSS_FILE,
        PIDS_VM_RSS_SHARED,
        PIDS_VM_SWAP,
        PIDS_IO_READ_CHARS,
        PIDS_IO_WRITE_CHARS,
        PIDS_IO_READ_OPS,
        PIDS_IO_WRITE_OPS,
        PIDS_IO_READ_BYTES,
        PIDS_IO_WRITE_BYTES,
        PIDS_IO_WRITE_CBYTES,
        PIDS_CGROUP,
        PIDS_OOM_ADJ,
    };
    pids_info* info = nullptr;
    RivalCost cost{"libproc2, same fields", 0};
    if (procps_pids_new(&info, items, sizeof(items) / sizeof(items[0])) < 0) {
        return cost;
    }
    procps_pids_reap(info, PIDS_FETCH_TASKS_ONLY); // its buffers grow once
    const uint64_t begin_ns = process_cpu_ns();
    for (unsigned i = 0; i < intervals; ++i) {
        procps_pids_reap(info, PIDS_FETCH_TASKS_ONLY);
    }
    cost.cpu_ns = static_cast<double>(process_cpu_ns() - begin_ns) / intervals;
    procps_pids_unref(&info);
    return cost;
}

} // namespace vigia::bench
