/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process's counters: the sum over its threads, the living in their task_structs, the ended in
 * signal_struct. A thread moves its part from the one to the other inside a write section of
 * signal->stats_lock; a reader that sees the same sequence before and after has counted each thread
 * exactly once.
 *
 * The record itself is the place where the sums grow; until the CPU time is divided, cpu_user_ns and
 * cpu_system_ns hold the samples.
 *
 * Loads are plain, as in the kernel's own readers: 64 bits are loaded as a whole, and whatever was mixed
 * is thrown away by the sequence.
 */
#ifndef VIGIA_PROCESSES_COUNTERS_H
#define VIGIA_PROCESSES_COUNTERS_H

#include <linux/sched/signal.h>
#include <vigia/processes.h>

#include "compat.h"
#include "processes_memory.h"

/* Waiting for a CPU. */
static __always_inline u64 vigia_thread_run_delay(const struct task_struct *thread)
{
#if VIGIA_HAS_RUN_DELAY
	return thread->sched_info.run_delay;
#else
	return 0;
#endif
}

/* Waiting for block I/O. Not measured in a thread that was forked while that was switched off. */
static __always_inline u64 vigia_thread_block_delay(const struct task_struct *thread, u64 *valid)
{
#if VIGIA_HAS_BLOCK_DELAY
	if (likely(thread->delays))
		return vigia_block_delay(thread->delays);
	*valid &= ~VIGIA_PROCESS_VALID_BLOCK_DELAY;
#endif
	return 0;
}

/*
 * Waiting times of threads that ended are kept for taskstats, in signal->stats, if there ever was more
 * than one. A thread adds its own on its way out, shortly before it gives up its mm.
 */
static __always_inline const struct taskstats *
vigia_ended_delays(const struct signal_struct *signal)
{
#ifdef CONFIG_TASKSTATS
	return READ_ONCE(signal->stats);
#else
	return NULL;
#endif
}

static inline void vigia_set_ended_delays(struct vigia_process *record,
					  const struct taskstats *stats)
{
#if VIGIA_HAS_RUN_DELAY
	record->run_delay_ns = stats->cpu_delay_total;
#endif
#if VIGIA_HAS_BLOCK_DELAY
	record->block_delay_ns = vigia_block_delay_ended(stats);
#endif
}

/*
 * Whether signal_struct holds more than zeros: threads that ended, whose run time is there, for nobody ends
 * without having run; or children that were waited for, whose CPU time is there, and whose I/O /proc counts
 * as their parent's own.
 */
static __always_inline bool vigia_has_past(const struct signal_struct *signal)
{
	return signal->sum_sched_runtime | signal->cutime | signal->cstime;
}

/* Zero where the kernel does not count I/O; the valid mask says so. */
static __always_inline void vigia_set_io(struct vigia_process *record,
					 const struct task_io_accounting *io)
{
#if VIGIA_HAS_IO
	record->read_chars_bytes = io->rchar;
	record->write_chars_bytes = io->wchar;
	record->read_calls = io->syscr;
	record->write_calls = io->syscw;
	record->read_bytes = io->read_bytes;
	record->write_bytes = io->write_bytes;
	record->cancelled_write_bytes = io->cancelled_write_bytes;
#else
	record->read_chars_bytes = record->write_chars_bytes = 0;
	record->read_calls = record->write_calls = 0;
	record->read_bytes = record->write_bytes = record->cancelled_write_bytes = 0;
#endif
}

/*
 * The counters of a process that has one thread and no past. Nothing can be counted twice here, and so the
 * sequence is not needed; the caller sees to it that the thread is still alive afterwards.
 */
static __always_inline void vigia_set_counters(struct vigia_process *record,
					       const struct task_struct *thread)
{
	record->run_delay_ns = vigia_thread_run_delay(thread);
	record->block_delay_ns = vigia_thread_block_delay(thread, &record->valid);
	record->minor_faults = thread->min_flt;
	record->major_faults = thread->maj_flt;
	vigia_set_io(record, &thread->ioac);
	record->voluntary_switches = thread->nvcsw;
	record->involuntary_switches = thread->nivcsw;
}

/* Sets the counters to what the ended threads left behind. */
static inline void vigia_set_ended_counters(struct vigia_process *record,
					    const struct signal_struct *signal)
{
	const struct taskstats *ended = vigia_ended_delays(signal);

	record->run_delay_ns = record->block_delay_ns = 0;
	if (ended)
		vigia_set_ended_delays(record, ended);
	record->cpu_user_ns = signal->utime;
	record->cpu_system_ns = signal->stime;
	record->cpu_runtime_ns = signal->sum_sched_runtime;
	record->minor_faults = signal->min_flt;
	record->major_faults = signal->maj_flt;
	vigia_set_io(record, &signal->ioac);
	record->voluntary_switches = signal->nvcsw;
	record->involuntary_switches = signal->nivcsw;
}

/* Adds those of a living thread. */
static __always_inline void vigia_add_counters(struct vigia_process *record,
					       const struct task_struct *thread)
{
	record->cpu_user_ns += thread->utime;
	record->cpu_system_ns += thread->stime;
	record->cpu_runtime_ns += thread->se.sum_exec_runtime;
	record->minor_faults += thread->min_flt;
	record->major_faults += thread->maj_flt;
#if VIGIA_HAS_IO
	record->read_chars_bytes += thread->ioac.rchar;
	record->write_chars_bytes += thread->ioac.wchar;
	record->read_calls += thread->ioac.syscr;
	record->write_calls += thread->ioac.syscw;
	record->read_bytes += thread->ioac.read_bytes;
	record->write_bytes += thread->ioac.write_bytes;
	record->cancelled_write_bytes += thread->ioac.cancelled_write_bytes;
#endif
	record->voluntary_switches += thread->nvcsw;
	record->involuntary_switches += thread->nivcsw;
	/* one that gave up its mm has left its waiting times behind already */
	if (vigia_may_have_mm(thread) || !vigia_ended_delays(thread->signal)) {
		record->run_delay_ns += vigia_thread_run_delay(thread);
		record->block_delay_ns += vigia_thread_block_delay(thread, &record->valid);
	}
}

#endif /* VIGIA_PROCESSES_COUNTERS_H */
