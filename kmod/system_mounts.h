/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The space of the chosen mount points.
 */
#ifndef VIGIA_KMOD_SYSTEM_MOUNTS_H
#define VIGIA_KMOD_SYSTEM_MOUNTS_H

#include <linux/types.h>

struct vigia_snapshot;

/* The file never has more. */
#define VIGIA_LIMIT_MOUNTS 64

/* `list`: absolute paths with commas between them. 0, -EINVAL (the log says what), -ENOMEM. */
int vigia_mounts_init(const char *list);
void vigia_mounts_uninit(void);

u32 vigia_mounts_count(void);
void vigia_mounts_fill(struct vigia_snapshot *snapshot);

#endif /* VIGIA_KMOD_SYSTEM_MOUNTS_H */
