/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel counts for the host and for each node alike.
 */
#ifndef VIGIA_KMOD_MEMORY_STATE_H
#define VIGIA_KMOD_MEMORY_STATE_H

#include <linux/atomic.h>
#include <linux/types.h>

struct vigia_page_events;
struct vigia_page_state;

/* `counts`: vm_node_stat, or a node's vm_stat. All but page_tables_bytes. Returns the valid bits. */
u64 vigia_page_state_fill(struct vigia_page_state *state, const atomic_long_t *counts);
u64 vigia_page_events_fill(struct vigia_page_events *events, const atomic_long_t *counts);

#endif /* VIGIA_KMOD_MEMORY_STATE_H */
