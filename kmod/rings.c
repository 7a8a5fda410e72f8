// SPDX-License-Identifier: GPL-2.0
#include "rings.h"

#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/vmalloc.h>

#include "access.h"
#include "channel.h"
#include "doorbell.h"
#include "limits.h"
#include "registry.h"
#include "rings_file.h"

/* The rings begin on a page, so that the header's page holds nothing that writers of records touch. */
#define VIGIA_RINGS_OFFSET_BYTES PAGE_SIZE

bool vigia_rings_are_dead(const struct vigia_rings *rings)
{
	return READ_ONCE(rings->header->state) == VIGIA_FILE_DEAD;
}

/*
 * Whole records, not begun ones: a record that is announced before a reader can have it would not be
 * announced again when it can.
 */
static u64 vigia_rings_committed(const struct vigia_rings *rings)
{
	unsigned int cpu;
	u64 sum = 0;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (cpu_possible(cpu))
			sum += READ_ONCE(*per_cpu_ptr(rings->committed, cpu));
	return sum;
}

bool vigia_rings_have_news(struct vigia_rings *rings)
{
	return vigia_rings_committed(rings) != READ_ONCE(rings->announced_count);
}

void vigia_rings_announce_now(struct vigia_rings *rings)
{
	unsigned long flags;
	bool is_new;
	u64 sum;

	spin_lock_irqsave(&rings->lock, flags);
	sum = vigia_rings_committed(rings);
	is_new = sum != rings->announced_count;
	if (is_new) {
		WRITE_ONCE(rings->announced_count, sum);
		vigia_rings_announce(rings->header, ++rings->generation);
	}
	spin_unlock_irqrestore(&rings->lock, flags);
	if (is_new)
		vigia_doorbell_ring(rings->doorbell, VIGIA_EVENTS_NEW);
}

/* A quarter of a ring is new. In an interrupt of our own, so that no writer takes a lock. */
static void vigia_rings_announcing(struct irq_work *work)
{
	vigia_rings_announce_now(container_of(work, struct vigia_rings, announcing));
}

static void vigia_rings_deadline(struct work_struct *work)
{
	struct vigia_rings *rings =
		container_of(to_delayed_work(work), struct vigia_rings, deadline);

	WRITE_ONCE(rings->is_armed, 0);
	smp_mb(); /* pairs with the one in vigia_rings_commit() */
	vigia_rings_announce_now(rings);
}

static void vigia_rings_arming(struct irq_work *work)
{
	struct vigia_rings *rings = container_of(work, struct vigia_rings, arming);

	schedule_delayed_work(&rings->deadline, msecs_to_jiffies(VIGIA_RINGS_DEADLINE_MS));
}

/* Timers and queues have locks, which whoever runs into a tracepoint may hold; an irq_work has none. */
void vigia_rings_arm(struct vigia_rings *rings)
{
	if (!xchg(&rings->is_armed, 1))
		irq_work_queue(&rings->arming);
}
EXPORT_SYMBOL_GPL(vigia_rings_arm);

/* A power of two, within the limits of one ring and of all of them. */
static u32 vigia_rings_capacity(u32 wanted)
{
	u64 limit = VIGIA_LIMIT_RINGS_BYTES / nr_cpu_ids / sizeof(struct vigia_event);
	u32 capacity = clamp_t(u32, wanted, VIGIA_EVENTS_MIN_CAPACITY, VIGIA_LIMIT_RING_RECORDS);

	capacity = roundup_pow_of_two(capacity);
	while (capacity > limit && capacity > VIGIA_EVENTS_MIN_CAPACITY)
		capacity /= 2;
	return capacity;
}

static int vigia_rings_make_memory(struct vigia_rings *rings)
{
	const struct vigia_channel_start start = vigia_registry_start();
	struct vigia_file_header header = {
		.magic = VIGIA_FILE_MAGIC,
		.endian_tag = VIGIA_ENDIAN_TAG,
		.abi_version = VIGIA_ABI_VERSION,
		.abi_compatible = VIGIA_ABI_COMPATIBLE,
		.writer_kind = VIGIA_WRITER_KERNEL,
		.features = rings->features,
		.writer_instance = start.writer_instance,
		.layout_generation = start.layout_generation + 1,
		.generation = start.generation,
		.state = VIGIA_FILE_LIVE,
	};
	unsigned int cpu;
	u64 size_bytes;

	if (nr_cpu_ids > VIGIA_EVENTS_MAX_RINGS)
		return -EINVAL;
	rings->capacity = vigia_rings_capacity(rings->capacity);
	rings->announce_mask = rings->capacity / 4 - 1;
	rings->generation = start.generation;
	size_bytes =
		vigia_rings_lay_out(&header, VIGIA_RINGS_OFFSET_BYTES, nr_cpu_ids, rings->capacity);
	rings->writers = alloc_percpu(struct vigia_ring_writer);
	if (!rings->writers)
		return -ENOMEM;
	rings->committed = alloc_percpu(unsigned long);
	if (!rings->committed)
		goto free_writers;
	rings->header = vmalloc_user(size_bytes);
	if (!rings->header)
		goto free_committed;
	*rings->header = header;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		vigia_ring_at(rings->header, cpu)->cpu = cpu;
		if (cpu_possible(cpu))
			vigia_ring_writer_start(per_cpu_ptr(rings->writers, cpu), rings->header,
						cpu);
	}
	return 0;

free_committed:
	free_percpu(rings->committed);
free_writers:
	free_percpu(rings->writers);
	return -ENOMEM;
}

static void vigia_rings_free_memory(struct vigia_rings *rings)
{
	vfree(rings->header); /* lets go of the pages; who maps them keeps them */
	rings->header = NULL;
	free_percpu(rings->committed);
	free_percpu(rings->writers);
}

int vigia_rings_register(struct vigia_rings *rings)
{
	int error = vigia_rings_make_memory(rings);

	if (error)
		return error;
	spin_lock_init(&rings->lock);
	init_irq_work(&rings->arming, vigia_rings_arming);
	init_irq_work(&rings->announcing, vigia_rings_announcing);
	INIT_DELAYED_WORK(&rings->deadline, vigia_rings_deadline);
	rings->doorbell = vigia_doorbell_make();
	if (!rings->doorbell)
		goto free_memory;
	rings->entry = vigia_directory_add(rings->name, &vigia_rings_ops, rings);
	if (!rings->entry)
		goto destroy_doorbell;
	return 0;

destroy_doorbell:
	vigia_doorbell_destroy(rings->doorbell);
free_memory:
	vigia_rings_free_memory(rings);
	return -ENOMEM;
}
EXPORT_SYMBOL_GPL(vigia_rings_register);

void vigia_rings_unregister(struct vigia_rings *rings)
{
	/* First the readers that only look at their mapping, then those that wait; as in channel.c. */
	vigia_rings_end(rings->header);
	vigia_doorbell_dismiss(rings->doorbell, VIGIA_EVENTS_DEAD);
	/* Waits for every call that is running in the file. None begins after this. */
	proc_remove(rings->entry);
	/* Nobody is left who could arm; what was armed before comes to an end here. */
	irq_work_sync(&rings->arming);
	cancel_delayed_work_sync(&rings->deadline);
	irq_work_sync(&rings->announcing);
	vigia_registry_advance(rings->generation, rings->header->layout_generation);
	vigia_doorbell_destroy(rings->doorbell);
	vigia_rings_free_memory(rings);
}
EXPORT_SYMBOL_GPL(vigia_rings_unregister);
