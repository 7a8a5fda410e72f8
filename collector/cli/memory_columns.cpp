// SPDX-License-Identifier: MIT
// Columns of the host's memory as a whole. Those of its nodes and zones: memory_part_columns.cpp.
#include "collector/cli/memory_views.h"

namespace vigia::cli {
namespace {

using Row = MemoryRow;

const vigia_memory& record_of(const Row& row) {
    return row.sample->record;
}

bool has(const Row& row, uint64_t wanted) {
    return (record_of(row).valid & wanted) == wanted;
}

template <auto Member, uint64_t valid>
Value field(const Row& row) {
    return has(row, valid) ? to_value(record_of(row).*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value state(const Row& row) {
    return has(row, valid) ? to_value(record_of(row).pages.*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value event(const Row& row) {
    return has(row, valid) ? to_value(record_of(row).events.*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value rate(const Row& row) {
    return row.sample->rates.known && has(row, valid) ? to_value(row.sample->rates.*Member)
                                                      : Value{};
}

Value used(const Row& row) {
    const vigia_memory& record = record_of(row);
    if (!has(row, VIGIA_MEMORY_VALID_PAGES) || record.available_bytes > record.total_bytes) {
        return {};
    }
    return record.total_bytes - record.available_bytes;
}

Value sample_time(const Row& row) {
    return row.sample->at.realtime_ns;
}

Value interval(const Row& row) {
    return row.sample->interval_ns;
}

constexpr uint64_t pages = VIGIA_MEMORY_VALID_PAGES;
constexpr uint64_t cached = VIGIA_MEMORY_VALID_CACHED;
constexpr uint64_t huge = VIGIA_MEMORY_VALID_HUGE;
constexpr uint64_t secondary = VIGIA_MEMORY_VALID_SECONDARY;
constexpr uint64_t swap_total = VIGIA_MEMORY_VALID_SWAP_TOTAL;
constexpr uint64_t swap_free = VIGIA_MEMORY_VALID_SWAP_FREE;
constexpr uint64_t committed = VIGIA_MEMORY_VALID_COMMITTED;
constexpr uint64_t commit_limit = VIGIA_MEMORY_VALID_COMMIT_LIMIT;
constexpr uint64_t vmalloc = VIGIA_MEMORY_VALID_VMALLOC;
constexpr uint64_t percpu = VIGIA_MEMORY_VALID_PERCPU;
constexpr uint64_t hugetlb = VIGIA_MEMORY_VALID_HUGETLB;
constexpr uint64_t zswap = VIGIA_MEMORY_VALID_ZSWAP;
constexpr uint64_t workingset = VIGIA_MEMORY_VALID_WORKINGSET;
constexpr uint64_t events = VIGIA_MEMORY_VALID_EVENTS;
constexpr uint64_t reclaim = VIGIA_MEMORY_VALID_RECLAIM;
constexpr uint64_t khugepaged = VIGIA_MEMORY_VALID_RECLAIM_KHUGEPAGED;
constexpr uint64_t proactive = VIGIA_MEMORY_VALID_RECLAIM_PROACTIVE;
constexpr uint64_t compaction = VIGIA_MEMORY_VALID_COMPACTION;
constexpr uint64_t migration = VIGIA_MEMORY_VALID_MIGRATION;
constexpr uint64_t huge_events = VIGIA_MEMORY_VALID_HUGE_EVENTS;
constexpr uint64_t balancing = VIGIA_MEMORY_VALID_NUMA_BALANCING;
using R = vigia_memory;
using S = vigia_page_state;
using E = vigia_page_events;
using Q = MemoryRates;

// clang-format off
constexpr Column<Row> columns[] = {
    {{"total_bytes", "MEMORY", Unit::bytes, "memory of the host", true},
     field<&R::total_bytes, pages>},
    {{"used_bytes", "USED", Unit::bytes, "total - available", true}, used},
    {{"available_bytes", "AVAILABLE", Unit::bytes, "can be had without swapping", true},
     field<&R::available_bytes, pages>},
    {{"free_bytes", "FREE", Unit::bytes, "not used for anything", true},
     field<&R::free_bytes, pages>},
    {{"buffers_bytes", "BUFFERS", Unit::bytes, "block device cache"},
     field<&R::buffers_bytes, pages>},
    {{"cached_bytes", "CACHED", Unit::bytes, "file cache without buffers and swap cache", true},
     field<&R::cached_bytes, cached>},
    {{"file_bytes", "FILES", Unit::bytes, "all file caches, buffers and swap cache included"},
     state<&S::file_bytes, pages>},
    {{"active_file_bytes", "ACTIVE FILES", Unit::bytes, "used lately"},
     state<&S::active_file_bytes, pages>},
    {{"inactive_file_bytes", "INACTIVE FILES", Unit::bytes, "first to be reclaimed"},
     state<&S::inactive_file_bytes, pages>},
    {{"active_anon_bytes", "ACTIVE ANON", Unit::bytes, "heap and stacks, used lately"},
     state<&S::active_anon_bytes, pages>},
    {{"inactive_anon_bytes", "INACTIVE ANON", Unit::bytes, "heap and stacks, first to be swapped"},
     state<&S::inactive_anon_bytes, pages>},
    {{"unevictable_bytes", "UNEVICTABLE", Unit::bytes, "cannot be reclaimed"},
     state<&S::unevictable_bytes, pages>},
    {{"isolated_anon_bytes", "ISOLATED ANON", Unit::bytes, "held by reclaim or migration"},
     state<&S::isolated_anon_bytes, pages>},
    {{"isolated_file_bytes", "ISOLATED FILES", Unit::bytes, "held by reclaim or migration"},
     state<&S::isolated_file_bytes, pages>},
    {{"anon_bytes", "ANON", Unit::bytes, "mapped heap and stacks", true},
     state<&S::anon_bytes, pages>},
    {{"mapped_bytes", "MAPPED", Unit::bytes, "mapped files"}, state<&S::mapped_bytes, pages>},
    {{"shared_bytes", "SHARED", Unit::bytes, "shared memory and tmpfs"},
     state<&S::shared_bytes, pages>},
    {{"slab_reclaimable_bytes", "SLAB RECL", Unit::bytes,
      "kernel objects that can be dropped", true}, state<&S::slab_reclaimable_bytes, pages>},
    {{"slab_unreclaimable_bytes", "SLAB UNRECL", Unit::bytes, "kernel objects that cannot"},
     state<&S::slab_unreclaimable_bytes, pages>},
    {{"misc_reclaimable_bytes", "MISC RECL", Unit::bytes,
      "other kernel memory that can be dropped"}, state<&S::misc_reclaimable_bytes, pages>},
    {{"kernel_stack_bytes", "KERNEL STACK", Unit::bytes, "stacks of the kernel"},
     state<&S::kernel_stack_bytes, pages>},
    {{"page_tables_bytes", "PAGE TABLES", Unit::bytes, "page tables"},
     state<&S::page_tables_bytes, pages>},
    {{"secondary_page_tables_bytes", "SEC TABLES", Unit::bytes,
      "page tables of virtual machines and IOMMUs"},
     state<&S::secondary_page_tables_bytes, secondary>},
    {{"dirty_bytes", "DIRTY", Unit::bytes, "to be written", true}, state<&S::dirty_bytes, pages>},
    {{"writeback_bytes", "WRITEBACK", Unit::bytes, "being written"},
     state<&S::writeback_bytes, pages>},
    {{"swap_cached_bytes", "SWAP CACHED", Unit::bytes, "in swap and in memory"},
     state<&S::swap_cached_bytes, cached>},
    {{"anon_huge_bytes", "HUGE ANON", Unit::bytes, "heap in huge pages"},
     state<&S::anon_huge_bytes, huge>},
    {{"shared_huge_bytes", "HUGE SHARED", Unit::bytes, "shared memory in huge pages"},
     state<&S::shared_huge_bytes, huge>},
    {{"file_huge_bytes", "HUGE FILES", Unit::bytes, "file cache in huge pages"},
     state<&S::file_huge_bytes, huge>},
    {{"mlocked_bytes", "LOCKED", Unit::bytes, "locked by programs"},
     field<&R::mlocked_bytes, pages>},
    {{"vmalloc_bytes", "VMALLOC", Unit::bytes, "kernel memory without physical order"},
     field<&R::vmalloc_bytes, vmalloc>},
    {{"percpu_bytes", "PERCPU", Unit::bytes, "kernel memory of each CPU"},
     field<&R::percpu_bytes, percpu>},
    {{"hugetlb_bytes", "HUGETLB", Unit::bytes, "pools of huge pages, used or not"},
     field<&R::hugetlb_bytes, hugetlb>},
    {{"zswap_bytes", "ZSWAP", Unit::bytes, "compressed swap in memory"},
     field<&R::zswap_bytes, zswap>},
    {{"zswapped_bytes", "ZSWAPPED", Unit::bytes, "... before compression"},
     field<&R::zswapped_bytes, zswap>},
    {{"swap_total_bytes", "SWAP", Unit::bytes, "swap space"},
     field<&R::swap_total_bytes, swap_total>},
    {{"swap_free_bytes", "SWAP FREE", Unit::bytes, "swap space not used"},
     field<&R::swap_free_bytes, swap_free>},
    {{"committed_bytes", "COMMITTED", Unit::bytes, "promised to programs"},
     field<&R::committed_bytes, committed>},
    {{"commit_limit_bytes", "COMMIT LIMIT", Unit::bytes,
      "most that may be promised under strict overcommit"},
     field<&R::commit_limit_bytes, commit_limit>},
    {{"page_faults_per_second", "FAULTS/S", Unit::per_second,
      "page faults", true, 0, 0, tone_of_rate}, rate<&Q::page_faults_per_second, events>},
    {{"page_major_faults_per_second", "MAJFLT/S", Unit::per_second,
      "page faults that read storage", true, 0, 0, tone_of_rate},
     rate<&Q::page_major_faults_per_second, events>},
    {{"page_in_bytes_per_second", "READ/S", Unit::bytes_per_second,
      "read from storage", false, 0, 0, tone_of_rate}, rate<&Q::page_in_bytes_per_second, events>},
    {{"page_out_bytes_per_second", "WRITE/S", Unit::bytes_per_second,
      "written to storage", false, 0, 0, tone_of_rate},
     rate<&Q::page_out_bytes_per_second, events>},
    {{"swap_in_bytes_per_second", "SWAP IN/S", Unit::bytes_per_second,
      "swapped in", true, 0, 0, tone_of_rate}, rate<&Q::swap_in_bytes_per_second, events>},
    {{"swap_out_bytes_per_second", "SWAP OUT/S", Unit::bytes_per_second,
      "swapped out", true, 0, 0, tone_of_rate}, rate<&Q::swap_out_bytes_per_second, events>},
    {{"allocated_bytes_per_second", "ALLOC/S", Unit::bytes_per_second,
      "pages given out", false, 0, 0, tone_of_rate}, rate<&Q::allocated_bytes_per_second, events>},
    {{"scanned_bytes_per_second", "SCANNED/S", Unit::bytes_per_second,
      "looked at by reclaim", false, 0, 0, tone_of_rate},
     rate<&Q::scanned_bytes_per_second, reclaim>},
    {{"reclaimed_bytes_per_second", "RECLAIMED/S", Unit::bytes_per_second,
      "freed by reclaim", true, 0, 0, tone_of_rate}, rate<&Q::reclaimed_bytes_per_second, reclaim>},
    {{"refaulted_bytes_per_second", "REFAULTED/S", Unit::bytes_per_second,
      "read back soon after reclaim", false, 0, 0, tone_of_rate},
     rate<&Q::refaulted_bytes_per_second, workingset>},
    {{"allocation_stalls_per_second", "STALLS/S", Unit::per_second,
      "allocations that had to reclaim for themselves", true, 0, 0, tone_of_rate},
     rate<&Q::allocation_stalls_per_second, events>},
    {{"compact_stalls_per_second", "COMPACT/S", Unit::per_second,
      "allocations that had to compact memory", false, 0, 0, tone_of_rate},
     rate<&Q::compact_stalls_per_second, compaction>},
    {{"page_faults", "FAULTS", Unit::count, "page faults since boot"},
     field<&R::page_faults, events>},
    {{"page_major_faults", "MAJFLT", Unit::count, "page faults that read storage"},
     field<&R::page_major_faults, events>},
    {{"page_in_bytes", "PAGED IN", Unit::bytes, "read from storage since boot"},
     field<&R::page_in_bytes, events>},
    {{"page_out_bytes", "PAGED OUT", Unit::bytes, "written to storage since boot"},
     field<&R::page_out_bytes, events>},
    {{"swap_in_pages", "SWAP IN", Unit::count, "pages swapped in"},
     field<&R::swap_in_pages, events>},
    {{"swap_out_pages", "SWAP OUT", Unit::count, "pages swapped out"},
     field<&R::swap_out_pages, events>},
    {{"allocated_pages", "ALLOCATED", Unit::count, "pages given out"},
     field<&R::allocated_pages, events>},
    {{"freed_pages", "FREED", Unit::count, "pages given back"}, field<&R::freed_pages, events>},
    {{"activated_pages", "ACTIVATED", Unit::count, "pages made active"},
     field<&R::activated_pages, events>},
    {{"deactivated_pages", "DEACTIVATED", Unit::count, "pages made inactive"},
     field<&R::deactivated_pages, events>},
    {{"allocation_stalls", "STALLS", Unit::count, "allocations that had to reclaim for themselves"},
     field<&R::allocation_stalls, events>},
    {{"rotated_pages", "ROTATED", Unit::count, "pages moved to the end once written"},
     field<&R::rotated_pages, events>},
    {{"oom_kills", "OOM KILLS", Unit::count, "processes killed for lack of memory"},
     field<&R::oom_kills, events>},
    {{"cache_drops", "CACHE DROPS", Unit::count, "times somebody dropped the file cache"},
     field<&R::cache_drops, events>},
    {{"slab_drops", "SLAB DROPS", Unit::count, "times somebody dropped kernel objects"},
     field<&R::slab_drops, events>},
    {{"scanned_kswapd_pages", "SCANNED KSWAPD", Unit::count, "pages looked at in the background"},
     field<&R::scanned_kswapd_pages, reclaim>},
    {{"scanned_direct_pages", "SCANNED DIRECT", Unit::count, "... by allocations"},
     field<&R::scanned_direct_pages, reclaim>},
    {{"scanned_anon_pages", "SCANNED ANON", Unit::count, "... heap and stacks"},
     field<&R::scanned_anon_pages, reclaim>},
    {{"scanned_file_pages", "SCANNED FILES", Unit::count, "... file cache"},
     field<&R::scanned_file_pages, reclaim>},
    {{"reclaimed_kswapd_pages", "RECLAIMED KSWAPD", Unit::count, "pages freed in the background"},
     field<&R::reclaimed_kswapd_pages, reclaim>},
    {{"reclaimed_direct_pages", "RECLAIMED DIRECT", Unit::count, "... by allocations"},
     field<&R::reclaimed_direct_pages, reclaim>},
    {{"reclaimed_anon_pages", "RECLAIMED ANON", Unit::count, "... heap and stacks"},
     field<&R::reclaimed_anon_pages, reclaim>},
    {{"reclaimed_file_pages", "RECLAIMED FILES", Unit::count, "... file cache"},
     field<&R::reclaimed_file_pages, reclaim>},
    {{"refilled_pages", "REFILLED", Unit::count, "active pages looked at"},
     field<&R::refilled_pages, reclaim>},
    {{"direct_throttles", "THROTTLES", Unit::count, "allocations that had to wait for reclaim"},
     field<&R::direct_throttles, reclaim>},
    {{"slab_objects_scanned", "SLABS SCANNED", Unit::count, "kernel objects looked at"},
     field<&R::slab_objects_scanned, reclaim>},
    {{"kswapd_runs", "KSWAPD RUNS", Unit::count, "runs of background reclaim"},
     field<&R::kswapd_runs, reclaim>},
    {{"kswapd_low_watermark_hits", "LOW HITS", Unit::count, "fell below low soon after such a run"},
     field<&R::kswapd_low_watermark_hits, reclaim>},
    {{"kswapd_high_watermark_hits", "HIGH HITS", Unit::count,
      "fell below high soon after such a run"}, field<&R::kswapd_high_watermark_hits, reclaim>},
    {{"scanned_khugepaged_pages", "SCANNED KHUGE", Unit::count,
      "pages looked at to make huge ones"}, field<&R::scanned_khugepaged_pages, khugepaged>},
    {{"reclaimed_khugepaged_pages", "RECLAIMED KHUGE", Unit::count,
      "pages freed to make huge ones"}, field<&R::reclaimed_khugepaged_pages, khugepaged>},
    {{"scanned_proactive_pages", "SCANNED ASKED", Unit::count, "pages looked at on request"},
     field<&R::scanned_proactive_pages, proactive>},
    {{"reclaimed_proactive_pages", "RECLAIMED ASKED", Unit::count, "pages freed on request"},
     field<&R::reclaimed_proactive_pages, proactive>},
    {{"compact_stalls", "COMPACT STALLS", Unit::count, "allocations that had to compact memory"},
     field<&R::compact_stalls, compaction>},
    {{"compact_failures", "COMPACT FAILS", Unit::count, "... in vain"},
     field<&R::compact_failures, compaction>},
    {{"compact_successes", "COMPACT OK", Unit::count, "... with success"},
     field<&R::compact_successes, compaction>},
    {{"compact_migrate_scanned_pages", "COMPACT SCANNED", Unit::count,
      "pages looked at, to be moved"}, field<&R::compact_migrate_scanned_pages, compaction>},
    {{"compact_free_scanned_pages", "COMPACT FREE", Unit::count, "pages looked at, to move to"},
     field<&R::compact_free_scanned_pages, compaction>},
    {{"compact_isolated_pages", "COMPACT ISOLATED", Unit::count, "pages taken"},
     field<&R::compact_isolated_pages, compaction>},
    {{"compact_daemon_wakes", "KCOMPACTD", Unit::count, "wakes of background compaction"},
     field<&R::compact_daemon_wakes, compaction>},
    {{"migrated_pages", "MIGRATED", Unit::count, "pages moved"},
     field<&R::migrated_pages, migration>},
    {{"migrate_failed_pages", "MIGRATE FAILS", Unit::count, "pages that could not be moved"},
     field<&R::migrate_failed_pages, migration>},
    {{"huge_fault_allocations", "HUGE FAULTS", Unit::count, "faults that got a huge page"},
     field<&R::huge_fault_allocations, huge_events>},
    {{"huge_fault_fallbacks", "HUGE FALLBACKS", Unit::count, "... that did not"},
     field<&R::huge_fault_fallbacks, huge_events>},
    {{"huge_collapses", "HUGE COLLAPSES", Unit::count, "pages made one huge page"},
     field<&R::huge_collapses, huge_events>},
    {{"huge_collapse_failures", "COLLAPSE FAILS", Unit::count, "... in vain"},
     field<&R::huge_collapse_failures, huge_events>},
    {{"huge_page_splits", "HUGE SPLITS", Unit::count, "huge pages split"},
     field<&R::huge_page_splits, huge_events>},
    {{"huge_table_splits", "TABLE SPLITS", Unit::count, "huge entries of page tables split"},
     field<&R::huge_table_splits, huge_events>},
    {{"huge_swap_outs", "HUGE SWAP OUT", Unit::count, "huge pages swapped out whole"},
     field<&R::huge_swap_outs, huge_events>},
    {{"huge_swap_out_fallbacks", "HUGE SWAP SPLITS", Unit::count, "... split for it"},
     field<&R::huge_swap_out_fallbacks, huge_events>},
    {{"numa_table_updates", "NUMA UPDATES", Unit::count, "entries marked to see who uses them"},
     field<&R::numa_table_updates, balancing>},
    {{"numa_hint_faults", "NUMA FAULTS", Unit::count, "faults on these"},
     field<&R::numa_hint_faults, balancing>},
    {{"numa_hint_faults_local", "NUMA LOCAL", Unit::count, "... from the same node"},
     field<&R::numa_hint_faults_local, balancing>},
    {{"numa_migrated_pages", "NUMA MIGRATED", Unit::count, "pages moved to their users"},
     field<&R::numa_migrated_pages, balancing>},
    {{"refaulted_anon_pages", "REFAULTS ANON", Unit::count,
      "swapped in soon after reclaim took them"}, event<&E::refaulted_anon_pages, workingset>},
    {{"refaulted_file_pages", "REFAULTS FILES", Unit::count,
      "read again soon after reclaim took them"}, event<&E::refaulted_file_pages, workingset>},
    {{"refault_activated_anon_pages", "REACTIVATED ANON", Unit::count, "of these, active at once"},
     event<&E::refault_activated_anon_pages, workingset>},
    {{"refault_activated_file_pages", "REACTIVATED FILES", Unit::count, "of these, active at once"},
     event<&E::refault_activated_file_pages, workingset>},
    {{"refault_restored_anon_pages", "RESTORED ANON", Unit::count, "of these, active before, too"},
     event<&E::refault_restored_anon_pages, workingset>},
    {{"refault_restored_file_pages", "RESTORED FILES", Unit::count, "of these, active before, too"},
     event<&E::refault_restored_file_pages, workingset>},
    {{"dirtied_pages", "DIRTIED", Unit::count, "pages made dirty since boot"},
     event<&E::dirtied_pages, workingset>},
    {{"written_pages", "WRITTEN", Unit::count, "pages written since boot"},
     event<&E::written_pages, workingset>},
    {{"reclaim_written_pages", "RECLAIM WROTE", Unit::count, "pages that reclaim had to write"},
     event<&E::reclaim_written_pages, workingset>},
    {{"reclaim_delayed_pages", "RECLAIM DELAYED", Unit::count,
      "pages to be reclaimed once written"}, event<&E::reclaim_delayed_pages, workingset>},
    {{"interval_ns", "INTERVAL", Unit::duration_ns, "over which the rates were taken"}, interval},
    {{"sample_realtime_ns", "SAMPLED", Unit::time_ns, "when this was measured"}, sample_time},
};
// clang-format on

} // namespace

std::span<const Column<MemoryRow>> memory_columns() {
    return columns;
}

} // namespace vigia::cli
