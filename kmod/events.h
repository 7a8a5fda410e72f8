/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of vigia_events.ko share: the rings, and how a record begins.
 */
#ifndef VIGIA_EVENTS_MODULE_H
#define VIGIA_EVENTS_MODULE_H

#include <linux/cred.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
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

/* With preemption off. */
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
 * When a record is made: never before the last one of this CPU, but for interrupts in between. The clock may
 * be read in any context.
 */
DECLARE_PER_CPU(u64, vigia_events_last_ns);

static __always_inline u64 vigia_event_now_ns(void)
{
	u64 now_ns = ktime_get_mono_fast_ns();

	__this_cpu_write(vigia_events_last_ns, now_ns);
	return now_ns;
}

/* The same of what has been timed by the kernel, a little earlier: that clock need not be read. */
static __always_inline u64 vigia_event_timed_ns(u64 time_ns)
{
	time_ns = max(time_ns, __this_cpu_read(vigia_events_last_ns));
	__this_cpu_write(vigia_events_last_ns, time_ns);
	return time_ns;
}

/* Around every record that a probe writes. RCU waits for what is between, too. */
static __always_inline struct vigia_event *vigia_probe_begin(u64 *number)
{
	if (!VIGIA_PROBES_ARE_ATOMIC)
		preempt_disable_notrace();
	return vigia_rings_begin(&vigia_events, number);
}

static __always_inline void vigia_probe_commit(struct vigia_event *event, u64 number)
{
	vigia_rings_commit(&vigia_events, event, number);
	if (!VIGIA_PROBES_ARE_ATOMIC)
		preempt_enable_notrace();
}

#define VIGIA_EVENT_VALID_START                                                                    \
	(VIGIA_EVENT_VALID_PARENT | VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_HAS_CGROUP)

/*
 * Sets what all records have but the sequence, for the process of `task` and its `leader`: `valid` is what
 * comes to VIGIA_EVENT_VALID_START. With preemption off.
 */
static __always_inline void vigia_event_start(struct vigia_event *event, u16 kind, u32 valid,
					      u64 time_ns, struct task_struct *task,
					      struct task_struct *leader)
{
	event->time_ns = time_ns;
	event->kind = kind;
	event->cpu = smp_processor_id();
	event->valid = VIGIA_EVENT_VALID_START | valid;
	event->pid = task->tgid;
	event->parent_pid = rcu_dereference_sched(leader->real_parent)->tgid;
	event->start_time_ns = leader->start_boottime;
	event->cgroup_id = vigia_event_cgroup_of(task);
}

/* The same for what is about no process: it names the one that did it. */
static __always_inline void vigia_event_start_by(struct vigia_event *event, u16 kind, u32 valid)
{
	vigia_event_start(event, kind, valid, vigia_event_now_ns(), current, current->group_leader);
	event->valid = (VIGIA_EVENT_VALID_START & ~VIGIA_EVENT_VALID_CGROUP) | valid;
	event->cgroup_id = 0;
}

/* With preemption off. The initial user namespace's ids are the kernel's own. */
static __always_inline u32 vigia_event_uid(struct task_struct *task)
{
	return __kuid_val(rcu_dereference_sched(task->real_cred)->uid);
}

/* events_exit.c: the probes of sched_process_exit, until 6.15 and since */
void vigia_on_exit(void *data, struct task_struct *task);
void vigia_on_last_exit(void *data, struct task_struct *task, bool group_dead);

#endif /* VIGIA_EVENTS_MODULE_H */
