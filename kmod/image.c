// SPDX-License-Identifier: GPL-2.0
#include "image.h"

#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "sensor.h"
#include "snapshot.h"

/* The slots begin on a page, so that the header's page holds nothing that the walks write. */
#define VIGIA_SLOTS_OFFSET_BYTES PAGE_SIZE

/* Where the regions lie in a slot. Returns the slot's size. */
static u64 vigia_slot_layout(const struct vigia_sensor *sensor,
			     const u32 capacity[VIGIA_REGION_COUNT],
			     struct vigia_region regions[VIGIA_REGION_COUNT])
{
	u64 end = sizeof(struct vigia_slot);
	unsigned int i;

	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		struct vigia_region *region = &regions[i];

		*region = (struct vigia_region){};
		if (!sensor->record_size_bytes[i])
			continue;
		region->offset_bytes = end;
		region->record_size_bytes = sensor->record_size_bytes[i];
		region->record_capacity = capacity[i];
		end = ALIGN(end + (u64)region->record_size_bytes * region->record_capacity, 8);
	}
	return ALIGN(end, SMP_CACHE_BYTES);
}

u64 vigia_image_size_bytes(const struct vigia_sensor *sensor,
			   const u32 capacity[VIGIA_REGION_COUNT])
{
	struct vigia_region regions[VIGIA_REGION_COUNT];

	return VIGIA_SLOTS_OFFSET_BYTES +
	       VIGIA_SLOT_COUNT * vigia_slot_layout(sensor, capacity, regions);
}

static void vigia_image_describe(struct vigia_file_header *header,
				 const struct vigia_sensor *sensor,
				 const struct vigia_image_plan *plan)
{
	*header = (struct vigia_file_header){
		.magic = VIGIA_FILE_MAGIC,
		.endian_tag = VIGIA_ENDIAN_TAG,
		.file_kind = sensor->kind,
		.abi_version = VIGIA_ABI_VERSION,
		.abi_compatible = VIGIA_ABI_COMPATIBLE,
		.header_size_bytes = sizeof(*header),
		.writer_kind = VIGIA_WRITER_KERNEL,
		.features = sensor->features,
		.writer_instance = plan->writer_instance,
		.layout_generation = plan->layout_generation,
		.slots_offset_bytes = VIGIA_SLOTS_OFFSET_BYTES,
		.slot_count = VIGIA_SLOT_COUNT,
		.slot_header_size_bytes = sizeof(struct vigia_slot),
		.state = VIGIA_FILE_LIVE,
		.current_slot = VIGIA_NO_SLOT,
	};
	header->slot_size_bytes = vigia_slot_layout(sensor, plan->capacity, header->regions);
	header->total_size_bytes = vigia_image_size_bytes(sensor, plan->capacity);
}

struct vigia_image *vigia_image_make(const struct vigia_sensor *sensor,
				     const struct vigia_image_plan *plan)
{
	struct vigia_image *image = kzalloc(sizeof(*image), GFP_KERNEL);

	if (!image)
		return NULL;
	kref_init(&image->references);
	image->size_bytes = vigia_image_size_bytes(sensor, plan->capacity);
	image->header = vmalloc_user(image->size_bytes);
	if (!image->header) {
		kfree(image);
		return NULL;
	}
	vigia_image_describe(image->header, sensor, plan);
	return image;
}

struct vigia_image *vigia_image_get(struct vigia_image *image)
{
	kref_get(&image->references);
	return image;
}

static void vigia_image_free(struct kref *references)
{
	struct vigia_image *image = container_of(references, struct vigia_image, references);

	vfree(image->header); /* lets go of the pages; who maps them keeps them */
	kfree(image);
}

void vigia_image_put(struct vigia_image *image)
{
	kref_put(&image->references, vigia_image_free);
}

void vigia_image_end(struct vigia_image *image)
{
	vigia_snapshot_end(image->header);
}

bool vigia_image_is_dead(const struct vigia_image *image)
{
	return READ_ONCE(image->header->state) == VIGIA_FILE_DEAD;
}

bool vigia_image_is_unmapped(const struct vigia_image *image)
{
	return page_count(vmalloc_to_page(image->header)) == 1; /* vmalloc's own reference */
}

int vigia_memory_map(void *memory, u64 size_bytes, struct vm_area_struct *vma)
{
	u64 pages = PAGE_ALIGN(size_bytes) >> PAGE_SHIFT;

	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EACCES;
	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	/* mprotect() cannot give later what is refused now. */
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	return remap_vmalloc_range(vma, memory, vma->vm_pgoff);
}

int vigia_image_map(const struct vigia_image *image, struct vm_area_struct *vma)
{
	return vigia_memory_map(image->header, image->size_bytes, vma);
}
