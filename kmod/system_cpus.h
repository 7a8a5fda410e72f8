/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc/stat tells of the CPUs: their times, and the interrupts of all of them.
 */
#ifndef VIGIA_KMOD_SYSTEM_CPUS_H
#define VIGIA_KMOD_SYSTEM_CPUS_H

struct vigia_snapshot;
struct vigia_system;

/* The region of CPUs: those that are online, sorted. */
void vigia_cpus_fill(struct vigia_snapshot *snapshot);
/* interrupts and softirqs. */
void vigia_interrupts_fill(struct vigia_system *host);

#endif /* VIGIA_KMOD_SYSTEM_CPUS_H */
