// SPDX-License-Identifier: GPL-2.0
#include "registry.h"

#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/random.h>
#include <linux/string.h>

#include "access.h"
#include "channel.h"
#include "file.h"
#include "image.h"
#include "limits.h"
#include "refresh.h"
#include "sensor.h"

/* Guards everything below. */
static DEFINE_MUTEX(registry_lock);
static struct vigia_channel *registry[VIGIA_LIMIT_FILES];
/* Of this load of the core; and how far the channels that left have counted. */
static struct vigia_channel_start start;

void vigia_registry_init(void)
{
	do {
		start.writer_instance = get_random_u64();
	} while (!start.writer_instance);
}

/* Told of every sensor that comes or goes; NULL: nobody wants to know. */
static vigia_sensor_listener listener;

struct vigia_channel_start vigia_registry_start(void)
{
	struct vigia_channel_start now;

	mutex_lock(&registry_lock);
	now = start;
	mutex_unlock(&registry_lock);
	return now;
}

void vigia_registry_advance(u64 generation, u64 layout_generation)
{
	mutex_lock(&registry_lock);
	start.generation = max(start.generation, generation);
	start.layout_generation = max(start.layout_generation, layout_generation);
	mutex_unlock(&registry_lock);
}

void vigia_sensor_listen(vigia_sensor_listener new_listener)
{
	mutex_lock(&registry_lock);
	listener = new_listener;
	mutex_unlock(&registry_lock);
}
EXPORT_SYMBOL_GPL(vigia_sensor_listen);

/* False if the sensor asks for something that no image can hold. */
static bool vigia_sensor_is_sound(const struct vigia_sensor *sensor)
{
	unsigned int i;

	if (!sensor->owner || !sensor->owner->version)
		return false;
	if (!sensor->plan || !sensor->fill || !sensor->record_size_bytes[0])
		return false;
	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		u32 size_bytes = sensor->record_size_bytes[i];

		if (!size_bytes != !sensor->limit[i] || size_bytes > VIGIA_LIMIT_RECORD_BYTES)
			return false;
		if (size_bytes > 1 && size_bytes % 8 != 0)
			return false;
	}
	return vigia_image_size_bytes(sensor, sensor->limit) <= VIGIA_LIMIT_FILE_BYTES;
}

/* A free place for a sensor of this name, or NULL with *error set. */
static struct vigia_channel **vigia_registry_place(const struct vigia_sensor *sensor, int *error)
{
	struct vigia_channel **place = NULL;
	unsigned int i;

	lockdep_assert_held(&registry_lock);
	*error = -ENOSPC;
	for (i = 0; i < VIGIA_LIMIT_FILES; i++) {
		if (!registry[i]) {
			place = place ?: &registry[i];
		} else if (!strcmp(registry[i]->sensor->name, sensor->name)) {
			*error = -EEXIST;
			return NULL;
		}
	}
	return place;
}

static int vigia_registry_add(struct vigia_sensor *sensor)
{
	struct vigia_channel **place;
	struct vigia_channel *channel;
	int error;

	lockdep_assert_held(&registry_lock);
	place = vigia_registry_place(sensor, &error);
	if (!place)
		return error;
	channel = vigia_channel_make(sensor, &start);
	if (!channel)
		return -ENOMEM;
	sensor->channel = channel;
	channel->entry = vigia_directory_add(sensor->name, &vigia_file_ops, channel);
	if (!channel->entry) {
		vigia_channel_free(channel);
		return -ENOMEM;
	}
	*place = channel;
	if (listener)
		listener(sensor->name, sensor->kind, true);
	return 0;
}

int vigia_sensor_register(struct vigia_sensor *sensor)
{
	int error;

	if (WARN_ON_ONCE(!vigia_sensor_is_sound(sensor)))
		return -EINVAL;
	mutex_lock(&registry_lock);
	error = vigia_registry_add(sensor);
	mutex_unlock(&registry_lock);
	return error;
}
EXPORT_SYMBOL_GPL(vigia_sensor_register);

/* A file that comes back under this name goes on counting where this one ends. */
static void vigia_registry_remove(const struct vigia_channel *channel)
{
	unsigned int i;

	vigia_registry_advance(channel->generation, channel->layout_generation);
	mutex_lock(&registry_lock);
	for (i = 0; i < VIGIA_LIMIT_FILES; i++)
		if (registry[i] == channel)
			registry[i] = NULL;
	if (listener)
		listener(channel->sensor->name, channel->sensor->kind, false);
	mutex_unlock(&registry_lock);
}

void vigia_sensor_unregister(struct vigia_sensor *sensor)
{
	struct vigia_channel *channel = sensor->channel;

	vigia_channel_end(channel);
	/*
	 * Waits for every call that is running in the file, and closes it for all who have it open. No
	 * callback begins after this.
	 */
	proc_remove(channel->entry);
	vigia_registry_remove(channel);
	vigia_refresh_forget(channel);
	vigia_channel_free(channel);
	sensor->channel = NULL;
}
EXPORT_SYMBOL_GPL(vigia_sensor_unregister);
