// SPDX-License-Identifier: GPL-2.0
/*
 * Sorts keys by id, and finds them: a merge sort of the ascending runs that are there already. Ids grow
 * with every cgroup that is made, and siblings come in the order in which they were made: the walk's order
 * has few and long runs. The kernel's own sort() does not give way.
 */
#include <linux/minmax.h>
#include <linux/sched.h>
#include "cgroups.h"

/* Steps between two chances to reschedule: each costs about ten instructions. */
#define VIGIA_SORT_BATCH 1024

struct vigia_sort {
	const struct vigia_cgroup_key *from;
	struct vigia_cgroup_key *to;
	u32 count;
	u32 steps; /* since the last pause */
};

static void vigia_sort_step(struct vigia_sort *sort)
{
	if (++sort->steps == VIGIA_SORT_BATCH) {
		sort->steps = 0;
		cond_resched();
	}
}

/* Where the ascending run that begins at `begin` ends. */
static u32 vigia_sort_run(struct vigia_sort *sort, u32 begin)
{
	u32 end = min(begin + 1, sort->count);

	while (end < sort->count && sort->from[end - 1].id <= sort->from[end].id) {
		vigia_sort_step(sort);
		end++;
	}
	return end;
}

static void vigia_sort_merge(struct vigia_sort *sort, u32 left, u32 middle, u32 end)
{
	u32 right = middle;
	u32 out = left;

	while (out < end) {
		bool take_left = right == end ||
				 (left < middle && sort->from[left].id <= sort->from[right].id);

		sort->to[out++] = take_left ? sort->from[left++] : sort->from[right++];
		vigia_sort_step(sort);
	}
}

/* Merges neighbouring runs once. True if that leaves a single one. */
static bool vigia_sort_pass(struct vigia_sort *sort)
{
	u32 begin = 0;
	u32 runs = 0;

	while (begin < sort->count) {
		u32 middle = vigia_sort_run(sort, begin);
		u32 end = vigia_sort_run(sort, middle);

		vigia_sort_merge(sort, begin, middle, end);
		begin = end;
		runs++;
	}
	return runs <= 1;
}

/* Sorts *key; both pointers may change places. */
void vigia_cgroups_sort(struct vigia_cgroup_key **key, struct vigia_cgroup_key **scratch, u32 count)
{
	bool sorted;

	do {
		struct vigia_sort sort = { *key, *scratch, count, 0 };

		sorted = vigia_sort_pass(&sort);
		swap(*key, *scratch);
	} while (!sorted);
}

/* The index that belongs to an id, or VIGIA_NO_ENTRY. */
u32 vigia_cgroups_search(const struct vigia_cgroup_key *key, u32 count, u64 id)
{
	u32 low = 0;
	u32 high = count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (key[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && key[low].id == id ? key[low].index : VIGIA_NO_ENTRY;
}
