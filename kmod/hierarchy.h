/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which hierarchy of control groups the records follow, and where a task is in it.
 *
 * The default (v2) hierarchy, if it has more cgroups than its root: a v2 host, or a hybrid one, where
 * the init system and the container engines also make every cgroup there. On a v1 host the first of the
 * hierarchies of memory, pids, cpuacct and cpu that has more than its root. Named hierarchies
 * (name=systemd) cannot be reached from a module: no exported symbol leads to them.
 */
#ifndef VIGIA_HIERARCHY_H
#define VIGIA_HIERARCHY_H

#include <linux/cgroup.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <vigia/info.h>

struct vigia_hierarchy {
	int subsystem; /* whose hierarchy it is; VIGIA_HIERARCHY_DEFAULT: the v2 one */
	u32 mode;      /* enum vigia_cgroup_mode */
};

#define VIGIA_HIERARCHY_DEFAULT (-1)

#ifdef CONFIG_CGROUPS

/* The root of a controller's hierarchy. Under RCU. */
static inline struct cgroup *vigia_controller_root(int subsystem)
{
	/* task 0 never leaves the roots */
	struct css_set *roots =
		rcu_dereference_check(init_task.cgroups, rcu_read_lock_sched_held());

	return READ_ONCE(READ_ONCE(roots->subsys[subsystem])->cgroup);
}

/* Whether a controller is bound to a v1 hierarchy, and whether that has been put to use. Under RCU. */
static inline bool vigia_controller_is_v1(int subsystem, bool *used)
{
	struct cgroup *root = vigia_controller_root(subsystem);

	*used = atomic_read(&root->root->nr_cgrps) > 1;
	return root->root != &cgrp_dfl_root;
}

/* Looks at the host as it is now; a snapshot does so once. */
static inline struct vigia_hierarchy vigia_hierarchy_find(void)
{
	static const int followed[] = {
#ifdef CONFIG_MEMCG
		memory_cgrp_id,
#endif
#ifdef CONFIG_CGROUP_PIDS
		pids_cgrp_id,
#endif
#ifdef CONFIG_CGROUP_CPUACCT
		cpuacct_cgrp_id,
#endif
#ifdef CONFIG_CGROUP_SCHED
		cpu_cgrp_id,
#endif
	};
	struct vigia_hierarchy hierarchy = { VIGIA_HIERARCHY_DEFAULT, VIGIA_CGROUP_V2 };
	bool is_used, has_v1 = false;
	int i, used_v1 = VIGIA_HIERARCHY_DEFAULT;

	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(followed); i++) {
		if (!vigia_controller_is_v1(followed[i], &is_used))
			continue;
		has_v1 = true;
		if (is_used && used_v1 == VIGIA_HIERARCHY_DEFAULT)
			used_v1 = followed[i];
	}
	rcu_read_unlock();

	if (!has_v1)
		return hierarchy;
	hierarchy.mode = VIGIA_CGROUP_HYBRID;
	if (atomic_read(&cgrp_dfl_root.nr_cgrps) > 1)
		return hierarchy;
	hierarchy.mode = VIGIA_CGROUP_V1;
	hierarchy.subsystem = used_v1;
	return hierarchy;
}

/* The hierarchy's root. Under RCU. */
static inline struct cgroup *vigia_hierarchy_root(const struct vigia_hierarchy *hierarchy)
{
	const int subsystem = READ_ONCE(hierarchy->subsystem); /* may change; see events_probes.c */

	if (subsystem == VIGIA_HIERARCHY_DEFAULT)
		return &cgrp_dfl_root.cgrp;
	return vigia_controller_root(subsystem);
}

/* The cgroup that a task is in. Under RCU, or with preemption off: a cgroup that it has just left is kept. */
static __always_inline struct cgroup *
vigia_hierarchy_cgroup(const struct vigia_hierarchy *hierarchy, struct task_struct *task)
{
	struct css_set *set = rcu_dereference_check(task->cgroups, rcu_read_lock_sched_held());
	const int subsystem = READ_ONCE(hierarchy->subsystem);

	if (likely(subsystem == VIGIA_HIERARCHY_DEFAULT))
		return set->dfl_cgrp;
	return READ_ONCE(READ_ONCE(set->subsys[subsystem])->cgroup);
}

#endif /* CONFIG_CGROUPS */

#endif /* VIGIA_HIERARCHY_H */
