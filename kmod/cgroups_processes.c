// SPDX-License-Identifier: GPL-2.0
/*
 * One walk over all processes: how many are in each cgroup, how many threads they have, and what only a
 * process can tell: its namespaces, and on v1 and hybrid hosts where its cgroup's controllers are.
 */
#include <linux/sched/signal.h>
#include "cgroups.h"
#include "walk.h"

/* Processes of one cgroup that are asked for its namespaces and controllers before it goes without. */
#define VIGIA_ASKED_PROCESSES 4
/* Asking one costs as much as this many threads in a batch of the walk. */
#define VIGIA_ASKING_THREADS 40

/* Whether another process could still add something. */
static bool vigia_cgroups_curious(const struct vigia_cgroup_set *set,
				  const struct vigia_cgroup_entry *entry)
{
	if (entry->mount_namespace && set->hierarchy.mode == VIGIA_CGROUP_V2)
		return false;
	return entry->asked_processes < VIGIA_ASKED_PROCESSES;
}

static void vigia_cgroups_ask(struct vigia_cgroup_set *set, struct vigia_cgroup_entry *entry,
			      struct vigia_walk *walk, struct task_struct *leader)
{
	entry->asked_processes++;
	vigia_cgroups_pin_controllers_of(set, entry, leader);
	if (!entry->mount_namespace)
		vigia_cgroups_get_namespaces(entry, leader);
	vigia_walk_charge(walk, pid_nr(vigia_walk_pid(walk)), VIGIA_ASKING_THREADS);
}

/* A zombie's threads still count against the limit, but cgroup.procs does not show it. */
static void vigia_cgroups_count(struct vigia_cgroup_set *set, struct vigia_cgroup_entry *entry,
				struct vigia_walk *walk, struct task_struct *leader)
{
	entry->thread_count += get_nr_threads(leader);
	if (!atomic_read(&leader->signal->live))
		return;
	entry->process_count++;
	if (vigia_cgroups_curious(set, entry))
		vigia_cgroups_ask(set, entry, walk, leader);
}

/* Processes of threaded cgroups are shown in, and counted for, the domain above them. */
static struct cgroup *vigia_cgroups_domain(struct cgroup *cgroup)
{
	return READ_ONCE(cgroup->dom_cgrp);
}

static void vigia_cgroups_walk_processes(struct vigia_cgroup_set *set)
{
	struct vigia_cgroup_entry *entry =
		NULL; /* neighbours by pid are often neighbours by cgroup */
	struct vigia_walk walk;
	struct task_struct *leader;

	vigia_walk_begin(&walk);
	while ((leader = vigia_walk_next(&walk))) {
		struct cgroup *cgroup = vigia_hierarchy_cgroup(&set->hierarchy, leader);

		cgroup = vigia_cgroups_domain(cgroup);
		if (!entry || entry->cgroup != cgroup)
			entry = vigia_cgroups_find(set, cgroup_id(cgroup));
		if (entry)
			vigia_cgroups_count(set, entry, &walk, leader);
	}
	vigia_walk_end(&walk);
}

void vigia_cgroups_count_processes(struct vigia_cgroup_set *set)
{
	u32 i;

	vigia_cgroups_walk_processes(set);
	for (i = set->count; i-- > 0;) {
		struct vigia_cgroup_entry *entry = &set->entry[i];
		struct vigia_cgroup *record = entry->record;

		record->process_count = entry->process_count;
		if (entry->mount_namespace) {
			record->namespaces = entry->namespaces;
			record->valid |= VIGIA_CGROUP_VALID_NAMESPACES;
		}
		/* whole processes are counted, so the threads of a threaded cgroup are not known */
		if (vigia_cgroups_domain(entry->cgroup) == entry->cgroup) {
			record->task_count = entry->thread_count;
			record->valid |= VIGIA_CGROUP_VALID_TASK_COUNT;
		}
		if (i)
			set->entry[entry->parent].thread_count += entry->thread_count;
		vigia_cgroups_pause(i);
	}
}
