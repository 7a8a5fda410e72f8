/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of `memory`: faults, allocation, reclaim, compaction, huge pages.
 */
#ifndef VIGIA_KMOD_MEMORY_EVENTS_H
#define VIGIA_KMOD_MEMORY_EVENTS_H

struct vigia_memory;

/* Under the lock of the sensor `memory`. */
void vigia_memory_events_fill(struct vigia_memory *host);

#endif /* VIGIA_KMOD_MEMORY_EVENTS_H */
