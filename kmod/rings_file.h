/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What processes do with a file of rings: open, map, read its header, poll, ioctl, close.
 */
#ifndef VIGIA_RINGS_FILE_H
#define VIGIA_RINGS_FILE_H

#include <linux/proc_fs.h>

struct vigia_rings;

/* The file's data is its rings. */
extern const struct proc_ops vigia_rings_ops;

/* rings.c: announces what was written so far. */
void vigia_rings_announce_now(struct vigia_rings *rings);
/* rings.c: true if there are records that were not announced yet. */
bool vigia_rings_have_news(struct vigia_rings *rings);
bool vigia_rings_are_dead(const struct vigia_rings *rings);

#endif /* VIGIA_RINGS_FILE_H */
