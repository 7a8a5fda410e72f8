// SPDX-License-Identifier: GPL-2.0
#include "channel.h"

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "limits.h"

struct vigia_channel *vigia_channel_make(struct vigia_sensor *sensor,
					 const struct vigia_channel_start *start)
{
	struct vigia_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);

	if (!channel)
		return NULL;
	mutex_init(&channel->lock);
	channel->sensor = sensor;
	channel->writer_instance = start->writer_instance;
	channel->generation = start->generation;
	channel->layout_generation = start->layout_generation;
	channel->doorbell = vigia_doorbell_make();
	if (!channel->doorbell) {
		mutex_destroy(&channel->lock);
		kfree(channel);
		return NULL;
	}
	return channel;
}

void vigia_channel_end_image(struct vigia_channel *channel)
{
	lockdep_assert_held(&channel->lock);
	if (!channel->image)
		return;
	vigia_image_end(channel->image);
	vigia_image_put(channel->image);
	channel->image = NULL;
}

void vigia_channel_end(struct vigia_channel *channel)
{
	/* First the readers that only look at their mapping ... */
	mutex_lock(&channel->lock);
	channel->is_leaving = true;
	vigia_channel_end_image(channel);
	mutex_unlock(&channel->lock);
	/* ... then those that wait. */
	vigia_doorbell_dismiss(channel->doorbell, VIGIA_EVENTS_DEAD);
}

void vigia_channel_free(struct vigia_channel *channel)
{
	vigia_doorbell_destroy(channel->doorbell);
	mutex_destroy(&channel->lock);
	kfree(channel);
}

/* What the sensor wants, at least what the last walk needed and a reserve, at most the limits. */
static void vigia_channel_plan(struct vigia_channel *channel, u32 capacity[VIGIA_REGION_COUNT])
{
	struct vigia_sensor *sensor = channel->sensor;
	unsigned int i;

	memset(capacity, 0, VIGIA_REGION_COUNT * sizeof(*capacity));
	sensor->plan(sensor, capacity);
	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		u64 needed = channel->needed[i];

		needed += needed / VIGIA_RESERVE_DIVISOR;
		needed = max3(needed, (u64)capacity[i], (u64)1);
		capacity[i] = min_t(u64, needed, sensor->limit[i]);
	}
}

static int vigia_channel_make_image(struct vigia_channel *channel)
{
	struct vigia_sensor *sensor = channel->sensor;
	struct vigia_image_plan plan = {
		.writer_instance = channel->writer_instance,
		.layout_generation = channel->layout_generation + 1,
	};
	struct vigia_image *image;
	int error;

	lockdep_assert_held(&channel->lock);
	vigia_channel_plan(channel, plan.capacity);
	error = sensor->prepare ? sensor->prepare(sensor, plan.capacity) : 0;
	if (error)
		return error;
	image = vigia_image_make(sensor, &plan);
	if (!image)
		return -ENOMEM;
	channel->layout_generation = plan.layout_generation;
	channel->image = image;
	return 0;
}

struct vigia_image *vigia_channel_open(struct vigia_channel *channel)
{
	struct vigia_image *image;
	int error = mutex_lock_interruptible(&channel->lock);

	if (error)
		return ERR_PTR(error);
	if (channel->is_leaving)
		error = -ENOENT;
	else if (!channel->image)
		error = vigia_channel_make_image(channel);
	image = error ? ERR_PTR(error) : vigia_image_get(channel->image);
	mutex_unlock(&channel->lock);
	return image;
}

void vigia_channel_close(struct vigia_channel *channel, struct vigia_image *image)
{
	mutex_lock(&channel->lock);
	vigia_image_put(image);
	/* Only the channel has it left, nobody can map it any more, and nobody does: nobody reads. */
	if (image == channel->image && kref_read(&image->references) == 1 &&
	    vigia_image_is_unmapped(image))
		vigia_channel_end_image(channel);
	mutex_unlock(&channel->lock);
}

int vigia_channel_describe(struct vigia_channel *channel, struct vigia_image *image,
			   struct vigia_description *description)
{
	const struct vigia_sensor *sensor = channel->sensor;

	if (mutex_lock_interruptible(&channel->lock))
		return -EINTR;
	if (channel->image != image) {
		mutex_unlock(&channel->lock);
		return -ESTALE;
	}
	*description = (struct vigia_description){
		.abi_version = VIGIA_ABI_VERSION,
		.abi_compatible = VIGIA_ABI_COMPATIBLE,
		.file_kind = sensor->kind,
		.abilities = VIGIA_DESCRIPTION_REFRESH | VIGIA_DESCRIPTION_POLL |
			     (sensor->query ? VIGIA_DESCRIPTION_PROCESS : 0),
		.writer_instance = channel->writer_instance,
		.layout_generation = channel->layout_generation,
		.total_size_bytes = image->size_bytes,
		.record_limit = sensor->limit[0],
		.walk_count = channel->walk_count,
		.walk_duration_ns = channel->walk_duration_ns,
		.longest_walk_ns = channel->longest_walk_ns,
	};
	strscpy(description->module_version, sensor->owner->version,
		sizeof(description->module_version));
	mutex_unlock(&channel->lock);
	return 0;
}
