// SPDX-License-Identifier: GPL-2.0
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <vigia/system.h>

#include "compat.h"
#include "system_tasks.h"

/* Threads in one RCU read section: some ten thousand instructions. */
#define BATCH 256

static void count_task(struct vigia_system *host, struct task_struct *task)
{
	host->tasks_total++;
	if (task_is_running(task))
		host->tasks_running++;
	else if (task->in_iowait)
		host->tasks_blocked++;
}

/*
 * Counts the threads of the next pids from `pid_number` on. Returns where to go on, or 0 at the end.
 * Every thread has a pid in the initial namespace, and that number finds the way back after a pause.
 */
static int count_batch(struct vigia_system *host, int pid_number)
{
	struct task_struct *task;
	struct pid *pid = NULL;
	int i;

	rcu_read_lock();
	for (i = 0; i < BATCH; i++) {
		pid = idr_get_next(&init_pid_ns.idr, &pid_number);
		if (!pid)
			break;
		task = pid_task(
			pid,
			PIDTYPE_PID); /* NULL: the number of a group or session that lives on */
		if (task)
			count_task(host, task);
		pid_number++;
	}
	rcu_read_unlock();
	return pid ? pid_number : 0;
}

void vigia_tasks_fill(struct vigia_system *host)
{
	int pid_number = 1;

	while (pid_number > 0) {
		pid_number = count_batch(host, pid_number);
		cond_resched();
	}
	host->valid |= VIGIA_SYSTEM_VALID_TASKS;
}
