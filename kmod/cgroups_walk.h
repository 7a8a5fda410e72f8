/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walk over a tree of css, parents before their children, in bounded stretches.
 *
 *	struct vigia_css_walk walk;
 *	struct cgroup_subsys_state *css;
 *
 *	vigia_css_walk_begin(&walk, root);
 *	while ((css = vigia_css_walk_next(&walk)))
 *		...read css; no sleeping; vigia_css_walk_spend(&walk, instructions)...
 *	vigia_css_walk_end(&walk);
 *
 * Everything between begin and end is inside an RCU read section; vigia_css_walk_next() now and then
 * leaves it, gives way to others, and enters a new one. css_next_descendant_pre() finds its way on from
 * any css that is still accessible, so the one where the walk stands is pinned meanwhile. Children are
 * only ever appended, and leave the list when their last reference goes: whatever the caller keeps pinned
 * comes in the same order in every later walk.
 *
 * The walk meets every css that has not been freed: also those of removed cgroups.
 */
#ifndef VIGIA_CGROUPS_WALK_H
#define VIGIA_CGROUPS_WALK_H

#include <linux/cgroup.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/* A stretch without a chance to reschedule, in instructions as the callers estimate them. */
#define VIGIA_CSS_WALK_STRETCH 15000
/* One step of the walk itself. */
#define VIGIA_CSS_WALK_STEP 40

struct vigia_css_walk {
	struct cgroup_subsys_state *root;
	struct cgroup_subsys_state *position;
	u32 spent;
};

/* The root has to stay accessible until the end. */
static inline void vigia_css_walk_begin(struct vigia_css_walk *walk,
					struct cgroup_subsys_state *root) __acquires(RCU)
{
	walk->root = root;
	walk->position = NULL;
	walk->spent = 0;
	rcu_read_lock();
}

static inline void vigia_css_walk_end(struct vigia_css_walk *walk) __releases(RCU)
{
	rcu_read_unlock();
}

static inline void vigia_css_walk_spend(struct vigia_css_walk *walk, u32 instructions)
{
	walk->spent += instructions;
}

/* The next css, or NULL after the last. Good until the next call. */
static inline struct cgroup_subsys_state *vigia_css_walk_next(struct vigia_css_walk *walk)
{
	struct cgroup_subsys_state *position = walk->position;

	walk->spent += VIGIA_CSS_WALK_STEP;
	/* one whose last reference is gone cannot be pinned; the walk then rests at the next that can */
	if (walk->spent < VIGIA_CSS_WALK_STRETCH || !position || !css_tryget(position)) {
		walk->position = css_next_descendant_pre(position, walk->root);
		return walk->position;
	}
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
	walk->spent = 0;
	walk->position = css_next_descendant_pre(position, walk->root);
	css_put(position);
	return walk->position;
}

#endif /* VIGIA_CGROUPS_WALK_H */
