// SPDX-License-Identifier: GPL-2.0
/*
 * CPU time of each cgroup with all its descendants, as cpu.stat shows it, but without the flush that
 * reading cpu.stat causes: that is not exported, and takes a lock of the whole host.
 *
 * The kernel counts per CPU and cgroup, and adds up when somebody flushes: each CPU's count since the
 * last flush moves to its cgroup, and what that has gained moves on to the parent. So a cgroup's time is
 * what was flushed to it, and what has not left it or any of its descendants since:
 *
 *	own(c)   = bstat(c) + unflushed(c)
 *	total(c) = own(c) + sum over all descendants d of (own(d) - passed(d))
 *
 * where passed(d) is what d's parent has got. Time moves only upward, and the walk goes only downward: an
 * amount that a flush moves meanwhile can be missed, but never counts twice. Missing one is noticed,
 * because then the bstat of an entry has changed behind the walk, and the walk is done again; what is
 * still missed after the last try is made up for by the previous snapshot, because a cgroup's time never
 * falls.
 */
#include <linux/kernel_stat.h>
#include <linux/math64.h>
#include <linux/u64_stats_sync.h>
#include "cgroups.h"
#include "cgroups_walk.h"
#include "compat.h"

#define VIGIA_CPU_WALKS 3
/* One CPU's counts of one cgroup. */
#define VIGIA_CPU_INSTRUCTIONS 20

static void vigia_cputime_add(struct vigia_cgroup_cputime *sum,
			      const struct vigia_cgroup_cputime *more)
{
	sum->runtime_ns += more->runtime_ns;
	sum->user_ns += more->user_ns;
	sum->system_ns += more->system_ns;
}

static void vigia_cputime_subtract(struct vigia_cgroup_cputime *sum,
				   const struct vigia_cgroup_cputime *less)
{
	sum->runtime_ns -= less->runtime_ns;
	sum->user_ns -= less->user_ns;
	sum->system_ns -= less->system_ns;
}

static struct vigia_cgroup_cputime vigia_cputime(const struct cgroup_base_stat *stat)
{
	return (struct vigia_cgroup_cputime){
		.runtime_ns = READ_ONCE(stat->cputime.sum_exec_runtime),
		.user_ns = READ_ONCE(stat->cputime.utime),
		.system_ns = READ_ONCE(stat->cputime.stime),
	};
}

/* What a CPU counted for a cgroup since the last flush. */
static struct vigia_cgroup_cputime vigia_cputime_unflushed(struct cgroup *cgroup, int cpu)
{
	struct cgroup_rstat_base_cpu *counts = per_cpu_ptr(cgroup->rstat_base_cpu, cpu);
	struct vigia_cgroup_cputime flushed = vigia_cputime(&counts->last_bstat);
	struct vigia_cgroup_cputime now;
	unsigned int sequence;

	smp_rmb(); /* a flush in between makes `now` larger, not `flushed`: see the head of this file */
	do {
		sequence = u64_stats_fetch_begin(&counts->bsync);
		now = vigia_cputime(&counts->bstat);
	} while (u64_stats_fetch_retry(&counts->bsync, sequence));
	vigia_cputime_subtract(&now, &flushed);
	return now;
}

/* Everything that was ever added to a cgroup, by its tasks and from below, and what its parent has of it. */
static struct vigia_cgroup_cputime vigia_cputime_own(struct cgroup *cgroup,
						     struct vigia_cgroup_cputime *passed)
{
	struct vigia_cgroup_cputime sum;
	int cpu;

	*passed = vigia_cputime(&cgroup->last_bstat);
	smp_rmb(); /* as in vigia_cputime_unflushed() */
	sum = vigia_cputime(&cgroup->bstat);
	smp_rmb(); /* as in vigia_cputime_unflushed() */
	for_each_possible_cpu(cpu)
	{
		struct vigia_cgroup_cputime unflushed = vigia_cputime_unflushed(cgroup, cpu);

		vigia_cputime_add(&sum, &unflushed);
	}
	return sum;
}

/* The root has no counts of its own: its time is that of the CPUs, in ticks or not as they count. */
static struct vigia_cgroup_cputime vigia_cputime_of_host(void)
{
	struct vigia_cgroup_cputime sum = {};
	int cpu;

	for_each_possible_cpu(cpu)
	{
		const u64 *state = kcpustat_cpu(cpu).cpustat;

		sum.user_ns += READ_ONCE(state[CPUTIME_USER]) + READ_ONCE(state[CPUTIME_NICE]);
		sum.system_ns += READ_ONCE(state[CPUTIME_SYSTEM]) + READ_ONCE(state[CPUTIME_IRQ]) +
				 READ_ONCE(state[CPUTIME_SOFTIRQ]);
	}
	sum.runtime_ns = sum.user_ns + sum.system_ns;
	return sum;
}

/* Adds what a cgroup that is no entry has not passed on to the nearest entry above it. */
static void vigia_cgroups_add_cpu(struct vigia_cgroup_set *set, struct cgroup *cgroup, u32 above)
{
	struct vigia_cgroup_cputime passed;
	struct vigia_cgroup_cputime own = vigia_cputime_own(cgroup, &passed);

	vigia_cputime_subtract(&own, &passed);
	while (above && !cgroup_is_descendant(cgroup, set->entry[above].cgroup))
		above = set->entry[above].parent;
	vigia_cputime_add(&set->entry[above].cputime, &own);
}

/*
 * Walks the hierarchy once more. The entries are pinned, so they come in their order; between them come
 * cgroups without a process, whose time belongs to the nearest entry above.
 */
static void vigia_cgroups_walk_cpu(struct vigia_cgroup_set *set)
{
	struct vigia_css_walk walk;
	struct cgroup_subsys_state *css;
	u32 next = 1;

	vigia_css_walk_begin(&walk, &set->entry[0].cgroup->self);
	while ((css = vigia_css_walk_next(&walk))) {
		struct cgroup *cgroup = css->cgroup;
		struct vigia_cgroup_entry *entry = &set->entry[next];

		if (css == walk.root)
			continue;
		vigia_css_walk_spend(&walk, num_possible_cpus() * VIGIA_CPU_INSTRUCTIONS);
		if (next == set->count || entry->cgroup != cgroup) {
			vigia_cgroups_add_cpu(set, cgroup, next - 1);
			continue;
		}
		entry->flushed_ns = READ_ONCE(cgroup->bstat.cputime.sum_exec_runtime);
		entry->cputime = vigia_cputime_own(cgroup, &entry->passed);
		next++;
	}
	vigia_css_walk_end(&walk);
}

/* Whether a flush has moved time to an entry since the walk passed it. */
static bool vigia_cgroups_flushed(struct vigia_cgroup_set *set)
{
	u32 i;

	for (i = 1; i < set->count; i++) {
		const struct cgroup *cgroup = set->entry[i].cgroup;

		if (READ_ONCE(cgroup->bstat.cputime.sum_exec_runtime) != set->entry[i].flushed_ns)
			return true;
		vigia_cgroups_pause(i);
	}
	return false;
}

/* From each entry to its parent: what the parent has not got yet. */
static void vigia_cgroups_fold_cpu(struct vigia_cgroup_set *set)
{
	u32 i;

	for (i = set->count; i-- > 1;) {
		struct vigia_cgroup_entry *entry = &set->entry[i];
		struct vigia_cgroup_cputime more = entry->cputime;

		vigia_cputime_subtract(&more, &entry->passed);
		vigia_cputime_add(&set->entry[entry->parent].cputime, &more);
		vigia_cgroups_pause(i);
	}
	set->entry[0].cputime = vigia_cputime_of_host();
}

/*
 * The exact runtime, split in the proportion of the sampled user and system times, as cpu.stat does it:
 * neither part ever falls below what was last shown there.
 */
static void vigia_cgroups_split_cpu(struct cgroup *cgroup, struct vigia_cgroup_cputime *time)
{
	u64 shown_user_ns = READ_ONCE(cgroup->prev_cputime.utime);
	u64 shown_system_ns = READ_ONCE(cgroup->prev_cputime.stime);

	if (shown_user_ns + shown_system_ns >= time->runtime_ns) {
		time->user_ns = shown_user_ns;
		time->system_ns = shown_system_ns;
		return;
	}
	/* a division that overflows is fatal: no part may be larger than the whole */
	if ((s64)time->user_ns <= 0)
		time->user_ns = 0;
	if ((s64)time->system_ns <= 0)
		time->system_ns = 0;
	else
		time->system_ns = mul_u64_u64_div_u64(time->system_ns, time->runtime_ns,
						      time->user_ns + time->system_ns);
	time->system_ns = max(time->system_ns, shown_system_ns);
	time->user_ns = time->runtime_ns - time->system_ns;
	if (time->user_ns < shown_user_ns) {
		time->user_ns = shown_user_ns;
		time->system_ns = time->runtime_ns - time->user_ns;
	}
}

static void vigia_cgroups_write_cpu(struct vigia_cgroup_entry *entry)
{
	const struct vigia_cgroup *previous = entry->previous;
	struct vigia_cgroup *record = entry->record;

	if (cgroup_parent(entry->cgroup))
		vigia_cgroups_split_cpu(entry->cgroup, &entry->cputime);
	record->cpu_usage_ns = entry->cputime.runtime_ns;
	record->cpu_user_ns = entry->cputime.user_ns;
	record->cpu_system_ns = entry->cputime.system_ns;
	if (previous) {
		record->cpu_usage_ns = max(record->cpu_usage_ns, previous->cpu_usage_ns);
		record->cpu_user_ns = max(record->cpu_user_ns, previous->cpu_user_ns);
		record->cpu_system_ns = max(record->cpu_system_ns, previous->cpu_system_ns);
	}
	record->valid |= VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_CPU_SPLIT;
}

void vigia_cgroups_read_cpu(struct vigia_cgroup_set *set)
{
	u32 i, walks = 0;

	/* only the default hierarchy counts so; and without its root there is nowhere to begin */
	if (!set->count || !vigia_is_on_default(set->entry[0].cgroup) ||
	    cgroup_parent(set->entry[0].cgroup))
		return;
	do {
		vigia_cgroups_walk_cpu(set);
	} while (vigia_cgroups_flushed(set) && ++walks < VIGIA_CPU_WALKS);
	vigia_cgroups_fold_cpu(set);
	for (i = 0; i < set->count; i++) {
		vigia_cgroups_write_cpu(&set->entry[i]);
		vigia_cgroups_pause(i);
	}
}
