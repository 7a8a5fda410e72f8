// SPDX-License-Identifier: GPL-2.0
#include <vigia/memory.h>

#include "memory_pages.h"
#include "memory_state.h"

static u64 fill_huge(struct vigia_page_state *state, const atomic_long_t *counts)
{
	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return 0;
	state->anon_huge_bytes = vigia_page_bytes(vigia_huge_pages(counts, NR_ANON_THPS));
	state->shared_huge_bytes = vigia_page_bytes(vigia_huge_pages(counts, NR_SHMEM_THPS));
	state->file_huge_bytes = vigia_page_bytes(vigia_huge_pages(counts, NR_FILE_THPS));
	return VIGIA_MEMORY_VALID_HUGE;
}

u64 vigia_page_state_fill(struct vigia_page_state *state, const atomic_long_t *counts)
{
	u64 valid = VIGIA_MEMORY_VALID_PAGES | fill_huge(state, counts);

	state->file_bytes = vigia_counted_bytes(counts, NR_FILE_PAGES);
	state->active_anon_bytes = vigia_counted_bytes(counts, NR_ACTIVE_ANON);
	state->inactive_anon_bytes = vigia_counted_bytes(counts, NR_INACTIVE_ANON);
	state->active_file_bytes = vigia_counted_bytes(counts, NR_ACTIVE_FILE);
	state->inactive_file_bytes = vigia_counted_bytes(counts, NR_INACTIVE_FILE);
	state->unevictable_bytes = vigia_counted_bytes(counts, NR_UNEVICTABLE);
	state->isolated_anon_bytes = vigia_counted_bytes(counts, NR_ISOLATED_ANON);
	state->isolated_file_bytes = vigia_counted_bytes(counts, NR_ISOLATED_FILE);
	state->anon_bytes = vigia_counted_bytes(counts, NR_ANON_MAPPED);
	state->mapped_bytes = vigia_counted_bytes(counts, NR_FILE_MAPPED);
	state->shared_bytes = vigia_counted_bytes(counts, NR_SHMEM);
	state->slab_reclaimable_bytes = vigia_counted_bytes(counts, NR_SLAB_RECLAIMABLE_B);
	state->slab_unreclaimable_bytes = vigia_counted_bytes(counts, NR_SLAB_UNRECLAIMABLE_B);
	state->misc_reclaimable_bytes = vigia_counted_bytes(counts, NR_KERNEL_MISC_RECLAIMABLE);
	state->kernel_stack_bytes = vigia_kernel_stack_bytes(counts);
	state->dirty_bytes = vigia_counted_bytes(counts, NR_FILE_DIRTY);
	state->writeback_bytes = vigia_counted_bytes(counts, NR_WRITEBACK);
	if (VIGIA_KNOWS_SWAP_CACHE) {
		state->swap_cached_bytes = vigia_page_bytes(vigia_swap_cache_pages(counts));
		valid |= VIGIA_MEMORY_VALID_CACHED;
	}
	if (VIGIA_KNOWS_SECONDARY_PAGE_TABLES) {
		state->secondary_page_tables_bytes =
			vigia_page_bytes(vigia_secondary_page_table_pages(counts));
		valid |= VIGIA_MEMORY_VALID_SECONDARY;
	}
	return valid;
}

u64 vigia_page_events_fill(struct vigia_page_events *events, const atomic_long_t *counts)
{
	events->refaulted_anon_pages = vigia_counted(counts, WORKINGSET_REFAULT_ANON);
	events->refaulted_file_pages = vigia_counted(counts, WORKINGSET_REFAULT_FILE);
	events->refault_activated_anon_pages = vigia_counted(counts, WORKINGSET_ACTIVATE_ANON);
	events->refault_activated_file_pages = vigia_counted(counts, WORKINGSET_ACTIVATE_FILE);
	events->refault_restored_anon_pages = vigia_counted(counts, WORKINGSET_RESTORE_ANON);
	events->refault_restored_file_pages = vigia_counted(counts, WORKINGSET_RESTORE_FILE);
	events->dirtied_pages = vigia_counted(counts, NR_DIRTIED);
	events->written_pages = vigia_counted(counts, NR_WRITTEN);
	events->reclaim_written_pages = vigia_counted(counts, NR_VMSCAN_WRITE);
	events->reclaim_delayed_pages = vigia_counted(counts, NR_VMSCAN_IMMEDIATE);
	return VIGIA_MEMORY_VALID_WORKINGSET;
}
