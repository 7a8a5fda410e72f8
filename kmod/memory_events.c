// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>
#include <vigia/memory.h>

#include "memory_events.h"
#include "memory_pages.h"
#include "memory_state.h"

/* The kernel's event counters, summed over the CPUs. Guarded by the lock of the sensor `memory`. */
static unsigned long events[NR_VM_EVENT_ITEMS];

/* The sum of an event that is counted for each kind of zone. `normal` is that of ZONE_NORMAL. */
static u64 all_zones(enum vm_event_item normal)
{
	unsigned int zone;
	u64 sum = 0;

	for (zone = 0; zone <= ZONE_MOVABLE; zone++)
		sum += events[normal - ZONE_NORMAL + zone];
	return sum;
}

static u64 fill_events(struct vigia_memory *host)
{
	host->page_faults = events[PGFAULT];
	host->page_major_faults = events[PGMAJFAULT];
	host->page_in_bytes = (u64)events[PGPGIN] << SECTOR_SHIFT;
	host->page_out_bytes = (u64)events[PGPGOUT] << SECTOR_SHIFT;
	host->swap_in_pages = events[PSWPIN];
	host->swap_out_pages = events[PSWPOUT];
	host->allocated_pages = all_zones(PGALLOC_NORMAL);
	host->freed_pages = events[PGFREE];
	host->activated_pages = events[PGACTIVATE];
	host->deactivated_pages = events[PGDEACTIVATE];
	host->allocation_stalls = all_zones(ALLOCSTALL_NORMAL);
	host->rotated_pages = events[PGROTATED];
	host->oom_kills = events[OOM_KILL];
	host->cache_drops = events[DROP_PAGECACHE];
	host->slab_drops = events[DROP_SLAB];
	return VIGIA_MEMORY_VALID_EVENTS;
}

static u64 fill_reclaim(struct vigia_memory *host)
{
	host->scanned_kswapd_pages = vigia_reclaim_count(events, PGSCAN_KSWAPD);
	host->scanned_direct_pages = vigia_reclaim_count(events, PGSCAN_DIRECT);
	host->scanned_anon_pages = vigia_reclaim_count(events, PGSCAN_ANON);
	host->scanned_file_pages = vigia_reclaim_count(events, PGSCAN_FILE);
	host->reclaimed_kswapd_pages = vigia_reclaim_count(events, PGSTEAL_KSWAPD);
	host->reclaimed_direct_pages = vigia_reclaim_count(events, PGSTEAL_DIRECT);
	host->reclaimed_anon_pages = vigia_reclaim_count(events, PGSTEAL_ANON);
	host->reclaimed_file_pages = vigia_reclaim_count(events, PGSTEAL_FILE);
	host->refilled_pages = vigia_reclaim_count(events, PGREFILL);
	host->direct_throttles = events[PGSCAN_DIRECT_THROTTLE];
	host->slab_objects_scanned = events[SLABS_SCANNED];
	host->kswapd_runs = events[PAGEOUTRUN];
	host->kswapd_low_watermark_hits = events[KSWAPD_LOW_WMARK_HIT_QUICKLY];
	host->kswapd_high_watermark_hits = events[KSWAPD_HIGH_WMARK_HIT_QUICKLY];
	return VIGIA_MEMORY_VALID_RECLAIM;
}

static u64 fill_other_reclaim(struct vigia_memory *host)
{
	u64 valid = 0;

#ifdef VIGIA_SCANNED_BY_KHUGEPAGED
	host->scanned_khugepaged_pages = vigia_reclaim_count(events, VIGIA_SCANNED_BY_KHUGEPAGED);
	host->reclaimed_khugepaged_pages =
		vigia_reclaim_count(events, VIGIA_RECLAIMED_BY_KHUGEPAGED);
	valid |= VIGIA_MEMORY_VALID_RECLAIM_KHUGEPAGED;
#endif
#ifdef VIGIA_SCANNED_PROACTIVELY
	host->scanned_proactive_pages = vigia_reclaim_count(events, VIGIA_SCANNED_PROACTIVELY);
	host->reclaimed_proactive_pages = vigia_reclaim_count(events, VIGIA_RECLAIMED_PROACTIVELY);
	valid |= VIGIA_MEMORY_VALID_RECLAIM_PROACTIVE;
#endif
	return valid;
}

static u64 fill_compaction(struct vigia_memory *host)
{
#ifdef CONFIG_COMPACTION
	host->compact_stalls = events[COMPACTSTALL];
	host->compact_failures = events[COMPACTFAIL];
	host->compact_successes = events[COMPACTSUCCESS];
	host->compact_migrate_scanned_pages = events[COMPACTMIGRATE_SCANNED];
	host->compact_free_scanned_pages = events[COMPACTFREE_SCANNED];
	host->compact_isolated_pages = events[COMPACTISOLATED];
	host->compact_daemon_wakes = events[KCOMPACTD_WAKE];
	return VIGIA_MEMORY_VALID_COMPACTION;
#else
	return 0;
#endif
}

static u64 fill_migration(struct vigia_memory *host)
{
#ifdef CONFIG_MIGRATION
	host->migrated_pages = events[PGMIGRATE_SUCCESS];
	host->migrate_failed_pages = events[PGMIGRATE_FAIL];
	return VIGIA_MEMORY_VALID_MIGRATION;
#else
	return 0;
#endif
}

static u64 fill_huge(struct vigia_memory *host)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	host->huge_fault_allocations = events[THP_FAULT_ALLOC];
	host->huge_fault_fallbacks = events[THP_FAULT_FALLBACK];
	host->huge_collapses = events[THP_COLLAPSE_ALLOC];
	host->huge_collapse_failures = events[THP_COLLAPSE_ALLOC_FAILED];
	host->huge_page_splits = events[THP_SPLIT_PAGE];
	host->huge_table_splits = events[THP_SPLIT_PMD];
	host->huge_swap_outs = events[THP_SWPOUT];
	host->huge_swap_out_fallbacks = events[THP_SWPOUT_FALLBACK];
	return VIGIA_MEMORY_VALID_HUGE_EVENTS;
#else
	return 0;
#endif
}

static u64 fill_numa_balancing(struct vigia_memory *host)
{
#ifdef CONFIG_NUMA_BALANCING
	host->numa_table_updates = events[NUMA_PTE_UPDATES];
	host->numa_hint_faults = events[NUMA_HINT_FAULTS];
	host->numa_hint_faults_local = events[NUMA_HINT_FAULTS_LOCAL];
	host->numa_migrated_pages = events[NUMA_PAGE_MIGRATE];
	return VIGIA_MEMORY_VALID_NUMA_BALANCING;
#else
	return 0;
#endif
}

void vigia_memory_events_fill(struct vigia_memory *host)
{
	all_vm_events(events);
	host->valid |= fill_events(host) | fill_reclaim(host) | fill_other_reclaim(host) |
		       fill_compaction(host) | fill_migration(host) | fill_huge(host) |
		       fill_numa_balancing(host) |
		       vigia_page_events_fill(&host->events, vm_node_stat);
}
