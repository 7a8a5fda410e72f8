// SPDX-License-Identifier: GPL-2.0
/*
 * Weights, quotas and counts whose structs are private to their controllers: the controllers' own read
 * callbacks are asked, those that cgroupfs calls for the files of these names. Each takes a css and
 * returns a number; on 5.10 to 7.2 none of the callbacks named here sleeps, flushes or takes a lock.
 *
 * The numbers behind cpu.stat have no such callback, but cpu has one that writes just these into any
 * seq_file. It is given one over a small buffer of ours.
 */
#include <linux/seq_file.h>
#include <linux/string.h>
#include "cgroups.h"
#include "compat.h"

/* Five lines of a name and a 64-bit number, on the newest kernel. */
#define VIGIA_THROTTLING_BYTES 256

/* Cgroups that have no quota, and had none, are asked about throttling in turn. */
#define VIGIA_THROTTLING_TURNS 16

/* Constant once loaded; NULL: this kernel has no such file. */
static struct cftype *vigia_pids_current;
static struct cftype *vigia_cpu_weight;
static struct cftype *vigia_cpu_shares;
static struct cftype *vigia_cpu_quota;
static struct cftype *vigia_cpu_period;
static struct cftype *vigia_cpuacct_usage;
static struct cftype *vigia_cpuacct_user;
static struct cftype *vigia_cpuacct_system;

static struct cftype *vigia_cftype(struct cftype *files, const char *name)
{
	for (; files && files->name[0]; files++) {
		if (!strcmp(files->name, name) && (files->read_u64 || files->read_s64))
			return files;
	}
	return NULL;
}

/* The subsystem as such, from the css that every task has of it. */
static struct cgroup_subsys *vigia_subsystem_of(int id)
{
	struct cgroup_subsys *subsystem;

	rcu_read_lock();
	subsystem = task_css(current, id)->ss;
	rcu_read_unlock();
	return subsystem;
}

void vigia_cgroups_limits_init(void)
{
	struct cgroup_subsys *subsystem;

#ifdef CONFIG_CGROUP_PIDS
	subsystem = vigia_subsystem_of(pids_cgrp_id);
	vigia_pids_current = vigia_cftype(subsystem->dfl_cftypes, "current");
#endif
#ifdef CONFIG_CGROUP_SCHED
	subsystem = vigia_subsystem_of(cpu_cgrp_id);
	vigia_cpu_weight = vigia_cftype(subsystem->dfl_cftypes, "weight");
	vigia_cpu_shares = vigia_cftype(subsystem->legacy_cftypes, "shares");
	vigia_cpu_quota = vigia_cftype(subsystem->legacy_cftypes, "cfs_quota_us");
	vigia_cpu_period = vigia_cftype(subsystem->legacy_cftypes, "cfs_period_us");
#endif
#ifdef CONFIG_CGROUP_CPUACCT
	subsystem = vigia_subsystem_of(cpuacct_cgrp_id);
	vigia_cpuacct_usage = vigia_cftype(subsystem->legacy_cftypes, "usage");
	vigia_cpuacct_user = vigia_cftype(subsystem->legacy_cftypes, "usage_user");
	vigia_cpuacct_system = vigia_cftype(subsystem->legacy_cftypes, "usage_sys");
#endif
}

static s64 vigia_ask(struct cftype *file, struct cgroup_subsys_state *css)
{
	return file->read_u64 ? (s64)file->read_u64(css, file) : file->read_s64(css, file);
}

static void vigia_read_pids(struct vigia_cgroup *record, struct cgroup_subsys_state *css)
{
	/* also where threads of one process are in different cgroups, unlike the sum over processes */
	record->task_count = vigia_ask(vigia_pids_current, css);
	record->valid |= VIGIA_CGROUP_VALID_TASK_COUNT;
}

static void vigia_read_quota(struct vigia_cgroup *record, struct cgroup_subsys_state *css)
{
	s64 quota_us = vigia_ask(vigia_cpu_quota, css);

	record->cpu_quota_ns = quota_us < 0 ? VIGIA_NO_LIMIT : quota_us * NSEC_PER_USEC;
	record->cpu_period_ns = vigia_ask(vigia_cpu_period, css) * NSEC_PER_USEC;
	record->valid |= VIGIA_CGROUP_VALID_CPU_LIMIT;
}

/* v1's shares, 2 to 262144, onto weights as the OCI runtimes convert them: linearly. */
static u64 vigia_weight_of_shares(u64 shares)
{
	return shares <= 2 ? 1 : 1 + (shares - 2) * 9999 / 262142;
}

static void vigia_read_weight(struct vigia_cgroup *record, struct cgroup_subsys_state *css)
{
	if (vigia_is_on_default(css->cgroup) && vigia_cpu_weight)
		record->cpu_weight = vigia_ask(vigia_cpu_weight, css);
	else if (!vigia_is_on_default(css->cgroup) && vigia_cpu_shares)
		record->cpu_weight = vigia_weight_of_shares(vigia_ask(vigia_cpu_shares, css));
	else
		return;
	record->valid |= VIGIA_CGROUP_VALID_WEIGHT;
}

/* The number behind a name at the beginning of a line. False if it is not there. */
static bool vigia_find_number(const char *text, const char *name, u64 *value)
{
	size_t size = strlen(name);

	while (text && strncmp(text, name, size)) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text && sscanf(text + size, " %llu", value) == 1;
}

static void vigia_read_throttling(struct vigia_cgroup *record, struct cgroup_subsys_state *css)
{
	char text[VIGIA_THROTTLING_BYTES];
	struct seq_file file = { .buf = text, .size = sizeof(text) - 1 };
	u64 throttled_us;

	css->ss->css_extra_stat_show(&file, css);
	text[file.count] = '\0'; /* an overflow sets count to size */
	if (!vigia_find_number(text, "nr_periods", &record->cpu_periods) ||
	    !vigia_find_number(text, "nr_throttled", &record->cpu_throttled_periods) ||
	    !vigia_find_number(text, "throttled_usec", &throttled_us))
		return;
	record->cpu_throttled_ns = throttled_us * NSEC_PER_USEC;
	record->valid |= VIGIA_CGROUP_VALID_THROTTLING;
}

/* Without a quota nothing is throttled: what the newest snapshot says is still so. */
static bool vigia_keep_throttling(struct vigia_cgroup *record, const struct vigia_cgroup *previous)
{
	const u64 needed = VIGIA_CGROUP_VALID_THROTTLING | VIGIA_CGROUP_VALID_CPU_LIMIT;

	if (!previous || (previous->valid & needed) != needed ||
	    previous->cpu_quota_ns != VIGIA_NO_LIMIT || record->cpu_quota_ns != VIGIA_NO_LIMIT)
		return false;
	record->cpu_periods = previous->cpu_periods;
	record->cpu_throttled_periods = previous->cpu_throttled_periods;
	record->cpu_throttled_ns = previous->cpu_throttled_ns;
	record->valid |= VIGIA_CGROUP_VALID_THROTTLING;
	return true;
}

static void vigia_read_cpu_limits(struct vigia_cgroup_entry *entry, bool is_its_turn)
{
	struct cgroup_subsys_state *css = entry->css[VIGIA_CONTROLLER_CPU];
	struct vigia_cgroup *record = entry->record;

	vigia_read_weight(record, css);
	if (vigia_cpu_quota && vigia_cpu_period)
		vigia_read_quota(record, css);
	/* a quota may have come and gone since the newest snapshot */
	if (css->ss->css_extra_stat_show &&
	    (is_its_turn || !vigia_keep_throttling(record, entry->previous)))
		vigia_read_throttling(record, css);
}

static void vigia_read_cpuacct(struct vigia_cgroup *record, struct cgroup_subsys_state *css)
{
	record->cpu_usage_ns = vigia_ask(vigia_cpuacct_usage, css);
	record->valid |= VIGIA_CGROUP_VALID_CPU;
	if (!vigia_cpuacct_user || !vigia_cpuacct_system)
		return;
	record->cpu_user_ns = vigia_ask(vigia_cpuacct_user, css);
	record->cpu_system_ns = vigia_ask(vigia_cpuacct_system, css);
	record->valid |= VIGIA_CGROUP_VALID_CPU_SPLIT;
}

void vigia_cgroups_read_limits(struct vigia_cgroup_set *set)
{
	u32 i;

	for (i = 0; i < set->count; i++) {
		struct vigia_cgroup *record = set->entry[i].record;
		struct cgroup_subsys_state **css = set->entry[i].css;

		if (css[VIGIA_CONTROLLER_PIDS] && vigia_pids_current &&
		    css[VIGIA_CONTROLLER_PIDS]->parent)
			vigia_read_pids(record, css[VIGIA_CONTROLLER_PIDS]);
		/* a root has no limits */
		if (css[VIGIA_CONTROLLER_CPU] && css[VIGIA_CONTROLLER_CPU]->parent)
			vigia_read_cpu_limits(&set->entry[i],
					      (set->turn + i) % VIGIA_THROTTLING_TURNS == 0);
		/* the default hierarchy counts itself: see cgroups_cpu.c */
		if (css[VIGIA_CONTROLLER_CPUACCT] && vigia_cpuacct_usage &&
		    set->hierarchy.mode == VIGIA_CGROUP_V1)
			vigia_read_cpuacct(record, css[VIGIA_CONTROLLER_CPUACCT]);
		vigia_cgroups_pause(i);
	}
}
