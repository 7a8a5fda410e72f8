/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel's walks: when one is due, who shares it, and what they all cost.
 */
#ifndef VIGIA_REFRESH_H
#define VIGIA_REFRESH_H

#include <linux/types.h>

struct vigia_channel;
struct vigia_image;
struct vigia_refresh;

/* VIGIA_IOC_REFRESH. Allocates nothing. -EINTR; -ESTALE: walks do not write to `image` any more. */
int vigia_channel_refresh(struct vigia_channel *channel, struct vigia_image *image,
			  struct vigia_refresh *refresh);

/* What all walks of all channels have cost since the core was loaded. */
struct vigia_refresh_totals {
	u64 walk_count;
	u64 last_walk_ns; /* of each file's last walk, together */
	u64 cpu_ns;
};

struct vigia_refresh_totals vigia_refresh_totals(void);

/* Takes a channel that leaves out of last_walk_ns. */
void vigia_refresh_forget(const struct vigia_channel *channel);

#endif /* VIGIA_REFRESH_H */
