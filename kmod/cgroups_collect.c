// SPDX-License-Identifier: GPL-2.0
/*
 * The first pass over the hierarchy, which finds and pins the cgroups of a snapshot, and the last, which
 * lets go of them.
 */
#include <linux/kernfs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "cgroups.h"
#include "cgroups_walk.h"

/* What an entry costs: its path, and for each level the kernel's search for the common ancestor. */
#define VIGIA_ENTRY_INSTRUCTIONS 1200
#define VIGIA_LEVEL_INSTRUCTIONS 20

void vigia_cgroups_free(struct vigia_cgroup_set *set)
{
	kvfree(set->entry);
	kvfree(set->key);
	kvfree(set->memory_key);
	kvfree(set->scratch);
	kvfree(set->text);
	*set = (struct vigia_cgroup_set){};
}

/* Makes room for `capacity` entries; keeps what there is if it suffices. 0 or -ENOMEM. */
int vigia_cgroups_reserve(struct vigia_cgroup_set *set, u32 capacity)
{
	struct vigia_cgroup_set larger = {};

	if (capacity <= set->capacity)
		return 0;
	larger.entry = kvcalloc(capacity, sizeof(*larger.entry), GFP_KERNEL);
	larger.key = kvcalloc(capacity, sizeof(*larger.key), GFP_KERNEL);
	larger.memory_key = kvcalloc(capacity, sizeof(*larger.memory_key), GFP_KERNEL);
	larger.scratch = kvcalloc(capacity, sizeof(*larger.scratch), GFP_KERNEL);
	larger.text = kvzalloc(VIGIA_CGROUP_SCRATCH_BYTES, GFP_KERNEL);
	larger.capacity = capacity;
	if (!larger.entry || !larger.key || !larger.memory_key || !larger.scratch || !larger.text) {
		vigia_cgroups_free(&larger);
		return -ENOMEM;
	}
	vigia_cgroups_free(set);
	*set = larger;
	return 0;
}

/* The nearest entry above a cgroup that the walk met after the last entry. */
static u32 vigia_cgroups_parent(struct vigia_cgroup_set *set, struct cgroup *cgroup)
{
	u32 above = set->count ? set->count - 1 : 0;

	while (above && !cgroup_is_descendant(cgroup, set->entry[above].cgroup))
		above = set->entry[above].parent;
	return above;
}

/* The entry whose path is the beginning of this one's, or NULL: the root, or its parent is no entry. */
static struct vigia_cgroup_entry *vigia_cgroups_path_base(struct vigia_cgroup_set *set,
							  struct vigia_cgroup_entry *entry)
{
	struct vigia_cgroup_entry *parent = &set->entry[entry->parent];

	return set->count && parent->cgroup == cgroup_parent(entry->cgroup) ? parent : NULL;
}

/*
 * Writes a cgroup's path behind the others, without its NUL: its parent's, and its name. Whole paths
 * cost the kernel the square of their depth, under a lock. False if there is no room. Kernels differ in
 * what they return then: a size beyond the room, an error, or all of the room.
 */
static bool vigia_cgroups_add_path(struct vigia_cgroup_set *set, struct vigia_cgroup_entry *entry)
{
	struct vigia_cgroup_entry *base = vigia_cgroups_path_base(set, entry);
	struct vigia_snapshot *snapshot = set->snapshot;
	char *text = snapshot->region[VIGIA_CGROUPS_REGION_TEXT];
	u32 used = snapshot->count[VIGIA_CGROUPS_REGION_TEXT];
	u32 room = snapshot->capacity[VIGIA_CGROUPS_REGION_TEXT] - used;
	/* the root's path is a slash, which those below it bring along */
	u32 base_size = base && cgroup_parent(base->cgroup) ? base->path_size_bytes : 0;
	int size;

	if (room < base_size + 2)
		return false;
	size = kernfs_path_from_node(entry->cgroup->kn, base ? base->cgroup->kn : NULL,
				     text + used + base_size, room - base_size);
	if (size < 0 || (u32)size >= room - base_size - 1)
		return false;
	memcpy(text + used, text + (base ? base->path_offset_bytes : 0), base_size);
	entry->path_offset_bytes = used;
	entry->path_size_bytes = base_size + size;
	snapshot->count[VIGIA_CGROUPS_REGION_TEXT] = used + entry->path_size_bytes;
	return true;
}

/* One that does not fit. Its path is not known: the file grows until all are there. */
static void vigia_cgroups_drop(struct vigia_cgroup_set *set, struct cgroup *cgroup)
{
	set->snapshot->truncated[VIGIA_CGROUPS_REGION]++;
	set->snapshot->truncated[VIGIA_CGROUPS_REGION_TEXT] += VIGIA_PATH_BYTES;
	css_put(&cgroup->self);
}

/* Makes an entry of a cgroup that is pinned for it. False if it does not fit. */
static bool vigia_cgroups_add(struct vigia_cgroup_set *set, struct cgroup *cgroup)
{
	struct vigia_cgroup_entry *entry;
	u32 limit = min(set->capacity, set->snapshot->capacity[VIGIA_CGROUPS_REGION]);

	if (set->count == limit)
		return false;
	entry = &set->entry[set->count];
	*entry = (struct vigia_cgroup_entry){ .cgroup = cgroup };
	entry->parent = vigia_cgroups_parent(set, cgroup);
	if (!vigia_cgroups_add_path(set, entry))
		return false;
	set->key[set->count] = (struct vigia_cgroup_key){ cgroup_id(cgroup), set->count };
	set->count++;
	return true;
}

static void vigia_cgroups_find_all(struct vigia_cgroup_set *set, struct cgroup *root)
{
	struct vigia_css_walk walk;
	struct cgroup_subsys_state *css;

	vigia_css_walk_begin(&walk, &root->self);
	while ((css = vigia_css_walk_next(&walk))) {
		if (!cgroup_is_populated(css->cgroup))
			continue;
		if (!css_tryget(css)) {
			set->snapshot->slot->vanished_count++;
			continue;
		}
		if (!vigia_cgroups_add(set, css->cgroup)) {
			vigia_cgroups_drop(set, css->cgroup);
			continue;
		}
		vigia_css_walk_spend(&walk, VIGIA_ENTRY_INSTRUCTIONS +
						    css->cgroup->level * VIGIA_LEVEL_INSTRUCTIONS);
	}
	vigia_css_walk_end(&walk);
}

/* Begins the record of every entry, at the place that its id gives it. */
static void vigia_cgroups_begin_records(struct vigia_cgroup_set *set)
{
	struct vigia_cgroup *records = set->snapshot->region[VIGIA_CGROUPS_REGION];
	u32 i;

	for (i = 0; i < set->count; i++) {
		struct vigia_cgroup_entry *entry = &set->entry[set->key[i].index];
		struct cgroup *parent = cgroup_parent(entry->cgroup);

		entry->record = &records[i];
		*entry->record = (struct vigia_cgroup){
			.id = set->key[i].id,
			.parent_id = parent ? cgroup_id(parent) : 0,
			.path_offset_bytes = entry->path_offset_bytes,
			.path_size_bytes = entry->path_size_bytes,
			.depth = entry->cgroup->level,
		};
		vigia_cgroups_pause(i);
	}
	set->snapshot->count[VIGIA_CGROUPS_REGION] = set->count;
}

/* Joins with the newest snapshot's records, which are sorted by id like the keys. */
static void vigia_cgroups_find_previous(struct vigia_cgroup_set *set)
{
	const struct vigia_slot *slot = set->snapshot->previous;
	const struct vigia_cgroup *previous = set->snapshot->previous_region[VIGIA_CGROUPS_REGION];
	u32 count = slot ? slot->record_count[VIGIA_CGROUPS_REGION] : 0;
	u32 i, p = 0;

	for (i = 0; i < set->count; i++) {
		while (p < count && previous[p].id < set->key[i].id) {
			vigia_cgroups_pause(p);
			p++;
		}
		if (p < count && previous[p].id == set->key[i].id)
			set->entry[set->key[i].index].previous = &previous[p];
		vigia_cgroups_pause(i);
	}
}

void vigia_cgroups_collect(struct vigia_cgroup_set *set)
{
	struct cgroup *root;

	set->count = 0;
	set->turn++;
	set->hierarchy = vigia_hierarchy_find();
	rcu_read_lock();
	root = vigia_hierarchy_root(&set->hierarchy);
	if (!css_tryget(&root->self))
		root = NULL;
	rcu_read_unlock();
	if (!root)
		return;
	vigia_cgroups_find_all(set, root);
	css_put(&root->self);
	vigia_cgroups_sort(&set->key, &set->scratch, set->count);
	vigia_cgroups_begin_records(set);
	vigia_cgroups_find_previous(set);
}

void vigia_cgroups_release(struct vigia_cgroup_set *set)
{
	u32 i, c;

	for (i = 0; i < set->count; i++) {
		struct vigia_cgroup_entry *entry = &set->entry[i];

		vigia_cgroups_put_namespaces(entry);
		for (c = 0; c < VIGIA_CONTROLLER_COUNT; c++) {
			if (entry->css[c])
				css_put(entry->css[c]);
		}
		css_put(&entry->cgroup->self);
		vigia_cgroups_pause(i);
	}
	set->count = 0;
}
