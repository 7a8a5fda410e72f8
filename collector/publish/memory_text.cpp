// SPDX-License-Identifier: MIT
#include "collector/publish/memory_text.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace vigia::publish {
namespace {

using enum TextUnit;

constexpr uint64_t pages = VIGIA_MEMORY_VALID_PAGES;
constexpr uint64_t cached = VIGIA_MEMORY_VALID_CACHED;
constexpr uint64_t huge = VIGIA_MEMORY_VALID_HUGE;
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

// Events that the kernel counts for each kind of zone: "pgalloc_dma32", ... are taken as one name.
constexpr std::string_view zoned_events[] = {"pgalloc_", "allocstall_"};

#define AT(member) offsetof(vigia_memory, member)
constexpr MemoryField host_table[] = {
    // meminfo
    {"MemTotal:", AT(total_bytes), kib, pages},
    {"MemFree:", AT(free_bytes), kib, pages},
    {"MemAvailable:", AT(available_bytes), kib, pages},
    {"Buffers:", AT(buffers_bytes), kib, pages},
    {"Cached:", AT(cached_bytes), kib, cached},
    {"SwapCached:", AT(pages.swap_cached_bytes), kib, cached},
    {"Active(anon):", AT(pages.active_anon_bytes), kib, pages},
    {"Inactive(anon):", AT(pages.inactive_anon_bytes), kib, pages},
    {"Active(file):", AT(pages.active_file_bytes), kib, pages},
    {"Inactive(file):", AT(pages.inactive_file_bytes), kib, pages},
    {"Unevictable:", AT(pages.unevictable_bytes), kib, pages},
    {"Mlocked:", AT(mlocked_bytes), kib, pages},
    {"SwapTotal:", AT(swap_total_bytes), kib, VIGIA_MEMORY_VALID_SWAP_TOTAL},
    {"SwapFree:", AT(swap_free_bytes), kib, VIGIA_MEMORY_VALID_SWAP_FREE},
    {"Zswap:", AT(zswap_bytes), kib, zswap},
    {"Zswapped:", AT(zswapped_bytes), kib, zswap},
    {"Dirty:", AT(pages.dirty_bytes), kib, pages},
    {"Writeback:", AT(pages.writeback_bytes), kib, pages},
    {"AnonPages:", AT(pages.anon_bytes), kib, pages},
    {"Mapped:", AT(pages.mapped_bytes), kib, pages},
    {"Shmem:", AT(pages.shared_bytes), kib, pages},
    {"SReclaimable:", AT(pages.slab_reclaimable_bytes), kib, pages},
    {"SUnreclaim:", AT(pages.slab_unreclaimable_bytes), kib, pages},
    {"KernelStack:", AT(pages.kernel_stack_bytes), kib, pages},
    {"PageTables:", AT(pages.page_tables_bytes), kib, pages},
    {"SecPageTables:", AT(pages.secondary_page_tables_bytes), kib, VIGIA_MEMORY_VALID_SECONDARY},
    {"CommitLimit:", AT(commit_limit_bytes), kib, VIGIA_MEMORY_VALID_COMMIT_LIMIT},
    {"Committed_AS:", AT(committed_bytes), kib, VIGIA_MEMORY_VALID_COMMITTED},
    {"VmallocUsed:", AT(vmalloc_bytes), kib, VIGIA_MEMORY_VALID_VMALLOC},
    {"Percpu:", AT(percpu_bytes), kib, VIGIA_MEMORY_VALID_PERCPU},
    {"AnonHugePages:", AT(pages.anon_huge_bytes), kib, huge},
    {"ShmemHugePages:", AT(pages.shared_huge_bytes), kib, huge},
    {"FileHugePages:", AT(pages.file_huge_bytes), kib, huge},
    {"Hugetlb:", AT(hugetlb_bytes), kib, VIGIA_MEMORY_VALID_HUGETLB},
    // vmstat
    {"nr_file_pages", AT(pages.file_bytes), page, pages},
    {"nr_isolated_anon", AT(pages.isolated_anon_bytes), page, pages},
    {"nr_isolated_file", AT(pages.isolated_file_bytes), page, pages},
    {"nr_kernel_misc_reclaimable", AT(pages.misc_reclaimable_bytes), page, pages},
    {"workingset_refault_anon", AT(events.refaulted_anon_pages), one, workingset},
    {"workingset_refault_file", AT(events.refaulted_file_pages), one, workingset},
    {"workingset_activate_anon", AT(events.refault_activated_anon_pages), one, workingset},
    {"workingset_activate_file", AT(events.refault_activated_file_pages), one, workingset},
    {"workingset_restore_anon", AT(events.refault_restored_anon_pages), one, workingset},
    {"workingset_restore_file", AT(events.refault_restored_file_pages), one, workingset},
    {"nr_dirtied", AT(events.dirtied_pages), one, workingset},
    {"nr_written", AT(events.written_pages), one, workingset},
    {"nr_vmscan_write", AT(events.reclaim_written_pages), one, workingset},
    {"nr_vmscan_immediate_reclaim", AT(events.reclaim_delayed_pages), one, workingset},
    {"pgfault", AT(page_faults), one, events},
    {"pgmajfault", AT(page_major_faults), one, events},
    {"pgpgin", AT(page_in_bytes), kib, events}, // counted in KiB, whatever the name
    {"pgpgout", AT(page_out_bytes), kib, events},
    {"pswpin", AT(swap_in_pages), one, events},
    {"pswpout", AT(swap_out_pages), one, events},
    {"pgalloc_", AT(allocated_pages), one, events},
    {"pgfree", AT(freed_pages), one, events},
    {"pgactivate", AT(activated_pages), one, events},
    {"pgdeactivate", AT(deactivated_pages), one, events},
    {"allocstall_", AT(allocation_stalls), one, events},
    {"pgrotated", AT(rotated_pages), one, events},
    {"oom_kill", AT(oom_kills), one, events},
    {"drop_pagecache", AT(cache_drops), one, events},
    {"drop_slab", AT(slab_drops), one, events},
    {"pgscan_kswapd", AT(scanned_kswapd_pages), one, reclaim},
    {"pgscan_direct", AT(scanned_direct_pages), one, reclaim},
    {"pgscan_anon", AT(scanned_anon_pages), one, reclaim},
    {"pgscan_file", AT(scanned_file_pages), one, reclaim},
    {"pgsteal_kswapd", AT(reclaimed_kswapd_pages), one, reclaim},
    {"pgsteal_direct", AT(reclaimed_direct_pages), one, reclaim},
    {"pgsteal_anon", AT(reclaimed_anon_pages), one, reclaim},
    {"pgsteal_file", AT(reclaimed_file_pages), one, reclaim},
    {"pgrefill", AT(refilled_pages), one, reclaim},
    {"pgscan_direct_throttle", AT(direct_throttles), one, reclaim},
    {"slabs_scanned", AT(slab_objects_scanned), one, reclaim},
    {"pageoutrun", AT(kswapd_runs), one, reclaim},
    {"kswapd_low_wmark_hit_quickly", AT(kswapd_low_watermark_hits), one, reclaim},
    {"kswapd_high_wmark_hit_quickly", AT(kswapd_high_watermark_hits), one, reclaim},
    {"pgscan_khugepaged", AT(scanned_khugepaged_pages), one, khugepaged},
    {"pgsteal_khugepaged", AT(reclaimed_khugepaged_pages), one, khugepaged},
    {"pgscan_proactive", AT(scanned_proactive_pages), one, proactive},
    {"pgsteal_proactive", AT(reclaimed_proactive_pages), one, proactive},
    {"compact_stall", AT(compact_stalls), one, compaction},
    {"compact_fail", AT(compact_failures), one, compaction},
    {"compact_success", AT(compact_successes), one, compaction},
    {"compact_migrate_scanned", AT(compact_migrate_scanned_pages), one, compaction},
    {"compact_free_scanned", AT(compact_free_scanned_pages), one, compaction},
    {"compact_isolated", AT(compact_isolated_pages), one, compaction},
    {"compact_daemon_wake", AT(compact_daemon_wakes), one, compaction},
    {"pgmigrate_success", AT(migrated_pages), one, migration},
    {"pgmigrate_fail", AT(migrate_failed_pages), one, migration},
    {"thp_fault_alloc", AT(huge_fault_allocations), one, huge_events},
    {"thp_fault_fallback", AT(huge_fault_fallbacks), one, huge_events},
    {"thp_collapse_alloc", AT(huge_collapses), one, huge_events},
    {"thp_collapse_alloc_failed", AT(huge_collapse_failures), one, huge_events},
    {"thp_split_page", AT(huge_page_splits), one, huge_events},
    {"thp_split_pmd", AT(huge_table_splits), one, huge_events},
    {"thp_swpout", AT(huge_swap_outs), one, huge_events},
    {"thp_swpout_fallback", AT(huge_swap_out_fallbacks), one, huge_events},
    {"numa_pte_updates", AT(numa_table_updates), one, balancing},
    {"numa_hint_faults", AT(numa_hint_faults), one, balancing},
    {"numa_hint_faults_local", AT(numa_hint_faults_local), one, balancing},
    {"numa_pages_migrated", AT(numa_migrated_pages), one, balancing},
};
#undef AT

#define AT(member) offsetof(vigia_memory_node, member)
constexpr MemoryField node_table[] = {
    {"nr_file_pages", AT(pages.file_bytes), page, pages},
    {"nr_active_anon", AT(pages.active_anon_bytes), page, pages},
    {"nr_inactive_anon", AT(pages.inactive_anon_bytes), page, pages},
    {"nr_active_file", AT(pages.active_file_bytes), page, pages},
    {"nr_inactive_file", AT(pages.inactive_file_bytes), page, pages},
    {"nr_unevictable", AT(pages.unevictable_bytes), page, pages},
    {"nr_isolated_anon", AT(pages.isolated_anon_bytes), page, pages},
    {"nr_isolated_file", AT(pages.isolated_file_bytes), page, pages},
    {"nr_anon_pages", AT(pages.anon_bytes), page, pages},
    {"nr_mapped", AT(pages.mapped_bytes), page, pages},
    {"nr_shmem", AT(pages.shared_bytes), page, pages},
    {"nr_slab_reclaimable", AT(pages.slab_reclaimable_bytes), page, pages},
    {"nr_slab_unreclaimable", AT(pages.slab_unreclaimable_bytes), page, pages},
    {"nr_kernel_misc_reclaimable", AT(pages.misc_reclaimable_bytes), page, pages},
    {"nr_kernel_stack", AT(pages.kernel_stack_bytes), kib, pages},
    {"nr_page_table_pages", AT(pages.page_tables_bytes), page, pages},
    {"nr_dirty", AT(pages.dirty_bytes), page, pages},
    {"nr_writeback", AT(pages.writeback_bytes), page, pages},
    {"nr_swapcached", AT(pages.swap_cached_bytes), page, cached},
    {"nr_anon_transparent_hugepages", AT(pages.anon_huge_bytes), huge_page, huge},
    {"nr_shmem_hugepages", AT(pages.shared_huge_bytes), huge_page, huge},
    {"nr_file_hugepages", AT(pages.file_huge_bytes), huge_page, huge},
    {"nr_sec_page_table_pages", AT(pages.secondary_page_tables_bytes), page,
     VIGIA_MEMORY_VALID_SECONDARY},
    {"workingset_refault_anon", AT(events.refaulted_anon_pages), one, workingset},
    {"workingset_refault_file", AT(events.refaulted_file_pages), one, workingset},
    {"workingset_activate_anon", AT(events.refault_activated_anon_pages), one, workingset},
    {"workingset_activate_file", AT(events.refault_activated_file_pages), one, workingset},
    {"workingset_restore_anon", AT(events.refault_restored_anon_pages), one, workingset},
    {"workingset_restore_file", AT(events.refault_restored_file_pages), one, workingset},
    {"nr_dirtied", AT(events.dirtied_pages), one, workingset},
    {"nr_written", AT(events.written_pages), one, workingset},
    {"nr_vmscan_write", AT(events.reclaim_written_pages), one, workingset},
    {"nr_vmscan_immediate_reclaim", AT(events.reclaim_delayed_pages), one, workingset},
};
#undef AT

#define AT(member) offsetof(vigia_memory_zone, member)
constexpr MemoryField zone_table[] = {
    {"free", AT(free_bytes), page, pages}, // "pages free"
    {"min", AT(min_bytes), page, pages},
    {"low", AT(low_bytes), page, pages},
    {"high", AT(high_bytes), page, pages},
    {"boost", AT(boost_bytes), page, VIGIA_MEMORY_VALID_BOOST},
    {"promo", AT(promo_bytes), page, VIGIA_MEMORY_VALID_PROMO},
    {"spanned", AT(spanned_bytes), page, pages},
    {"present", AT(present_bytes), page, pages},
    {"managed", AT(managed_bytes), page, pages},
    {"cma", AT(cma_bytes), page, VIGIA_MEMORY_VALID_CMA},
    {"nr_free_cma", AT(free_cma_bytes), page, pages},
    {"nr_zone_active_anon", AT(active_anon_bytes), page, pages},
    {"nr_zone_inactive_anon", AT(inactive_anon_bytes), page, pages},
    {"nr_zone_active_file", AT(active_file_bytes), page, pages},
    {"nr_zone_inactive_file", AT(inactive_file_bytes), page, pages},
    {"nr_zone_unevictable", AT(unevictable_bytes), page, pages},
    {"nr_zone_write_pending", AT(write_pending_bytes), page, pages},
    {"nr_mlock", AT(mlocked_bytes), page, pages},
};
#undef AT

// Clears what belongs to a group that is not complete.
void clear_incomplete(std::span<const MemoryField> table, uint64_t valid, void* record) {
    for (const MemoryField& field : table) {
        if ((field.group & valid) == 0) {
            std::memset(static_cast<unsigned char*>(record) + field.offset, 0, sizeof(uint64_t));
        }
    }
}

std::string_view without_zone(std::string_view name) {
    for (const std::string_view prefix : zoned_events) {
        if (name.starts_with(prefix)) {
            return prefix;
        }
    }
    return name;
}

bool at_next_zone(const TextScan& scan) {
    return scan.done() || scan.rest().starts_with("Node ");
}

} // namespace

MemoryText::MemoryText(PageSizes sizes)
    : host_fields_(host_table, sizes), node_fields_(node_table, sizes),
      zone_fields_(zone_table, sizes) {}

void MemoryText::begin() {
    host_ = {};
    host_fields_.begin();
    nodes_.clear();
    zones_.clear();
}

void MemoryText::take_meminfo(std::string_view text) {
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        const std::string_view name = scan.word();
        host_fields_.take(name, scan.number(), &host_);
    }
}

void MemoryText::take_vmstat(std::string_view text) {
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        const std::string_view name = without_zone(scan.word());
        host_fields_.take(name, scan.number(), &host_);
    }
}

// Nodes come one after the other, each with its zones.
vigia_memory_node& MemoryText::node(uint32_t number) {
    if (nodes_.empty() || nodes_.back().node != number) {
        nodes_.emplace_back().node = number;
        node_fields_.begin();
    }
    return nodes_.back();
}

// Up to and with the word "pages", which begins the zone's own lines.
void MemoryText::take_node_lines(TextScan& scan, vigia_memory_node& node) {
    for (; !at_next_zone(scan); scan.skip_line()) {
        const std::string_view name = scan.word();
        if (name == "pages") {
            return;
        }
        node_fields_.take(name, scan.number(), &node);
    }
}

// Up to the lists of the CPUs. Before Linux 5.11 page tables are counted per zone.
void MemoryText::take_zone_lines(TextScan& scan, vigia_memory_node& node, vigia_memory_zone& zone) {
    for (; !at_next_zone(scan); scan.skip_line()) {
        const std::string_view name = scan.word();
        if (name == "pagesets") {
            return;
        }
        const uint64_t value = scan.number();
        if (name == "nr_page_table_pages") {
            node_fields_.take(name, value, &node);
        } else {
            zone_fields_.take(name, value, &zone);
        }
    }
}

// A zone without pages has neither counters nor lists, and gets no record.
void MemoryText::add_zone(vigia_memory_node& node, vigia_memory_zone& zone) {
    if (zone.present_bytes == 0) {
        return;
    }
    zone.valid = zone_fields_.complete_groups();
    clear_incomplete(zone_table, zone.valid, &zone);
    ++node.zone_count;
    node.present_bytes += zone.present_bytes;
    node.managed_bytes += zone.managed_bytes;
    node.free_bytes += zone.free_bytes;
    node.mlocked_bytes += zone.mlocked_bytes;
    zones_.push_back(zone);
}

// "Node 0, zone   Normal", the node's lines if this is its first zone with pages, the zone's lines,
// and the lists of the CPUs, which are most of the text.
void MemoryText::take_zoneinfo(std::string_view text) {
    uint32_t place = 0;
    for (TextScan scan(text); scan.take("Node ");) {
        vigia_memory_zone zone{};
        zone.node = static_cast<uint32_t>(scan.number());
        place = nodes_.empty() || nodes_.back().node != zone.node ? 0 : place + 1;
        zone.zone = place;
        scan.take(", zone");
        const std::string_view name = scan.word();
        std::memcpy(zone.name, name.data(), std::min(name.size(), sizeof(zone.name) - 1));
        scan.skip_line();
        vigia_memory_node& owner = node(zone.node);
        zone_fields_.begin();
        take_node_lines(scan, owner);
        take_zone_lines(scan, owner, zone);
        add_zone(owner, zone);
        owner.valid = node_fields_.complete_groups();
        while (!at_next_zone(scan)) {
            scan.skip_line();
        }
    }
}

void MemoryText::finish() {
    host_.valid = host_fields_.complete_groups();
    clear_incomplete(host_table, host_.valid, &host_);
    for (vigia_memory_node& one : nodes_) {
        clear_incomplete(node_table, one.valid, &one);
    }
}

} // namespace vigia::publish
