/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every bound of the modules in one place, with what has to hold between them.
 */
#ifndef VIGIA_LIMITS_H
#define VIGIA_LIMITS_H

#include <linux/build_bug.h>
#include <linux/sizes.h>
#include <vigia/file.h>

/* One file, all three slots, at the limits of its sensor. */
#define VIGIA_LIMIT_FILE_BYTES SZ_512M
/* All rings of one file; and one ring. */
#define VIGIA_LIMIT_RINGS_BYTES SZ_64M
#define VIGIA_LIMIT_RING_RECORDS (1 << 18)
/* Pollers of rings are woken this long after a record that was not announced. */
#define VIGIA_RINGS_DEADLINE_MS 10
/* The stride of a record. */
#define VIGIA_LIMIT_RECORD_BYTES SZ_4K
/* Files below /proc/vigia. */
#define VIGIA_LIMIT_FILES 16
/* read() gives way to others after this much. */
#define VIGIA_LIMIT_COPY_BYTES SZ_64K
/* Snapshots that read() tries to begin with, one newer than the other. */
#define VIGIA_LIMIT_READ_ATTEMPTS 8
/* Snapshots that did not fit are given this much more room than they asked for. */
#define VIGIA_RESERVE_DIVISOR 4
/* How long each of the two waits for pollers that were woken, but are not running, takes at most. */
#define VIGIA_LIMIT_DOORBELL_MS 1000
#define VIGIA_DOORBELL_PAUSE_MS 10

static_assert(VIGIA_LIMIT_RECORD_BYTES % 8 == 0);
static_assert(sizeof(struct vigia_file_header) <= SZ_4K); /* the header fits into one page */
static_assert(VIGIA_LIMIT_FILE_BYTES <= (1ULL << 31));    /* a file is mapped in one piece */
static_assert(VIGIA_LIMIT_RINGS_BYTES <= VIGIA_LIMIT_FILE_BYTES);
static_assert((VIGIA_LIMIT_RING_RECORDS & (VIGIA_LIMIT_RING_RECORDS - 1)) == 0);
static_assert(VIGIA_DOORBELL_PAUSE_MS < VIGIA_LIMIT_DOORBELL_MS);

#endif /* VIGIA_LIMITS_H */
