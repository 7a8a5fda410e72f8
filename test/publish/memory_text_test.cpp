// SPDX-License-Identifier: MIT
#include <string>

#include "collector/publish/memory_text.h"
#include "test/support/catch.h"

using namespace vigia;
using publish::MemoryText;

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t huge_page = 2 << 20;

const std::string node_lines = "  per-node stats\n"
                               "      nr_inactive_anon 1\n      nr_active_anon 2\n"
                               "      nr_inactive_file 3\n      nr_active_file 4\n"
                               "      nr_unevictable 5\n      nr_slab_reclaimable 6\n"
                               "      nr_slab_unreclaimable 7\n      nr_isolated_anon 8\n"
                               "      nr_isolated_file 9\n      workingset_refault_anon 10\n"
                               "      nr_anon_pages 11\n      nr_mapped    12\n"
                               "      nr_file_pages 13\n      nr_dirty     14\n"
                               "      nr_writeback 15\n      nr_shmem     16\n"
                               "      nr_shmem_hugepages 17\n      nr_file_hugepages 18\n"
                               "      nr_anon_transparent_hugepages 19\n"
                               "      nr_kernel_misc_reclaimable 20\n      nr_kernel_stack 21\n";

std::string zone_lines(const std::string& more = "") {
    return "  pages free     100\n        min      10\n        low      11\n        high     12\n"
           "        spanned  300\n        present  200\n        managed  150\n"
           "        protection: (0, 1, 2)\n"
           "      nr_free_pages 100\n      nr_zone_inactive_anon 31\n"
           "      nr_zone_active_anon 32\n      nr_zone_inactive_file 33\n"
           "      nr_zone_active_file 34\n      nr_zone_unevictable 35\n"
           "      nr_zone_write_pending 36\n      nr_mlock     37\n      nr_free_cma  38\n" +
           more +
           "  pagesets\n    cpu: 0\n              count: 7\n              high:  999\n"
           "  vm stats threshold: 4\n  node_unreclaimable:  0\n  start_pfn:           1\n";
}

const std::string empty_zone = "  pages free     0\n        min      32\n        low      32\n"
                               "        high     32\n        spanned  0\n        present  0\n"
                               "        managed  0\n        protection: (0, 0, 0)\n";

const std::string page_tables = "      nr_page_table_pages 22\n";

MemoryText read_zones(const std::string& zoneinfo, uint64_t huge_page_bytes = huge_page) {
    MemoryText text({page, huge_page_bytes});
    text.begin();
    text.take_zoneinfo(zoneinfo);
    text.finish();
    return text;
}

} // namespace

TEST_CASE("zones with pages and their nodes get records, in order") {
    const MemoryText text =
        read_zones("Node 0, zone      DMA\n" + node_lines + page_tables + zone_lines() +
                   "Node 0, zone    DMA32\n" + empty_zone + "Node 0, zone   Normal\n" +
                   zone_lines() + "Node 1, zone      DMA\n" + empty_zone +
                   "Node 1, zone   Normal\n" + node_lines + page_tables + zone_lines());
    REQUIRE(text.zones().size() == 3);
    CHECK(std::string(text.zones()[0].name) == "DMA");
    CHECK(text.zones()[0].zone == 0);
    CHECK(std::string(text.zones()[1].name) == "Normal");
    CHECK(text.zones()[1].zone == 2); // the empty one keeps its place
    CHECK(text.zones()[2].node == 1);
    CHECK(text.zones()[2].zone == 1);
    CHECK(text.zones()[2].high_bytes == 12 * page); // not that of a CPU's list
    CHECK(text.zones()[2].mlocked_bytes == 37 * page);
    REQUIRE(text.nodes().size() == 2);
    CHECK(text.nodes()[0].zone_count == 2);
    CHECK(text.nodes()[0].managed_bytes == 300 * page);
    CHECK(text.nodes()[0].free_bytes == 200 * page);
    CHECK(text.nodes()[0].pages.kernel_stack_bytes == 21 * 1024);
    CHECK(text.nodes()[0].pages.page_tables_bytes == 22 * page);
    CHECK(text.nodes()[1].node == 1);
    CHECK(text.nodes()[1].pages.file_huge_bytes == 18 * huge_page);
}

TEST_CASE("what a kernel's zoneinfo does not have is masked, not zero") {
    const MemoryText text =
        read_zones("Node 0, zone   Normal\n" + node_lines + page_tables + zone_lines());
    REQUIRE(text.nodes().size() == 1);
    CHECK(text.nodes()[0].valid == (VIGIA_MEMORY_VALID_PAGES | VIGIA_MEMORY_VALID_HUGE));
    CHECK(text.nodes()[0].events.refaulted_anon_pages == 0); // one line of that group is not all
    CHECK(text.zones()[0].valid == VIGIA_MEMORY_VALID_PAGES);
    CHECK(text.zones()[0].boost_bytes == 0);
}

TEST_CASE("page tables that are counted per zone are summed up for the node") {
    const MemoryText text =
        read_zones("Node 0, zone      DMA\n" + node_lines + zone_lines(page_tables) +
                   "Node 0, zone   Normal\n" + zone_lines(page_tables));
    CHECK((text.nodes()[0].valid & VIGIA_MEMORY_VALID_PAGES) != 0);
    CHECK(text.nodes()[0].pages.page_tables_bytes == 44 * page);
}

TEST_CASE("huge pages of unknown size are not guessed") {
    const MemoryText text =
        read_zones("Node 0, zone   Normal\n" + node_lines + page_tables + zone_lines(), 0);
    CHECK((text.nodes()[0].valid & VIGIA_MEMORY_VALID_HUGE) == 0);
    CHECK(text.nodes()[0].pages.anon_huge_bytes == 0);
}

TEST_CASE("a zoneinfo that ends anywhere leaves no wrong figure") {
    const std::string whole = "Node 0, zone      DMA\n" + node_lines + page_tables + zone_lines() +
                              "Node 0, zone    DMA32\n" + empty_zone;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const MemoryText text = read_zones(whole.substr(0, size));
        CHECK(text.zones().size() <= 1);
        for (const vigia_memory_node& node : text.nodes()) {
            CHECK(((node.valid & VIGIA_MEMORY_VALID_PAGES) != 0 || node.pages.file_bytes == 0));
        }
    }
}

TEST_CASE("events of all kinds of zones are one") {
    MemoryText text({page, huge_page});
    for (int round = 0; round < 2; ++round) { // a second round begins anew
        text.begin();
        text.take_vmstat("pgpgin 4\npgpgout 5\npswpin 1\npswpout 2\npgalloc_dma 1\n"
                         "pgalloc_dma32 20\npgalloc_normal 300\nallocstall_normal 7\n"
                         "allocstall_movable 70\npgfree 6\npgactivate 7\npgdeactivate 8\n"
                         "pgfault 9\npgmajfault 10\npgrotated 11\noom_kill 12\n"
                         "drop_pagecache 13\ndrop_slab 14\npgscan_kswapd 15\n");
        text.finish();
    }
    CHECK(text.host().valid == VIGIA_MEMORY_VALID_EVENTS);
    CHECK(text.host().allocated_pages == 321);
    CHECK(text.host().allocation_stalls == 77);
    CHECK(text.host().page_in_bytes == 4096);
    CHECK(text.host().scanned_kswapd_pages == 0); // the rest of its group is not there
}
