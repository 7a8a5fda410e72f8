// SPDX-License-Identifier: GPL-2.0
/*
 * Memory: counters and limits are exact and in public structs on every kernel; statistics were, until
 * 5.12 (events) and 6.10 (pages). What is left since then is the size of each cgroup's own LRU lists,
 * which is exact: added up over the descendants, it gives the inactive file pages that are not part of
 * the working set.
 */
#include <linux/kernfs.h>
#include <linux/memcontrol.h>
#include <linux/mm_inline.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page_counter.h>
#include "cgroups.h"
#include "cgroups_walk.h"
#include "compat.h"

#ifdef CONFIG_MEMCG

/* What one css of the walk costs: finding its entry, and the lists of each node. */
#define VIGIA_SEARCH_INSTRUCTIONS 150
#define VIGIA_NODE_INSTRUCTIONS 120

static u64 vigia_page_limit(unsigned long pages)
{
	return pages >= PAGE_COUNTER_MAX ? VIGIA_NO_LIMIT : (u64)pages * PAGE_SIZE;
}

static u64 vigia_page_count(struct page_counter *counter)
{
	return (u64)page_counter_read(counter) * PAGE_SIZE;
}

static void vigia_read_counters(struct vigia_cgroup *record, struct mem_cgroup *memcg, bool is_v2)
{
	record->memory_current_bytes = vigia_page_count(&memcg->memory);
	record->memory_limit_bytes = vigia_page_limit(READ_ONCE(memcg->memory.max));
	record->memory_peak_bytes = (u64)READ_ONCE(memcg->memory.watermark) * PAGE_SIZE;
	record->oom_kills = atomic_long_read(&memcg->memory_events[MEMCG_OOM_KILL]);
	record->valid |=
		VIGIA_CGROUP_VALID_MEMORY | VIGIA_CGROUP_VALID_MEMORY_PEAK | VIGIA_CGROUP_VALID_OOM;
	if (is_v2) {
		record->memory_high_bytes = vigia_page_limit(READ_ONCE(memcg->memory.high));
		record->valid |= VIGIA_CGROUP_VALID_MEMORY_HIGH;
	}
}

/*
 * Whether swap is accounted: a choice at boot on older kernels, and then the file is missing. Looked up
 * until a cgroup tells; only the fill() writes it.
 */
static bool vigia_swap_is_counted(struct cgroup_subsys_state *css)
{
	static bool is_known, is_counted;
	struct kernfs_node *file;

	if (is_known || !(css->flags & CSS_VISIBLE))
		return is_counted;
	file = kernfs_find_and_get(css->cgroup->kn, "memory.swap.current");
	is_known = true;
	is_counted = file;
	kernfs_put(file);
	return is_counted;
}

/* v1 counts memory and swap together. */
static void vigia_read_swap(struct vigia_cgroup *record, struct mem_cgroup *memcg)
{
	record->swap_current_bytes = vigia_page_count(&memcg->swap);
	record->swap_limit_bytes = vigia_page_limit(READ_ONCE(memcg->swap.max));
	record->valid |= VIGIA_CGROUP_VALID_SWAP;
}

/* A statistic of a memcg with its descendants; the kernel adds these up itself. */
static u64 vigia_memcg_statistic(struct mem_cgroup *memcg, int item)
{
	long sum = vigia_memcg_pages(memcg, item);
	int node;

	for (node = 0; node < nr_node_ids; node++) {
		if (memcg->nodeinfo[node])
			sum += vigia_memcg_node_pages(memcg, node, item);
	}
	return max(sum, 0L);
}

static void vigia_read_pages(struct vigia_cgroup *record, struct mem_cgroup *memcg)
{
	record->memory_anon_bytes = vigia_memcg_statistic(memcg, NR_ANON_MAPPED) * PAGE_SIZE;
	record->memory_file_bytes = vigia_memcg_statistic(memcg, NR_FILE_PAGES) * PAGE_SIZE;
	record->memory_shared_bytes = vigia_memcg_statistic(memcg, NR_SHMEM) * PAGE_SIZE;
	record->memory_slab_bytes = vigia_memcg_statistic(memcg, NR_SLAB_RECLAIMABLE_B) +
				    vigia_memcg_statistic(memcg, NR_SLAB_UNRECLAIMABLE_B);
	record->valid |= VIGIA_CGROUP_VALID_MEMORY_PAGES | VIGIA_CGROUP_VALID_MEMORY_SLAB;
}

static void vigia_read_faults(struct vigia_cgroup *record, struct mem_cgroup *memcg)
{
	record->major_faults = vigia_memcg_events(memcg, PGMAJFAULT);
	record->minor_faults = vigia_memcg_events(memcg, PGFAULT);
	record->minor_faults -= min(record->minor_faults, record->major_faults);
	record->valid |= VIGIA_CGROUP_VALID_FAULTS;
}

/* File pages of the older generations of a multi-generational LRU, which are the inactive ones. */
static long vigia_old_file_pages(struct lruvec *lruvec)
{
	long pages = 0;
#ifdef CONFIG_LRU_GEN
	int generation, zone;

	for (generation = 0; generation < MAX_NR_GENS; generation++) {
		if (lru_gen_is_active(lruvec, generation))
			continue;
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			pages += READ_ONCE(lruvec->lrugen.nr_pages[generation][LRU_GEN_FILE][zone]);
	}
#endif
	return pages;
}

/* Inactive file pages of a memcg alone: each of its pages is in one of the two kinds of lists. */
static u64 vigia_inactive_file_pages(struct mem_cgroup *memcg)
{
	long pages = 0;
	int node, zone;

	for (node = 0; node < nr_node_ids; node++) {
		struct mem_cgroup_per_node *lists = memcg->nodeinfo[node];

		if (!lists)
			continue;
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			pages += READ_ONCE(lists->lru_zone_size[zone][LRU_INACTIVE_FILE]);
		pages += vigia_old_file_pages(&lists->lruvec);
	}
	return max(pages, 0L); /* generations are eventually consistent */
}

/* Sorts the entries by their memory controller's css. Returns how many have one. */
static u32 vigia_memory_index(struct vigia_cgroup_set *set)
{
	u32 i, count = 0;

	for (i = 0; i < set->count; i++) {
		struct cgroup_subsys_state *css = set->entry[i].css[VIGIA_CONTROLLER_MEMORY];

		if (css)
			set->memory_key[count++] = (struct vigia_cgroup_key){ (uintptr_t)css, i };
		vigia_cgroups_pause(i);
	}
	vigia_cgroups_sort(&set->memory_key, &set->scratch, count);
	return count;
}

/* The entry whose css this is, or that of the nearest css above it; VIGIA_NO_ENTRY if none is above. */
static u32 vigia_memory_find(struct vigia_cgroup_set *set, u32 count,
			     struct cgroup_subsys_state *css)
{
	u32 index = VIGIA_NO_ENTRY;

	for (; css && index == VIGIA_NO_ENTRY; css = css->parent)
		index = vigia_cgroups_search(set->memory_key, count, (uintptr_t)css);
	return index;
}

/*
 * Walks the memory controller's own tree, whatever hierarchy it is in: it also has the css of removed
 * cgroups, whose cached pages still count for those above them.
 */
static void vigia_memory_walk(struct vigia_cgroup_set *set, struct cgroup_subsys_state *root,
			      u32 count)
{
	u32 cost = VIGIA_SEARCH_INSTRUCTIONS + nr_node_ids * VIGIA_NODE_INSTRUCTIONS;
	struct vigia_css_walk walk;
	struct cgroup_subsys_state *css;

	vigia_css_walk_begin(&walk, root);
	while ((css = vigia_css_walk_next(&walk))) {
		u64 pages = vigia_inactive_file_pages(mem_cgroup_from_css(css));
		u32 index = pages ? vigia_memory_find(set, count, css) : VIGIA_NO_ENTRY;

		if (index != VIGIA_NO_ENTRY)
			set->entry[index].inactive_file_pages += pages;
		vigia_css_walk_spend(&walk, cost);
	}
	vigia_css_walk_end(&walk);
}

static void vigia_memory_fold(struct vigia_cgroup_set *set)
{
	u32 i;

	for (i = set->count; i-- > 0;) {
		struct vigia_cgroup_entry *entry = &set->entry[i];

		if (i)
			set->entry[entry->parent].inactive_file_pages += entry->inactive_file_pages;
		if (entry->css[VIGIA_CONTROLLER_MEMORY]) {
			entry->record->memory_inactive_file_bytes =
				entry->inactive_file_pages * PAGE_SIZE;
			entry->record->valid |= VIGIA_CGROUP_VALID_MEMORY_INACTIVE;
		}
		vigia_cgroups_pause(i);
	}
}

/* Groups of fields that older readers know only together. */
static void vigia_memory_join_bits(struct vigia_cgroup *record)
{
	u64 parts = VIGIA_CGROUP_VALID_MEMORY_INACTIVE | VIGIA_CGROUP_VALID_MEMORY_PAGES |
		    VIGIA_CGROUP_VALID_FAULTS;

	if ((record->valid & parts) == parts)
		record->valid |= VIGIA_CGROUP_VALID_MEMORY_SPLIT;
}

static void vigia_memory_write(struct vigia_cgroup_entry *entry)
{
	struct cgroup_subsys_state *css = entry->css[VIGIA_CONTROLLER_MEMORY];
	struct mem_cgroup *memcg = mem_cgroup_from_css(css);
	bool is_v2 = vigia_is_on_default(css->cgroup);

	if (VIGIA_HAS_MEMCG_PAGES)
		vigia_read_pages(entry->record, memcg);
	if (VIGIA_HAS_MEMCG_EVENTS)
		vigia_read_faults(entry->record, memcg);
	vigia_memory_join_bits(entry->record);
	if (!css->parent) /* the root's counters count nothing */
		return;
	vigia_read_counters(entry->record, memcg, is_v2);
	if (is_v2 && vigia_swap_is_counted(css))
		vigia_read_swap(entry->record, memcg);
}

void vigia_cgroups_read_memory(struct vigia_cgroup_set *set)
{
	struct cgroup_subsys_state *root;
	u32 i, count = vigia_memory_index(set);

	if (!count)
		return;
	rcu_read_lock();
	root = READ_ONCE(rcu_dereference(init_task.cgroups)->subsys[memory_cgrp_id]);
	rcu_read_unlock(); /* the root memcg is never freed */
	vigia_memory_walk(set, root, count);
	vigia_memory_fold(set);
	for (i = 0; i < set->count; i++) {
		if (set->entry[i].css[VIGIA_CONTROLLER_MEMORY])
			vigia_memory_write(&set->entry[i]);
		vigia_cgroups_pause(i);
	}
}

#else

void vigia_cgroups_read_memory(struct vigia_cgroup_set *set)
{
}

#endif /* CONFIG_MEMCG */
