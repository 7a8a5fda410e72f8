/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The header at offset 0 of every mappable file, and the snapshot slots behind it. (`events` has the same
 * header, with rings for slots: events.h.)
 *
 * Writer:  one per file: the kernel modules (/proc/vigia), `vigia publish` (/run/vigia) or a recording.
 * Readers: any number, mapping the file read-only. vigia/reader.h is the reader.
 *          read() of a /proc file gives the same bytes as the mapping; a recording is such bytes.
 *
 * Layout of a file (all offsets from the start of the mapping unless said):
 *
 *   0                     struct vigia_file_header
 *   slots_offset_bytes    slot 0 ┐
 *     + slot_size_bytes   slot 1 ├ each: struct vigia_slot, then the regions
 *     + slot_size_bytes   slot 2 ┘
 *
 *   slot + regions[r].offset_bytes + i * regions[r].record_size_bytes    record i of region r
 *
 * Regions lie in the order of their numbers, behind the slot's header, and do not overlap.
 *
 * The snapshot protocol. A writer fills the slot after the current one, (current_slot + 1) % 3 or 0 for the
 * first, then publishes it:
 *
 *   slot.sequence = odd;  release fence;  fill;  slot.sequence = even (release);  current_slot (release)
 *
 * A reader:
 *
 *   do {
 *           s = acquire(current_slot);  q = acquire(slots[s].sequence);  c = acquire(current_slot);
 *           use the records in place;
 *           acquire fence;
 *   } while (q is odd || c != s || slots[s].sequence != q);        (bounded, counted)
 *
 * The writer takes the slots in turn, so the records of a snapshot stay untouched until it begins the third
 * one after it. Each slot's sequence starts at 0 and only grows: 0 means never filled. The writer's release
 * store of `sequence` pairs with the reader's acquire load of it; the writer's release fence after the
 * odd store pairs with the reader's acquire fence before the second load. A reader that was away for three
 * walks may find the slot filled anew before it is current: the second look at current_slot sends it on, so
 * that an older snapshot never follows a newer one.
 *
 * A reader that finds `state` VIGIA_FILE_DEAD keeps a valid mapping whose data no longer changes: it
 * unmaps and opens the path again.
 *
 * Stability: append-only; see version.h.
 */
#ifndef VIGIA_FILE_H
#define VIGIA_FILE_H

#include "version.h"

/* "VIGIA\r\n\x1a" as bytes in memory order on a little-endian machine. */
#define VIGIA_FILE_MAGIC 0x1a0a0d4149474956ULL
#define VIGIA_ENDIAN_TAG 0x01020304U

#define VIGIA_SLOT_COUNT 3
#define VIGIA_REGION_COUNT 4

enum vigia_file_kind {
	VIGIA_FILE_INFO = 1,
	VIGIA_FILE_SYSTEM = 2,
	VIGIA_FILE_MEMORY = 3, /* since version 2 */
	VIGIA_FILE_PROCESSES = 4,
	VIGIA_FILE_CGROUPS = 5,
	VIGIA_FILE_EVENTS = 8, /* since version 3; its slots are rings: events.h */
};

enum vigia_writer_kind {
	VIGIA_WRITER_KERNEL = 1,
	VIGIA_WRITER_PUBLISHER = 2,
	VIGIA_WRITER_RECORDING = 3,
};

enum vigia_file_state {
	VIGIA_FILE_LIVE = 1,
	VIGIA_FILE_DEAD = 2, /* the writer left, or made a new file under this name: reopen */
};

/* One array of fixed-size records inside a slot. An unused region is all zero. */
struct vigia_region {
	uint64_t offset_bytes;      /* from the start of the slot; a multiple of 8, also for text */
	uint32_t record_size_bytes; /* the stride; 1 for a text region, else a multiple of 8 */
	uint32_t record_capacity;   /* records that fit */
};

struct vigia_file_header {
	/* CONSTANT FIELDS: written before the file can be opened */
	uint64_t magic;      /* VIGIA_FILE_MAGIC */
	uint32_t endian_tag; /* VIGIA_ENDIAN_TAG in the writer's byte order */
	uint32_t file_kind;  /* enum vigia_file_kind */
	uint32_t abi_version;
	uint32_t abi_compatible; /* a reader of an older version than this must refuse */
	uint32_t header_size_bytes;
	uint32_t writer_kind;       /* enum vigia_writer_kind */
	uint64_t total_size_bytes;  /* of the whole file */
	uint64_t features;          /* per file: VIGIA_SYSTEM_FEATURE_*, ...; unknown bits are ignored */
	uint64_t writer_instance;   /* changes with every start of the writer: never 0 */
	uint64_t layout_generation; /* raised when the writer makes a new, larger file under this name */
	uint64_t slots_offset_bytes;
	uint64_t slot_size_bytes; /* distance between slots; a multiple of 8 */
	uint32_t slot_count;      /* VIGIA_SLOT_COUNT */
	uint32_t slot_header_size_bytes;
	struct vigia_region regions[VIGIA_REGION_COUNT];
	uint64_t reserved_constant[4]; /* zero; a reader refuses anything else */

	/* CHANGING FIELDS: plain atomics */
	uint32_t state;        /* enum vigia_file_state */
	uint32_t current_slot; /* published with release; VIGIA_NO_SLOT before the first snapshot */
	uint64_t generation;   /* of the newest snapshot, counted from 1; written after current_slot */
	uint64_t reserved[7];
};

#define VIGIA_NO_SLOT 0xffffffffU

/* At the start of every slot. Everything but `sequence` is protected by it. */
struct vigia_slot {
	uint64_t sequence;           /* odd while the writer is in the slot */
	uint64_t generation;         /* number of this snapshot, counted from 1 by the writer instance */
	uint64_t begin_monotonic_ns; /* CLOCK_MONOTONIC when the walk began */
	uint64_t end_monotonic_ns;   /* ... and when it ended */
	uint64_t begin_boottime_ns;  /* CLOCK_BOOTTIME at the beginning: also counts suspended time */
	uint64_t begin_realtime_ns;  /* CLOCK_REALTIME at the beginning: may jump */
	uint32_t record_count[VIGIA_REGION_COUNT];    /* records there are in each region */
	uint32_t truncated_count[VIGIA_REGION_COUNT]; /* records that did not fit; 0 in a whole snapshot */
	uint64_t vanished_count;                      /* objects that went away while they were being read */
	uint64_t unreadable_count; /* objects that the writer was not allowed to read, or could not parse */
	uint64_t reserved[4];
};

#endif /* VIGIA_FILE_H */
