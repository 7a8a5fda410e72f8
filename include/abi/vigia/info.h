/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * `info`: who writes this directory, on which host, and what it can and cannot know.
 *
 * Region 0: one struct vigia_info.
 * Written with every refresh; only the counters at the end change.
 * Stability: append-only.
 */
#ifndef VIGIA_INFO_H
#define VIGIA_INFO_H

#include "file.h"

#define VIGIA_INFO_REGION 0
#define VIGIA_RELEASE_SIZE_BYTES 64
#define VIGIA_HOSTNAME_SIZE_BYTES 64

enum vigia_cgroup_mode {
	VIGIA_CGROUP_NONE = 0,
	VIGIA_CGROUP_V1 = 1,
	VIGIA_CGROUP_HYBRID = 2, /* v1 controllers beside a unified hierarchy without controllers */
	VIGIA_CGROUP_V2 = 3,
};

struct vigia_info {
	char kernel_release[VIGIA_RELEASE_SIZE_BYTES]; /* uname -r, NUL-padded */
	char hostname[VIGIA_HOSTNAME_SIZE_BYTES];      /* NUL-padded; bytes, not necessarily UTF-8 */
	uint64_t boot_realtime_ns;         /* when the host booted, CLOCK_REALTIME; steps with that clock */
	uint64_t page_size_bytes;          /* of the kernel */
	uint64_t cpu_time_resolution_ns;   /* steps of the processes' CPU times: 1 or a clock tick */
	uint64_t start_time_resolution_ns; /* steps of start_time_ns */
	uint32_t cpu_count;                /* possible CPUs that have a record in `system` */
	uint32_t cgroup_mode;              /* enum vigia_cgroup_mode */
	uint32_t writer_pid;               /* of a publisher; 0 for the kernel */
	uint32_t writer_version;           /* of the program: major << 16 | minor << 8 | patch */
	uint64_t refresh_interval_ns;      /* the writer's own pace; 0: refreshes on demand */
	uint64_t refresh_count;            /* snapshots written since the writer started */
	uint64_t refresh_duration_ns;      /* of the last whole refresh */
	uint64_t refresh_cpu_ns;           /* CPU time that all refreshes have cost the writer */
	uint64_t reserved[8];
};

#endif /* VIGIA_INFO_H */
