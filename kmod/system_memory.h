/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory and paging groups of `system`. The file `memory` tells more: memory.h.
 */
#ifndef VIGIA_KMOD_SYSTEM_MEMORY_H
#define VIGIA_KMOD_SYSTEM_MEMORY_H

struct vigia_system;

/* Under the lock of the sensor `system`. */
void vigia_system_memory_fill(struct vigia_system *host);

#endif /* VIGIA_KMOD_SYSTEM_MEMORY_H */
