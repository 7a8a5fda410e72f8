/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters and memory of a process with several threads, in bounded steps: 30,000 threads are more than
 * one RCU section should last.
 *
 * Between two steps the leader is pinned, and with it signal_struct. If signal->stats_lock's sequence is
 * still what it was, no thread has left the list, and the walk goes on where it stood. If it is not,
 * the sums are worthless, and it begins again; a process whose threads come and go faster than they can
 * be read is read loosely in the end, which costs the record some of its valid groups.
 */
#ifndef VIGIA_PROCESSES_THREADS_H
#define VIGIA_PROCESSES_THREADS_H

#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "processes_counters.h"
#include "processes_memory.h"
#include "walk.h"

#define VIGIA_THREADS_ATTEMPTS 4
#define VIGIA_THREADS_STEP 256

/* What a loose reading cannot vouch for; the CPU time is kept from shrinking, see processes_cputime.h. */
#define VIGIA_THREADS_LOOSE                                                                        \
	(VIGIA_PROCESS_VALID_RUN_DELAY | VIGIA_PROCESS_VALID_BLOCK_DELAY |                         \
	 VIGIA_PROCESS_VALID_FAULTS | VIGIA_PROCESS_VALID_IO | VIGIA_PROCESS_VALID_SWITCHES)

struct vigia_threads {
	struct vigia_walk *walk; /* to pause; NULL: one process is read, not all */
	struct task_struct *leader;
	unsigned long id;
	struct vigia_process *record;
	struct vigia_pages pages;
	bool has_pages;
	bool exact;
	unsigned int sequence; /* of signal->stats_lock when the pass began */
	unsigned int steps;
};

/* Begins the sums with the ended threads. */
static inline void vigia_threads_start(struct vigia_threads *threads)
{
	threads->has_pages = vigia_read_pages(&threads->pages, threads->leader, threads->exact);
	vigia_set_ended_counters(threads->record, threads->leader->signal);
}

static inline void vigia_threads_add(struct vigia_threads *threads, struct task_struct *thread)
{
	vigia_add_counters(threads->record, thread);
	if (!threads->has_pages)
		threads->has_pages = vigia_read_pages(&threads->pages, thread, threads->exact);
	else if (thread != threads->leader && READ_ONCE(thread->mm) == threads->pages.mm)
		vigia_add_thread_pages(&threads->pages, thread);
}

/*
 * Gives way to others in the middle of the list. False if the walk cannot go on behind `thread`: it, or
 * in a strict pass any thread, left meanwhile.
 */
static inline bool vigia_threads_pause(struct vigia_threads *threads, struct task_struct *thread,
				       bool strict)
{
	bool is_good;

	get_task_struct(thread);
	if (threads->walk)
		vigia_walk_pause(threads->walk, threads->id);
	else
		vigia_walk_give_way();
	is_good = pid_alive(thread) &&
		  (!strict ||
		   !read_seqretry(&threads->leader->signal->stats_lock, threads->sequence));
	put_task_struct(thread);
	return is_good;
}

/* One pass over all threads. True if each was counted exactly once. */
static inline bool vigia_threads_pass(struct vigia_threads *threads, bool strict)
{
	struct signal_struct *signal = threads->leader->signal;
	struct task_struct *thread;

	threads->sequence = read_seqbegin(&signal->stats_lock);
	vigia_threads_start(threads);
	list_for_each_entry_rcu(thread, &signal->thread_head, thread_node)
	{
		vigia_threads_add(threads, thread);
		if (++threads->steps % VIGIA_THREADS_STEP == 0 &&
		    !vigia_threads_pause(threads, thread, strict))
			return false;
	}
	return !read_seqretry(&signal->stats_lock, threads->sequence);
}

/*
 * Reads counters and memory into the record. Called under RCU, which it may leave for a moment; the
 * leader is a good pointer until it returns, and the rest of the walk's batch is looked up again.
 * False if the reading is a loose one.
 */
static noinline_for_stack bool vigia_read_threads(struct vigia_threads *threads)
{
	u64 valid = threads->record->valid;
	int attempt;

	for (attempt = 0; attempt < VIGIA_THREADS_ATTEMPTS; attempt++) {
		threads->record->valid = valid;
		if (vigia_threads_pass(threads, true))
			return true;
	}
	threads->record->valid = valid & ~VIGIA_THREADS_LOOSE;
	vigia_threads_pass(threads, false);
	return false;
}

#endif /* VIGIA_PROCESSES_THREADS_H */
