/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walk over all processes, sorted by pid, in bounded batches.
 *
 *	struct vigia_walk walk;
 *	struct task_struct *leader;
 *
 *	vigia_walk_begin(&walk);
 *	while ((leader = vigia_walk_next(&walk)))
 *		...read leader; no sleeping...
 *	vigia_walk_end(&walk);
 *
 * Everything between begin and end is inside an RCU read section; vigia_walk_next() now and then
 * leaves it, gives way to others, and enters a new one. A leader is good until the next call.
 *
 * The walk follows the initial pid namespace's table of ids instead of the list of tasks: a position in
 * it is a number, so that it can be taken up again without pinning a task, and it is sorted. Ids of
 * threads, process groups and sessions without a process cost a dozen instructions each.
 */
#ifndef VIGIA_WALK_H
#define VIGIA_WALK_H

#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/prefetch.h>
#include <linux/radix-tree.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

/* Processes in one batch, and ids without a process that may be passed for one. */
#define VIGIA_WALK_BATCH 64
#define VIGIA_WALK_OTHER_IDS 512
/* Threads of processes with several that may be read in one batch besides. */
#define VIGIA_WALK_THREADS 256
/* How often one id is looked up again because its process changed leader or left just then. */
#define VIGIA_WALK_AGAIN 3

struct vigia_walk {
	unsigned long next_id; /* where the next batch begins; VIGIA_WALK_OVER */
	unsigned int index;    /* of the next process in pid[] */
	unsigned int threads;  /* read in this batch */
	unsigned int again;    /* lookups of again_id */
	unsigned long again_id;
	struct pid *pid[VIGIA_WALK_BATCH + 1]; /* NULL behind the last one */
};

#define VIGIA_WALK_OVER ULONG_MAX

/* bench/kernel measures how far apart these are */
#ifndef vigia_walk_cond_resched
#define vigia_walk_cond_resched() cond_resched()
#endif

/* Leaves the RCU section for a moment. */
static inline void vigia_walk_give_way(void)
{
	rcu_read_unlock();
	vigia_walk_cond_resched();
	rcu_read_lock();
}

/* Where the leader of the process that has this id hangs, or NULL: the id of a thread, or of nobody. */
static __always_inline struct hlist_node *vigia_walk_node(struct pid *pid)
{
	return rcu_dereference(hlist_first_rcu(&pid->tasks[PIDTYPE_TGID]));
}

static __always_inline struct task_struct *vigia_walk_task(struct hlist_node *node)
{
	return hlist_entry(node, struct task_struct, pid_links[PIDTYPE_TGID]);
}

/* The leader of the process that has this id, or NULL. Under RCU. */
static inline struct task_struct *vigia_walk_leader(struct pid *pid)
{
	struct hlist_node *node = vigia_walk_node(pid);

	return node ? vigia_walk_task(node) : NULL;
}

/* Begins to load what will be read of a leader: a walk over cold tasks waits for little else. */
static __always_inline void vigia_walk_prefetch(struct hlist_node *node)
{
	prefetch(node);
}

/* Notes the pids of up to a batch of processes from walk->next_id on. Under RCU. */
static inline unsigned int vigia_walk_collect(struct vigia_walk *walk)
{
	const struct radix_tree_root *root = &init_pid_ns.idr.idr_rt;
	unsigned int count = 0, others = VIGIA_WALK_OTHER_IDS;
	struct radix_tree_iter iter;
	void __rcu **slot;

	radix_tree_for_each_slot(slot, root, &iter, walk->next_id)
	{
		struct pid *pid = rcu_dereference_raw(*slot);
		struct hlist_node *node;

		if (unlikely(radix_tree_deref_retry(pid))) {
			slot = radix_tree_iter_retry(&iter);
			continue;
		}
		/* an id is in the table, without a pid, before its process is */
		node = likely(pid) ? vigia_walk_node(pid) : NULL;
		if (node) {
			vigia_walk_prefetch(node);
			walk->pid[count++] = pid;
			if (count == VIGIA_WALK_BATCH)
				break;
		} else if (!--others) {
			break;
		}
	}
	walk->next_id = slot ? iter.index + 1 : VIGIA_WALK_OVER;
	walk->pid[count] = NULL;
	return count;
}

/* Leaves the RCU section for a moment and notes the next batch. False at the end. */
static noinline_for_stack bool vigia_walk_refill(struct vigia_walk *walk)
{
	walk->index = walk->threads = 0;
	do {
		if (walk->next_id == VIGIA_WALK_OVER)
			return false;
		vigia_walk_give_way();
	} while (!vigia_walk_collect(walk));
	return true;
}

static inline void vigia_walk_begin(struct vigia_walk *walk) __acquires(RCU)
{
	walk->next_id = 0;
	walk->index = walk->threads = walk->again = 0;
	walk->again_id = 0;
	walk->pid[0] = NULL;
	rcu_read_lock();
}

static inline void vigia_walk_end(struct vigia_walk *walk) __releases(RCU)
{
	rcu_read_unlock();
}

/* The next process's leader (perhaps a zombie), or NULL after the last one. */
static __always_inline struct task_struct *vigia_walk_next(struct vigia_walk *walk)
{
	struct hlist_node *node;
	struct pid *pid;

	do {
		while (unlikely(!(pid = walk->pid[walk->index])))
			if (!vigia_walk_refill(walk))
				return NULL;
		walk->index++;
		node = vigia_walk_node(pid);
	} while (unlikely(!node));
	return vigia_walk_task(node);
}

/* The pid of the process that vigia_walk_next() gave. */
static __always_inline struct pid *vigia_walk_pid(const struct vigia_walk *walk)
{
	return walk->pid[walk->index - 1];
}

/* Forgets the rest of the batch: the walk goes on after, or again at, `id`. */
static inline void vigia_walk_restart(struct vigia_walk *walk, unsigned long id)
{
	walk->index = 0;
	walk->pid[0] = NULL;
	walk->next_id = id;
}

/*
 * Leaves the RCU section for a moment in the middle of process `id`. The caller holds a reference to
 * whatever it goes on with.
 */
static inline void vigia_walk_pause(struct vigia_walk *walk, unsigned long id)
{
	vigia_walk_restart(walk, id + 1);
	walk->threads = 0;
	vigia_walk_give_way();
}

/* Says that threads of process `id` were read, which shortens the batch if they were many. */
static inline void vigia_walk_charge(struct vigia_walk *walk, unsigned long id,
				     unsigned int threads)
{
	walk->threads += threads;
	if (walk->threads > VIGIA_WALK_THREADS && walk->pid[walk->index])
		vigia_walk_restart(walk, id + 1);
}

/*
 * The current process left, or a thread of it took its leader's place (exec), while it was read: looks
 * its id up again. False if that was done often enough.
 */
static inline bool vigia_walk_again(struct vigia_walk *walk, unsigned long id)
{
	if (walk->again_id != id)
		walk->again = 0;
	walk->again_id = id;
	if (walk->again++ == VIGIA_WALK_AGAIN)
		return false;
	vigia_walk_restart(walk, id);
	return true;
}

/* How many processes there are. */
static inline u32 vigia_walk_count(void)
{
	struct vigia_walk walk;
	u32 count = 0;

	vigia_walk_begin(&walk);
	while (vigia_walk_next(&walk))
		count++;
	vigia_walk_end(&walk);
	return count;
}

#endif /* VIGIA_WALK_H */
