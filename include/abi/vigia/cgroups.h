/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * `cgroups`: one record per control group that has, or whose descendants have, processes; sorted by id.
 *
 * Region 0: struct vigia_cgroup.
 * Region 1: text. A path is path_size_bytes bytes at path_offset_bytes in this region, without a NUL; it
 *           begins with '/' and is relative to the root of the hierarchy. Bytes, not necessarily UTF-8.
 *
 * An id is the inode number of the cgroup's directory (on v2 and hybrid hosts in the unified hierarchy,
 * which is the 64-bit id that the kernel uses itself; on v1 in the hierarchy that the writer follows).
 * What is a container is not decided here: user space matches whole components of the path.
 *
 * Counters and memory include all descendants, as cgroupfs shows them. Process counts are of this cgroup
 * alone; a threaded cgroup's processes count in the domain above it. A field whose group is not in `valid`
 * is zero and means nothing. "No limit" is VIGIA_NO_LIMIT.
 *
 * Pressure is as of the kernel's own last summing up, which a running cgroup gets every two seconds and
 * whenever somebody reads its file; "full" of the CPU is 0 for the root and before Linux 5.13.
 * Stability: append-only.
 */
#ifndef VIGIA_CGROUPS_H
#define VIGIA_CGROUPS_H

#include "system.h"

#define VIGIA_CGROUPS_REGION 0
#define VIGIA_CGROUPS_REGION_TEXT 1

#define VIGIA_NO_LIMIT 0xffffffffffffffffULL

#define VIGIA_CGROUP_VALID_CPU VIGIA_BIT(0)          /* cpu_usage_ns */
#define VIGIA_CGROUP_VALID_CPU_SPLIT VIGIA_BIT(1)    /* cpu_user_ns, cpu_system_ns */
#define VIGIA_CGROUP_VALID_CPU_LIMIT VIGIA_BIT(2)    /* cpu_quota_ns, cpu_period_ns */
#define VIGIA_CGROUP_VALID_THROTTLING VIGIA_BIT(3)   /* cpu_periods, cpu_throttled_* */
#define VIGIA_CGROUP_VALID_MEMORY VIGIA_BIT(4)       /* memory_current_bytes, memory_limit_bytes */
#define VIGIA_CGROUP_VALID_MEMORY_SPLIT VIGIA_BIT(5) /* all of bits 16 to 18 */
#define VIGIA_CGROUP_VALID_SWAP VIGIA_BIT(6)         /* swap_current_bytes, swap_limit_bytes */
#define VIGIA_CGROUP_VALID_IO VIGIA_BIT(7)           /* io_* */
#define VIGIA_CGROUP_VALID_TASKS VIGIA_BIT(8)        /* task_limit, and bit 19 */
#define VIGIA_CGROUP_VALID_PRESSURE VIGIA_BIT(9)     /* *_pressure */
#define VIGIA_CGROUP_VALID_NAMESPACES VIGIA_BIT(10)  /* namespaces of one of its processes */
#define VIGIA_CGROUP_VALID_OOM VIGIA_BIT(11)         /* oom_kills */
#define VIGIA_CGROUP_VALID_MEMORY_PEAK VIGIA_BIT(12) /* memory_peak_bytes */
#define VIGIA_CGROUP_VALID_WEIGHT VIGIA_BIT(13)      /* cpu_weight */
#define VIGIA_CGROUP_VALID_MEMORY_HIGH VIGIA_BIT(14) /* memory_high_bytes */
#define VIGIA_CGROUP_VALID_MEMORY_SLAB VIGIA_BIT(15) /* memory_slab_bytes: v1 has none */
/* Since version 2: parts of groups that a kernel may know without the rest. Before, bit 5 or 8 says it. */
#define VIGIA_CGROUP_VALID_MEMORY_INACTIVE VIGIA_BIT(16) /* memory_inactive_file_bytes */
#define VIGIA_CGROUP_VALID_MEMORY_PAGES VIGIA_BIT(17)    /* memory_anon/file/shared_bytes */
#define VIGIA_CGROUP_VALID_FAULTS VIGIA_BIT(18)          /* minor_faults, major_faults */
#define VIGIA_CGROUP_VALID_TASK_COUNT VIGIA_BIT(19)      /* task_count */

/* Inode numbers of the namespaces, as in /proc/PID/ns. */
struct vigia_namespaces {
	uint64_t cgroup;
	uint64_t ipc;
	uint64_t mount;
	uint64_t network;
	uint64_t pid;
	uint64_t user;
	uint64_t uts;
};

struct vigia_cgroup {
	uint64_t id;
	uint64_t parent_id; /* 0 for the root */
	uint64_t valid;     /* VIGIA_CGROUP_VALID_* */
	uint32_t path_offset_bytes;
	uint32_t path_size_bytes;
	uint32_t process_count; /* processes in this very cgroup */
	uint32_t depth;         /* 0 for the root */
	uint64_t task_count;    /* threads, with descendants: pids.current */
	uint64_t task_limit;    /* pids.max */

	uint64_t cpu_usage_ns;
	uint64_t cpu_user_ns;
	uint64_t cpu_system_ns;
	uint64_t cpu_quota_ns; /* per period; VIGIA_NO_LIMIT */
	uint64_t cpu_period_ns;
	uint64_t cpu_periods;
	uint64_t cpu_throttled_periods;
	uint64_t cpu_throttled_ns;
	uint64_t cpu_weight; /* 1 to 10000 as in cpu.weight; v1 shares are converted */

	uint64_t memory_current_bytes;
	uint64_t memory_peak_bytes;
	uint64_t memory_limit_bytes;
	uint64_t memory_high_bytes;
	uint64_t memory_anon_bytes;
	uint64_t memory_file_bytes;
	uint64_t memory_inactive_file_bytes; /* current - this = working set */
	uint64_t memory_shared_bytes;
	uint64_t memory_slab_bytes;
	uint64_t swap_current_bytes;
	uint64_t swap_limit_bytes;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t oom_kills;

	uint64_t io_read_bytes; /* over all devices */
	uint64_t io_write_bytes;
	uint64_t io_read_calls;
	uint64_t io_write_calls;

	struct vigia_pressure cpu_pressure;
	struct vigia_pressure memory_pressure;
	struct vigia_pressure io_pressure;

	struct vigia_namespaces namespaces;
	uint64_t reserved[8];
};

#endif /* VIGIA_CGROUPS_H */
