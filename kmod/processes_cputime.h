/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User and system time of a process, as /proc shows them.
 *
 * The scheduler knows to the nanosecond how long a process ran (runtime); which part of that was user
 * time is only sampled. /proc divides the runtime in the ratio of the samples and remembers the result
 * in signal->prev_cputime, so that neither part ever shrinks. We share that memory, under its lock:
 * what we say and what /proc says never contradict each other.
 */
#ifndef VIGIA_PROCESSES_CPUTIME_H
#define VIGIA_PROCESSES_CPUTIME_H

#include <linux/math64.h>
#include <linux/sched/signal.h>
#include <vigia/processes.h>

/* Both said at one moment. Their sum is the runtime, if that is not older than what was said before. */
struct vigia_cputime_parts {
	u64 user_ns;
	u64 system_ns;
};

/* Divides `runtime_ns` in the ratio of the samples; neither part below what was said before. */
static noinline_for_stack struct vigia_cputime_parts vigia_split_runtime(struct prev_cputime *said,
									 u64 runtime_ns,
									 u64 user_samples_ns,
									 u64 system_samples_ns)
{
	struct vigia_cputime_parts parts;
	unsigned long flags;
	u64 system_ns;

	raw_spin_lock_irqsave(&said->lock, flags);
	if (said->utime + said->stime < runtime_ns) { /* else somebody was faster */
		if (!system_samples_ns)
			system_ns = 0;
		else if (!user_samples_ns)
			system_ns = runtime_ns;
		else
			system_ns = mul_u64_u64_div_u64(system_samples_ns, runtime_ns,
							system_samples_ns + user_samples_ns);
		system_ns = max(system_ns, said->stime);
		/* the sum of what was said is below the runtime, so that this leaves it its part */
		system_ns = min(system_ns, runtime_ns - said->utime);
		said->stime = system_ns;
		said->utime = runtime_ns - system_ns;
	}
	parts = (struct vigia_cputime_parts){ said->utime, said->stime };
	raw_spin_unlock_irqrestore(&said->lock, flags);
	return parts;
}

/*
 * Sets the record's times. A process that did not run since anybody looked takes no lock: user and
 * system time may then be of two moments, but both were said, and their sum is the runtime.
 */
static __always_inline void vigia_write_cputime(struct vigia_process *record,
						struct prev_cputime *said, u64 runtime_ns,
						u64 user_samples_ns, u64 system_samples_ns)
{
	u64 user_ns = READ_ONCE(said->utime);
	u64 system_ns = READ_ONCE(said->stime);

	if (unlikely(user_ns + system_ns < runtime_ns)) {
		const struct vigia_cputime_parts parts =
			vigia_split_runtime(said, runtime_ns, user_samples_ns, system_samples_ns);

		user_ns = parts.user_ns;
		system_ns = parts.system_ns;
	}
	/* more than runtime_ns only if that is an older or a loose reading: this never shrinks */
	record->cpu_runtime_ns = user_ns + system_ns;
	record->cpu_user_ns = user_ns;
	record->cpu_system_ns = system_ns;
}

#endif /* VIGIA_PROCESSES_CPUTIME_H */
