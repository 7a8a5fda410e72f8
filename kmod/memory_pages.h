/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's counts of pages as bytes, for `system` and `memory`.
 *
 * vm_node_stat counts for the host what a node's vm_stat counts for the node; vm_zone_stat and a zone's
 * vm_stat likewise. The CPUs' pending differences are not in them, as they are not in /proc/meminfo, and can
 * make one negative for a moment.
 */
#ifndef VIGIA_KMOD_MEMORY_PAGES_H
#define VIGIA_KMOD_MEMORY_PAGES_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "compat.h"

static inline u64 vigia_page_bytes(long pages)
{
	return pages > 0 ? (u64)pages << PAGE_SHIFT : 0;
}

/* A counter that only grows: pages or events. */
static inline u64 vigia_counted(const atomic_long_t *counts, unsigned int item)
{
	return (u64)max(atomic_long_read(&counts[item]), 0L);
}

static inline u64 vigia_counted_bytes(const atomic_long_t *counts, unsigned int item)
{
	return vigia_page_bytes(atomic_long_read(&counts[item]));
}

static inline u64 vigia_kernel_stack_bytes(const atomic_long_t *node_counts)
{
	return vigia_counted(node_counts, NR_KERNEL_STACK_KB) * SZ_1K;
}

/* The host's page cache without the swap cache and without the buffers of block devices. */
static inline u64 vigia_cached_bytes(unsigned long buffer_pages)
{
	return vigia_page_bytes(atomic_long_read(&vm_node_stat[NR_FILE_PAGES]) -
				vigia_swap_cache_pages(vm_node_stat) - (long)buffer_pages);
}

/* Without what swapoff(2) is emptying this moment. */
static inline u64 vigia_swap_free_bytes(void)
{
	return vigia_page_bytes(get_nr_swap_pages());
}

#endif /* VIGIA_KMOD_MEMORY_PAGES_H */
