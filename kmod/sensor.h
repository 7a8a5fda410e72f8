/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a sensor is to the core: a file of /proc/vigia, how large it should be, and how to fill it.
 *
 * The core owns the file, the mapping, the three slots, access, ioctls, poll and life and death; a
 * sensor only fills records. A sensor's callbacks run in process context, may sleep, and are never
 * called at the same time for the same sensor: the core holds the channel's lock. None is running,
 * and none will be called again, once vigia_sensor_unregister() has returned.
 */
#ifndef VIGIA_SENSOR_H
#define VIGIA_SENSOR_H

#include <linux/types.h>
#include <vigia/control.h>
#include <vigia/file.h>

struct module;
struct vigia_channel;

/* Of every module: MODULE_VERSION(VIGIA_MODULE_VERSION). The same as CMakeLists.txt says. */
#define VIGIA_MODULE_VERSION "0.1.0"
#define VIGIA_MODULE_VERSION_NUMBER (0 << 16 | 1 << 8 | 0) /* as in vigia_info.writer_version */

/* A slot while its sensor fills it. */
struct vigia_snapshot {
	struct vigia_slot *slot; /* vanished_count, unreadable_count: the sensor's to raise */
	void *region[VIGIA_REGION_COUNT];  /* first record of each region; NULL if unused */
	u32 capacity[VIGIA_REGION_COUNT];  /* records that fit */
	u32 count[VIGIA_REGION_COUNT];     /* records written: set by the sensor */
	u32 truncated[VIGIA_REGION_COUNT]; /* records that did not fit: set by the sensor */
	const struct vigia_slot *previous; /* the newest published slot of this image, or NULL */
	const void *previous_region[VIGIA_REGION_COUNT];
};

struct vigia_sensor {
	const char *name;     /* of the file below /proc/vigia */
	struct module *owner; /* THIS_MODULE, which says its MODULE_VERSION */
	u32 kind;             /* enum vigia_file_kind */
	u64 features;
	/* The stride of each region: 0 unused, 1 text, else sizeof a record. */
	u32 record_size_bytes[VIGIA_REGION_COUNT];
	/* The file never grows beyond these. */
	u32 limit[VIGIA_REGION_COUNT];

	/*
	 * How many records each region should have room for, with reserve, in a file that is made
	 * now. Called when the file is first opened, and when it is opened after a snapshot did not
	 * fit; the core raises the answer to what did not fit and lowers it to the limits.
	 */
	void (*plan)(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT]);
	/*
	 * Writes one snapshot. The slot may hold an older snapshot: every byte of a record is
	 * written, also of reserved fields. Allocates nothing; gives way to others (cond_resched)
	 * between batches.
	 */
	void (*fill)(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot);
	/* VIGIA_IOC_PROCESS, or NULL. 0 or a negative errno. Not under the channel's lock. */
	int (*query)(struct vigia_sensor *sensor, struct vigia_process_query *query);
	/*
	 * Makes the sensor's own working memory (indexes, scratch) fit these capacities, before the
	 * core makes the image; the only place where a sensor may allocate. 0 or -ENOMEM, which the
	 * opener gets. NULL if there is nothing to prepare. The sensor frees that memory after
	 * vigia_sensor_unregister().
	 */
	int (*prepare)(struct vigia_sensor *sensor, const u32 capacity[VIGIA_REGION_COUNT]);

	struct vigia_channel *channel; /* the core's */
};

/* Makes the file. Process context. 0, -EEXIST (a file of this name is there), -ENOMEM. */
int vigia_sensor_register(struct vigia_sensor *sensor);

/*
 * Marks the file dead, wakes its pollers, removes it, waits for every running callback, and lets go
 * of the memory; mappings keep their pages. Process context, sleeps.
 */
void vigia_sensor_unregister(struct vigia_sensor *sensor);

/* Is told of every sensor that comes (or goes) from here on, in its process; NULL: of none. */
typedef void (*vigia_sensor_listener)(const char *name, u32 kind, bool comes);
void vigia_sensor_listen(vigia_sensor_listener listener);

#endif /* VIGIA_SENSOR_H */
