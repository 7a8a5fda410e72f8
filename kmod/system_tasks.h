/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's threads, counted one by one: the kernel's own counts (nr_threads, nr_running(), nr_iowait())
 * are not exported.
 */
#ifndef VIGIA_KMOD_SYSTEM_TASKS_H
#define VIGIA_KMOD_SYSTEM_TASKS_H

struct vigia_system;

/* tasks_total, tasks_running, tasks_blocked. */
void vigia_tasks_fill(struct vigia_system *host);

#endif /* VIGIA_KMOD_SYSTEM_TASKS_H */
