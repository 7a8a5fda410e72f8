/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The ioctls of the kernel's files in /proc/vigia: refresh, one process, and the interface's description.
 *
 * Writer:  nobody; the kernel modules answer. A publisher's files are plain files and know no ioctl (ENOTTY).
 * Readers: whoever holds an open file of /proc/vigia.
 *
 * The reader's loop with a source on demand:
 *
 *   struct vigia_refresh refresh = {.max_age_ns = 1000000000};
 *   if (ioctl(descriptor, VIGIA_IOC_REFRESH, &refresh) != 0) ...ESTALE: close, open the path again...
 *   ...vigia_acquire() and so on, see reader.h...
 *
 * Every struct has a fixed size that is part of its number; `flags` and `reserved` fields must be zero, and
 * anything else is refused with EINVAL, as an unknown number is with ENOTTY. Once the file's module is gone,
 * the kernel itself refuses every call on what was left open: ENOTTY, and EIO for read().
 *
 * Stability: a struct never changes; a new need gets a new number.
 */
#ifndef VIGIA_CONTROL_H
#define VIGIA_CONTROL_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif

#include "processes.h"

#define VIGIA_IOC_MAGIC 0xd6

/*
 * Makes the newest snapshot at most max_age_ns old: walks only if it is older, and any number of readers
 * share that walk. 0 always walks. A caller that had to wait for another's walk takes it as its own if it
 * began after the call.
 *
 * Errors: ESTALE  this descriptor's file was replaced by a larger one, or its sensor left: open it again
 *         EINTR   a signal came while another walk was waited for; nothing has changed
 */
struct vigia_refresh {
	uint64_t max_age_ns; /* in */
	uint64_t flags;      /* in: zero */
	uint64_t generation; /* out: of the newest snapshot */
	uint64_t age_ns;     /* out: since its walk began */
	uint32_t walked;     /* out: 1 if this call walked, 0 if it found a fresh snapshot */
	uint32_t reserved0;
	uint64_t reserved[3];
};

/*
 * The record of one process, made this moment, with exact RSS (rss_error_bytes is 0). Only on `processes`.
 *
 * Errors: ESRCH  no process has this pid, or it did not start at start_time_ns
 *         ENOTTY this is not the file `processes`
 */
struct vigia_process_query {
	uint32_t pid; /* in: thread group id in the host's pid namespace */
	uint32_t reserved0;
	uint64_t start_time_ns; /* in: the other half of the identity; 0: whoever has this pid now */
	uint64_t reserved[2];
	struct vigia_process process; /* out; ignored on the way in */
};

#define VIGIA_DESCRIPTION_REFRESH VIGIA_BIT(0) /* VIGIA_IOC_REFRESH works on this descriptor */
#define VIGIA_DESCRIPTION_PROCESS VIGIA_BIT(1) /* so does VIGIA_IOC_PROCESS */
#define VIGIA_DESCRIPTION_POLL VIGIA_BIT(2)    /* poll() does, as said below */

/*
 * poll() on a file of the kernel: POLLIN while there is a snapshot that this descriptor has not been given,
 * by VIGIA_IOC_REFRESH or by a read() at offset 0; with a max_age_ns of UINT64_MAX, a refresh only
 * acknowledges. POLLHUP and POLLERR once the file is dead. Nobody walks for those who only wait.
 *
 * On `events` a refresh walks nothing: it acknowledges all that was written before, whatever max_age_ns says,
 * and POLLIN comes back for what is written after: within a bounded time, or when a quarter of a ring is
 * new. read() gives the file's header there, and ends: rings are for mapping.
 */

#define VIGIA_MODULE_VERSION_SIZE_BYTES 32

/* What stands behind an open file. Never fails on a live file; ESTALE as above. */
struct vigia_description {
	uint32_t abi_version;
	uint32_t abi_compatible;
	uint32_t file_kind; /* enum vigia_file_kind */
	uint32_t reserved0;
	uint64_t abilities; /* VIGIA_DESCRIPTION_* */
	uint64_t writer_instance;
	uint64_t layout_generation;
	uint64_t total_size_bytes;
	uint64_t record_limit;     /* records of region 0 beyond which this file will never grow */
	uint64_t walk_count;       /* snapshots that this file's sensor has written */
	uint64_t walk_duration_ns; /* of all of them together */
	uint64_t longest_walk_ns;
	char module_version[VIGIA_MODULE_VERSION_SIZE_BYTES]; /* NUL-padded */
	uint64_t reserved[4];
};

#define VIGIA_IOC_REFRESH _IOWR(VIGIA_IOC_MAGIC, 1, struct vigia_refresh)
#define VIGIA_IOC_PROCESS _IOWR(VIGIA_IOC_MAGIC, 2, struct vigia_process_query)
#define VIGIA_IOC_DESCRIBE _IOR(VIGIA_IOC_MAGIC, 3, struct vigia_description)

#endif /* VIGIA_CONTROL_H */
