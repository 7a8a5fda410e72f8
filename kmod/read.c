// SPDX-License-Identifier: GPL-2.0
/*
 * read(): the bytes of the mapping, one whole snapshot at a time.
 */
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <vigia/control.h>

#include "image.h"
#include "limits.h"
#include "opener.h"
#include "refresh.h"
#include "snapshot.h"

/* False if the snapshot that the header names has been overwritten by now. */
static bool vigia_read_is_whole(const struct vigia_opener *opener)
{
	const struct vigia_file_header *header = &opener->header;

	if (header->current_slot == VIGIA_NO_SLOT)
		return true;
	/* Pairs with smp_wmb() in vigia_snapshot_begin(). */
	smp_rmb();
	return !(opener->sequence & 1) &&
	       READ_ONCE(vigia_snapshot_slot(opener->image->header, header->current_slot)
				 ->sequence) == opener->sequence;
}

/*
 * Copies the header as it is now, and finds the snapshot that it names. False if it is being overtaken:
 * as vigia_acquire() does.
 */
static bool vigia_read_header(struct vigia_opener *opener)
{
	const struct vigia_file_header *live = opener->image->header;
	struct vigia_file_header *header = &opener->header;
	const struct vigia_slot *slot;

	memcpy(header, live, sizeof(*header));
	/* Pairs with the release store in vigia_snapshot_publish(). */
	header->current_slot = smp_load_acquire(&live->current_slot);
	if (header->current_slot == VIGIA_NO_SLOT)
		return true;
	slot = vigia_snapshot_slot(live, header->current_slot);
	/* Pairs with the release store of the even sequence. */
	opener->sequence = smp_load_acquire(&slot->sequence);
	header->generation = slot->generation;
	return READ_ONCE(live->current_slot) == header->current_slot && vigia_read_is_whole(opener);
}

/*
 * Takes a header for this and the following reads, so that they all give the same snapshot. The first
 * reader of all finds a snapshot, not an empty file.
 */
static int vigia_read_begin(struct vigia_opener *opener)
{
	struct vigia_refresh first = { .max_age_ns = U64_MAX };
	unsigned int attempts = 0;

	lockdep_assert_held(&opener->reading);
	if (READ_ONCE(opener->image->header->current_slot) == VIGIA_NO_SLOT) {
		int error = vigia_channel_refresh(opener->channel, opener->image, &first);

		if (error && error != -ESTALE) /* what is dead stays as it is, and can be read */
			return error;
	}
	do {
		if (attempts++ == VIGIA_LIMIT_READ_ATTEMPTS)
			return -EAGAIN;
	} while (!vigia_read_header(opener));
	opener->has_header = true;
	if (opener->header.current_slot != VIGIA_NO_SLOT)
		WRITE_ONCE(opener->seen_generation, opener->header.generation);
	return 0;
}

/* Copies the image, with the header's copy in the header's place. Returns what was copied. */
static size_t vigia_read_copy(struct vigia_opener *opener, char __user *to, size_t offset,
			      size_t size)
{
	size_t copied = 0;

	while (copied < size) {
		size_t at = offset + copied;
		size_t chunk = min_t(size_t, size - copied, VIGIA_LIMIT_COPY_BYTES);
		const void *from = (void *)opener->image->header + at;

		if (at < sizeof(opener->header)) {
			chunk = min(chunk, sizeof(opener->header) - at);
			from = (void *)&opener->header + at;
		}
		chunk -= copy_to_user(to + copied, from, chunk);
		if (!chunk || fatal_signal_pending(current))
			break;
		copied += chunk;
		cond_resched();
	}
	return copied;
}

static ssize_t vigia_file_read_locked(struct vigia_opener *opener, char __user *to, size_t offset,
				      size_t size)
{
	size_t copied;

	if (offset == 0 || !opener->has_header) {
		int error = vigia_read_begin(opener);

		if (error)
			return error;
	}
	copied = vigia_read_copy(opener, to, offset, size);
	if (!copied)
		return -EFAULT;
	if (offset + copied > sizeof(opener->header) && !vigia_read_is_whole(opener))
		return -EAGAIN;
	return copied;
}

/*
 * Gives the bytes of the file. A reader that begins at offset 0 and goes on gets one whole snapshot,
 * the newest when it began; -EAGAIN if the walks have overtaken it meanwhile: then it has to begin
 * again at offset 0.
 */
ssize_t vigia_file_read(struct file *file, char __user *to, size_t size, loff_t *position)
{
	struct vigia_opener *opener = file->private_data;
	u64 end = opener->image->size_bytes;
	ssize_t result;

	if (*position < 0)
		return -EINVAL;
	if (*position >= end || !size)
		return 0;
	if (mutex_lock_interruptible(&opener->reading))
		return -EINTR;
	result = vigia_file_read_locked(opener, to, *position, min_t(u64, size, end - *position));
	mutex_unlock(&opener->reading);
	if (result > 0)
		*position += result;
	return result;
}
