/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sensor of /proc/vigia/system, see vigia/system.h.
 */
#ifndef VIGIA_KMOD_SYSTEM_H
#define VIGIA_KMOD_SYSTEM_H

int vigia_system_init(void);
void vigia_system_uninit(void);

#endif /* VIGIA_KMOD_SYSTEM_H */
