/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of one file: header and three slots, as vigia/file.h lays them out. Made when a file is
 * opened first, replaced by a larger one when a snapshot did not fit, gone when nobody has it any more.
 *
 * Pages are from vmalloc_user() and enter mappings one by one, each with a reference of its own: they
 * outlive the image, and this module, for as long as somebody maps them.
 */
#ifndef VIGIA_IMAGE_H
#define VIGIA_IMAGE_H

#include <linux/kref.h>
#include <vigia/file.h>

struct vigia_sensor;
struct vm_area_struct;

struct vigia_image {
	struct kref references; /* the channel's, and one of every open file */
	struct vigia_file_header *header;
	u64 size_bytes; /* total_size_bytes: the header in memory is only for readers */
};

/* How many records each region has, and what the writer calls itself. */
struct vigia_image_plan {
	u32 capacity[VIGIA_REGION_COUNT];
	u64 writer_instance;
	u64 layout_generation;
};

/* Bytes of a file with these capacities. */
u64 vigia_image_size_bytes(const struct vigia_sensor *sensor,
			   const u32 capacity[VIGIA_REGION_COUNT]);

/* With one reference. NULL: no memory. */
struct vigia_image *vigia_image_make(const struct vigia_sensor *sensor,
				     const struct vigia_image_plan *plan);
struct vigia_image *vigia_image_get(struct vigia_image *image);
void vigia_image_put(struct vigia_image *image);

/* For good. The caller holds the channel's lock. */
void vigia_image_end(struct vigia_image *image);
bool vigia_image_is_dead(const struct vigia_image *image);

/* True if no process maps the header. The caller makes sure that nobody can map it now. */
bool vigia_image_is_unmapped(const struct vigia_image *image);

/*
 * Maps a part of `size_bytes` bytes from vmalloc_user() for reading, and for nothing else, for good.
 */
int vigia_memory_map(void *memory, u64 size_bytes, struct vm_area_struct *vma);

/* The same of the image. */
int vigia_image_map(const struct vigia_image *image, struct vm_area_struct *vma);

#endif /* VIGIA_IMAGE_H */
