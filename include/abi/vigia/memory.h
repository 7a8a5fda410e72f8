/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * `memory`: where the host's pages are, and what reclaim does with them: whole, per node and per zone.
 *
 * Region 0: one struct vigia_memory.
 * Region 1: struct vigia_memory_node, one per node that is online, sorted by node.
 * Region 2: struct vigia_memory_zone, one per zone that has pages, sorted by node, then zone.
 *
 * Since version 2, and optional for readers: a directory may lack this file. Quantities are bytes, whatever
 * the kernel counts in; counters are pages or events since boot, as named. A field whose group is not in
 * `valid` is zero and means nothing. The names of /proc/meminfo, /proc/vmstat and /proc/zoneinfo stand behind
 * the fields; their figures are the kernel's own, which it sums up from its CPUs every second or so.
 * Stability: append-only.
 */
#ifndef VIGIA_MEMORY_H
#define VIGIA_MEMORY_H

#include "file.h"

#define VIGIA_MEMORY_REGION 0
#define VIGIA_MEMORY_REGION_NODES 1
#define VIGIA_MEMORY_REGION_ZONES 2

/* Of all three records, where they have the fields */
#define VIGIA_MEMORY_VALID_PAGES VIGIA_BIT(0)      /* every quantity that no line below names */
#define VIGIA_MEMORY_VALID_CACHED VIGIA_BIT(1)     /* cached_bytes, swap_cached_bytes */
#define VIGIA_MEMORY_VALID_HUGE VIGIA_BIT(2)       /* *_huge_bytes */
#define VIGIA_MEMORY_VALID_SECONDARY VIGIA_BIT(3)  /* secondary_page_tables_bytes: Linux 6.1 */
#define VIGIA_MEMORY_VALID_SWAP_TOTAL VIGIA_BIT(4) /* swap_total_bytes */
#define VIGIA_MEMORY_VALID_SWAP_FREE VIGIA_BIT(5)  /* swap_free_bytes */
#define VIGIA_MEMORY_VALID_COMMITTED VIGIA_BIT(6)  /* committed_bytes */
#define VIGIA_MEMORY_VALID_COMMIT_LIMIT VIGIA_BIT(7)
#define VIGIA_MEMORY_VALID_VMALLOC VIGIA_BIT(8)  /* vmalloc_bytes */
#define VIGIA_MEMORY_VALID_PERCPU VIGIA_BIT(9)   /* percpu_bytes */
#define VIGIA_MEMORY_VALID_HUGETLB VIGIA_BIT(10) /* hugetlb_bytes */
#define VIGIA_MEMORY_VALID_ZSWAP VIGIA_BIT(11)   /* zswap_bytes, zswapped_bytes */
#define VIGIA_MEMORY_VALID_BOOST VIGIA_BIT(12)   /* boost_bytes */
#define VIGIA_MEMORY_VALID_PROMO VIGIA_BIT(13)   /* promo_bytes */
#define VIGIA_MEMORY_VALID_CMA VIGIA_BIT(14)     /* cma_bytes */

#define VIGIA_MEMORY_VALID_WORKINGSET VIGIA_BIT(32) /* struct vigia_page_events */
#define VIGIA_MEMORY_VALID_EVENTS VIGIA_BIT(33)     /* page_faults ... slab_drops */
#define VIGIA_MEMORY_VALID_RECLAIM VIGIA_BIT(34)    /* scanned_kswapd_pages ... kswapd_high_watermark_hits */
#define VIGIA_MEMORY_VALID_RECLAIM_KHUGEPAGED VIGIA_BIT(35) /* *_khugepaged_pages: Linux 6.2 */
#define VIGIA_MEMORY_VALID_RECLAIM_PROACTIVE VIGIA_BIT(36)  /* *_proactive_pages: Linux 6.16 */
#define VIGIA_MEMORY_VALID_COMPACTION VIGIA_BIT(37)         /* compact_* */
#define VIGIA_MEMORY_VALID_MIGRATION VIGIA_BIT(38)          /* migrated_pages, migrate_failed_pages */
#define VIGIA_MEMORY_VALID_HUGE_EVENTS VIGIA_BIT(39)        /* huge_* */
#define VIGIA_MEMORY_VALID_NUMA_BALANCING VIGIA_BIT(40)     /* numa_* */

/* Where pages are now. The kernel counts these per node. */
struct vigia_page_state {
	uint64_t file_bytes; /* nr_file_pages: all caches, with block devices' buffers and the swap cache */
	uint64_t active_anon_bytes;
	uint64_t inactive_anon_bytes;
	uint64_t active_file_bytes;
	uint64_t inactive_file_bytes;
	uint64_t unevictable_bytes;
	uint64_t isolated_anon_bytes; /* taken off the lists by reclaim or migration this moment */
	uint64_t isolated_file_bytes;
	uint64_t anon_bytes;   /* mapped anonymous pages: AnonPages */
	uint64_t mapped_bytes; /* mapped pages of files */
	uint64_t shared_bytes; /* Shmem: shared memory and tmpfs */
	uint64_t slab_reclaimable_bytes;
	uint64_t slab_unreclaimable_bytes;
	uint64_t misc_reclaimable_bytes; /* nr_kernel_misc_reclaimable */
	uint64_t kernel_stack_bytes;
	uint64_t page_tables_bytes;
	uint64_t dirty_bytes;
	uint64_t writeback_bytes;
	uint64_t swap_cached_bytes;
	uint64_t anon_huge_bytes; /* AnonHugePages */
	uint64_t shared_huge_bytes;
	uint64_t file_huge_bytes;
	uint64_t secondary_page_tables_bytes; /* of virtual machines and IOMMUs */
	uint64_t reserved[5];
};

/* What became of pages, since boot. The kernel counts these per node, too. */
struct vigia_page_events {
	uint64_t refaulted_anon_pages; /* workingset_refault_anon: back after reclaim */
	uint64_t refaulted_file_pages;
	uint64_t refault_activated_anon_pages; /* workingset_activate_anon: ... to the active list */
	uint64_t refault_activated_file_pages;
	uint64_t refault_restored_anon_pages; /* workingset_restore_anon: ... as before */
	uint64_t refault_restored_file_pages;
	uint64_t dirtied_pages;
	uint64_t written_pages;
	uint64_t reclaim_written_pages; /* nr_vmscan_write: written by reclaim itself */
	uint64_t reclaim_delayed_pages; /* nr_vmscan_immediate_reclaim: reclaimed once written */
	uint64_t reserved[2];
};

struct vigia_memory {
	uint64_t valid; /* VIGIA_MEMORY_VALID_* */

	uint64_t total_bytes;
	uint64_t free_bytes;
	uint64_t available_bytes;
	uint64_t buffers_bytes;
	uint64_t cached_bytes; /* without buffers and swap cache */
	uint64_t mlocked_bytes;
	struct vigia_page_state pages;
	uint64_t swap_total_bytes;
	uint64_t swap_free_bytes;
	uint64_t committed_bytes;
	uint64_t commit_limit_bytes;
	uint64_t vmalloc_bytes;
	uint64_t percpu_bytes;
	uint64_t hugetlb_bytes;  /* the pools of huge pages, used or not */
	uint64_t zswap_bytes;    /* compressed */
	uint64_t zswapped_bytes; /* before compression */

	struct vigia_page_events events;

	/* EVENTS */
	uint64_t page_faults;       /* pgfault */
	uint64_t page_major_faults; /* pgmajfault */
	uint64_t page_in_bytes;     /* pgpgin */
	uint64_t page_out_bytes;    /* pgpgout */
	uint64_t swap_in_pages;
	uint64_t swap_out_pages;
	uint64_t allocated_pages;   /* pgalloc_*, all zones */
	uint64_t freed_pages;       /* pgfree */
	uint64_t activated_pages;   /* pgactivate */
	uint64_t deactivated_pages; /* pgdeactivate */
	uint64_t allocation_stalls; /* allocstall_*: allocations that had to reclaim for themselves */
	uint64_t rotated_pages;     /* pgrotated */
	uint64_t oom_kills;
	uint64_t cache_drops; /* drop_pagecache: by hand */
	uint64_t slab_drops;

	/* RECLAIM */
	uint64_t scanned_kswapd_pages;       /* pgscan_kswapd */
	uint64_t scanned_direct_pages;       /* pgscan_direct */
	uint64_t scanned_anon_pages;         /* pgscan_anon */
	uint64_t scanned_file_pages;         /* pgscan_file */
	uint64_t reclaimed_kswapd_pages;     /* pgsteal_kswapd */
	uint64_t reclaimed_direct_pages;     /* pgsteal_direct */
	uint64_t reclaimed_anon_pages;       /* pgsteal_anon */
	uint64_t reclaimed_file_pages;       /* pgsteal_file */
	uint64_t refilled_pages;             /* pgrefill: active pages looked at */
	uint64_t direct_throttles;           /* pgscan_direct_throttle */
	uint64_t slab_objects_scanned;       /* slabs_scanned */
	uint64_t kswapd_runs;                /* pageoutrun */
	uint64_t kswapd_low_watermark_hits;  /* kswapd_low_wmark_hit_quickly */
	uint64_t kswapd_high_watermark_hits; /* kswapd_high_wmark_hit_quickly */

	uint64_t scanned_khugepaged_pages; /* before Linux 6.2 among the direct ones */
	uint64_t reclaimed_khugepaged_pages;
	uint64_t scanned_proactive_pages; /* before Linux 6.16 among the direct ones */
	uint64_t reclaimed_proactive_pages;

	uint64_t compact_stalls;
	uint64_t compact_failures;
	uint64_t compact_successes;
	uint64_t compact_migrate_scanned_pages;
	uint64_t compact_free_scanned_pages;
	uint64_t compact_isolated_pages;
	uint64_t compact_daemon_wakes;

	uint64_t migrated_pages; /* pgmigrate_success */
	uint64_t migrate_failed_pages;

	uint64_t huge_fault_allocations; /* thp_fault_alloc */
	uint64_t huge_fault_fallbacks;
	uint64_t huge_collapses; /* thp_collapse_alloc */
	uint64_t huge_collapse_failures;
	uint64_t huge_page_splits;  /* thp_split_page */
	uint64_t huge_table_splits; /* thp_split_pmd */
	uint64_t huge_swap_outs;
	uint64_t huge_swap_out_fallbacks;

	uint64_t numa_table_updates; /* numa_pte_updates */
	uint64_t numa_hint_faults;
	uint64_t numa_hint_faults_local;
	uint64_t numa_migrated_pages;

	uint64_t reserved[16];
};

struct vigia_memory_node {
	uint64_t valid; /* VIGIA_MEMORY_VALID_*: PAGES, CACHED, HUGE, SECONDARY, WORKINGSET */
	uint32_t node;
	uint32_t zone_count;    /* of this node's zones in region 2 */
	uint64_t present_bytes; /* present, managed, free, mlocked: of all its zones */
	uint64_t managed_bytes;
	uint64_t free_bytes;
	uint64_t mlocked_bytes;
	struct vigia_page_state pages;
	struct vigia_page_events events;
	uint64_t reserved[8];
};

#define VIGIA_ZONE_NAME_SIZE_BYTES 16

struct vigia_memory_zone {
	uint64_t valid; /* VIGIA_MEMORY_VALID_*: PAGES, BOOST, PROMO, CMA */
	uint32_t node;
	uint32_t zone;                         /* its place in the node: 0 has the lowest addresses */
	char name[VIGIA_ZONE_NAME_SIZE_BYTES]; /* "DMA32", "Normal": NUL-padded */
	uint64_t free_bytes;
	uint64_t min_bytes; /* watermarks, boost included */
	uint64_t low_bytes;
	uint64_t high_bytes;
	uint64_t boost_bytes; /* above what the settings say, after fragmentation */
	uint64_t promo_bytes; /* above it, hot pages come here from slower nodes */
	uint64_t spanned_bytes;
	uint64_t present_bytes;
	uint64_t managed_bytes; /* by the page allocator */
	uint64_t cma_bytes;
	uint64_t free_cma_bytes;
	uint64_t active_anon_bytes;
	uint64_t inactive_anon_bytes;
	uint64_t active_file_bytes;
	uint64_t inactive_file_bytes;
	uint64_t unevictable_bytes;
	uint64_t write_pending_bytes; /* dirty and under writeback */
	uint64_t mlocked_bytes;
	uint64_t reserved[8];
};

#endif /* VIGIA_MEMORY_H */
