/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of vigia_cgroups.ko share: the cgroups of the snapshot under way, and the passes that
 * fill their records.
 *
 * A snapshot is made in passes. The first walks the hierarchy and pins every populated cgroup: entries
 * come in the order of the walk, parents before their children, so that sums over descendants are one
 * loop from the last entry to the first. Every later pass is a loop over pinned entries, or a walk that
 * meets them in the same order. The last one lets go of the pins.
 *
 * All of it is the fill()'s alone: the core calls one at a time.
 */
#ifndef VIGIA_CGROUPS_INTERNAL_H
#define VIGIA_CGROUPS_INTERNAL_H

#include <linux/types.h>
#include <vigia/cgroups.h>
#include "hierarchy.h"
#include "sensor.h"

struct ns_common;

enum vigia_controller {
	VIGIA_CONTROLLER_CPU,
	VIGIA_CONTROLLER_CPUACCT, /* only where its v1 hierarchy stands for the default one */
	VIGIA_CONTROLLER_MEMORY,
	VIGIA_CONTROLLER_PIDS,
	VIGIA_CONTROLLER_COUNT,
};

struct vigia_cgroup_cputime {
	u64 runtime_ns;
	u64 user_ns;
	u64 system_ns;
};

/* One cgroup of the snapshot. */
struct vigia_cgroup_entry {
	struct cgroup *cgroup; /* pinned */
	struct vigia_cgroup *record;
	const struct vigia_cgroup *previous; /* of this cgroup in the newest snapshot, or NULL */
	u32 parent; /* index of the nearest entry above it; the root is its own */
	u32 path_offset_bytes;
	u32 path_size_bytes;
	u32 process_count;
	u64 thread_count;    /* of its processes; then with descendants */
	u32 asked_processes; /* for the v1 controllers' css and for namespaces */
	struct cgroup_subsys_state *css[VIGIA_CONTROLLER_COUNT]; /* pinned, or NULL: not there */
	struct vigia_namespaces namespaces;
	struct ns_common *mount_namespace;   /* a reference, or NULL: no namespaces known */
	struct vigia_cgroup_cputime cputime; /* in the end with descendants */
	struct vigia_cgroup_cputime passed;  /* of it, what the parent's counts have already */
	u64 flushed_ns; /* the kernel's own sum when the CPU walk passed: see cgroups_cpu.c */
	u64 inactive_file_pages; /* with descendants */
};

/* What entries are sorted and found by. */
struct vigia_cgroup_key {
	u64 id;    /* of the cgroup; or a css, as a number */
	u32 index; /* of the entry */
};

struct vigia_cgroup_set {
	struct vigia_hierarchy hierarchy; /* as it was when the snapshot began */
	struct vigia_snapshot *snapshot;
	struct vigia_cgroup_entry *entry;
	struct vigia_cgroup_key *key; /* sorted by id: one per entry, in the order of the records */
	struct vigia_cgroup_key *memory_key; /* sorted by the css of the memory controller */
	struct vigia_cgroup_key *scratch;
	char *text; /* VIGIA_CGROUP_SCRATCH_BYTES */
	u32 count;
	u32 capacity;
	u32 turn; /* counts snapshots */
};

#define VIGIA_CGROUP_SCRATCH_BYTES PAGE_SIZE
/* Room for text per cgroup that a new file has. */
#define VIGIA_PATH_BYTES 192
/* Loops over entries give way after this many; a pass costs up to some hundred instructions each. */
#define VIGIA_CGROUP_BATCH 64

/* Whether a cgroup is in the default (v2) hierarchy. */
static inline bool vigia_is_on_default(const struct cgroup *cgroup)
{
	return cgroup->root == &cgrp_dfl_root;
}

/* In a loop over entries. Process context, no lock held. */
static inline void vigia_cgroups_pause(u32 i)
{
	if (i % VIGIA_CGROUP_BATCH == VIGIA_CGROUP_BATCH - 1)
		cond_resched();
}

/* cgroups_collect.c: the first pass and the last. */
int vigia_cgroups_reserve(struct vigia_cgroup_set *set, u32 capacity);
void vigia_cgroups_free(struct vigia_cgroup_set *set);
void vigia_cgroups_collect(struct vigia_cgroup_set *set);
void vigia_cgroups_release(struct vigia_cgroup_set *set);

/* cgroups_sort.c */
void vigia_cgroups_sort(struct vigia_cgroup_key **key, struct vigia_cgroup_key **scratch,
			u32 count);
u32 vigia_cgroups_search(const struct vigia_cgroup_key *key, u32 count, u64 id);

#define VIGIA_NO_ENTRY U32_MAX

/* The entry of a cgroup, or NULL. */
static inline struct vigia_cgroup_entry *vigia_cgroups_find(struct vigia_cgroup_set *set, u64 id)
{
	u32 index = vigia_cgroups_search(set->key, set->count, id);

	return index == VIGIA_NO_ENTRY ? NULL : &set->entry[index];
}

/* cgroups_controllers.c: before, in and after the walk over the processes (that one under RCU) */
void vigia_cgroups_pin_controllers(struct vigia_cgroup_set *set);
void vigia_cgroups_pin_controllers_of(struct vigia_cgroup_set *set,
				      struct vigia_cgroup_entry *entry, struct task_struct *task);
void vigia_cgroups_pin_parents(struct vigia_cgroup_set *set);

/* cgroups_processes.c */
void vigia_cgroups_count_processes(struct vigia_cgroup_set *set);

/* cgroups_namespaces.c */
int vigia_cgroups_namespaces_init(void);
void vigia_cgroups_get_namespaces(struct vigia_cgroup_entry *entry, struct task_struct *task);
void vigia_cgroups_put_namespaces(struct vigia_cgroup_entry *entry);

/* cgroups_cpu.c, cgroups_limits.c, cgroups_memory.c, cgroups_pressure.c: the values */
void vigia_cgroups_read_cpu(struct vigia_cgroup_set *set);
void vigia_cgroups_limits_init(void);
void vigia_cgroups_read_limits(struct vigia_cgroup_set *set);
void vigia_cgroups_read_memory(struct vigia_cgroup_set *set);
void vigia_cgroups_read_pressure(struct vigia_cgroup_set *set);

#endif /* VIGIA_CGROUPS_INTERNAL_H */
