// SPDX-License-Identifier: MIT
// R6: every field of `memory` against a plain reading of /proc/meminfo, vmstat and zoneinfo.
//
// What is tolerated: a gauge may have moved by moved_bytes more than between the readings before
// and after (in one good round of five); a counter of KiB, which text has as whole ones, by one.
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <thread>

#include "test/publish/differential.h"
#include "test/publish/plain_proc.h"
#include "test/publish/published.h"
#include "test/publish/subject.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;

namespace {

constexpr int rounds = 5;
constexpr int64_t moved_bytes = 8 << 20;
constexpr Kind counter = Kind::counter;
constexpr Kind gauge = Kind::gauge;

const int64_t page = ::sysconf(_SC_PAGESIZE);
constexpr int64_t one = 1;
constexpr int64_t kib = 1024;
constexpr int64_t thp = 2 << 20; // of x86: what this test runs on

// What exported kernel symbols do not tell.
constexpr uint64_t never_of_kernel =
    VIGIA_MEMORY_VALID_SWAP_TOTAL | VIGIA_MEMORY_VALID_COMMIT_LIMIT | VIGIA_MEMORY_VALID_VMALLOC |
    VIGIA_MEMORY_VALID_PERCPU | VIGIA_MEMORY_VALID_HUGETLB | VIGIA_MEMORY_VALID_ZSWAP;

struct Field {
    Kind kind;
    std::size_t offset;
    const char* key; // one that ends in * is a sum
    int64_t unit;
    uint64_t group;
};

constexpr uint64_t boost = VIGIA_MEMORY_VALID_BOOST;
constexpr uint64_t cached = VIGIA_MEMORY_VALID_CACHED;
constexpr uint64_t cma = VIGIA_MEMORY_VALID_CMA;
constexpr uint64_t committed = VIGIA_MEMORY_VALID_COMMITTED;
constexpr uint64_t commit_limit = VIGIA_MEMORY_VALID_COMMIT_LIMIT;
constexpr uint64_t compaction = VIGIA_MEMORY_VALID_COMPACTION;
constexpr uint64_t events = VIGIA_MEMORY_VALID_EVENTS;
constexpr uint64_t huge = VIGIA_MEMORY_VALID_HUGE;
constexpr uint64_t hugetlb = VIGIA_MEMORY_VALID_HUGETLB;
constexpr uint64_t huge_events = VIGIA_MEMORY_VALID_HUGE_EVENTS;
constexpr uint64_t migration = VIGIA_MEMORY_VALID_MIGRATION;
constexpr uint64_t numa_balancing = VIGIA_MEMORY_VALID_NUMA_BALANCING;
constexpr uint64_t pages = VIGIA_MEMORY_VALID_PAGES;
constexpr uint64_t percpu = VIGIA_MEMORY_VALID_PERCPU;
constexpr uint64_t promo = VIGIA_MEMORY_VALID_PROMO;
constexpr uint64_t reclaim = VIGIA_MEMORY_VALID_RECLAIM;
constexpr uint64_t reclaim_khugepaged = VIGIA_MEMORY_VALID_RECLAIM_KHUGEPAGED;
constexpr uint64_t reclaim_proactive = VIGIA_MEMORY_VALID_RECLAIM_PROACTIVE;
constexpr uint64_t secondary = VIGIA_MEMORY_VALID_SECONDARY;
constexpr uint64_t swap_free = VIGIA_MEMORY_VALID_SWAP_FREE;
constexpr uint64_t swap_total = VIGIA_MEMORY_VALID_SWAP_TOTAL;
constexpr uint64_t vmalloc = VIGIA_MEMORY_VALID_VMALLOC;
constexpr uint64_t refaults = VIGIA_MEMORY_VALID_WORKINGSET;
constexpr uint64_t zswap = VIGIA_MEMORY_VALID_ZSWAP;

// clang-format off
#define HOST(member) offsetof(vigia_memory, member)
#define NODE(member) offsetof(vigia_memory_node, member)
#define ZONE(member) offsetof(vigia_memory_zone, member)
const Field host_fields[] = {
    {gauge, HOST(total_bytes), "MemTotal", kib, pages},
    {gauge, HOST(free_bytes), "MemFree", kib, pages},
    {gauge, HOST(available_bytes), "MemAvailable", kib, pages},
    {gauge, HOST(buffers_bytes), "Buffers", kib, pages},
    {gauge, HOST(cached_bytes), "Cached", kib, cached},
    {gauge, HOST(mlocked_bytes), "Mlocked", kib, pages},
    {gauge, HOST(pages.file_bytes), "nr_file_pages", page, pages},
    {gauge, HOST(pages.active_anon_bytes), "Active(anon)", kib, pages},
    {gauge, HOST(pages.inactive_anon_bytes), "Inactive(anon)", kib, pages},
    {gauge, HOST(pages.active_file_bytes), "Active(file)", kib, pages},
    {gauge, HOST(pages.inactive_file_bytes), "Inactive(file)", kib, pages},
    {gauge, HOST(pages.unevictable_bytes), "Unevictable", kib, pages},
    {gauge, HOST(pages.anon_bytes), "AnonPages", kib, pages},
    {gauge, HOST(pages.mapped_bytes), "Mapped", kib, pages},
    {gauge, HOST(pages.shared_bytes), "Shmem", kib, pages},
    {gauge, HOST(pages.slab_reclaimable_bytes), "SReclaimable", kib, pages},
    {gauge, HOST(pages.slab_unreclaimable_bytes), "SUnreclaim", kib, pages},
    {gauge, HOST(pages.kernel_stack_bytes), "KernelStack", kib, pages},
    {gauge, HOST(pages.page_tables_bytes), "PageTables", kib, pages},
    {gauge, HOST(pages.dirty_bytes), "Dirty", kib, pages},
    {gauge, HOST(pages.writeback_bytes), "Writeback", kib, pages},
    {gauge, HOST(pages.isolated_anon_bytes), "nr_isolated_anon", page, pages},
    {gauge, HOST(pages.isolated_file_bytes), "nr_isolated_file", page, pages},
    {gauge, HOST(pages.misc_reclaimable_bytes), "nr_kernel_misc_reclaimable", page, pages},
    {gauge, HOST(pages.swap_cached_bytes), "SwapCached", kib, cached},
    {gauge, HOST(pages.anon_huge_bytes), "AnonHugePages", kib, huge},
    {gauge, HOST(pages.shared_huge_bytes), "ShmemHugePages", kib, huge},
    {gauge, HOST(pages.file_huge_bytes), "FileHugePages", kib, huge},
    {gauge, HOST(pages.secondary_page_tables_bytes), "SecPageTables", kib, secondary},
    {gauge, HOST(swap_total_bytes), "SwapTotal", kib, swap_total},
    {gauge, HOST(swap_free_bytes), "SwapFree", kib, swap_free},
    {gauge, HOST(committed_bytes), "Committed_AS", kib, committed},
    {gauge, HOST(commit_limit_bytes), "CommitLimit", kib, commit_limit},
    {gauge, HOST(vmalloc_bytes), "VmallocUsed", kib, vmalloc},
    {gauge, HOST(percpu_bytes), "Percpu", kib, percpu},
    {gauge, HOST(hugetlb_bytes), "Hugetlb", kib, hugetlb},
    {gauge, HOST(zswap_bytes), "Zswap", kib, zswap},
    {gauge, HOST(zswapped_bytes), "Zswapped", kib, zswap},
    {counter, HOST(events.refaulted_anon_pages), "workingset_refault_anon", one, refaults},
    {counter, HOST(events.refaulted_file_pages), "workingset_refault_file", one, refaults},
    {counter, HOST(events.refault_activated_anon_pages), "workingset_activate_anon", one, refaults},
    {counter, HOST(events.refault_activated_file_pages), "workingset_activate_file", one, refaults},
    {counter, HOST(events.refault_restored_anon_pages), "workingset_restore_anon", one, refaults},
    {counter, HOST(events.refault_restored_file_pages), "workingset_restore_file", one, refaults},
    {counter, HOST(events.dirtied_pages), "nr_dirtied", one, refaults},
    {counter, HOST(events.written_pages), "nr_written", one, refaults},
    {counter, HOST(events.reclaim_written_pages), "nr_vmscan_write", one, refaults},
    {counter, HOST(events.reclaim_delayed_pages), "nr_vmscan_immediate_reclaim", one, refaults},
    {counter, HOST(page_faults), "pgfault", one, events},
    {counter, HOST(page_major_faults), "pgmajfault", one, events},
    {counter, HOST(page_in_bytes), "pgpgin", kib, events},
    {counter, HOST(page_out_bytes), "pgpgout", kib, events},
    {counter, HOST(swap_in_pages), "pswpin", one, events},
    {counter, HOST(swap_out_pages), "pswpout", one, events},
    {counter, HOST(allocated_pages), "pgalloc_*", one, events},
    {counter, HOST(freed_pages), "pgfree", one, events},
    {counter, HOST(activated_pages), "pgactivate", one, events},
    {counter, HOST(deactivated_pages), "pgdeactivate", one, events},
    {counter, HOST(allocation_stalls), "allocstall_*", one, events},
    {counter, HOST(rotated_pages), "pgrotated", one, events},
    {counter, HOST(oom_kills), "oom_kill", one, events},
    {counter, HOST(cache_drops), "drop_pagecache", one, events},
    {counter, HOST(slab_drops), "drop_slab", one, events},
    {counter, HOST(scanned_kswapd_pages), "pgscan_kswapd", one, reclaim},
    {counter, HOST(scanned_direct_pages), "pgscan_direct", one, reclaim},
    {counter, HOST(scanned_anon_pages), "pgscan_anon", one, reclaim},
    {counter, HOST(scanned_file_pages), "pgscan_file", one, reclaim},
    {counter, HOST(reclaimed_kswapd_pages), "pgsteal_kswapd", one, reclaim},
    {counter, HOST(reclaimed_direct_pages), "pgsteal_direct", one, reclaim},
    {counter, HOST(reclaimed_anon_pages), "pgsteal_anon", one, reclaim},
    {counter, HOST(reclaimed_file_pages), "pgsteal_file", one, reclaim},
    {counter, HOST(refilled_pages), "pgrefill", one, reclaim},
    {counter, HOST(direct_throttles), "pgscan_direct_throttle", one, reclaim},
    {counter, HOST(slab_objects_scanned), "slabs_scanned", one, reclaim},
    {counter, HOST(kswapd_runs), "pageoutrun", one, reclaim},
    {counter, HOST(kswapd_low_watermark_hits), "kswapd_low_wmark_hit_quickly", one, reclaim},
    {counter, HOST(kswapd_high_watermark_hits), "kswapd_high_wmark_hit_quickly", one, reclaim},
    {counter, HOST(scanned_khugepaged_pages), "pgscan_khugepaged", one, reclaim_khugepaged},
    {counter, HOST(reclaimed_khugepaged_pages), "pgsteal_khugepaged", one, reclaim_khugepaged},
    {counter, HOST(scanned_proactive_pages), "pgscan_proactive", one, reclaim_proactive},
    {counter, HOST(reclaimed_proactive_pages), "pgsteal_proactive", one, reclaim_proactive},
    {counter, HOST(compact_stalls), "compact_stall", one, compaction},
    {counter, HOST(compact_failures), "compact_fail", one, compaction},
    {counter, HOST(compact_successes), "compact_success", one, compaction},
    {counter, HOST(compact_migrate_scanned_pages), "compact_migrate_scanned", one, compaction},
    {counter, HOST(compact_free_scanned_pages), "compact_free_scanned", one, compaction},
    {counter, HOST(compact_isolated_pages), "compact_isolated", one, compaction},
    {counter, HOST(compact_daemon_wakes), "compact_daemon_wake", one, compaction},
    {counter, HOST(migrated_pages), "pgmigrate_success", one, migration},
    {counter, HOST(migrate_failed_pages), "pgmigrate_fail", one, migration},
    {counter, HOST(huge_fault_allocations), "thp_fault_alloc", one, huge_events},
    {counter, HOST(huge_fault_fallbacks), "thp_fault_fallback", one, huge_events},
    {counter, HOST(huge_collapses), "thp_collapse_alloc", one, huge_events},
    {counter, HOST(huge_collapse_failures), "thp_collapse_alloc_failed", one, huge_events},
    {counter, HOST(huge_page_splits), "thp_split_page", one, huge_events},
    {counter, HOST(huge_table_splits), "thp_split_pmd", one, huge_events},
    {counter, HOST(huge_swap_outs), "thp_swpout", one, huge_events},
    {counter, HOST(huge_swap_out_fallbacks), "thp_swpout_fallback", one, huge_events},
    {counter, HOST(numa_table_updates), "numa_pte_updates", one, numa_balancing},
    {counter, HOST(numa_hint_faults), "numa_hint_faults", one, numa_balancing},
    {counter, HOST(numa_hint_faults_local), "numa_hint_faults_local", one, numa_balancing},
    {counter, HOST(numa_migrated_pages), "numa_pages_migrated", one, numa_balancing},
};

const Field node_fields[] = {
    {gauge, NODE(pages.file_bytes), "nr_file_pages", page, pages},
    {gauge, NODE(pages.active_anon_bytes), "nr_active_anon", page, pages},
    {gauge, NODE(pages.inactive_anon_bytes), "nr_inactive_anon", page, pages},
    {gauge, NODE(pages.active_file_bytes), "nr_active_file", page, pages},
    {gauge, NODE(pages.inactive_file_bytes), "nr_inactive_file", page, pages},
    {gauge, NODE(pages.unevictable_bytes), "nr_unevictable", page, pages},
    {gauge, NODE(pages.isolated_anon_bytes), "nr_isolated_anon", page, pages},
    {gauge, NODE(pages.isolated_file_bytes), "nr_isolated_file", page, pages},
    {gauge, NODE(pages.anon_bytes), "nr_anon_pages", page, pages},
    {gauge, NODE(pages.mapped_bytes), "nr_mapped", page, pages},
    {gauge, NODE(pages.shared_bytes), "nr_shmem", page, pages},
    {gauge, NODE(pages.slab_reclaimable_bytes), "nr_slab_reclaimable", page, pages},
    {gauge, NODE(pages.slab_unreclaimable_bytes), "nr_slab_unreclaimable", page, pages},
    {gauge, NODE(pages.misc_reclaimable_bytes), "nr_kernel_misc_reclaimable", page, pages},
    {gauge, NODE(pages.kernel_stack_bytes), "nr_kernel_stack", kib, pages},
    {gauge, NODE(pages.page_tables_bytes), "nr_page_table_pages", page, pages},
    {gauge, NODE(pages.dirty_bytes), "nr_dirty", page, pages},
    {gauge, NODE(pages.writeback_bytes), "nr_writeback", page, pages},
    {gauge, NODE(pages.swap_cached_bytes), "nr_swapcached", page, cached},
    {gauge, NODE(pages.anon_huge_bytes), "nr_anon_transparent_hugepages", thp, huge},
    {gauge, NODE(pages.shared_huge_bytes), "nr_shmem_hugepages", thp, huge},
    {gauge, NODE(pages.file_huge_bytes), "nr_file_hugepages", thp, huge},
    {gauge, NODE(pages.secondary_page_tables_bytes), "nr_sec_page_table_pages", page, secondary},
    {counter, NODE(events.refaulted_anon_pages), "workingset_refault_anon", one, refaults},
    {counter, NODE(events.refaulted_file_pages), "workingset_refault_file", one, refaults},
    {counter, NODE(events.refault_activated_anon_pages), "workingset_activate_anon", one, refaults},
    {counter, NODE(events.refault_activated_file_pages), "workingset_activate_file", one, refaults},
    {counter, NODE(events.refault_restored_anon_pages), "workingset_restore_anon", one, refaults},
    {counter, NODE(events.refault_restored_file_pages), "workingset_restore_file", one, refaults},
    {counter, NODE(events.dirtied_pages), "nr_dirtied", one, refaults},
    {counter, NODE(events.written_pages), "nr_written", one, refaults},
    {counter, NODE(events.reclaim_written_pages), "nr_vmscan_write", one, refaults},
    {counter, NODE(events.reclaim_delayed_pages), "nr_vmscan_immediate_reclaim", one, refaults},
};

const Field zone_fields[] = {
    {gauge, ZONE(free_bytes), "free", page, pages},
    {gauge, ZONE(min_bytes), "min", page, pages},
    {gauge, ZONE(low_bytes), "low", page, pages},
    {gauge, ZONE(high_bytes), "high", page, pages},
    {gauge, ZONE(boost_bytes), "boost", page, boost},
    {gauge, ZONE(promo_bytes), "promo", page, promo},
    {gauge, ZONE(spanned_bytes), "spanned", page, pages},
    {gauge, ZONE(present_bytes), "present", page, pages},
    {gauge, ZONE(managed_bytes), "managed", page, pages},
    {gauge, ZONE(cma_bytes), "cma", page, cma},
    {gauge, ZONE(free_cma_bytes), "nr_free_cma", page, pages},
    {gauge, ZONE(active_anon_bytes), "nr_zone_active_anon", page, pages},
    {gauge, ZONE(inactive_anon_bytes), "nr_zone_inactive_anon", page, pages},
    {gauge, ZONE(active_file_bytes), "nr_zone_active_file", page, pages},
    {gauge, ZONE(inactive_file_bytes), "nr_zone_inactive_file", page, pages},
    {gauge, ZONE(unevictable_bytes), "nr_zone_unevictable", page, pages},
    {gauge, ZONE(write_pending_bytes), "nr_zone_write_pending", page, pages},
    {gauge, ZONE(mlocked_bytes), "nr_mlock", page, pages},
};
#undef HOST
#undef NODE
#undef ZONE
// clang-format on

using Numbers = std::map<std::string, int64_t>;
using Subjects = std::map<std::string, Numbers>; // "host", "node 0", "zone 0 DMA"

Subjects plain_memory() {
    Subjects subjects = plain_zoneinfo();
    for (const char* file : {"meminfo", "vmstat"}) {
        subjects["host"].merge(keyed_numbers(slurp("/proc/" + std::string(file))));
    }
    return subjects;
}

std::optional<int64_t> find(const Numbers& numbers, const std::string& key) {
    if (key.back() != '*') {
        const auto found = numbers.find(key);
        return found == numbers.end() ? std::nullopt : std::optional(found->second);
    }
    const std::string prefix = key.substr(0, key.size() - 1);
    std::optional<int64_t> sum;
    for (const auto& [name, value] : numbers) {
        if (name.starts_with(prefix)) {
            sum = sum.value_or(0) + value;
        }
    }
    return sum;
}

// The kernel counts the swap cache apart only since 5.12.
uint64_t unknown_to_kernel() {
    utsname host{};
    ::uname(&host);
    const bool old = std::string(host.release).starts_with("5.10.");
    return never_of_kernel | (old ? VIGIA_MEMORY_VALID_CACHED : 0);
}

class Comparison {
public:
    Comparison(Differential& result, const Subjects& before, const Subjects& after,
               uint64_t unknown)
        : result_(result), before_(before), after_(after), unknown_(unknown) {}

    // One record; `subject` is whose.
    void record(std::span<const Field> fields, const std::string& subject, const void* record,
                uint64_t valid) {
        for (const Field& field : fields) {
            const auto low = find(before_.at(subject), field.key);
            const auto high = find(after_.at(subject), field.key);
            if (!low || !high || (field.group & unknown_) != 0) {
                continue;
            }
            INFO(subject + " " + field.key);
            CHECK((valid & field.group) != 0);
            uint64_t value = 0;
            std::memcpy(&value, static_cast<const char*>(record) + field.offset, sizeof(value));
            result_.compare(subject, field.key, field.kind, static_cast<int64_t>(value),
                            *low * field.unit, *high * field.unit, tolerance(field));
        }
    }

private:
    static int64_t tolerance(const Field& field) {
        if (field.kind == gauge) {
            return std::strcmp(field.key, "MemTotal") == 0 ? 0 : moved_bytes;
        }
        return field.unit == kib ? kib - 1 : 0;
    }

    Differential& result_;
    const Subjects& before_;
    const Subjects& after_;
    uint64_t unknown_;
};

// What nodes sum up from their zones is what the zones say.
void check_sums(const PublishedMemory& seen) {
    for (const vigia_memory_node& node : seen.nodes) {
        vigia_memory_node sum{};
        for (const vigia_memory_zone& zone : seen.zones) {
            if (zone.node == node.node) {
                sum.zone_count++;
                sum.present_bytes += zone.present_bytes;
                sum.managed_bytes += zone.managed_bytes;
                sum.free_bytes += zone.free_bytes;
                sum.mlocked_bytes += zone.mlocked_bytes;
            }
        }
        CAPTURE(node.node);
        CHECK(node.zone_count == sum.zone_count);
        CHECK(node.present_bytes == sum.present_bytes);
        CHECK(node.managed_bytes == sum.managed_bytes);
        CHECK(node.free_bytes == sum.free_bytes);
        CHECK(node.mlocked_bytes == sum.mlocked_bytes);
    }
}

std::string name_of(const vigia_memory_zone& zone) {
    return "zone " + std::to_string(zone.node) + " " + zone.name;
}

} // namespace

TEST_CASE("every field of the memory, its nodes and zones is what /proc says") {
    const TemporaryDirectory scratch;
    const auto subject = start_subject(scratch.file("v"));
    const uint64_t unknown = subject->is_kernel() ? unknown_to_kernel() : 0;
    Differential result;
    for (int i = 0; i < rounds; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const Subjects before = plain_memory();
        REQUIRE(subject->refresh());
        const PublishedMemory seen(subject->directory());
        const Subjects after = plain_memory();
        REQUIRE(seen.nodes.size() + seen.zones.size() + 1 == before.size());
        Comparison comparison(result, before, after, unknown);
        comparison.record(host_fields, "host", &seen.host, seen.host.valid);
        for (const vigia_memory_node& node : seen.nodes) {
            comparison.record(node_fields, "node " + std::to_string(node.node), &node, node.valid);
        }
        for (const vigia_memory_zone& zone : seen.zones) {
            comparison.record(zone_fields, name_of(zone), &zone, zone.valid);
        }
        check_sums(seen);
    }
    const std::string findings = result.findings(rounds);
    INFO(findings);
    CHECK(findings.empty());
    CHECK(result.compared() >= 120 * rounds);
    std::printf("R6: %zu values of the memory compared\n", result.compared());
}

TEST_CASE("nodes and zones are sorted, and a zone's watermarks are in order") {
    const TemporaryDirectory scratch;
    const auto subject = start_subject(scratch.file("v"));
    REQUIRE(subject->refresh());
    const PublishedMemory seen(subject->directory());
    REQUIRE_FALSE(seen.nodes.empty());
    REQUIRE_FALSE(seen.zones.empty());
    for (std::size_t i = 1; i < seen.nodes.size(); ++i) {
        CHECK(seen.nodes[i - 1].node < seen.nodes[i].node);
    }
    for (std::size_t i = 0; i < seen.zones.size(); ++i) {
        const vigia_memory_zone& zone = seen.zones[i];
        CHECK(zone.min_bytes <= zone.low_bytes);
        CHECK(zone.low_bytes <= zone.high_bytes);
        CHECK(zone.managed_bytes <= zone.present_bytes);
        CHECK(zone.present_bytes <= zone.spanned_bytes);
        const bool follows =
            i == 0 || seen.zones[i - 1].node < zone.node ||
            (seen.zones[i - 1].node == zone.node && seen.zones[i - 1].zone < zone.zone);
        CHECK(follows);
    }
}
