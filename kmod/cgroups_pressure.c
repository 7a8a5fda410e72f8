// SPDX-License-Identifier: GPL-2.0
/*
 * Stalled time, as the kernel itself summed it up last: psi_show() would do that again for the figure of
 * this moment, under a mutex, and is not exported.
 */
#include <linux/workqueue.h> /* 7.2's psi_types.h wants it first */

#include <linux/psi_types.h>
#include "cgroups.h"
#include "compat.h"

#ifdef CONFIG_PSI

static u64 vigia_psi_total(const struct psi_group *group, int state)
{
	return READ_ONCE(group->total[PSI_AVGS][state]);
}

static void vigia_cgroups_write_pressure(struct vigia_cgroup *record, const struct psi_group *group,
					 bool is_host)
{
	record->io_pressure.some_ns = vigia_psi_total(group, PSI_IO_SOME);
	record->io_pressure.full_ns = vigia_psi_total(group, PSI_IO_FULL);
	record->memory_pressure.some_ns = vigia_psi_total(group, PSI_MEM_SOME);
	record->memory_pressure.full_ns = vigia_psi_total(group, PSI_MEM_FULL);
	record->cpu_pressure.some_ns = vigia_psi_total(group, PSI_CPU_SOME);
#if VIGIA_HAS_PSI_CPU_FULL
	if (!is_host) /* of the host as a whole it is not defined */
		record->cpu_pressure.full_ns = vigia_psi_total(group, PSI_CPU_FULL);
#endif
	record->valid |= VIGIA_CGROUP_VALID_PRESSURE;
}

/* Psi follows the default hierarchy, whatever the controllers do. */
void vigia_cgroups_read_pressure(struct vigia_cgroup_set *set)
{
	const struct psi_group *host = NULL;
	u32 i;

	if (!set->count || !vigia_is_on_default(set->entry[0].cgroup))
		return;
	for (i = 0; i < set->count; i++) {
		struct vigia_cgroup_entry *entry = &set->entry[i];
		const struct psi_group *group = vigia_cgroup_psi(entry->cgroup);

		if (cgroup_parent(entry->cgroup) && group) {
			vigia_cgroups_write_pressure(entry->record, group, false);
			if (entry->cgroup->level == 1)
				host = vigia_psi_parent(group);
		}
		vigia_cgroups_pause(i);
	}
	/* the host's own group is not exported, but those of the first level lead to it */
	if (host && !cgroup_parent(set->entry[0].cgroup))
		vigia_cgroups_write_pressure(set->entry[0].record, host, true);
}

#else

void vigia_cgroups_read_pressure(struct vigia_cgroup_set *set)
{
}

#endif /* CONFIG_PSI */
