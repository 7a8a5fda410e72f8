/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The regions of nodes and zones.
 */
#ifndef VIGIA_KMOD_MEMORY_NODES_H
#define VIGIA_KMOD_MEMORY_NODES_H

struct vigia_snapshot;

void vigia_memory_nodes_fill(struct vigia_snapshot *snapshot);

#endif /* VIGIA_KMOD_MEMORY_NODES_H */
