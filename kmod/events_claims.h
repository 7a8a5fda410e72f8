/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose is the record of a process's end, on kernels whose tracepoint does not say which thread is the last?
 *
 * Every thread counts signal->live down, and comes to the tracepoint later: when two leave together, both may
 * find 0 there. The first to claim the process is the last thread for us. A claim is the process's identity,
 * in a table in which it stays until others take its place: some tens of thousands of processes with several
 * threads later.
 */
#ifndef VIGIA_EVENTS_CLAIMS_H
#define VIGIA_EVENTS_CLAIMS_H

#include <linux/types.h>

struct task_struct;

/* True for exactly one of the threads that ask. From any context. */
bool vigia_claim_exit(struct task_struct *task);

#endif /* VIGIA_EVENTS_CLAIMS_H */
