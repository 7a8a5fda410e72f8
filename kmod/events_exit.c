// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a process, with what it has used.
 */
#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/processor.h>
#include <linux/rculist.h>
#include <linux/sched/clock.h>
#include <linux/seqlock.h>

#include "events.h"
#include "events_claims.h"
#include "processes_cputime.h"

/* Threads that are added up for one record; of a process with more, the sums are masked. */
#define VIGIA_EXIT_THREADS 4096
#define VIGIA_EXIT_ATTEMPTS 4
/* How often to look whether a thread that leaves has left its counters, where it may be preempted. */
#define VIGIA_EXIT_LOOKS 1000

struct vigia_exit_sums {
	u64 runtime_ns;
	u64 user_ns; /* samples; see processes_cputime.h */
	u64 system_ns;
	u64 minor_faults;
	u64 major_faults;
	u64 read_bytes;
	u64 write_bytes;
	u64 read_calls;
	u64 write_calls;
};

/* ---- the scheduler's clock ---- */

/*
 * How far it is ahead of the clock of records, so that one reading serves both. Two clocks of one machine
 * drift apart by less than a thousandth: within VIGIA_EXIT_CLOCK_NS by a microsecond.
 */
#define VIGIA_EXIT_CLOCK_NS NSEC_PER_MSEC
#define VIGIA_EXIT_CLOCK_ERROR_NS (10 * NSEC_PER_USEC)

struct vigia_exit_clock {
	u64 read_ns;
	u64 ahead_ns;
};

static DEFINE_PER_CPU(struct vigia_exit_clock, vigia_exit_clocks);

/* Both clocks at once: not with another guest's turn, or an NMI, in between. */
static noinline void vigia_exit_read_clock(struct vigia_exit_clock *clock)
{
	unsigned int attempt;
	unsigned long flags;
	u64 now_ns;

	local_irq_save(flags);
	clock->read_ns = ktime_get_mono_fast_ns();
	for (attempt = 0; attempt < VIGIA_EXIT_ATTEMPTS; attempt++) {
		clock->ahead_ns = sched_clock_cpu(smp_processor_id()) - clock->read_ns;
		now_ns = ktime_get_mono_fast_ns();
		if (now_ns - clock->read_ns < VIGIA_EXIT_CLOCK_ERROR_NS)
			break;
		clock->read_ns = now_ns;
	}
	local_irq_restore(flags);
}

/*
 * How long the running task has run since the scheduler last looked, which is not before its next tick: at
 * `seen_ns` of its clock. Not where that clock leaves interrupts or stolen time out. With preemption off.
 */
static __always_inline u64 vigia_exit_unseen_ns(u64 now_ns, u64 seen_ns)
{
#if !defined(CONFIG_IRQ_TIME_ACCOUNTING) && !defined(CONFIG_PARAVIRT_TIME_ACCOUNTING)
	struct vigia_exit_clock *clock = this_cpu_ptr(&vigia_exit_clocks);
	s64 unseen_ns;

	if (unlikely(now_ns - clock->read_ns >= VIGIA_EXIT_CLOCK_NS))
		vigia_exit_read_clock(clock);
	unseen_ns = now_ns + clock->ahead_ns - seen_ns;
	return unseen_ns > 0 && unseen_ns < NSEC_PER_SEC ? unseen_ns : 0;
#else
	return 0;
#endif
}

/* ---- the sums ---- */

/*
 * The record's numbers are of one moment. Three things could move them while they are read:
 *
 *   - a thread that is released moves its counters into the process's: signal->stats_lock's sequence tells;
 *   - the scheduler's tick, an interrupt of this CPU, adds to all times of the running task: its exec_start
 *     tells, which each tick sets;
 *   - another CPU that looks at this one's queue adds the running task's time, too. It sets exec_start a few
 *     instructions before it adds: if the time is read in between, what the task ran since the last tick is
 *     missing, in the run time alone.
 */
struct vigia_exit_moment {
	unsigned int sequence; /* odd: a thread is being released */
	u64 seen_ns;
};

/*
 * The bare count. read_seqbegin() would wait for the writer: on PREEMPT_RT by taking its lock, which sleeps,
 * and tracepoints run with preemption off.
 */
static __always_inline const seqcount_t *vigia_exit_count(const struct signal_struct *signal)
{
	return &signal->stats_lock.seqcount.seqcount;
}

static __always_inline struct vigia_exit_moment vigia_exit_begin(const struct task_struct *task,
								 const struct signal_struct *signal)
{
	struct vigia_exit_moment moment = {
		.sequence = raw_read_seqcount(vigia_exit_count(signal)),
		.seen_ns = READ_ONCE(task->se.exec_start),
	};

	barrier(); /* against this CPU's interrupts; the sequence has barriers of its own */
	return moment;
}

static __always_inline bool vigia_exit_has_moved(const struct task_struct *task,
						 const struct signal_struct *signal,
						 const struct vigia_exit_moment *moment)
{
	return (moment->sequence & 1) ||
	       read_seqcount_retry(vigia_exit_count(signal), moment->sequence) ||
	       READ_ONCE(task->se.exec_start) != moment->seen_ns;
}

/* What threads that ended before left behind. */
static __always_inline void vigia_exit_start(struct vigia_exit_sums *sums,
					     const struct signal_struct *signal)
{
	sums->runtime_ns = signal->sum_sched_runtime;
	sums->user_ns = signal->utime;
	sums->system_ns = signal->stime;
	sums->minor_faults = signal->min_flt;
	sums->major_faults = signal->maj_flt;
	sums->read_bytes = sums->write_bytes = sums->read_calls = sums->write_calls = 0;
#if VIGIA_HAS_IO
	sums->read_bytes = signal->ioac.read_bytes;
	sums->write_bytes = signal->ioac.write_bytes;
	sums->read_calls = signal->ioac.syscr;
	sums->write_calls = signal->ioac.syscw;
#endif
}

static __always_inline void vigia_exit_add(struct vigia_exit_sums *sums,
					   const struct task_struct *thread)
{
	sums->runtime_ns += thread->se.sum_exec_runtime;
	sums->user_ns += thread->utime;
	sums->system_ns += thread->stime;
	sums->minor_faults += thread->min_flt;
	sums->major_faults += thread->maj_flt;
#if VIGIA_HAS_IO
	sums->read_bytes += thread->ioac.read_bytes;
	sums->write_bytes += thread->ioac.write_bytes;
	sums->read_calls += thread->ioac.syscr;
	sums->write_calls += thread->ioac.syscw;
#endif
}

static __always_inline void vigia_exit_set_counters(struct vigia_event_exit *event,
						    const struct vigia_exit_sums *sums)
{
	event->minor_faults = sums->minor_faults;
	event->major_faults = min_t(u64, sums->major_faults, U32_MAX);
	event->read_bytes = sums->read_bytes;
	event->write_bytes = sums->write_bytes;
	event->read_calls = sums->read_calls;
	event->write_calls = sums->write_calls;
}

/*
 * User and system time as /proc and `processes` divide the run time. A life that no tick has seen and nobody
 * has asked about, as most short ones, is all user time, as it would be there; it takes no lock, and is not
 * remembered: should a tick see the rest of the exit, and somebody ask for the zombie, that is all system
 * time.
 */
static __always_inline struct vigia_cputime_parts
vigia_exit_split(struct prev_cputime *said, const struct vigia_exit_sums *sums, u64 runtime_ns)
{
	if (likely(!(sums->user_ns | sums->system_ns | READ_ONCE(said->utime) |
		     READ_ONCE(said->stime))))
		return (struct vigia_cputime_parts){ runtime_ns, 0 };
	return vigia_split_runtime(said, runtime_ns, sums->user_ns, sums->system_ns);
}

static __always_inline void vigia_exit_set_times(struct vigia_event_exit *event,
						 struct prev_cputime *said,
						 const struct vigia_exit_sums *sums, u64 seen_ns)
{
	const u64 runtime_ns = sums->runtime_ns + vigia_exit_unseen_ns(event->time_ns, seen_ns);
	const struct vigia_cputime_parts parts = vigia_exit_split(said, sums, runtime_ns);

	event->cpu_user_ns = parts.user_ns;
	event->cpu_system_ns = parts.system_ns;
	event->cpu_runtime_ns = parts.user_ns + parts.system_ns;
}

/* The sums stay masked. */
static void vigia_exit_give_up(struct vigia_event_exit *event)
{
	event->cpu_runtime_ns = event->cpu_user_ns = event->cpu_system_ns = 0;
	vigia_exit_set_counters(event, &(struct vigia_exit_sums){});
}

/*
 * Waits until no thread is being released, which takes no longer than its lock is held. Only on PREEMPT_RT
 * may that be long: then its holder can be preempted, by this task, too.
 */
static bool vigia_exit_wait(const struct signal_struct *signal)
{
	unsigned int look;

	for (look = 0; raw_read_seqcount(vigia_exit_count(signal)) & 1; look++) {
		if (IS_ENABLED(CONFIG_PREEMPT_RT) && look == VIGIA_EXIT_LOOKS)
			return false;
		cpu_relax();
	}
	return true;
}

/* Threads are added up, each once. False if there are too many. Under RCU. */
static bool vigia_exit_add_threads(struct vigia_exit_sums *sums, const struct signal_struct *signal)
{
	const struct task_struct *thread;
	unsigned int count = 0;

	vigia_exit_start(sums, signal);
	list_for_each_entry_rcu(thread, &signal->thread_head, thread_node)
	{
		if (++count > VIGIA_EXIT_THREADS)
			return false;
		vigia_exit_add(sums, thread);
	}
	return true;
}

/* There are other threads, or something moved. */
static noinline bool vigia_exit_set_sums_of_many(struct vigia_event_exit *event,
						 struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct vigia_exit_sums sums;
	unsigned int attempt;

	rcu_read_lock();
	for (attempt = 0; attempt < VIGIA_EXIT_ATTEMPTS && vigia_exit_wait(signal); attempt++) {
		const struct vigia_exit_moment moment = vigia_exit_begin(task, signal);

		if (!vigia_exit_add_threads(&sums, signal))
			break;
		if (vigia_exit_has_moved(task, signal, &moment))
			continue;
		rcu_read_unlock();
		vigia_exit_set_counters(event, &sums);
		vigia_exit_set_times(event, &signal->prev_cputime, &sums, moment.seen_ns);
		return true;
	}
	rcu_read_unlock();
	vigia_exit_give_up(event);
	return false;
}

/* Sums over all threads of the process that ends. False if they cannot be vouched for. */
static __always_inline bool vigia_exit_set_sums(struct vigia_event_exit *event,
						struct task_struct *task,
						struct signal_struct *signal)
{
	const struct vigia_exit_moment moment = vigia_exit_begin(task, signal);
	struct vigia_exit_sums sums vigia_uninitialized;

	if (unlikely(READ_ONCE(signal->nr_threads) != 1))
		return vigia_exit_set_sums_of_many(event, task);
	vigia_exit_start(&sums, signal);
	vigia_exit_add(&sums, task);
	vigia_exit_set_counters(event, &sums); /* before the look: registers are few */
	if (unlikely(vigia_exit_has_moved(task, signal, &moment)))
		return vigia_exit_set_sums_of_many(event, task);
	vigia_exit_set_times(event, &signal->prev_cputime, &sums, moment.seen_ns);
	return true;
}

static __always_inline void vigia_exit_set_status(struct vigia_event_exit *event,
						  const struct task_struct *task,
						  const struct task_struct *leader,
						  const struct signal_struct *signal)
{
	int code = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : leader->exit_code;

	event->exit_code = code >> 8 & 0xff;
	event->exit_signal = code & 0x7f;
	event->flags = (code & 0x80 ? VIGIA_EVENT_EXIT_CORE_DUMPED : 0) |
		       (task->flags & PF_KTHREAD ? VIGIA_EVENT_EXIT_KERNEL_THREAD : 0);
}

#define VIGIA_EXIT_VALID_SUMS                                                                      \
	(VIGIA_EVENT_VALID_RUNTIME | VIGIA_EVENT_VALID_CPU_SPLIT | VIGIA_EVENT_VALID_FAULTS |      \
	 (VIGIA_HAS_IO ? VIGIA_EVENT_VALID_IO : 0))

static __always_inline void vigia_event_exit(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct task_struct *leader = task->group_leader;
	u32 valid = VIGIA_EVENT_VALID_STATUS;
	struct vigia_event_exit *exit;
	struct vigia_event *event;
	u64 number;

	event = vigia_probe_begin(&number);
	exit = (struct vigia_event_exit *)event;
	event->time_ns = vigia_event_now_ns();
	if (likely(vigia_exit_set_sums(exit, task, signal)))
		valid |= VIGIA_EXIT_VALID_SUMS;
	/* what the kernel took down before it let go of the memory */
	exit->rss_peak_bytes = (u64)signal->maxrss << PAGE_SHIFT;
	if (exit->rss_peak_bytes)
		valid |= VIGIA_EVENT_VALID_RSS;
	vigia_exit_set_status(exit, task, leader, signal);
	vigia_event_start(event, VIGIA_EVENT_EXIT, valid, event->time_ns, task, leader);
	vigia_probe_commit(event, number);
}

/* Since 6.16 the kernel says who is the last; a distribution may have taken that into an older one. */
void vigia_on_last_exit(void *data, struct task_struct *task, bool group_dead)
{
	if (group_dead)
		vigia_event_exit(task);
}

void vigia_on_exit(void *data, struct task_struct *task)
{
	if (vigia_claim_exit(task))
		vigia_event_exit(task);
}
