// SPDX-License-Identifier: MIT
// Columns of the memory's nodes and of their zones.
#include "collector/cli/memory_views.h"
#include "collector/cli/views.h"

namespace vigia::cli {
namespace {

template <auto Member, uint64_t valid>
Value node_field(const NodeRow& row) {
    return (row.node->valid & valid) != 0 ? to_value(row.node->*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value node_state(const NodeRow& row) {
    return (row.node->valid & valid) != 0 ? to_value(row.node->pages.*Member) : Value{};
}

template <auto Member, uint64_t valid>
Value node_event(const NodeRow& row) {
    return (row.node->valid & valid) != 0 ? to_value(row.node->events.*Member) : Value{};
}

Value node_number(const NodeRow& row) {
    return to_value(row.node->node);
}

Value zone_count(const NodeRow& row) {
    return to_value(row.node->zone_count);
}

template <auto Member, uint64_t valid>
Value zone_field(const ZoneRow& row) {
    return (row.zone->valid & valid) != 0 ? to_value(row.zone->*Member) : Value{};
}

Value zone_node(const ZoneRow& row) {
    return to_value(row.zone->node);
}

Value zone_place(const ZoneRow& row) {
    return to_value(row.zone->zone);
}

Value zone_name(const ZoneRow& row) {
    return to_value(name_in(row.zone->name));
}

constexpr uint64_t pages = VIGIA_MEMORY_VALID_PAGES;
constexpr uint64_t cached = VIGIA_MEMORY_VALID_CACHED;
constexpr uint64_t huge = VIGIA_MEMORY_VALID_HUGE;
constexpr uint64_t secondary = VIGIA_MEMORY_VALID_SECONDARY;
constexpr uint64_t boost = VIGIA_MEMORY_VALID_BOOST;
constexpr uint64_t promo = VIGIA_MEMORY_VALID_PROMO;
constexpr uint64_t cma = VIGIA_MEMORY_VALID_CMA;
constexpr uint64_t workingset = VIGIA_MEMORY_VALID_WORKINGSET;
using N = vigia_memory_node;
using Z = vigia_memory_zone;
using S = vigia_page_state;
using E = vigia_page_events;

// clang-format off
constexpr Column<NodeRow> nodes[] = {
    {{"node", "NODE", Unit::identity, "number of the node", true}, node_number},
    {{"managed_bytes", "MANAGED", Unit::bytes, "by the page allocator", true},
     node_field<&N::managed_bytes, pages>},
    {{"present_bytes", "PRESENT", Unit::bytes, "there is"}, node_field<&N::present_bytes, pages>},
    {{"free_bytes", "FREE", Unit::bytes, "not used for anything", true},
     node_field<&N::free_bytes, pages>},
    {{"mlocked_bytes", "LOCKED", Unit::bytes, "locked by programs"},
     node_field<&N::mlocked_bytes, pages>},
    {{"file_bytes", "FILES", Unit::bytes, "all file caches, buffers and swap cache included", true},
     node_state<&S::file_bytes, pages>},
    {{"active_file_bytes", "ACTIVE FILES", Unit::bytes, "used lately"},
     node_state<&S::active_file_bytes, pages>},
    {{"inactive_file_bytes", "INACTIVE FILES", Unit::bytes, "first to be reclaimed"},
     node_state<&S::inactive_file_bytes, pages>},
    {{"active_anon_bytes", "ACTIVE ANON", Unit::bytes, "heap and stacks, used lately"},
     node_state<&S::active_anon_bytes, pages>},
    {{"inactive_anon_bytes", "INACTIVE ANON", Unit::bytes, "heap and stacks, first to be swapped"},
     node_state<&S::inactive_anon_bytes, pages>},
    {{"unevictable_bytes", "UNEVICTABLE", Unit::bytes, "cannot be reclaimed"},
     node_state<&S::unevictable_bytes, pages>},
    {{"isolated_anon_bytes", "ISOLATED ANON", Unit::bytes, "held by reclaim or migration"},
     node_state<&S::isolated_anon_bytes, pages>},
    {{"isolated_file_bytes", "ISOLATED FILES", Unit::bytes, "held by reclaim or migration"},
     node_state<&S::isolated_file_bytes, pages>},
    {{"anon_bytes", "ANON", Unit::bytes, "mapped heap and stacks", true},
     node_state<&S::anon_bytes, pages>},
    {{"mapped_bytes", "MAPPED", Unit::bytes, "mapped files"}, node_state<&S::mapped_bytes, pages>},
    {{"shared_bytes", "SHARED", Unit::bytes, "shared memory and tmpfs", true},
     node_state<&S::shared_bytes, pages>},
    {{"slab_reclaimable_bytes", "SLAB RECL", Unit::bytes,
      "kernel objects that can be dropped", true}, node_state<&S::slab_reclaimable_bytes, pages>},
    {{"slab_unreclaimable_bytes", "SLAB UNRECL", Unit::bytes, "kernel objects that cannot", true},
     node_state<&S::slab_unreclaimable_bytes, pages>},
    {{"misc_reclaimable_bytes", "MISC RECL", Unit::bytes,
      "other kernel memory that can be dropped"}, node_state<&S::misc_reclaimable_bytes, pages>},
    {{"kernel_stack_bytes", "KERNEL STACK", Unit::bytes, "stacks of the kernel"},
     node_state<&S::kernel_stack_bytes, pages>},
    {{"page_tables_bytes", "PAGE TABLES", Unit::bytes, "page tables"},
     node_state<&S::page_tables_bytes, pages>},
    {{"secondary_page_tables_bytes", "SEC TABLES", Unit::bytes,
      "page tables of virtual machines and IOMMUs"},
     node_state<&S::secondary_page_tables_bytes, secondary>},
    {{"dirty_bytes", "DIRTY", Unit::bytes, "to be written", true},
     node_state<&S::dirty_bytes, pages>},
    {{"writeback_bytes", "WRITEBACK", Unit::bytes, "being written"},
     node_state<&S::writeback_bytes, pages>},
    {{"swap_cached_bytes", "SWAP CACHED", Unit::bytes, "in swap and in memory"},
     node_state<&S::swap_cached_bytes, cached>},
    {{"anon_huge_bytes", "HUGE ANON", Unit::bytes, "heap in huge pages"},
     node_state<&S::anon_huge_bytes, huge>},
    {{"shared_huge_bytes", "HUGE SHARED", Unit::bytes, "shared memory in huge pages"},
     node_state<&S::shared_huge_bytes, huge>},
    {{"file_huge_bytes", "HUGE FILES", Unit::bytes, "file cache in huge pages"},
     node_state<&S::file_huge_bytes, huge>},
    {{"refaulted_anon_pages", "REFAULTS ANON", Unit::count,
      "swapped in soon after reclaim took them"}, node_event<&E::refaulted_anon_pages, workingset>},
    {{"refaulted_file_pages", "REFAULTS FILES", Unit::count,
      "read again soon after reclaim took them"}, node_event<&E::refaulted_file_pages, workingset>},
    {{"refault_activated_anon_pages", "REACTIVATED ANON", Unit::count, "of these, active at once"},
     node_event<&E::refault_activated_anon_pages, workingset>},
    {{"refault_activated_file_pages", "REACTIVATED FILES", Unit::count, "of these, active at once"},
     node_event<&E::refault_activated_file_pages, workingset>},
    {{"refault_restored_anon_pages", "RESTORED ANON", Unit::count, "of these, active before, too"},
     node_event<&E::refault_restored_anon_pages, workingset>},
    {{"refault_restored_file_pages", "RESTORED FILES", Unit::count, "of these, active before, too"},
     node_event<&E::refault_restored_file_pages, workingset>},
    {{"dirtied_pages", "DIRTIED", Unit::count, "pages made dirty since boot"},
     node_event<&E::dirtied_pages, workingset>},
    {{"written_pages", "WRITTEN", Unit::count, "pages written since boot"},
     node_event<&E::written_pages, workingset>},
    {{"reclaim_written_pages", "RECLAIM WROTE", Unit::count, "pages that reclaim had to write"},
     node_event<&E::reclaim_written_pages, workingset>},
    {{"reclaim_delayed_pages", "RECLAIM DELAYED", Unit::count,
      "pages to be reclaimed once written"}, node_event<&E::reclaim_delayed_pages, workingset>},
    {{"zone_count", "ZONES", Unit::count, "zones with pages"}, zone_count},
};

constexpr Column<ZoneRow> zones[] = {
    {{"node", "NODE", Unit::identity, "number of the node", true}, zone_node},
    {{"zone", "PLACE", Unit::identity, "its place in the node: 0 has the lowest addresses"},
     zone_place},
    {{"name", "ZONE", Unit::text, "name of the zone", true}, zone_name},
    {{"managed_bytes", "MANAGED", Unit::bytes, "by the page allocator", true},
     zone_field<&Z::managed_bytes, pages>},
    {{"free_bytes", "FREE", Unit::bytes, "not used for anything", true},
     zone_field<&Z::free_bytes, pages>},
    {{"min_bytes", "MIN", Unit::bytes, "below it only emergencies allocate", true},
     zone_field<&Z::min_bytes, pages>},
    {{"low_bytes", "LOW", Unit::bytes, "below it background reclaim begins", true},
     zone_field<&Z::low_bytes, pages>},
    {{"high_bytes", "HIGH", Unit::bytes, "at it background reclaim ends", true},
     zone_field<&Z::high_bytes, pages>},
    {{"boost_bytes", "BOOST", Unit::bytes, "added to these three after fragmentation"},
     zone_field<&Z::boost_bytes, boost>},
    {{"promo_bytes", "PROMO", Unit::bytes, "above it hot pages come here from slower nodes"},
     zone_field<&Z::promo_bytes, promo>},
    {{"spanned_bytes", "SPANNED", Unit::bytes, "from the first to the last page, holes included"},
     zone_field<&Z::spanned_bytes, pages>},
    {{"present_bytes", "PRESENT", Unit::bytes, "there is"}, zone_field<&Z::present_bytes, pages>},
    {{"cma_bytes", "CMA", Unit::bytes, "of the contiguous allocator"},
     zone_field<&Z::cma_bytes, cma>},
    {{"free_cma_bytes", "CMA FREE", Unit::bytes, "of these not used"},
     zone_field<&Z::free_cma_bytes, pages>},
    {{"active_file_bytes", "ACTIVE FILES", Unit::bytes, "file cache used lately", true},
     zone_field<&Z::active_file_bytes, pages>},
    {{"inactive_file_bytes", "INACTIVE FILES", Unit::bytes,
      "file cache, first to be reclaimed", true}, zone_field<&Z::inactive_file_bytes, pages>},
    {{"active_anon_bytes", "ACTIVE ANON", Unit::bytes, "heap and stacks, used lately", true},
     zone_field<&Z::active_anon_bytes, pages>},
    {{"inactive_anon_bytes", "INACTIVE ANON", Unit::bytes,
      "heap and stacks, first to be swapped", true}, zone_field<&Z::inactive_anon_bytes, pages>},
    {{"unevictable_bytes", "UNEVICTABLE", Unit::bytes, "cannot be reclaimed"},
     zone_field<&Z::unevictable_bytes, pages>},
    {{"write_pending_bytes", "TO WRITE", Unit::bytes, "dirty or being written"},
     zone_field<&Z::write_pending_bytes, pages>},
    {{"mlocked_bytes", "LOCKED", Unit::bytes, "locked by programs"},
     zone_field<&Z::mlocked_bytes, pages>},
};
// clang-format on

} // namespace

std::span<const Column<NodeRow>> node_columns() {
    return nodes;
}

std::span<const Column<ZoneRow>> zone_columns() {
    return zones;
}

} // namespace vigia::cli
