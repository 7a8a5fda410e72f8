/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The writer's half of the snapshot protocol that vigia/file.h specifies; vigia/reader.h is the other
 * half. Compiles in the kernel and, behind test/kmod/barriers.h, in user space, where threads hammer it
 * and a model tries everything that a weakly ordered machine may do with it.
 *
 * One writer at a time: the caller holds the channel's lock.
 */
#ifndef VIGIA_SNAPSHOT_H
#define VIGIA_SNAPSHOT_H

#ifdef __KERNEL__
#include <asm/barrier.h>
#include <linux/compiler.h>
#endif
#include <vigia/file.h>

/* The slot that holds the newest snapshot, or VIGIA_NO_SLOT. For the writer itself. */
static inline uint32_t vigia_snapshot_newest(const struct vigia_file_header *header)
{
	return header->current_slot; /* only ever written under the caller's lock */
}

/* The slot that has been left alone for longest. */
static inline uint32_t vigia_snapshot_next(const struct vigia_file_header *header)
{
	uint32_t newest = vigia_snapshot_newest(header);

	return newest < VIGIA_SLOT_COUNT ? (newest + 1) % VIGIA_SLOT_COUNT : 0;
}

static inline struct vigia_slot *vigia_snapshot_slot(const struct vigia_file_header *header,
						     uint32_t index)
{
	return (struct vigia_slot *)((uintptr_t)header + header->slots_offset_bytes +
				     index * header->slot_size_bytes);
}

/* Closes the slot to readers. From here on its bytes may change. */
static inline void vigia_snapshot_begin(struct vigia_slot *slot)
{
	WRITE_ONCE(slot->sequence, slot->sequence + 1);
	/*
	 * The odd sequence before every byte of the new snapshot. Pairs with the acquire fence in
	 * vigia_still_valid(): a reader that has seen one of these bytes finds the sequence changed.
	 */
	smp_wmb();
}

/* Opens the slot and makes it the newest. */
static inline void vigia_snapshot_publish(struct vigia_file_header *header, uint32_t index,
					  uint64_t generation)
{
	struct vigia_slot *slot = vigia_snapshot_slot(header, index);

	/*
	 * Every byte of the snapshot before the even sequence. Pairs with the acquire load in
	 * vigia_enter_slot(): a reader that has seen it sees the whole snapshot.
	 */
	smp_store_release(&slot->sequence, slot->sequence + 1);
	/*
	 * The whole slot before the pointer to it. Pairs with the acquire load in vigia_acquire(): a
	 * reader that follows it meets the even sequence or a later one, never the one before.
	 */
	smp_store_release(&header->current_slot, index);
	/* Last, for poll() and for readers that only want to know whether there is something new. */
	smp_store_release(&header->generation, generation);
}

/* Tells readers that nothing will come any more. Pairs with the acquire load in vigia_is_live(). */
static inline void vigia_snapshot_end(struct vigia_file_header *header)
{
	smp_store_release(&header->state, VIGIA_FILE_DEAD);
}

#endif /* VIGIA_SNAPSHOT_H */
