/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the channel and of the rings, which run when the core is loaded, in modules built with
 * VIGIA_DEBUG=y.
 */
#ifndef VIGIA_SELFTEST_H
#define VIGIA_SELFTEST_H

#include <linux/types.h>

#ifdef VIGIA_DEBUG
/* False, with the reason in the log, if the core must not be used. */
bool vigia_selftest(void);
/* The same of rings; once there is a directory. */
bool vigia_rings_selftest(void);
#else
static inline bool vigia_selftest(void)
{
	return true;
}

static inline bool vigia_rings_selftest(void)
{
	return true;
}
#endif

#endif /* VIGIA_SELFTEST_H */
