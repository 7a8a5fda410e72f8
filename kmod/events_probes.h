/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracepoints that vigia_events.ko listens to.
 */
#ifndef VIGIA_EVENTS_PROBES_H
#define VIGIA_EVENTS_PROBES_H

#include <linux/types.h>

/* False, and says so, in another kernel than the one this was built for. */
bool vigia_probes_fit(void);
/* Looks for the tracepoints. Returns VIGIA_EVENTS_FEATURE() of the kinds that can be reported. */
u64 vigia_probes_find(void);
/* Begins to listen. 0 or a negative errno: then nobody listens. */
int vigia_probes_start(void);
/* No probe runs, or will run, once this has returned. Sleeps. */
void vigia_probes_stop(void);

#endif /* VIGIA_EVENTS_PROBES_H */
