/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose is the record of a process's end, on kernels whose tracepoint does not say which thread is the last?
 *
 * Every thread counts signal->live down and comes to the tracepoint later, having let go of the memory:
 * several that leave together all find 0 there. The record is of the one that comes last, so that the sums
 * have what the others spent until there. Each thread leaves a mark; whoever sees another without one leaves
 * the record to that one. Once a thread has let go of its files, which is after the tracepoint, its mark is
 * not asked for any more. Two threads that see each other's marks both believe to be the last: then the first
 * to claim the process is.
 *
 * A mark lasts until eight younger ones took its set of the table, and is needed from the tracepoint to the
 * files. Threads that passed the tracepoint before this module came have none: of a process that was leaving
 * then, the record may be missing.
 */
#ifndef VIGIA_EVENTS_CLAIMS_H
#define VIGIA_EVENTS_CLAIMS_H

#include <linux/compiler.h>
#include <linux/sched/signal.h>

/* For processes with several threads. */
bool vigia_claim_exit_among(struct task_struct *task);

/* At sched_process_exit, for the running task: true for one thread of a process, and once. */
static __always_inline bool vigia_claim_exit(struct task_struct *task)
{
	/* The others are gone, and have waited for this one, which had no mark. */
	return likely(READ_ONCE(task->signal->nr_threads) == 1) || vigia_claim_exit_among(task);
}

#endif /* VIGIA_EVENTS_CLAIMS_H */
