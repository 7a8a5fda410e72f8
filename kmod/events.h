/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of vigia_events.ko share: the rings, and how a record begins.
 */
#ifndef VIGIA_EVENTS_MODULE_H
#define VIGIA_EVENTS_MODULE_H

#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>
#include <vigia/events.h>

#include "compat.h"
#include "hierarchy.h"
#include "rings.h"

extern struct vigia_rings vigia_events;

#ifdef CONFIG_CGROUPS
/* Whose cgroups the records name; looked up again when a cgroup comes, as a v1 host mounts late. */
extern struct vigia_hierarchy vigia_events_hierarchy;

/* Under RCU. */
static __always_inline u64 vigia_event_cgroup_of(struct task_struct *task)
{
	return cgroup_id(vigia_hierarchy_cgroup(&vigia_events_hierarchy, task));
}
#define VIGIA_EVENT_HAS_CGROUP VIGIA_EVENT_VALID_CGROUP
#else
static __always_inline u64 vigia_event_cgroup_of(struct task_struct *task)
{
	return 0;
}
#define VIGIA_EVENT_HAS_CGROUP 0
#endif

/*
 * Sets what all records have but the sequence, for the process of `task`. Under RCU, and between
 * vigia_rings_begin() and vigia_rings_commit(). The clock may be read in any context.
 */
static __always_inline void vigia_event_start(struct vigia_event *event, u16 kind,
					      struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	event->time_ns = ktime_get_mono_fast_ns();
	event->kind = kind;
	event->cpu = smp_processor_id();
	event->valid =
		VIGIA_EVENT_VALID_PARENT | VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_HAS_CGROUP;
	event->pid = task->tgid;
	event->parent_pid = rcu_dereference(leader->real_parent)->tgid;
	event->start_time_ns = leader->start_boottime;
	event->cgroup_id = vigia_event_cgroup_of(task);
}

/* The same for what is about no process: it names the one that did it. */
static __always_inline void vigia_event_start_by(struct vigia_event *event, u16 kind)
{
	vigia_event_start(event, kind, current);
	event->valid &= ~VIGIA_EVENT_VALID_CGROUP;
	event->cgroup_id = 0;
}

/* Under RCU. The initial user namespace's ids are the kernel's own. */
static __always_inline u32 vigia_event_uid(struct task_struct *task)
{
	return __kuid_val(rcu_dereference(task->real_cred)->uid);
}

/* events_exit.c */
void vigia_event_exit(struct task_struct *task);

#endif /* VIGIA_EVENTS_MODULE_H */
