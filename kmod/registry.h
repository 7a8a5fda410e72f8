/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which sensors there are: the core's half of sensor.h.
 */
#ifndef VIGIA_REGISTRY_H
#define VIGIA_REGISTRY_H

#include <linux/types.h>

struct vigia_channel_start;

/* Before the first sensor registers. Nothing to undo. */
void vigia_registry_init(void);

/* Where a file that is made now begins to count ... */
struct vigia_channel_start vigia_registry_start(void);
/* ... and how far one has counted that leaves. */
void vigia_registry_advance(u64 generation, u64 layout_generation);

#endif /* VIGIA_REGISTRY_H */
