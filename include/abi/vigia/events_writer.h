/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The writer's half of the protocol that vigia/events.h specifies; vigia/events_reader.h is the other
 * half. One source for the kernel and for user space, where a publisher writes with it, threads hammer
 * it, and a model tries everything that a weakly ordered machine may do with it.
 *
 *   struct vigia_ring_writer writer;
 *   vigia_ring_writer_start(&writer, header, index);
 *   ...
 *   uint64_t number;
 *   struct vigia_event *event = vigia_ring_begin(&writer, &number);
 *   ...set every field but `sequence`; vigia_ring_fill() does so from a struct...
 *   vigia_ring_commit(event, number);
 *   ...at the end: vigia_rings_end(header), when nobody is between begin and commit...
 *
 * Who may write: in the kernel, whoever runs on the ring's CPU and cannot be preempted; an interrupt, also
 * one that cannot be masked, may write between another's begin and commit. In user space, one thread per
 * ring. Fewer than VIGIA_EVENTS_MIN_CAPACITY may be nested so.
 */
#ifndef VIGIA_EVENTS_WRITER_H
#define VIGIA_EVENTS_WRITER_H

#include "events.h"

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/string.h>
#include <asm/local.h>
#define VIGIA_RING_STORE(place, value) WRITE_ONCE(place, value)
#define VIGIA_RING_LOAD(place) READ_ONCE(place)
#define VIGIA_RING_STORE_RELEASE(place, value) smp_store_release(&(place), value)
#define VIGIA_RING_RELEASE_FENCE() smp_wmb()
#else
#include <string.h>
#define VIGIA_RING_STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define VIGIA_RING_LOAD(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
#define VIGIA_RING_STORE_RELEASE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELEASE)
#define VIGIA_RING_RELEASE_FENCE() __atomic_thread_fence(__ATOMIC_RELEASE)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One ring, as its writer knows it: nothing here is read back from memory that others could have written. */
struct vigia_ring_writer {
	struct vigia_ring *ring;
	unsigned char *records;
	uint64_t mask; /* record_capacity - 1 */
	uint64_t stride_bytes;
};

static inline struct vigia_ring *vigia_ring_at(const struct vigia_file_header *header, uint32_t index)
{
	return (struct vigia_ring *)((uintptr_t)header + (uintptr_t)header->slots_offset_bytes +
				     index * (uintptr_t)header->slot_size_bytes);
}

/* For ring `index` of a file whose header is complete. */
static inline void vigia_ring_writer_start(struct vigia_ring_writer *writer,
					   const struct vigia_file_header *header, uint32_t index)
{
	const struct vigia_region *region = &header->regions[VIGIA_EVENTS_REGION];

	writer->ring = vigia_ring_at(header, index);
	writer->records = (unsigned char *)writer->ring + region->offset_bytes;
	writer->mask = region->record_capacity - 1;
	writer->stride_bytes = region->record_size_bytes;
}

/* The number of a new record: one more than the last, whoever comes in between. */
static inline uint64_t vigia_ring_take(struct vigia_ring *ring)
{
#ifdef __KERNEL__
	/* one instruction on x86, and no lock; the kernels that these modules run on have 64 bits */
	return (uint64_t)local_inc_return((local_t *)&ring->head) - 1;
#else
	uint64_t number = VIGIA_RING_LOAD(ring->head);

	VIGIA_RING_STORE(ring->head, number + 1);
	return number;
#endif
}

/* g++ warns of fences under -fsanitize=thread, which does not model them; the stores beside this one are
 * atomic, so that it has nothing to report either. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
/* Begins a record, in the place of the oldest: its bytes are the writer's until vigia_ring_commit(). */
static inline struct vigia_event *vigia_ring_begin(const struct vigia_ring_writer *writer, uint64_t *number)
{
	*number = vigia_ring_take(writer->ring);
	/*
	 * The head before every byte of the record. Pairs with the acquire fence in vigia_events_fetch(): a
	 * reader that has seen one of these bytes finds that the record before it in this place is gone.
	 */
	VIGIA_RING_RELEASE_FENCE();
	return (struct vigia_event *)(void *)(writer->records +
					      (*number & writer->mask) * writer->stride_bytes);
}
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Opens the record to readers. */
static inline void vigia_ring_commit(struct vigia_event *event, uint64_t number)
{
	/*
	 * Every byte of the record before its sequence. Pairs with the acquire load in vigia_events_fetch():
	 * a reader that has seen the sequence sees the whole record.
	 */
	VIGIA_RING_STORE_RELEASE(event->sequence, number + 1);
}

/*
 * Sets all of a record but its sequence to what stands in `from`, one of the structs of vigia/events.h, word
 * by word with atomic stores, so that ThreadSanitizer sees no race with a reader that loads words so.
 */
static inline void vigia_ring_fill(struct vigia_event *event, const void *from)
{
	typedef uint64_t __attribute__((may_alias)) vigia_word;
	vigia_word *to = (vigia_word *)(void *)event;
	size_t i;

	for (i = 1; i < sizeof(*event) / sizeof(uint64_t); i++) {
		uint64_t word;

		memcpy(&word, (const unsigned char *)from + i * sizeof(word), sizeof(word));
		VIGIA_RING_STORE(to[i], word);
	}
}

/* An event that cannot be written; readers count it among the lost. By one writer per ring. */
static inline void vigia_ring_drop(struct vigia_ring *ring, uint64_t count)
{
	VIGIA_RING_STORE(ring->dropped_count, VIGIA_RING_LOAD(ring->dropped_count) + count);
}

/*
 * Tells whoever only wants to know whether there is something new. Pairs with the acquire load in
 * vigia_events_announced(): a reader that has seen it sees all records committed before.
 */
static inline void vigia_rings_announce(struct vigia_file_header *header, uint64_t generation)
{
	VIGIA_RING_STORE_RELEASE(header->generation, generation);
}

/*
 * Tells readers that nothing will come any more. Pairs with the acquire load in vigia_is_live(): a reader
 * that has seen it sees all records.
 */
static inline void vigia_rings_end(struct vigia_file_header *header)
{
	VIGIA_RING_STORE_RELEASE(header->state, VIGIA_FILE_DEAD);
}

/* Bytes from one ring to the next, with room for `capacity` records of this version. */
static inline uint64_t vigia_ring_size_bytes(uint32_t capacity)
{
	return sizeof(struct vigia_ring) + (uint64_t)capacity * sizeof(struct vigia_event);
}

/*
 * Sets what the header of a new file of `ring_count` rings of `capacity` records says about its layout;
 * all else is the caller's. The rings begin at `offset_bytes`. Returns the file's size.
 */
static inline uint64_t vigia_rings_lay_out(struct vigia_file_header *header, uint64_t offset_bytes,
					   uint32_t ring_count, uint32_t capacity)
{
	struct vigia_region *region = &header->regions[VIGIA_EVENTS_REGION];

	header->file_kind = VIGIA_FILE_EVENTS;
	header->header_size_bytes = sizeof(*header);
	header->slots_offset_bytes = offset_bytes;
	header->slot_size_bytes = vigia_ring_size_bytes(capacity);
	header->slot_count = ring_count;
	header->slot_header_size_bytes = sizeof(struct vigia_ring);
	header->current_slot = VIGIA_NO_SLOT;
	region->offset_bytes = sizeof(struct vigia_ring);
	region->record_size_bytes = sizeof(struct vigia_event);
	region->record_capacity = capacity;
	header->total_size_bytes = offset_bytes + ring_count * header->slot_size_bytes;
	return header->total_size_bytes;
}

#ifdef __cplusplus
}
#endif

#endif /* VIGIA_EVENTS_WRITER_H */
