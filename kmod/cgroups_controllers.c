// SPDX-License-Identifier: GPL-2.0
/*
 * The css of each cgroup's controllers, where their values are.
 *
 * In the default hierarchy a cgroup has them itself. Where a controller lives in a v1 hierarchy, a
 * process of the cgroup leads to the css that it is in there, and that is taken only if its path is the
 * same: then it is the cgroup that the init system or the container engine made beside this one.
 */
#include <linux/string.h>
#include "cgroups.h"
#include "compat.h"

/* Not there if the kernel was built without. */
#define VIGIA_NO_SUBSYSTEM (-1)

static const int vigia_subsystem[VIGIA_CONTROLLER_COUNT] = {
#ifdef CONFIG_CGROUP_SCHED
	[VIGIA_CONTROLLER_CPU] = cpu_cgrp_id,
#else
	[VIGIA_CONTROLLER_CPU] = VIGIA_NO_SUBSYSTEM,
#endif
#ifdef CONFIG_CGROUP_CPUACCT
	[VIGIA_CONTROLLER_CPUACCT] = cpuacct_cgrp_id,
#else
	[VIGIA_CONTROLLER_CPUACCT] = VIGIA_NO_SUBSYSTEM,
#endif
#ifdef CONFIG_MEMCG
	[VIGIA_CONTROLLER_MEMORY] = memory_cgrp_id,
#else
	[VIGIA_CONTROLLER_MEMORY] = VIGIA_NO_SUBSYSTEM,
#endif
#ifdef CONFIG_CGROUP_PIDS
	[VIGIA_CONTROLLER_PIDS] = pids_cgrp_id,
#else
	[VIGIA_CONTROLLER_PIDS] = VIGIA_NO_SUBSYSTEM,
#endif
};

/* Pins a css for an entry. Under RCU. */
static void vigia_cgroups_pin(struct vigia_cgroup_entry *entry, u32 controller,
			      struct cgroup_subsys_state *css)
{
	if (css && css_tryget(css))
		entry->css[controller] = css;
}

static bool vigia_cgroups_has_path(struct vigia_cgroup_set *set, struct vigia_cgroup_entry *entry,
				   struct cgroup *cgroup)
{
	const char *text = set->snapshot->region[VIGIA_CGROUPS_REGION_TEXT];
	int size;

	if (cgroup == entry->cgroup)
		return true;
	if (cgroup->level != entry->cgroup->level)
		return false;
	size = cgroup_path(cgroup, set->text, VIGIA_CGROUP_SCRATCH_BYTES);
	return size > 0 && (u32)size == entry->path_size_bytes &&
	       !memcmp(set->text, text + entry->path_offset_bytes, size);
}

void vigia_cgroups_pin_controllers_of(struct vigia_cgroup_set *set,
				      struct vigia_cgroup_entry *entry, struct task_struct *task)
{
	struct css_set *css_set = rcu_dereference(task->cgroups);
	u32 c;

	if (set->hierarchy.mode == VIGIA_CGROUP_V2)
		return;
	for (c = 0; c < VIGIA_CONTROLLER_COUNT; c++) {
		struct cgroup_subsys_state *css;

		if (vigia_subsystem[c] == VIGIA_NO_SUBSYSTEM || entry->css[c])
			continue;
		css = READ_ONCE(css_set->subsys[vigia_subsystem[c]]);
		/* a controller of the default hierarchy was pinned by the other way, if it is there */
		if (!vigia_is_on_default(css->cgroup) &&
		    vigia_cgroups_has_path(set, entry, css->cgroup))
			vigia_cgroups_pin(entry, c, css);
	}
}

/* The controllers that the followed hierarchy itself has. */
void vigia_cgroups_pin_controllers(struct vigia_cgroup_set *set)
{
	u32 i, c;

	for (i = 0; i < set->count; i++) {
		struct vigia_cgroup_entry *entry = &set->entry[i];

		rcu_read_lock();
		for (c = 0; c < VIGIA_CONTROLLER_COUNT; c++) {
			if (vigia_subsystem[c] != VIGIA_NO_SUBSYSTEM)
				vigia_cgroups_pin(
					entry, c,
					rcu_dereference(entry->cgroup->subsys[vigia_subsystem[c]]));
		}
		rcu_read_unlock();
		vigia_cgroups_pause(i);
	}
}

/*
 * Cgroups without processes of their own get theirs from below: the parents of two cgroups with the same
 * path have the same path. A child's reference keeps its parent, so that it can be taken again.
 */
void vigia_cgroups_pin_parents(struct vigia_cgroup_set *set)
{
	u32 i, c;

	for (i = set->count; i-- > 1;) {
		struct vigia_cgroup_entry *entry = &set->entry[i];
		struct vigia_cgroup_entry *parent = &set->entry[entry->parent];

		for (c = 0; c < VIGIA_CONTROLLER_COUNT; c++) {
			struct cgroup_subsys_state *css = entry->css[c];

			if (css && css->parent && !parent->css[c] &&
			    css->parent->cgroup->level == parent->cgroup->level) {
				css_get(css->parent);
				parent->css[c] = css->parent;
			}
		}
		vigia_cgroups_pause(i);
	}
}
