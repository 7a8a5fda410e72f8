/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * `system`: the host as a whole: CPU states, memory, load, pressure and storage.
 *
 * Region 0: one struct vigia_system.
 * Region 1: struct vigia_cpu, one per CPU, sorted by cpu.
 * Region 2: struct vigia_mount, the chosen mount points, in the configuration's order. The kernel module
 *           answers for local file systems only.
 *
 * Counters are cumulative since boot; rates are the reader's. Times are ns even where the kernel counts
 * in ticks: then they move in steps (see vigia_info.cpu_time_resolution_ns). A field whose group is not
 * in `valid` is zero and means nothing.
 * Stability: append-only.
 */
#ifndef VIGIA_SYSTEM_H
#define VIGIA_SYSTEM_H

#include "file.h"

#define VIGIA_SYSTEM_REGION 0
#define VIGIA_SYSTEM_REGION_CPUS 1
#define VIGIA_SYSTEM_REGION_MOUNTS 2

/*
 * What a record holds. The first five bits are whole groups, as version 1 had them. Since version 2 a writer
 * that has only a part of CPU or MEMORY leaves the group's bit clear and sets those of the parts: exported
 * kernel symbols do not give everything that /proc tells. Ask with vigia_system_has(), which knows both.
 */
#define VIGIA_SYSTEM_VALID_CPU VIGIA_BIT(0)      /* context_switches ... tasks_blocked, and the CPU region */
#define VIGIA_SYSTEM_VALID_MEMORY VIGIA_BIT(1)   /* memory_* and swap_*_bytes */
#define VIGIA_SYSTEM_VALID_LOAD VIGIA_BIT(2)     /* load_* and tasks_total */
#define VIGIA_SYSTEM_VALID_PAGING VIGIA_BIT(3)   /* page_*, swap_in/out_pages, oom_kills */
#define VIGIA_SYSTEM_VALID_PRESSURE VIGIA_BIT(4) /* *_pressure */

/* Since version 2: parts of CPU */
#define VIGIA_SYSTEM_VALID_CPU_TIMES VIGIA_BIT(5)        /* the CPU region */
#define VIGIA_SYSTEM_VALID_INTERRUPTS VIGIA_BIT(6)       /* interrupts, softirqs */
#define VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES VIGIA_BIT(7) /* context_switches */
#define VIGIA_SYSTEM_VALID_FORKS VIGIA_BIT(8)            /* forks */
#define VIGIA_SYSTEM_VALID_TASKS VIGIA_BIT(9)            /* tasks_running, tasks_blocked */

/* Since version 2: parts of MEMORY */
#define VIGIA_SYSTEM_VALID_PAGES VIGIA_BIT(10)        /* all memory_* that no line below names */
#define VIGIA_SYSTEM_VALID_CACHED VIGIA_BIT(11)       /* memory_cached_bytes, swap_cached_bytes */
#define VIGIA_SYSTEM_VALID_COMMITTED VIGIA_BIT(12)    /* memory_committed_bytes */
#define VIGIA_SYSTEM_VALID_COMMIT_LIMIT VIGIA_BIT(13) /* memory_commit_limit_bytes */
#define VIGIA_SYSTEM_VALID_SWAP_TOTAL VIGIA_BIT(14)   /* swap_total_bytes */
#define VIGIA_SYSTEM_VALID_SWAP_FREE VIGIA_BIT(15)    /* swap_free_bytes */

#define VIGIA_SYSTEM_PARTS_OF_CPU                                                                            \
	(VIGIA_SYSTEM_VALID_CPU_TIMES | VIGIA_SYSTEM_VALID_INTERRUPTS |                                      \
	 VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES | VIGIA_SYSTEM_VALID_FORKS | VIGIA_SYSTEM_VALID_TASKS)
#define VIGIA_SYSTEM_PARTS_OF_MEMORY                                                                         \
	(VIGIA_SYSTEM_VALID_PAGES | VIGIA_SYSTEM_VALID_CACHED | VIGIA_SYSTEM_VALID_COMMITTED |               \
	 VIGIA_SYSTEM_VALID_COMMIT_LIMIT | VIGIA_SYSTEM_VALID_SWAP_TOTAL | VIGIA_SYSTEM_VALID_SWAP_FREE)

/* `valid` with the parts of the groups that it has. */
static inline uint64_t vigia_system_parts(uint64_t valid)
{
	if (valid & VIGIA_SYSTEM_VALID_CPU)
		valid |= VIGIA_SYSTEM_PARTS_OF_CPU;
	if (valid & VIGIA_SYSTEM_VALID_MEMORY)
		valid |= VIGIA_SYSTEM_PARTS_OF_MEMORY;
	return valid;
}

/* Whether a record whose mask is `valid` has everything that `wanted` names, groups or parts. */
static inline int vigia_system_has(uint64_t valid, uint64_t wanted)
{
	return (vigia_system_parts(valid) & wanted) == wanted;
}

/* One CPU's time in each state since boot. user and nice exclude the guests' time, which is apart. */
struct vigia_cpu {
	uint32_t cpu;
	uint32_t reserved0;
	uint64_t user_ns;
	uint64_t nice_ns;
	uint64_t system_ns;
	uint64_t idle_ns;
	uint64_t iowait_ns;
	uint64_t irq_ns;
	uint64_t softirq_ns;
	uint64_t steal_ns;
	uint64_t guest_ns;
	uint64_t guest_nice_ns;
	uint64_t reserved[4];
};

/* One stalled-time pair of /proc/pressure: total time in which some or all tasks waited. */
struct vigia_pressure {
	uint64_t some_ns;
	uint64_t full_ns;
};

struct vigia_system {
	uint64_t valid; /* VIGIA_SYSTEM_VALID_* */

	/* CPU */
	uint64_t context_switches;
	uint64_t interrupts; /* the kernel modules leave out a few machine check polls before Linux 7.2 */
	uint64_t softirqs;
	uint64_t forks;         /* processes and threads ever created */
	uint64_t tasks_running; /* runnable now */
	uint64_t tasks_blocked; /* waiting for I/O now */

	/* load averages in thousandths of a task, and the number of tasks (threads) */
	uint64_t load_1min_millitasks;
	uint64_t load_5min_millitasks;
	uint64_t load_15min_millitasks;
	uint64_t tasks_total;

	/* memory, as in /proc/meminfo */
	uint64_t memory_total_bytes;
	uint64_t memory_free_bytes;
	uint64_t memory_available_bytes;
	uint64_t memory_buffers_bytes;
	uint64_t memory_cached_bytes;
	uint64_t memory_anon_bytes;
	uint64_t memory_shared_bytes; /* Shmem */
	uint64_t memory_mapped_bytes;
	uint64_t memory_slab_reclaimable_bytes;
	uint64_t memory_slab_unreclaimable_bytes;
	uint64_t memory_dirty_bytes;
	uint64_t memory_writeback_bytes;
	uint64_t memory_page_tables_bytes;
	uint64_t memory_kernel_stack_bytes;
	uint64_t memory_committed_bytes;
	uint64_t memory_commit_limit_bytes;
	uint64_t swap_total_bytes;
	uint64_t swap_free_bytes;
	uint64_t swap_cached_bytes;

	/* paging, as in /proc/vmstat */
	uint64_t page_faults;       /* pgfault */
	uint64_t page_major_faults; /* pgmajfault */
	uint64_t page_in_bytes;     /* pgpgin */
	uint64_t page_out_bytes;    /* pgpgout */
	uint64_t swap_in_pages;
	uint64_t swap_out_pages;
	uint64_t oom_kills;

	struct vigia_pressure cpu_pressure;
	struct vigia_pressure memory_pressure;
	struct vigia_pressure io_pressure;

	uint64_t reserved[8];
};

#define VIGIA_MOUNT_PATH_SIZE_BYTES 256

#define VIGIA_MOUNT_VALID_SPACE VIGIA_BIT(0) /* statvfs answered */

struct vigia_mount {
	char path[VIGIA_MOUNT_PATH_SIZE_BYTES]; /* NUL-padded */
	uint64_t valid;                         /* VIGIA_MOUNT_VALID_* */
	uint64_t device;                        /* st_dev of the mount point */
	uint64_t filesystem_type;               /* f_type of statfs */
	uint64_t total_bytes;
	uint64_t free_bytes;
	uint64_t available_bytes; /* to users without privilege */
	uint64_t inodes_total;
	uint64_t inodes_free;
	uint64_t reserved[4];
};

#endif /* VIGIA_SYSTEM_H */
