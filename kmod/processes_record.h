/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One process into one record: every byte of it is written but the last, reserved ones, which were made
 * zero with the memory they stand in and stay it.
 */
#ifndef VIGIA_PROCESSES_RECORD_H
#define VIGIA_PROCESSES_RECORD_H

#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <asm/word-at-a-time.h>
#include <vigia/processes.h>

#include "compat.h"
#include "hierarchy.h"
#include "processes_cputime.h"
#include "processes_threads.h"

/* What is the same for all processes of one snapshot. */
struct vigia_reading {
	struct vigia_walk *walk; /* NULL: one process is read, not all */
	struct vigia_hierarchy hierarchy;
	u64 rss_error_bytes;
	u64 loose_count; /* processes whose threads could not be read consistently */
};

#define VIGIA_PROCESS_VALID_ALL                                                                    \
	(VIGIA_PROCESS_VALID_CPU | VIGIA_PROCESS_VALID_MEMORY | VIGIA_PROCESS_VALID_RSS_SPLIT |    \
	 VIGIA_PROCESS_VALID_FAULTS | VIGIA_PROCESS_VALID_SWITCHES |                               \
	 VIGIA_PROCESS_VALID_NAMESPACE_PID | VIGIA_PROCESS_VALID_USER | VIGIA_PROCESS_VALID_OOM |  \
	 (VIGIA_HAS_RUN_DELAY ? VIGIA_PROCESS_VALID_RUN_DELAY : 0) |                               \
	 (VIGIA_HAS_BLOCK_DELAY ? VIGIA_PROCESS_VALID_BLOCK_DELAY : 0) |                           \
	 (VIGIA_HAS_IO ? VIGIA_PROCESS_VALID_IO : 0) |                                             \
	 (IS_ENABLED(CONFIG_CGROUPS) ? VIGIA_PROCESS_VALID_CGROUP : 0))

/* All ones in the bytes before the one that has_zero() found. */
static __always_inline unsigned long vigia_bytes_before_zero(unsigned long word, unsigned long bits,
							     const struct word_at_a_time *constants)
{
	return zero_bytemask(create_zero_mask(prep_zero_mask(word, bits, constants)));
}

/*
 * The bytes before the first NUL, then NULs: what stands behind it may be left from a longer name. A
 * name that changes just now may be mixed from both, but ends within its 16 bytes.
 */
static __always_inline void vigia_copy_comm(char to[VIGIA_COMM_SIZE_BYTES], const char *comm)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long low = READ_ONCE(*(const unsigned long *)comm);
	unsigned long high = READ_ONCE(*(const unsigned long *)(comm + sizeof(low)));
	unsigned long bits;

	BUILD_BUG_ON(VIGIA_COMM_SIZE_BYTES != TASK_COMM_LEN || TASK_COMM_LEN != 2 * sizeof(low));
	if (has_zero(low, &bits, &constants)) {
		low &= vigia_bytes_before_zero(low, bits, &constants);
		high = 0;
	} else if (has_zero(high, &bits, &constants)) {
		high &= vigia_bytes_before_zero(high, bits, &constants);
	} else {
		((char *)&high)[sizeof(high) - 1] = 0;
	}
	memcpy(to, &low, sizeof(low));
	memcpy(to + sizeof(low), &high, sizeof(high));
}

/* The letter that /proc shows, as a state. */
static __always_inline u32 vigia_task_state(struct task_struct *task)
{
	/* in the order of the kernel's "RSDTtXZPI" */
	static const u8 states[] = { VIGIA_STATE_RUNNING, VIGIA_STATE_SLEEPING, VIGIA_STATE_BLOCKED,
				     VIGIA_STATE_STOPPED, VIGIA_STATE_TRACED,   VIGIA_STATE_DEAD,
				     VIGIA_STATE_ZOMBIE,  VIGIA_STATE_PARKED,   VIGIA_STATE_IDLE };
	unsigned int index;

	/* nearly all, nearly always */
	if (likely(vigia_task_state_word(task) == TASK_INTERRUPTIBLE && !task->exit_state))
		return VIGIA_STATE_SLEEPING;
	index = task_state_index(task);
	BUILD_BUG_ON(ARRAY_SIZE(states) != 1 + ilog2(TASK_REPORT_MAX));
	return states[index];
}

static __always_inline void vigia_write_identity(struct vigia_process *record,
						 struct task_struct *leader, struct pid *pid,
						 const struct vigia_reading *reading)
{
	const struct signal_struct *signal = leader->signal;
	const struct cred *cred = rcu_dereference(leader->real_cred);

	record->pid = pid->numbers[0].nr;
	record->parent_pid = rcu_dereference(leader->real_parent)->tgid;
	record->start_time_ns = leader->start_boottime;
	record->valid = VIGIA_PROCESS_VALID_ALL;
#ifdef CONFIG_CGROUPS
	record->cgroup_id = cgroup_id(vigia_hierarchy_cgroup(&reading->hierarchy, leader));
#else
	record->cgroup_id = 0;
#endif
	record->namespace_pid = pid->numbers[pid->level].nr;
	record->thread_count = signal->nr_threads;
	/* the initial user namespace's ids are the kernel's own */
	record->uid = __kuid_val(cred->uid);
	record->effective_uid = __kuid_val(cred->euid);
	record->state = vigia_task_state(leader);
	record->flags = leader->flags & PF_KTHREAD ? VIGIA_PROCESS_FLAG_KERNEL_THREAD : 0;
	record->nice = task_nice(leader);
	record->oom_score_adjustment = signal->oom_score_adj;
	record->last_cpu = task_cpu(leader);
	record->reserved0 = 0;
	vigia_copy_comm(record->comm, leader->comm);
}

/* The counters of a process that has several threads, or had, or children that were waited for. */
static noinline_for_stack void vigia_read_group(struct vigia_process *record,
						struct task_struct *leader,
						struct vigia_reading *reading, bool exact_rss)
{
	struct vigia_threads threads = {
		.walk = reading->walk,
		.leader = leader,
		.id = record->pid,
		.record = record,
		.exact = exact_rss,
	};

	if (!vigia_read_threads(&threads))
		reading->loose_count++;
	if (threads.has_pages)
		vigia_write_pages(record, threads.pages, reading->rss_error_bytes);
	else
		vigia_write_no_pages(record);
	vigia_write_cputime(record, &leader->signal->prev_cputime, record->cpu_runtime_ns,
			    record->cpu_user_ns, record->cpu_system_ns);
	if (reading->walk)
		vigia_walk_charge(reading->walk, threads.id, threads.steps);
}

/* Reads all. False if the process left, or its leader was replaced by exec, meanwhile. */
static __always_inline bool vigia_read_process(struct vigia_process *record,
					       struct task_struct *leader, struct pid *pid,
					       struct vigia_reading *reading, bool exact_rss)
{
	struct signal_struct *signal = leader->signal;
	bool is_alive;

	vigia_write_identity(record, leader, pid, reading);
	if (!exact_rss && likely(record->thread_count == 1 && !vigia_has_past(signal))) {
		vigia_read_memory(record, leader, reading->rss_error_bytes);
		vigia_set_counters(record, leader);
		vigia_write_cputime(record, &signal->prev_cputime, leader->se.sum_exec_runtime,
				    leader->utime, leader->stime);
		return pid_alive(leader);
	}
	get_task_struct(leader); /* the reading may leave the RCU section */
	vigia_read_group(record, leader, reading, exact_rss);
	/* one that left in between stands in the sums twice: as a thread and as an ended one */
	is_alive = pid_alive(leader);
	put_task_struct(leader);
	return is_alive;
}

#endif /* VIGIA_PROCESSES_RECORD_H */
