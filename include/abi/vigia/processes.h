/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * `processes`: one record per process (thread group), sorted by pid.
 *
 * Region 0: struct vigia_process.
 *
 * Identity is (pid, start_time_ns): a bare pid is reused. Counters are cumulative over the life of the
 * process and cover all its threads, living and dead, unless said. A field whose group is not in `valid`
 * is zero and means nothing: a publisher without privilege cannot know other users' I/O, for instance.
 * Stability: append-only.
 */
#ifndef VIGIA_PROCESSES_H
#define VIGIA_PROCESSES_H

#include "file.h"

#define VIGIA_PROCESSES_REGION 0

#define VIGIA_COMM_SIZE_BYTES 16

#define VIGIA_PROCESS_VALID_CPU VIGIA_BIT(0)           /* cpu_runtime_ns, cpu_user_ns, cpu_system_ns */
#define VIGIA_PROCESS_VALID_RUN_DELAY VIGIA_BIT(1)     /* run_delay_ns */
#define VIGIA_PROCESS_VALID_BLOCK_DELAY VIGIA_BIT(2)   /* block_delay_ns */
#define VIGIA_PROCESS_VALID_MEMORY VIGIA_BIT(3)        /* rss_bytes, virtual_bytes */
#define VIGIA_PROCESS_VALID_RSS_SPLIT VIGIA_BIT(4)     /* rss_anon/file/shared/peak_bytes, swap_bytes */
#define VIGIA_PROCESS_VALID_FAULTS VIGIA_BIT(5)        /* minor_faults, major_faults */
#define VIGIA_PROCESS_VALID_IO VIGIA_BIT(6)            /* read_* and write_* */
#define VIGIA_PROCESS_VALID_SWITCHES VIGIA_BIT(7)      /* voluntary/involuntary_switches */
#define VIGIA_PROCESS_VALID_CGROUP VIGIA_BIT(8)        /* cgroup_id */
#define VIGIA_PROCESS_VALID_NAMESPACE_PID VIGIA_BIT(9) /* namespace_pid */
#define VIGIA_PROCESS_VALID_USER VIGIA_BIT(10)         /* uid, effective_uid */
#define VIGIA_PROCESS_VALID_OOM VIGIA_BIT(11)          /* oom_score_adjustment */

#define VIGIA_PROCESS_FLAG_KERNEL_THREAD VIGIA_BIT(0)
/* switches and run delay count the leader thread only (a publisher reading /proc/PID/status) */
#define VIGIA_PROCESS_FLAG_LEADER_SWITCHES VIGIA_BIT(1)

enum vigia_process_state {
	VIGIA_STATE_UNKNOWN = 0,
	VIGIA_STATE_RUNNING = 1,  /* R */
	VIGIA_STATE_SLEEPING = 2, /* S */
	VIGIA_STATE_BLOCKED = 3,  /* D: uninterruptible */
	VIGIA_STATE_STOPPED = 4,  /* T */
	VIGIA_STATE_TRACED = 5,   /* t */
	VIGIA_STATE_ZOMBIE = 6,   /* Z */
	VIGIA_STATE_DEAD = 7,     /* X */
	VIGIA_STATE_IDLE = 8,     /* I: idle kernel thread */
	VIGIA_STATE_PARKED = 9,   /* P */
};

struct vigia_process {
	uint32_t pid; /* thread group id in the host's pid namespace */
	uint32_t parent_pid;
	uint64_t start_time_ns; /* CLOCK_BOOTTIME at fork; the other half of the identity */
	uint64_t valid;         /* VIGIA_PROCESS_VALID_* */
	uint64_t cgroup_id;     /* id in `cgroups`; see there */
	uint32_t namespace_pid; /* pid in the innermost pid namespace */
	uint32_t thread_count;
	uint32_t uid; /* real */
	uint32_t effective_uid;
	uint32_t state;               /* enum vigia_process_state */
	uint32_t flags;               /* VIGIA_PROCESS_FLAG_* */
	int32_t nice;                 /* -20 to 19 */
	int32_t oom_score_adjustment; /* -1000 to 1000 */
	uint32_t last_cpu;
	uint32_t reserved0;
	char comm[VIGIA_COMM_SIZE_BYTES]; /* bytes as the process chose them, NUL-padded */

	/* CPU */
	uint64_t cpu_runtime_ns; /* time on a CPU; user + system come from the scheduler's sampling of it */
	uint64_t cpu_user_ns;
	uint64_t cpu_system_ns;
	uint64_t run_delay_ns;   /* runnable but waiting for a CPU */
	uint64_t block_delay_ns; /* waiting for block I/O */

	/* memory */
	uint64_t rss_bytes; /* anonymous + file + shared */
	uint64_t rss_anon_bytes;
	uint64_t rss_file_bytes;
	uint64_t rss_shared_bytes;
	uint64_t rss_peak_bytes;
	uint64_t virtual_bytes;
	uint64_t swap_bytes;
	uint64_t minor_faults;
	uint64_t major_faults;

	/* I/O; as in /proc/PID/io with that of children that were waited for */
	uint64_t read_chars_bytes;  /* asked for by read calls, cached or not */
	uint64_t write_chars_bytes; /* handed to write calls */
	uint64_t read_calls;
	uint64_t write_calls;
	uint64_t read_bytes;            /* fetched from storage */
	uint64_t write_bytes;           /* dirtied towards storage */
	uint64_t cancelled_write_bytes; /* dirtied, then truncated before being written */

	/* scheduling */
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;

	/* How far each rss_*_bytes but the peak may be from the truth: newer kernels keep these counters per
	 * CPU and add them up only on demand. 0 is exact. Since version 2; older writers leave 0. */
	uint64_t rss_error_bytes;

	uint64_t reserved[5];
};

#endif /* VIGIA_PROCESSES_H */
