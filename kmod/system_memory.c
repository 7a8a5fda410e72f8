// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/swap.h>
#include <linux/sysinfo.h>
#include <linux/vmstat.h>
#include <vigia/system.h>

#include "memory_pages.h"
#include "system_memory.h"

/* The kernel's event counters, summed over the CPUs. Guarded by the lock of the sensor `system`. */
static unsigned long events[NR_VM_EVENT_ITEMS];

static void fill_pages(struct vigia_system *host)
{
	struct sysinfo info;

	si_meminfo(&info);
	host->memory_total_bytes = vigia_page_bytes(info.totalram);
	host->memory_free_bytes = vigia_page_bytes(info.freeram);
	host->memory_buffers_bytes = vigia_page_bytes(info.bufferram);
	host->memory_shared_bytes = vigia_page_bytes(info.sharedram);
	host->memory_available_bytes = vigia_page_bytes(si_mem_available());
	host->memory_anon_bytes = vigia_counted_bytes(vm_node_stat, NR_ANON_MAPPED);
	host->memory_mapped_bytes = vigia_counted_bytes(vm_node_stat, NR_FILE_MAPPED);
	host->memory_slab_reclaimable_bytes =
		vigia_counted_bytes(vm_node_stat, NR_SLAB_RECLAIMABLE_B);
	host->memory_slab_unreclaimable_bytes =
		vigia_counted_bytes(vm_node_stat, NR_SLAB_UNRECLAIMABLE_B);
	host->memory_dirty_bytes = vigia_counted_bytes(vm_node_stat, NR_FILE_DIRTY);
	host->memory_writeback_bytes = vigia_counted_bytes(vm_node_stat, NR_WRITEBACK);
	host->memory_page_tables_bytes = vigia_page_bytes(vigia_host_page_table_pages());
	host->memory_kernel_stack_bytes = vigia_kernel_stack_bytes(vm_node_stat);
	host->valid |= VIGIA_SYSTEM_VALID_PAGES;
	if (VIGIA_KNOWS_SWAP_CACHE) {
		host->swap_cached_bytes = vigia_page_bytes(vigia_swap_cache_pages(vm_node_stat));
		host->memory_cached_bytes = vigia_cached_bytes(info.bufferram);
		host->valid |= VIGIA_SYSTEM_VALID_CACHED;
	}
}

/* The swap space's size and the commit limit are not exported. */
static void fill_promises(struct vigia_system *host)
{
	host->memory_committed_bytes = vigia_page_bytes(vm_memory_committed());
	host->swap_free_bytes = vigia_swap_free_bytes();
	host->valid |= VIGIA_SYSTEM_VALID_COMMITTED | VIGIA_SYSTEM_VALID_SWAP_FREE;
}

static void fill_paging(struct vigia_system *host)
{
	all_vm_events(events);
	host->page_faults = events[PGFAULT];
	host->page_major_faults = events[PGMAJFAULT];
	host->page_in_bytes = (u64)events[PGPGIN] << SECTOR_SHIFT;
	host->page_out_bytes = (u64)events[PGPGOUT] << SECTOR_SHIFT;
	host->swap_in_pages = events[PSWPIN];
	host->swap_out_pages = events[PSWPOUT];
	host->oom_kills = events[OOM_KILL];
	host->valid |= VIGIA_SYSTEM_VALID_PAGING;
}

void vigia_system_memory_fill(struct vigia_system *host)
{
	fill_pages(host);
	fill_promises(host);
	fill_paging(host);
}
