/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel is one sensor's file: its image, its walks, its numbers. What processes do with the file
 * is file.h's; the memory is image.h's.
 */
#ifndef VIGIA_CHANNEL_H
#define VIGIA_CHANNEL_H

#include <linux/mutex.h>
#include <vigia/control.h>

#include "doorbell.h"
#include "image.h"
#include "sensor.h"

struct vigia_channel {
	struct vigia_sensor *sensor;
	struct proc_dir_entry *entry;
	struct vigia_doorbell *doorbell;
	u64 writer_instance;

	struct mutex lock;              /* held during a walk; guards everything below */
	struct vigia_image *image;      /* where the next walk writes; NULL if nobody reads */
	bool is_leaving;                /* the sensor is being unregistered: no new image */
	u32 needed[VIGIA_REGION_COUNT]; /* records of the last walk, with those that did not fit */
	u64 generation;
	u64 layout_generation;
	u64 walk_count;
	u64 walk_duration_ns;
	u64 longest_walk_ns;
	u64 last_walk_ns;
};

/* Where a new channel begins to count. */
struct vigia_channel_start {
	u64 writer_instance;
	u64 generation;
	u64 layout_generation;
};

/* What pollers are told. */
#define VIGIA_EVENTS_NEW (EPOLLIN | EPOLLRDNORM)
#define VIGIA_EVENTS_DEAD (EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR)

/* NULL: no memory. */
struct vigia_channel *vigia_channel_make(struct vigia_sensor *sensor,
					 const struct vigia_channel_start *start);
/* Marks the file dead and tells everybody. From here on opening it fails. */
void vigia_channel_end(struct vigia_channel *channel);
/* After vigia_channel_end(), when its file is gone and no callback runs any more. Sleeps. */
void vigia_channel_free(struct vigia_channel *channel);

/* The image that walks write to now, made if need be, with a reference. ERR_PTR: -EINTR, -ENOENT, -ENOMEM. */
struct vigia_image *vigia_channel_open(struct vigia_channel *channel);
void vigia_channel_close(struct vigia_channel *channel, struct vigia_image *image);

/* Ends the image that walks write to, if there is one: its readers open the file again. Under the lock. */
void vigia_channel_end_image(struct vigia_channel *channel);

/* VIGIA_IOC_DESCRIBE. -EINTR; -ESTALE: walks do not write to `image` any more. */
int vigia_channel_describe(struct vigia_channel *channel, struct vigia_image *image,
			   struct vigia_description *description);

#endif /* VIGIA_CHANNEL_H */
