// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a process, with what it has used.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/minmax.h>
#include <linux/rculist.h>
#include <linux/sched/clock.h>
#include <linux/seqlock.h>

#include "events.h"
#include "processes_cputime.h"

/* Threads that are added up for one record; of a process with more, the sums are masked. */
#define VIGIA_EXIT_THREADS 4096
#define VIGIA_EXIT_ATTEMPTS 4

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

/*
 * How long the running task has run since the scheduler last looked, which is not before its next tick. The
 * scheduler's clock is this one where it does not take interrupts or stolen time out.
 */
static __always_inline u64 vigia_exit_unseen_ns(const struct task_struct *task)
{
#if !defined(CONFIG_IRQ_TIME_ACCOUNTING) && !defined(CONFIG_PARAVIRT_TIME_ACCOUNTING)
	s64 unseen_ns = sched_clock_cpu(smp_processor_id()) - task->se.exec_start;

	return unseen_ns > 0 && unseen_ns < NSEC_PER_SEC ? unseen_ns : 0;
#else
	return 0;
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

/* What threads that ended before left behind. */
static __always_inline void vigia_exit_start(struct vigia_exit_sums *sums,
					     const struct signal_struct *signal)
{
	*sums = (struct vigia_exit_sums)
	{
		.runtime_ns = signal->sum_sched_runtime, .user_ns = signal->utime,
		.system_ns = signal->stime, .minor_faults = signal->min_flt,
		.major_faults = signal->maj_flt,
#if VIGIA_HAS_IO
		.read_bytes = signal->ioac.read_bytes, .write_bytes = signal->ioac.write_bytes,
		.read_calls = signal->ioac.syscr, .write_calls = signal->ioac.syscw,
#endif
	};
}

/* Several threads are leaving: each is counted once if stats_lock's sequence says so. Under RCU. */
static noinline bool vigia_exit_add_threads(struct vigia_exit_sums *sums,
					    struct signal_struct *signal)
{
	struct task_struct *thread;
	unsigned int sequence, attempt, count;

	for (attempt = 0; attempt < VIGIA_EXIT_ATTEMPTS; attempt++) {
		count = 0;
		sequence = read_seqbegin(&signal->stats_lock);
		vigia_exit_start(sums, signal);
		list_for_each_entry_rcu(thread, &signal->thread_head, thread_node)
		{
			if (++count > VIGIA_EXIT_THREADS)
				return false;
			vigia_exit_add(sums, thread);
		}
		if (!read_seqretry(&signal->stats_lock, sequence))
			return true;
	}
	return false;
}

/* Sums over all threads of the process that ends. False if they cannot be vouched for. */
static __always_inline bool vigia_exit_sum(struct vigia_exit_sums *sums, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	bool is_sound = true;

	if (likely(signal->nr_threads == 1)) {
		vigia_exit_start(sums, signal);
		vigia_exit_add(sums, task);
	} else {
		is_sound = vigia_exit_add_threads(sums, signal);
	}
	sums->runtime_ns += vigia_exit_unseen_ns(task);
	return is_sound;
}

/* User and system time as /proc and `processes` divide them. */
static __always_inline void vigia_exit_set_times(struct vigia_event_exit *event,
						 struct prev_cputime *said,
						 const struct vigia_exit_sums *sums)
{
	if (READ_ONCE(said->utime) + READ_ONCE(said->stime) < sums->runtime_ns)
		vigia_split_runtime(said, sums->runtime_ns, sums->user_ns, sums->system_ns);
	event->cpu_user_ns = READ_ONCE(said->utime);
	event->cpu_system_ns = READ_ONCE(said->stime);
	event->cpu_runtime_ns = event->cpu_user_ns + event->cpu_system_ns;
}

static __always_inline void vigia_exit_set_status(struct vigia_event_exit *event,
						  struct task_struct *task)
{
	const struct signal_struct *signal = task->signal;
	int code = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code
						     : task->group_leader->exit_code;

	event->exit_code = code >> 8 & 0xff;
	event->exit_signal = code & 0x7f;
	event->flags = (code & 0x80 ? VIGIA_EVENT_EXIT_CORE_DUMPED : 0) |
		       (task->flags & PF_KTHREAD ? VIGIA_EVENT_EXIT_KERNEL_THREAD : 0);
	event->valid |= VIGIA_EVENT_VALID_STATUS;
}

#define VIGIA_EXIT_VALID_SUMS                                                                      \
	(VIGIA_EVENT_VALID_RUNTIME | VIGIA_EVENT_VALID_CPU_SPLIT | VIGIA_EVENT_VALID_FAULTS |      \
	 (VIGIA_HAS_IO ? VIGIA_EVENT_VALID_IO : 0))

static __always_inline void vigia_exit_set_sums(struct vigia_event_exit *event,
						struct task_struct *task)
{
	struct vigia_exit_sums sums vigia_uninitialized;

	if (likely(vigia_exit_sum(&sums, task))) {
		vigia_exit_set_times(event, &task->signal->prev_cputime, &sums);
		event->valid |= VIGIA_EXIT_VALID_SUMS;
	} else {
		sums = (struct vigia_exit_sums){};
		event->cpu_runtime_ns = event->cpu_user_ns = event->cpu_system_ns = 0;
	}
	event->minor_faults = sums.minor_faults;
	event->major_faults = min_t(u64, sums.major_faults, U32_MAX);
	event->read_bytes = sums.read_bytes;
	event->write_bytes = sums.write_bytes;
	event->read_calls = sums.read_calls;
	event->write_calls = sums.write_calls;
}

/* In the process that ends, of which no other thread lives. */
void vigia_event_exit(struct task_struct *task)
{
	struct vigia_event_exit *exit;
	struct vigia_event *event;
	u64 number;

	rcu_read_lock();
	event = vigia_rings_begin(&vigia_events, &number);
	vigia_event_start(event, VIGIA_EVENT_EXIT, task);
	exit = (struct vigia_event_exit *)event;
	vigia_exit_set_status(exit, task);
	vigia_exit_set_sums(exit, task);
	/* what the kernel took down before it let go of the memory */
	exit->rss_peak_bytes = (u64)task->signal->maxrss << PAGE_SHIFT;
	exit->valid |= exit->rss_peak_bytes ? VIGIA_EVENT_VALID_RSS : 0;
	vigia_rings_commit(&vigia_events, event, number);
	rcu_read_unlock();
}
