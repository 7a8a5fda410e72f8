/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which sensors there are: the core's half of sensor.h.
 */
#ifndef VIGIA_REGISTRY_H
#define VIGIA_REGISTRY_H

/* Before the first sensor registers. Nothing to undo. */
void vigia_registry_init(void);

#endif /* VIGIA_REGISTRY_H */
