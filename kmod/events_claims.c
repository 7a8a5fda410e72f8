// SPDX-License-Identifier: GPL-2.0
#include "events_claims.h"

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/rculist.h>

#define VIGIA_MARKS_BITS 12
#define VIGIA_CLAIMS_BITS 6
#define VIGIA_SET_WAYS 8

/* The last marks, or claims, that fell to it. */
struct vigia_set {
	atomic64_t values[VIGIA_SET_WAYS];
	atomic_t next;
};

static struct vigia_set marks[1 << VIGIA_MARKS_BITS];
/* Needed while two threads are at the tracepoint at once. */
static struct vigia_set claims[1 << VIGIA_CLAIMS_BITS];

/* An address may come back, but not at the same time. Never 0. */
static u64 vigia_value_of(const void *address, u64 time_ns)
{
	return ((u64)(unsigned long)address ^ hash_64(time_ns, 64)) | 1;
}

static u64 vigia_mark_of(const struct task_struct *task)
{
	return vigia_value_of(task, task->start_time);
}

static bool vigia_set_has(const struct vigia_set *set, u64 value)
{
	unsigned int i;

	for (i = 0; i < VIGIA_SET_WAYS; i++)
		if (atomic64_read(&set->values[i]) == value)
			return true;
	return false;
}

static bool vigia_is_marked(const struct task_struct *task)
{
	const u64 mark = vigia_mark_of(task);

	return vigia_set_has(&marks[hash_64(mark, VIGIA_MARKS_BITS)], mark);
}

/* A full barrier: of two threads, one at least sees the other's mark. */
static void vigia_mark(const struct task_struct *task)
{
	const u64 mark = vigia_mark_of(task);
	struct vigia_set *set = &marks[hash_64(mark, VIGIA_MARKS_BITS)];
	const unsigned int way = (unsigned int)atomic_inc_return(&set->next) % VIGIA_SET_WAYS;

	atomic64_xchg(&set->values[way], mark);
}

/*
 * All threads of a process take the same way of the set, so that exchanging it tells who was first. (Others
 * that took it in between move the claim on to the next ways, where it is looked for.)
 */
static bool vigia_claim(const struct task_struct *task)
{
	const u64 claim = vigia_value_of(task->signal, task->group_leader->start_time);
	struct vigia_set *set = &claims[hash_64(claim, VIGIA_CLAIMS_BITS)];
	const unsigned int way = hash_64(claim, 32) % VIGIA_SET_WAYS;
	u64 before;

	if (vigia_set_has(set, claim))
		return false;
	before = atomic64_xchg(&set->values[way], claim);
	if (before == claim)
		return false;
	if (before) {
		unsigned int other = (unsigned int)atomic_inc_return(&set->next) % VIGIA_SET_WAYS;

		if (other != way)
			atomic64_set(&set->values[other], before);
	}
	return true;
}

/* Whether a thread has still to come to the tracepoint. Under RCU. */
static bool vigia_another_comes(const struct task_struct *task)
{
	const struct task_struct *thread;

	list_for_each_entry_rcu(thread, &task->signal->thread_head, thread_node)
	{
		if (thread != task && READ_ONCE(thread->files) && !vigia_is_marked(thread))
			return true;
	}
	return false;
}

bool vigia_claim_exit_among(struct task_struct *task)
{
	bool is_last;

	vigia_mark(task);
	if (atomic_read(&task->signal->live))
		return false;
	rcu_read_lock();
	is_last = !vigia_another_comes(task) && vigia_claim(task);
	rcu_read_unlock();
	return is_last;
}
