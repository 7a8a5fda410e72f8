// SPDX-License-Identifier: GPL-2.0
#include "refresh.h"

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "channel.h"
#include "image.h"
#include "sensor.h"
#include "snapshot.h"

static atomic64_t total_walk_count;
static atomic64_t total_last_walk_ns;
static atomic64_t total_cpu_ns;

struct vigia_refresh_totals vigia_refresh_totals(void)
{
	return (struct vigia_refresh_totals){
		.walk_count = atomic64_read(&total_walk_count),
		.last_walk_ns = atomic64_read(&total_last_walk_ns),
		.cpu_ns = atomic64_read(&total_cpu_ns),
	};
}

static void vigia_snapshot_regions(struct vigia_image *image, struct vigia_slot *slot,
				   void *region[VIGIA_REGION_COUNT])
{
	unsigned int i;

	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		const struct vigia_region *r = &image->header->regions[i];

		region[i] = r->record_size_bytes ? (void *)slot + r->offset_bytes : NULL;
	}
}

static void vigia_snapshot_prepare(struct vigia_image *image, struct vigia_slot *slot,
				   struct vigia_snapshot *snapshot)
{
	u32 newest = vigia_snapshot_newest(image->header);
	unsigned int i;

	*snapshot = (struct vigia_snapshot){ .slot = slot };
	vigia_snapshot_regions(image, slot, snapshot->region);
	for (i = 0; i < VIGIA_REGION_COUNT; i++)
		snapshot->capacity[i] = image->header->regions[i].record_capacity;
	if (newest == VIGIA_NO_SLOT)
		return;
	slot = vigia_snapshot_slot(image->header, newest);
	snapshot->previous = slot;
	vigia_snapshot_regions(image, slot, (void **)snapshot->previous_region);
}

/* Everything in the slot's header that is known before the walk. */
static void vigia_slot_begin(struct vigia_slot *slot, u64 generation)
{
	slot->generation = generation;
	slot->begin_monotonic_ns = ktime_get_ns();
	slot->begin_boottime_ns = ktime_get_boottime_ns();
	slot->begin_realtime_ns = ktime_get_real_ns();
	slot->vanished_count = 0;
	slot->unreadable_count = 0;
}

/* ... and after it. Returns true if a larger file would have held more. */
static bool vigia_slot_end(struct vigia_channel *channel, struct vigia_snapshot *snapshot)
{
	struct vigia_slot *slot = snapshot->slot;
	bool could_be_larger = false;
	unsigned int i;

	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		u32 capacity = snapshot->capacity[i];

		slot->record_count[i] = min(snapshot->count[i], capacity);
		slot->truncated_count[i] = snapshot->truncated[i];
		channel->needed[i] =
			min_t(u64, (u64)slot->record_count[i] + snapshot->truncated[i], U32_MAX);
		if (snapshot->truncated[i] && capacity < channel->sensor->limit[i])
			could_be_larger = true;
	}
	slot->end_monotonic_ns = ktime_get_ns();
	return could_be_larger;
}

/* Time that this task has waited for a CPU: what a walk's duration is longer by than its cost. */
static u64 vigia_run_delay_ns(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

void vigia_refresh_forget(const struct vigia_channel *channel)
{
	atomic64_sub(channel->last_walk_ns, &total_last_walk_ns);
}

static void vigia_channel_account(struct vigia_channel *channel, const struct vigia_slot *slot,
				  u64 delay_ns)
{
	u64 duration_ns = slot->end_monotonic_ns - slot->begin_monotonic_ns;

	channel->walk_count++;
	channel->walk_duration_ns += duration_ns;
	channel->longest_walk_ns = max(channel->longest_walk_ns, duration_ns);
	atomic64_inc(&total_walk_count);
	atomic64_add(duration_ns - channel->last_walk_ns, &total_last_walk_ns);
	atomic64_add(duration_ns - min(delay_ns, duration_ns), &total_cpu_ns);
	channel->last_walk_ns = duration_ns;
}

/* One walk: writes and publishes a snapshot. Allocates nothing. */
static void vigia_channel_walk(struct vigia_channel *channel)
{
	struct vigia_image *image = channel->image;
	u32 index = vigia_snapshot_next(image->header);
	struct vigia_slot *slot = vigia_snapshot_slot(image->header, index);
	u64 delay_ns = vigia_run_delay_ns();
	struct vigia_snapshot snapshot;
	bool could_be_larger;

	lockdep_assert_held(&channel->lock);
	vigia_snapshot_prepare(image, slot, &snapshot);
	vigia_snapshot_begin(slot);
	vigia_slot_begin(slot, ++channel->generation);
	channel->sensor->fill(channel->sensor, &snapshot);
	could_be_larger = vigia_slot_end(channel, &snapshot);
	vigia_snapshot_publish(image->header, index, channel->generation);
	vigia_channel_account(channel, slot, vigia_run_delay_ns() - delay_ns);
	if (could_be_larger)
		vigia_channel_end_image(channel);
	vigia_doorbell_ring(channel->doorbell,
			    could_be_larger ? VIGIA_EVENTS_DEAD : VIGIA_EVENTS_NEW);
}

/* True if the newest snapshot is young enough, or was begun after `called_ns`. */
static bool vigia_channel_is_fresh(const struct vigia_channel *channel, u64 called_ns,
				   u64 max_age_ns)
{
	const struct vigia_file_header *header = channel->image->header;
	u32 newest = vigia_snapshot_newest(header);
	u64 begin_ns;

	if (newest == VIGIA_NO_SLOT)
		return false;
	begin_ns = vigia_snapshot_slot(header, newest)->begin_monotonic_ns;
	return begin_ns >= called_ns || (max_age_ns && ktime_get_ns() - begin_ns <= max_age_ns);
}

/* The newest snapshot's number and age. It is in the image even if the walk has ended the image. */
static void vigia_channel_answer(const struct vigia_image *image, struct vigia_refresh *refresh)
{
	const struct vigia_file_header *header = image->header;
	const struct vigia_slot *slot = vigia_snapshot_slot(header, vigia_snapshot_newest(header));

	refresh->generation = slot->generation;
	refresh->age_ns = ktime_get_ns() - slot->begin_monotonic_ns;
}

int vigia_channel_refresh(struct vigia_channel *channel, struct vigia_image *image,
			  struct vigia_refresh *refresh)
{
	u64 called_ns = ktime_get_ns();

	if (mutex_lock_interruptible(&channel->lock))
		return -EINTR;
	if (channel->image != image) {
		mutex_unlock(&channel->lock);
		return -ESTALE;
	}
	refresh->walked = !vigia_channel_is_fresh(channel, called_ns, refresh->max_age_ns);
	if (refresh->walked)
		vigia_channel_walk(channel);
	vigia_channel_answer(image, refresh);
	mutex_unlock(&channel->lock);
	return 0;
}
