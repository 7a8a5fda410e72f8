/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sensor of /proc/vigia/memory, see vigia/memory.h.
 */
#ifndef VIGIA_KMOD_MEMORY_H
#define VIGIA_KMOD_MEMORY_H

int vigia_memory_init(void);
void vigia_memory_uninit(void);

#endif /* VIGIA_KMOD_MEMORY_H */
