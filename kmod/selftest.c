// SPDX-License-Identifier: GPL-2.0
/*
 * A channel without a file, and a sensor that writes as many records as it is told. Each row of the
 * table is one step: what the sensor is given to write, and what has to be true afterwards.
 */
#include "selftest.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <vigia/control.h>

#include "channel.h"
#include "image.h"
#include "refresh.h"
#include "sensor.h"
#include "snapshot.h"

#define RECORD_SIZE_BYTES 16
#define TEXT_SIZE_BYTES 5 /* per record: odd, so that the layout has to align */
#define PLANNED_RECORDS 4
#define LIMIT_RECORDS 20

static u32 records_there; /* that the sensor finds */

static void selftest_plan(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT])
{
	capacity[0] = PLANNED_RECORDS;
	capacity[2] = PLANNED_RECORDS * TEXT_SIZE_BYTES;
}

/* Every record says which one it is, and of which snapshot. */
static void selftest_fill(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot)
{
	u64 *record = snapshot->region[0];
	u32 i;

	snapshot->count[0] = min(records_there, snapshot->capacity[0]);
	snapshot->truncated[0] = records_there - snapshot->count[0];
	snapshot->count[2] = min(snapshot->count[0] * TEXT_SIZE_BYTES, snapshot->capacity[2]);
	for (i = 0; i < snapshot->count[0]; i++) {
		record[2 * i] = i;
		record[2 * i + 1] = snapshot->slot->generation;
	}
	memset(snapshot->region[2], (u8)snapshot->slot->generation, snapshot->count[2]);
}

static struct vigia_sensor selftest_sensor = {
	.name = "selftest",
	.owner = THIS_MODULE,
	.kind = VIGIA_FILE_INFO,
	.record_size_bytes = { [0] = RECORD_SIZE_BYTES, [2] = 1 },
	.limit = { [0] = LIMIT_RECORDS, [2] = LIMIT_RECORDS * TEXT_SIZE_BYTES },
	.plan = selftest_plan,
	.fill = selftest_fill,
};

struct selftest_step {
	u32 records;    /* in: that there are */
	u64 max_age_ns; /* in */
	bool reopens;   /* in: opens the file again first */
	int error;      /* of the refresh */
	bool walked;
	u32 count;
	u32 truncated;
	bool is_dead; /* the image, afterwards */
};

static const struct selftest_step steps[] = {
	/* the first three fill the three slots; the next ones reuse them */
	{ .records = 3, .walked = true, .count = 3 },
	{ .records = 4, .walked = true, .count = 4 },
	{ .records = 0, .walked = true },
	{ .records = 1, .walked = true, .count = 1 },
	{ .records = 4, .walked = true, .count = 4 },
	/* a young one is shared */
	{ .records = 2, .max_age_ns = U64_MAX, .count = 4 },
	{ .records = 2, .max_age_ns = 1, .walked = true, .count = 2 },
	/* too many: says so, and ends the image, which then refuses */
	{ .records = 9, .walked = true, .count = 4, .truncated = 5, .is_dead = true },
	{ .records = 9, .error = -ESTALE, .is_dead = true },
	/* a new one has room for them, and a reserve: 9 + 9 / 4 = 11 */
	{ .records = 9, .reopens = true, .walked = true, .count = 9 },
	{ .records = 11, .walked = true, .count = 11 },
	{ .records = 12, .walked = true, .count = 11, .truncated = 1, .is_dead = true },
	{ .records = 19,
	  .reopens = true,
	  .walked = true,
	  .count = 15,
	  .truncated = 4,
	  .is_dead = true },
	/* at the limit it stays as it is */
	{ .records = 19, .reopens = true, .walked = true, .count = 19 },
	{ .records = 25, .walked = true, .count = 20, .truncated = 5 },
	{ .records = 7, .walked = true, .count = 7 },
};

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			pr_err("selftest: line %d: not %s\n", __LINE__, #condition);               \
			return false;                                                              \
		}                                                                                  \
	} while (0)

static bool selftest_layout_is_sound(const struct vigia_image *image)
{
	const struct vigia_file_header *header = image->header;
	const struct vigia_region *records = &header->regions[0], *text = &header->regions[2];

	EXPECT(header->magic == VIGIA_FILE_MAGIC && header->state == VIGIA_FILE_LIVE);
	EXPECT(header->current_slot == VIGIA_NO_SLOT && header->generation == 0);
	EXPECT(header->slots_offset_bytes >= sizeof(*header) && header->slot_size_bytes % 8 == 0);
	EXPECT(header->slots_offset_bytes + VIGIA_SLOT_COUNT * header->slot_size_bytes ==
	       header->total_size_bytes);
	EXPECT(header->total_size_bytes == image->size_bytes);
	EXPECT(records->offset_bytes == sizeof(struct vigia_slot));
	EXPECT(text->offset_bytes % 8 == 0);
	EXPECT(text->offset_bytes >=
	       records->offset_bytes + (u64)RECORD_SIZE_BYTES * records->record_capacity);
	EXPECT(text->offset_bytes + text->record_capacity <= header->slot_size_bytes);
	EXPECT(!memchr_inv(&header->regions[1], 0, sizeof(header->regions[1])));
	return true;
}

/* The newest snapshot is the one that the step has made, from its first byte to its last. */
static bool selftest_snapshot_is_whole(const struct vigia_image *image,
				       const struct selftest_step *step, u64 generation)
{
	const struct vigia_file_header *header = image->header;
	const struct vigia_slot *slot = vigia_snapshot_slot(header, header->current_slot);
	const u64 *record = (const void *)slot + header->regions[0].offset_bytes;
	u32 i;

	EXPECT(slot->sequence % 2 == 0 && slot->sequence > 0);
	EXPECT(slot->generation == generation && header->generation == generation);
	EXPECT(slot->record_count[0] == step->count && slot->truncated_count[0] == step->truncated);
	EXPECT(slot->begin_monotonic_ns <= slot->end_monotonic_ns);
	for (i = 0; i < slot->record_count[0]; i++)
		EXPECT(record[2 * i] == i && record[2 * i + 1] == generation);
	return true;
}

static bool selftest_step(struct vigia_channel *channel, struct vigia_image *image,
			  const struct selftest_step *step)
{
	struct vigia_refresh refresh = { .max_age_ns = step->max_age_ns };
	u64 before = channel->generation;
	u32 slot = image->header->current_slot;
	int error;

	records_there = step->records;
	error = vigia_channel_refresh(channel, image, &refresh);
	EXPECT(error == step->error);
	EXPECT(vigia_image_is_dead(image) == step->is_dead);
	if (error)
		return true;
	EXPECT(refresh.walked == step->walked);
	EXPECT(refresh.generation == before + step->walked);
	if (step->walked)
		EXPECT(image->header->current_slot ==
		       (slot == VIGIA_NO_SLOT ? 0 : (slot + 1) % VIGIA_SLOT_COUNT));
	return selftest_snapshot_is_whole(image, step, refresh.generation);
}

static bool selftest_reopen(struct vigia_channel *channel, struct vigia_image **image)
{
	u64 layout_generation = channel->layout_generation;

	if (*image)
		vigia_channel_close(channel, *image);
	*image = vigia_channel_open(channel);
	if (IS_ERR(*image)) {
		*image = NULL;
		return false;
	}
	EXPECT(channel->layout_generation == layout_generation + 1);
	return selftest_layout_is_sound(*image);
}

static bool selftest_steps(struct vigia_channel *channel, struct vigia_image **image)
{
	unsigned int i;

	if (!selftest_reopen(channel, image))
		return false;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if ((steps[i].reopens && !selftest_reopen(channel, image)) ||
		    !selftest_step(channel, *image, &steps[i])) {
			pr_err("selftest: step %u failed\n", i);
			return false;
		}
	}
	return true;
}

/* The sensor leaves: the image is dead, and there will be no other. */
static bool selftest_end(struct vigia_channel *channel, struct vigia_image *image)
{
	struct vigia_refresh refresh = { .max_age_ns = U64_MAX };

	vigia_channel_end(channel);
	EXPECT(vigia_image_is_dead(image));
	EXPECT(vigia_channel_refresh(channel, image, &refresh) == -ESTALE);
	EXPECT(vigia_channel_open(channel) == ERR_PTR(-ENOENT));
	return true;
}

bool vigia_selftest(void)
{
	const struct vigia_channel_start start = { .writer_instance = 1, .generation = 41 };
	struct vigia_channel *channel = vigia_channel_make(&selftest_sensor, &start);
	struct vigia_image *image = NULL;
	bool is_good;

	if (!channel)
		return false;
	is_good = selftest_steps(channel, &image) && selftest_end(channel, image);
	vigia_channel_end(channel);
	if (image)
		vigia_channel_close(channel, image);
	vigia_refresh_forget(channel);
	vigia_channel_free(channel);
	pr_info("selftest: %s\n", is_good ? "passed" : "FAILED");
	return is_good;
}
