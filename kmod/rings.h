/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file of rings, as vigia/events.h lays it out: its memory, its file in /proc/vigia, and who is woken
 * when. What is written into it is its owner's; how, is vigia/events_writer.h's.
 *
 * The kernel keeps no state of a reader but how much was announced when it last asked. Who polls is woken
 * by a deadline after the first record that was not announced, or when a quarter of a ring is new, never
 * by each record: a writer only looks at one word.
 */
#ifndef VIGIA_RINGS_H
#define VIGIA_RINGS_H

#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <vigia/events_writer.h>

struct module;
struct proc_dir_entry;
struct vigia_doorbell;

struct vigia_rings {
	const char *name;     /* of the file below /proc/vigia */
	struct module *owner; /* THIS_MODULE, which says its MODULE_VERSION */
	u64 features;
	u32 capacity; /* records per ring: what is wanted; lowered to the limits */

	/* the core's */
	struct vigia_ring_writer __percpu *writers;
	unsigned long __percpu *committed; /* records that are whole */
	unsigned long announce_mask;       /* of a record's number: time to announce at once */
	unsigned long is_armed;            /* an announcement is under way */
	struct vigia_file_header *header;
	struct proc_dir_entry *entry;
	struct vigia_doorbell *doorbell;
	struct irq_work arming;
	struct irq_work announcing;
	struct delayed_work deadline;
	spinlock_t lock;     /* guards the rest; taken in interrupts */
	u64 announced_count; /* whole records of all rings */
	u64 generation;      /* as in the header */
};

/*
 * Makes the rings, one for every CPU that may come online, and their file. Process context. -EINVAL,
 * -ENOMEM. All memory that this file will ever need is allocated here.
 */
int vigia_rings_register(struct vigia_rings *rings);

/*
 * Marks the file dead, wakes its pollers, removes it, and lets go of the memory; mappings keep their pages.
 * The caller has made sure that nobody writes any more, so that what a reader of a dead file finds is all.
 * Process context, sleeps.
 */
void vigia_rings_unregister(struct vigia_rings *rings);

/* Lets readers know before the deadline is over. From any context. */
void vigia_rings_arm(struct vigia_rings *rings);

/* Begins a record on this CPU. Preemption is off, and stays so until vigia_rings_commit() has been called. */
static __always_inline struct vigia_event *vigia_rings_begin(struct vigia_rings *rings, u64 *number)
{
	return vigia_ring_begin(this_cpu_ptr(rings->writers), number);
}

static __always_inline void vigia_rings_commit(struct vigia_rings *rings, struct vigia_event *event,
					       u64 number)
{
	vigia_ring_commit(event, number);
	this_cpu_inc(*rings->committed);
	/*
	 * The record before the look whether somebody will announce it. Pairs with smp_mb() in
	 * vigia_rings_deadline(): either that one sees the record, or this one sees that nobody will.
	 */
	smp_mb();
	if (unlikely(!READ_ONCE(rings->is_armed)))
		vigia_rings_arm(rings);
	if (unlikely(!((number + 1) & rings->announce_mask)))
		irq_work_queue(&rings->announcing);
}

#endif /* VIGIA_RINGS_H */
