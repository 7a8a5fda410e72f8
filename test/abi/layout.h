/* SPDX-License-Identifier: MIT */
/*
 * Where every field of the ABI lies, in version 3. Compiled as C11, C++17 and C++20 by the tests,
 * and by whoever else writes these files. A line that fails means that a header moved a field: undo
 * that, or follow "How a struct grows" in vigia/version.h, which ends here.
 */
#ifndef VIGIA_TEST_ABI_LAYOUT_H
#define VIGIA_TEST_ABI_LAYOUT_H

#include <vigia/cgroups.h>
#include <vigia/control.h>
#include <vigia/events.h>
#include <vigia/info.h>
#include <vigia/memory.h>
#include <vigia/processes.h>
#include <vigia/system.h>

#ifdef __cplusplus
#include <type_traits>
/* no padding anywhere: every byte of the struct belongs to a field */
#define VIGIA_NO_HOLE(type)                                                                        \
    static_assert(std::has_unique_object_representations_v<struct type>, #type " has a hole")
#else
#define VIGIA_NO_HOLE(type) static_assert(1, "shown in C++")
#endif

#define VIGIA_AT(type, field, offset)                                                              \
    static_assert(offsetof(struct type, field) == (offset), #type "." #field " has moved")
#define VIGIA_SIZE(type, size)                                                                     \
    static_assert(sizeof(struct type) == (size) && sizeof(struct type) % 8 == 0,                   \
                  #type " has another size");                                                      \
    VIGIA_NO_HOLE(type)

static_assert(VIGIA_ABI_VERSION == 3 && VIGIA_ABI_COMPATIBLE == 1,
              "these offsets are those of version 3");

VIGIA_AT(vigia_region, offset_bytes, 0);
VIGIA_AT(vigia_region, record_size_bytes, 8);
VIGIA_AT(vigia_region, record_capacity, 12);
VIGIA_SIZE(vigia_region, 16);

VIGIA_AT(vigia_file_header, magic, 0);
VIGIA_AT(vigia_file_header, endian_tag, 8);
VIGIA_AT(vigia_file_header, file_kind, 12);
VIGIA_AT(vigia_file_header, abi_version, 16);
VIGIA_AT(vigia_file_header, abi_compatible, 20);
VIGIA_AT(vigia_file_header, header_size_bytes, 24);
VIGIA_AT(vigia_file_header, writer_kind, 28);
VIGIA_AT(vigia_file_header, total_size_bytes, 32);
VIGIA_AT(vigia_file_header, features, 40);
VIGIA_AT(vigia_file_header, writer_instance, 48);
VIGIA_AT(vigia_file_header, layout_generation, 56);
VIGIA_AT(vigia_file_header, slots_offset_bytes, 64);
VIGIA_AT(vigia_file_header, slot_size_bytes, 72);
VIGIA_AT(vigia_file_header, slot_count, 80);
VIGIA_AT(vigia_file_header, slot_header_size_bytes, 84);
VIGIA_AT(vigia_file_header, regions, 88);
VIGIA_AT(vigia_file_header, reserved_constant, 152);
VIGIA_AT(vigia_file_header, state, 184);
VIGIA_AT(vigia_file_header, current_slot, 188);
VIGIA_AT(vigia_file_header, generation, 192);
VIGIA_AT(vigia_file_header, reserved, 200);
VIGIA_SIZE(vigia_file_header, 256);

VIGIA_AT(vigia_slot, sequence, 0);
VIGIA_AT(vigia_slot, generation, 8);
VIGIA_AT(vigia_slot, begin_monotonic_ns, 16);
VIGIA_AT(vigia_slot, end_monotonic_ns, 24);
VIGIA_AT(vigia_slot, begin_boottime_ns, 32);
VIGIA_AT(vigia_slot, begin_realtime_ns, 40);
VIGIA_AT(vigia_slot, record_count, 48);
VIGIA_AT(vigia_slot, truncated_count, 64);
VIGIA_AT(vigia_slot, vanished_count, 80);
VIGIA_AT(vigia_slot, unreadable_count, 88);
VIGIA_AT(vigia_slot, reserved, 96);
VIGIA_SIZE(vigia_slot, 128);

VIGIA_AT(vigia_info, kernel_release, 0);
VIGIA_AT(vigia_info, hostname, 64);
VIGIA_AT(vigia_info, boot_realtime_ns, 128);
VIGIA_AT(vigia_info, page_size_bytes, 136);
VIGIA_AT(vigia_info, cpu_time_resolution_ns, 144);
VIGIA_AT(vigia_info, start_time_resolution_ns, 152);
VIGIA_AT(vigia_info, cpu_count, 160);
VIGIA_AT(vigia_info, cgroup_mode, 164);
VIGIA_AT(vigia_info, writer_pid, 168);
VIGIA_AT(vigia_info, writer_version, 172);
VIGIA_AT(vigia_info, refresh_interval_ns, 176);
VIGIA_AT(vigia_info, refresh_count, 184);
VIGIA_AT(vigia_info, refresh_duration_ns, 192);
VIGIA_AT(vigia_info, refresh_cpu_ns, 200);
VIGIA_AT(vigia_info, reserved, 208);
VIGIA_SIZE(vigia_info, 272);

VIGIA_AT(vigia_cpu, cpu, 0);
VIGIA_AT(vigia_cpu, reserved0, 4);
VIGIA_AT(vigia_cpu, user_ns, 8);
VIGIA_AT(vigia_cpu, nice_ns, 16);
VIGIA_AT(vigia_cpu, system_ns, 24);
VIGIA_AT(vigia_cpu, idle_ns, 32);
VIGIA_AT(vigia_cpu, iowait_ns, 40);
VIGIA_AT(vigia_cpu, irq_ns, 48);
VIGIA_AT(vigia_cpu, softirq_ns, 56);
VIGIA_AT(vigia_cpu, steal_ns, 64);
VIGIA_AT(vigia_cpu, guest_ns, 72);
VIGIA_AT(vigia_cpu, guest_nice_ns, 80);
VIGIA_AT(vigia_cpu, reserved, 88);
VIGIA_SIZE(vigia_cpu, 120);

VIGIA_AT(vigia_pressure, some_ns, 0);
VIGIA_AT(vigia_pressure, full_ns, 8);
VIGIA_SIZE(vigia_pressure, 16);

VIGIA_AT(vigia_system, valid, 0);
VIGIA_AT(vigia_system, context_switches, 8);
VIGIA_AT(vigia_system, interrupts, 16);
VIGIA_AT(vigia_system, softirqs, 24);
VIGIA_AT(vigia_system, forks, 32);
VIGIA_AT(vigia_system, tasks_running, 40);
VIGIA_AT(vigia_system, tasks_blocked, 48);
VIGIA_AT(vigia_system, load_1min_millitasks, 56);
VIGIA_AT(vigia_system, load_5min_millitasks, 64);
VIGIA_AT(vigia_system, load_15min_millitasks, 72);
VIGIA_AT(vigia_system, tasks_total, 80);
VIGIA_AT(vigia_system, memory_total_bytes, 88);
VIGIA_AT(vigia_system, memory_free_bytes, 96);
VIGIA_AT(vigia_system, memory_available_bytes, 104);
VIGIA_AT(vigia_system, memory_buffers_bytes, 112);
VIGIA_AT(vigia_system, memory_cached_bytes, 120);
VIGIA_AT(vigia_system, memory_anon_bytes, 128);
VIGIA_AT(vigia_system, memory_shared_bytes, 136);
VIGIA_AT(vigia_system, memory_mapped_bytes, 144);
VIGIA_AT(vigia_system, memory_slab_reclaimable_bytes, 152);
VIGIA_AT(vigia_system, memory_slab_unreclaimable_bytes, 160);
VIGIA_AT(vigia_system, memory_dirty_bytes, 168);
VIGIA_AT(vigia_system, memory_writeback_bytes, 176);
VIGIA_AT(vigia_system, memory_page_tables_bytes, 184);
VIGIA_AT(vigia_system, memory_kernel_stack_bytes, 192);
VIGIA_AT(vigia_system, memory_committed_bytes, 200);
VIGIA_AT(vigia_system, memory_commit_limit_bytes, 208);
VIGIA_AT(vigia_system, swap_total_bytes, 216);
VIGIA_AT(vigia_system, swap_free_bytes, 224);
VIGIA_AT(vigia_system, swap_cached_bytes, 232);
VIGIA_AT(vigia_system, page_faults, 240);
VIGIA_AT(vigia_system, page_major_faults, 248);
VIGIA_AT(vigia_system, page_in_bytes, 256);
VIGIA_AT(vigia_system, page_out_bytes, 264);
VIGIA_AT(vigia_system, swap_in_pages, 272);
VIGIA_AT(vigia_system, swap_out_pages, 280);
VIGIA_AT(vigia_system, oom_kills, 288);
VIGIA_AT(vigia_system, cpu_pressure, 296);
VIGIA_AT(vigia_system, memory_pressure, 312);
VIGIA_AT(vigia_system, io_pressure, 328);
VIGIA_AT(vigia_system, reserved, 344);
VIGIA_SIZE(vigia_system, 408);

VIGIA_AT(vigia_mount, path, 0);
VIGIA_AT(vigia_mount, valid, 256);
VIGIA_AT(vigia_mount, device, 264);
VIGIA_AT(vigia_mount, filesystem_type, 272);
VIGIA_AT(vigia_mount, total_bytes, 280);
VIGIA_AT(vigia_mount, free_bytes, 288);
VIGIA_AT(vigia_mount, available_bytes, 296);
VIGIA_AT(vigia_mount, inodes_total, 304);
VIGIA_AT(vigia_mount, inodes_free, 312);
VIGIA_AT(vigia_mount, reserved, 320);
VIGIA_SIZE(vigia_mount, 352);

VIGIA_AT(vigia_page_state, file_bytes, 0);
VIGIA_AT(vigia_page_state, active_anon_bytes, 8);
VIGIA_AT(vigia_page_state, inactive_anon_bytes, 16);
VIGIA_AT(vigia_page_state, active_file_bytes, 24);
VIGIA_AT(vigia_page_state, inactive_file_bytes, 32);
VIGIA_AT(vigia_page_state, unevictable_bytes, 40);
VIGIA_AT(vigia_page_state, isolated_anon_bytes, 48);
VIGIA_AT(vigia_page_state, isolated_file_bytes, 56);
VIGIA_AT(vigia_page_state, anon_bytes, 64);
VIGIA_AT(vigia_page_state, mapped_bytes, 72);
VIGIA_AT(vigia_page_state, shared_bytes, 80);
VIGIA_AT(vigia_page_state, slab_reclaimable_bytes, 88);
VIGIA_AT(vigia_page_state, slab_unreclaimable_bytes, 96);
VIGIA_AT(vigia_page_state, misc_reclaimable_bytes, 104);
VIGIA_AT(vigia_page_state, kernel_stack_bytes, 112);
VIGIA_AT(vigia_page_state, page_tables_bytes, 120);
VIGIA_AT(vigia_page_state, dirty_bytes, 128);
VIGIA_AT(vigia_page_state, writeback_bytes, 136);
VIGIA_AT(vigia_page_state, swap_cached_bytes, 144);
VIGIA_AT(vigia_page_state, anon_huge_bytes, 152);
VIGIA_AT(vigia_page_state, shared_huge_bytes, 160);
VIGIA_AT(vigia_page_state, file_huge_bytes, 168);
VIGIA_AT(vigia_page_state, secondary_page_tables_bytes, 176);
VIGIA_AT(vigia_page_state, reserved, 184);
VIGIA_SIZE(vigia_page_state, 224);

VIGIA_AT(vigia_page_events, refaulted_anon_pages, 0);
VIGIA_AT(vigia_page_events, refaulted_file_pages, 8);
VIGIA_AT(vigia_page_events, refault_activated_anon_pages, 16);
VIGIA_AT(vigia_page_events, refault_activated_file_pages, 24);
VIGIA_AT(vigia_page_events, refault_restored_anon_pages, 32);
VIGIA_AT(vigia_page_events, refault_restored_file_pages, 40);
VIGIA_AT(vigia_page_events, dirtied_pages, 48);
VIGIA_AT(vigia_page_events, written_pages, 56);
VIGIA_AT(vigia_page_events, reclaim_written_pages, 64);
VIGIA_AT(vigia_page_events, reclaim_delayed_pages, 72);
VIGIA_AT(vigia_page_events, reserved, 80);
VIGIA_SIZE(vigia_page_events, 96);

VIGIA_AT(vigia_memory, valid, 0);
VIGIA_AT(vigia_memory, total_bytes, 8);
VIGIA_AT(vigia_memory, free_bytes, 16);
VIGIA_AT(vigia_memory, available_bytes, 24);
VIGIA_AT(vigia_memory, buffers_bytes, 32);
VIGIA_AT(vigia_memory, cached_bytes, 40);
VIGIA_AT(vigia_memory, mlocked_bytes, 48);
VIGIA_AT(vigia_memory, pages, 56);
VIGIA_AT(vigia_memory, swap_total_bytes, 280);
VIGIA_AT(vigia_memory, swap_free_bytes, 288);
VIGIA_AT(vigia_memory, committed_bytes, 296);
VIGIA_AT(vigia_memory, commit_limit_bytes, 304);
VIGIA_AT(vigia_memory, vmalloc_bytes, 312);
VIGIA_AT(vigia_memory, percpu_bytes, 320);
VIGIA_AT(vigia_memory, hugetlb_bytes, 328);
VIGIA_AT(vigia_memory, zswap_bytes, 336);
VIGIA_AT(vigia_memory, zswapped_bytes, 344);
VIGIA_AT(vigia_memory, events, 352);
VIGIA_AT(vigia_memory, page_faults, 448);
VIGIA_AT(vigia_memory, page_major_faults, 456);
VIGIA_AT(vigia_memory, page_in_bytes, 464);
VIGIA_AT(vigia_memory, page_out_bytes, 472);
VIGIA_AT(vigia_memory, swap_in_pages, 480);
VIGIA_AT(vigia_memory, swap_out_pages, 488);
VIGIA_AT(vigia_memory, allocated_pages, 496);
VIGIA_AT(vigia_memory, freed_pages, 504);
VIGIA_AT(vigia_memory, activated_pages, 512);
VIGIA_AT(vigia_memory, deactivated_pages, 520);
VIGIA_AT(vigia_memory, allocation_stalls, 528);
VIGIA_AT(vigia_memory, rotated_pages, 536);
VIGIA_AT(vigia_memory, oom_kills, 544);
VIGIA_AT(vigia_memory, cache_drops, 552);
VIGIA_AT(vigia_memory, slab_drops, 560);
VIGIA_AT(vigia_memory, scanned_kswapd_pages, 568);
VIGIA_AT(vigia_memory, scanned_direct_pages, 576);
VIGIA_AT(vigia_memory, scanned_anon_pages, 584);
VIGIA_AT(vigia_memory, scanned_file_pages, 592);
VIGIA_AT(vigia_memory, reclaimed_kswapd_pages, 600);
VIGIA_AT(vigia_memory, reclaimed_direct_pages, 608);
VIGIA_AT(vigia_memory, reclaimed_anon_pages, 616);
VIGIA_AT(vigia_memory, reclaimed_file_pages, 624);
VIGIA_AT(vigia_memory, refilled_pages, 632);
VIGIA_AT(vigia_memory, direct_throttles, 640);
VIGIA_AT(vigia_memory, slab_objects_scanned, 648);
VIGIA_AT(vigia_memory, kswapd_runs, 656);
VIGIA_AT(vigia_memory, kswapd_low_watermark_hits, 664);
VIGIA_AT(vigia_memory, kswapd_high_watermark_hits, 672);
VIGIA_AT(vigia_memory, scanned_khugepaged_pages, 680);
VIGIA_AT(vigia_memory, reclaimed_khugepaged_pages, 688);
VIGIA_AT(vigia_memory, scanned_proactive_pages, 696);
VIGIA_AT(vigia_memory, reclaimed_proactive_pages, 704);
VIGIA_AT(vigia_memory, compact_stalls, 712);
VIGIA_AT(vigia_memory, compact_failures, 720);
VIGIA_AT(vigia_memory, compact_successes, 728);
VIGIA_AT(vigia_memory, compact_migrate_scanned_pages, 736);
VIGIA_AT(vigia_memory, compact_free_scanned_pages, 744);
VIGIA_AT(vigia_memory, compact_isolated_pages, 752);
VIGIA_AT(vigia_memory, compact_daemon_wakes, 760);
VIGIA_AT(vigia_memory, migrated_pages, 768);
VIGIA_AT(vigia_memory, migrate_failed_pages, 776);
VIGIA_AT(vigia_memory, huge_fault_allocations, 784);
VIGIA_AT(vigia_memory, huge_fault_fallbacks, 792);
VIGIA_AT(vigia_memory, huge_collapses, 800);
VIGIA_AT(vigia_memory, huge_collapse_failures, 808);
VIGIA_AT(vigia_memory, huge_page_splits, 816);
VIGIA_AT(vigia_memory, huge_table_splits, 824);
VIGIA_AT(vigia_memory, huge_swap_outs, 832);
VIGIA_AT(vigia_memory, huge_swap_out_fallbacks, 840);
VIGIA_AT(vigia_memory, numa_table_updates, 848);
VIGIA_AT(vigia_memory, numa_hint_faults, 856);
VIGIA_AT(vigia_memory, numa_hint_faults_local, 864);
VIGIA_AT(vigia_memory, numa_migrated_pages, 872);
VIGIA_AT(vigia_memory, reserved, 880);
VIGIA_SIZE(vigia_memory, 1008);

VIGIA_AT(vigia_memory_node, valid, 0);
VIGIA_AT(vigia_memory_node, node, 8);
VIGIA_AT(vigia_memory_node, zone_count, 12);
VIGIA_AT(vigia_memory_node, present_bytes, 16);
VIGIA_AT(vigia_memory_node, managed_bytes, 24);
VIGIA_AT(vigia_memory_node, free_bytes, 32);
VIGIA_AT(vigia_memory_node, mlocked_bytes, 40);
VIGIA_AT(vigia_memory_node, pages, 48);
VIGIA_AT(vigia_memory_node, events, 272);
VIGIA_AT(vigia_memory_node, reserved, 368);
VIGIA_SIZE(vigia_memory_node, 432);

VIGIA_AT(vigia_memory_zone, valid, 0);
VIGIA_AT(vigia_memory_zone, node, 8);
VIGIA_AT(vigia_memory_zone, zone, 12);
VIGIA_AT(vigia_memory_zone, name, 16);
VIGIA_AT(vigia_memory_zone, free_bytes, 32);
VIGIA_AT(vigia_memory_zone, min_bytes, 40);
VIGIA_AT(vigia_memory_zone, low_bytes, 48);
VIGIA_AT(vigia_memory_zone, high_bytes, 56);
VIGIA_AT(vigia_memory_zone, boost_bytes, 64);
VIGIA_AT(vigia_memory_zone, promo_bytes, 72);
VIGIA_AT(vigia_memory_zone, spanned_bytes, 80);
VIGIA_AT(vigia_memory_zone, present_bytes, 88);
VIGIA_AT(vigia_memory_zone, managed_bytes, 96);
VIGIA_AT(vigia_memory_zone, cma_bytes, 104);
VIGIA_AT(vigia_memory_zone, free_cma_bytes, 112);
VIGIA_AT(vigia_memory_zone, active_anon_bytes, 120);
VIGIA_AT(vigia_memory_zone, inactive_anon_bytes, 128);
VIGIA_AT(vigia_memory_zone, active_file_bytes, 136);
VIGIA_AT(vigia_memory_zone, inactive_file_bytes, 144);
VIGIA_AT(vigia_memory_zone, unevictable_bytes, 152);
VIGIA_AT(vigia_memory_zone, write_pending_bytes, 160);
VIGIA_AT(vigia_memory_zone, mlocked_bytes, 168);
VIGIA_AT(vigia_memory_zone, reserved, 176);
VIGIA_SIZE(vigia_memory_zone, 240);

VIGIA_AT(vigia_process, pid, 0);
VIGIA_AT(vigia_process, parent_pid, 4);
VIGIA_AT(vigia_process, start_time_ns, 8);
VIGIA_AT(vigia_process, valid, 16);
VIGIA_AT(vigia_process, cgroup_id, 24);
VIGIA_AT(vigia_process, namespace_pid, 32);
VIGIA_AT(vigia_process, thread_count, 36);
VIGIA_AT(vigia_process, uid, 40);
VIGIA_AT(vigia_process, effective_uid, 44);
VIGIA_AT(vigia_process, state, 48);
VIGIA_AT(vigia_process, flags, 52);
VIGIA_AT(vigia_process, nice, 56);
VIGIA_AT(vigia_process, oom_score_adjustment, 60);
VIGIA_AT(vigia_process, last_cpu, 64);
VIGIA_AT(vigia_process, reserved0, 68);
VIGIA_AT(vigia_process, comm, 72);
VIGIA_AT(vigia_process, cpu_runtime_ns, 88);
VIGIA_AT(vigia_process, cpu_user_ns, 96);
VIGIA_AT(vigia_process, cpu_system_ns, 104);
VIGIA_AT(vigia_process, run_delay_ns, 112);
VIGIA_AT(vigia_process, block_delay_ns, 120);
VIGIA_AT(vigia_process, rss_bytes, 128);
VIGIA_AT(vigia_process, rss_anon_bytes, 136);
VIGIA_AT(vigia_process, rss_file_bytes, 144);
VIGIA_AT(vigia_process, rss_shared_bytes, 152);
VIGIA_AT(vigia_process, rss_peak_bytes, 160);
VIGIA_AT(vigia_process, virtual_bytes, 168);
VIGIA_AT(vigia_process, swap_bytes, 176);
VIGIA_AT(vigia_process, minor_faults, 184);
VIGIA_AT(vigia_process, major_faults, 192);
VIGIA_AT(vigia_process, read_chars_bytes, 200);
VIGIA_AT(vigia_process, write_chars_bytes, 208);
VIGIA_AT(vigia_process, read_calls, 216);
VIGIA_AT(vigia_process, write_calls, 224);
VIGIA_AT(vigia_process, read_bytes, 232);
VIGIA_AT(vigia_process, write_bytes, 240);
VIGIA_AT(vigia_process, cancelled_write_bytes, 248);
VIGIA_AT(vigia_process, voluntary_switches, 256);
VIGIA_AT(vigia_process, involuntary_switches, 264);
VIGIA_AT(vigia_process, rss_error_bytes, 272);
VIGIA_AT(vigia_process, reserved, 280);
VIGIA_SIZE(vigia_process, 320);

VIGIA_AT(vigia_refresh, max_age_ns, 0);
VIGIA_AT(vigia_refresh, flags, 8);
VIGIA_AT(vigia_refresh, generation, 16);
VIGIA_AT(vigia_refresh, age_ns, 24);
VIGIA_AT(vigia_refresh, walked, 32);
VIGIA_AT(vigia_refresh, reserved0, 36);
VIGIA_AT(vigia_refresh, reserved, 40);
VIGIA_SIZE(vigia_refresh, 64);

VIGIA_AT(vigia_process_query, pid, 0);
VIGIA_AT(vigia_process_query, reserved0, 4);
VIGIA_AT(vigia_process_query, start_time_ns, 8);
VIGIA_AT(vigia_process_query, reserved, 16);
VIGIA_AT(vigia_process_query, process, 32);
VIGIA_SIZE(vigia_process_query, 352);

VIGIA_AT(vigia_description, abi_version, 0);
VIGIA_AT(vigia_description, abi_compatible, 4);
VIGIA_AT(vigia_description, file_kind, 8);
VIGIA_AT(vigia_description, reserved0, 12);
VIGIA_AT(vigia_description, abilities, 16);
VIGIA_AT(vigia_description, writer_instance, 24);
VIGIA_AT(vigia_description, layout_generation, 32);
VIGIA_AT(vigia_description, total_size_bytes, 40);
VIGIA_AT(vigia_description, record_limit, 48);
VIGIA_AT(vigia_description, walk_count, 56);
VIGIA_AT(vigia_description, walk_duration_ns, 64);
VIGIA_AT(vigia_description, longest_walk_ns, 72);
VIGIA_AT(vigia_description, module_version, 80);
VIGIA_AT(vigia_description, reserved, 112);
VIGIA_SIZE(vigia_description, 144);

VIGIA_AT(vigia_namespaces, cgroup, 0);
VIGIA_AT(vigia_namespaces, ipc, 8);
VIGIA_AT(vigia_namespaces, mount, 16);
VIGIA_AT(vigia_namespaces, network, 24);
VIGIA_AT(vigia_namespaces, pid, 32);
VIGIA_AT(vigia_namespaces, user, 40);
VIGIA_AT(vigia_namespaces, uts, 48);
VIGIA_SIZE(vigia_namespaces, 56);

VIGIA_AT(vigia_cgroup, id, 0);
VIGIA_AT(vigia_cgroup, parent_id, 8);
VIGIA_AT(vigia_cgroup, valid, 16);
VIGIA_AT(vigia_cgroup, path_offset_bytes, 24);
VIGIA_AT(vigia_cgroup, path_size_bytes, 28);
VIGIA_AT(vigia_cgroup, process_count, 32);
VIGIA_AT(vigia_cgroup, depth, 36);
VIGIA_AT(vigia_cgroup, task_count, 40);
VIGIA_AT(vigia_cgroup, task_limit, 48);
VIGIA_AT(vigia_cgroup, cpu_usage_ns, 56);
VIGIA_AT(vigia_cgroup, cpu_user_ns, 64);
VIGIA_AT(vigia_cgroup, cpu_system_ns, 72);
VIGIA_AT(vigia_cgroup, cpu_quota_ns, 80);
VIGIA_AT(vigia_cgroup, cpu_period_ns, 88);
VIGIA_AT(vigia_cgroup, cpu_periods, 96);
VIGIA_AT(vigia_cgroup, cpu_throttled_periods, 104);
VIGIA_AT(vigia_cgroup, cpu_throttled_ns, 112);
VIGIA_AT(vigia_cgroup, cpu_weight, 120);
VIGIA_AT(vigia_cgroup, memory_current_bytes, 128);
VIGIA_AT(vigia_cgroup, memory_peak_bytes, 136);
VIGIA_AT(vigia_cgroup, memory_limit_bytes, 144);
VIGIA_AT(vigia_cgroup, memory_high_bytes, 152);
VIGIA_AT(vigia_cgroup, memory_anon_bytes, 160);
VIGIA_AT(vigia_cgroup, memory_file_bytes, 168);
VIGIA_AT(vigia_cgroup, memory_inactive_file_bytes, 176);
VIGIA_AT(vigia_cgroup, memory_shared_bytes, 184);
VIGIA_AT(vigia_cgroup, memory_slab_bytes, 192);
VIGIA_AT(vigia_cgroup, swap_current_bytes, 200);
VIGIA_AT(vigia_cgroup, swap_limit_bytes, 208);
VIGIA_AT(vigia_cgroup, minor_faults, 216);
VIGIA_AT(vigia_cgroup, major_faults, 224);
VIGIA_AT(vigia_cgroup, oom_kills, 232);
VIGIA_AT(vigia_cgroup, io_read_bytes, 240);
VIGIA_AT(vigia_cgroup, io_write_bytes, 248);
VIGIA_AT(vigia_cgroup, io_read_calls, 256);
VIGIA_AT(vigia_cgroup, io_write_calls, 264);
VIGIA_AT(vigia_cgroup, cpu_pressure, 272);
VIGIA_AT(vigia_cgroup, memory_pressure, 288);
VIGIA_AT(vigia_cgroup, io_pressure, 304);
VIGIA_AT(vigia_cgroup, namespaces, 320);
VIGIA_AT(vigia_cgroup, reserved, 376);
VIGIA_SIZE(vigia_cgroup, 440);

VIGIA_AT(vigia_ring, head, 0);
VIGIA_AT(vigia_ring, dropped_count, 8);
VIGIA_AT(vigia_ring, cpu, 16);
VIGIA_AT(vigia_ring, reserved0, 20);
VIGIA_AT(vigia_ring, reserved, 24);
VIGIA_SIZE(vigia_ring, 128);

VIGIA_AT(vigia_event, sequence, 0);
VIGIA_AT(vigia_event, time_ns, 8);
VIGIA_AT(vigia_event, kind, 16);
VIGIA_AT(vigia_event, cpu, 18);
VIGIA_AT(vigia_event, valid, 20);
VIGIA_AT(vigia_event, pid, 24);
VIGIA_AT(vigia_event, parent_pid, 28);
VIGIA_AT(vigia_event, start_time_ns, 32);
VIGIA_AT(vigia_event, cgroup_id, 40);
VIGIA_AT(vigia_event, body, 48);
VIGIA_SIZE(vigia_event, 128);

VIGIA_AT(vigia_event_fork, sequence, 0);
VIGIA_AT(vigia_event_fork, time_ns, 8);
VIGIA_AT(vigia_event_fork, kind, 16);
VIGIA_AT(vigia_event_fork, cpu, 18);
VIGIA_AT(vigia_event_fork, valid, 20);
VIGIA_AT(vigia_event_fork, pid, 24);
VIGIA_AT(vigia_event_fork, parent_pid, 28);
VIGIA_AT(vigia_event_fork, start_time_ns, 32);
VIGIA_AT(vigia_event_fork, cgroup_id, 40);
VIGIA_AT(vigia_event_fork, parent_start_time_ns, 48);
VIGIA_AT(vigia_event_fork, comm, 56);
VIGIA_AT(vigia_event_fork, uid, 72);
VIGIA_AT(vigia_event_fork, namespace_pid, 76);
VIGIA_AT(vigia_event_fork, flags, 80);
VIGIA_AT(vigia_event_fork, reserved, 88);
VIGIA_SIZE(vigia_event_fork, 128);

VIGIA_AT(vigia_event_exec, sequence, 0);
VIGIA_AT(vigia_event_exec, time_ns, 8);
VIGIA_AT(vigia_event_exec, kind, 16);
VIGIA_AT(vigia_event_exec, cpu, 18);
VIGIA_AT(vigia_event_exec, valid, 20);
VIGIA_AT(vigia_event_exec, pid, 24);
VIGIA_AT(vigia_event_exec, parent_pid, 28);
VIGIA_AT(vigia_event_exec, start_time_ns, 32);
VIGIA_AT(vigia_event_exec, cgroup_id, 40);
VIGIA_AT(vigia_event_exec, uid, 48);
VIGIA_AT(vigia_event_exec, file_name_length_bytes, 52);
VIGIA_AT(vigia_event_exec, file_name, 56);
VIGIA_SIZE(vigia_event_exec, 128);

VIGIA_AT(vigia_event_exit, sequence, 0);
VIGIA_AT(vigia_event_exit, time_ns, 8);
VIGIA_AT(vigia_event_exit, kind, 16);
VIGIA_AT(vigia_event_exit, cpu, 18);
VIGIA_AT(vigia_event_exit, valid, 20);
VIGIA_AT(vigia_event_exit, pid, 24);
VIGIA_AT(vigia_event_exit, parent_pid, 28);
VIGIA_AT(vigia_event_exit, start_time_ns, 32);
VIGIA_AT(vigia_event_exit, cgroup_id, 40);
VIGIA_AT(vigia_event_exit, exit_code, 48);
VIGIA_AT(vigia_event_exit, exit_signal, 49);
VIGIA_AT(vigia_event_exit, flags, 50);
VIGIA_AT(vigia_event_exit, major_faults, 52);
VIGIA_AT(vigia_event_exit, cpu_runtime_ns, 56);
VIGIA_AT(vigia_event_exit, cpu_user_ns, 64);
VIGIA_AT(vigia_event_exit, cpu_system_ns, 72);
VIGIA_AT(vigia_event_exit, rss_peak_bytes, 80);
VIGIA_AT(vigia_event_exit, minor_faults, 88);
VIGIA_AT(vigia_event_exit, read_bytes, 96);
VIGIA_AT(vigia_event_exit, write_bytes, 104);
VIGIA_AT(vigia_event_exit, read_calls, 112);
VIGIA_AT(vigia_event_exit, write_calls, 120);
VIGIA_SIZE(vigia_event_exit, 128);

VIGIA_AT(vigia_event_oom_kill, sequence, 0);
VIGIA_AT(vigia_event_oom_kill, time_ns, 8);
VIGIA_AT(vigia_event_oom_kill, kind, 16);
VIGIA_AT(vigia_event_oom_kill, cpu, 18);
VIGIA_AT(vigia_event_oom_kill, valid, 20);
VIGIA_AT(vigia_event_oom_kill, pid, 24);
VIGIA_AT(vigia_event_oom_kill, parent_pid, 28);
VIGIA_AT(vigia_event_oom_kill, start_time_ns, 32);
VIGIA_AT(vigia_event_oom_kill, cgroup_id, 40);
VIGIA_AT(vigia_event_oom_kill, comm, 48);
VIGIA_AT(vigia_event_oom_kill, trigger_cgroup_id, 64);
VIGIA_AT(vigia_event_oom_kill, trigger_pid, 72);
VIGIA_AT(vigia_event_oom_kill, oom_score_adjustment, 76);
VIGIA_AT(vigia_event_oom_kill, rss_anon_bytes, 80);
VIGIA_AT(vigia_event_oom_kill, rss_file_bytes, 88);
VIGIA_AT(vigia_event_oom_kill, rss_shared_bytes, 96);
VIGIA_AT(vigia_event_oom_kill, uid, 104);
VIGIA_AT(vigia_event_oom_kill, reserved0, 108);
VIGIA_AT(vigia_event_oom_kill, reserved, 112);
VIGIA_SIZE(vigia_event_oom_kill, 128);

VIGIA_AT(vigia_event_cgroup, sequence, 0);
VIGIA_AT(vigia_event_cgroup, time_ns, 8);
VIGIA_AT(vigia_event_cgroup, kind, 16);
VIGIA_AT(vigia_event_cgroup, cpu, 18);
VIGIA_AT(vigia_event_cgroup, valid, 20);
VIGIA_AT(vigia_event_cgroup, pid, 24);
VIGIA_AT(vigia_event_cgroup, parent_pid, 28);
VIGIA_AT(vigia_event_cgroup, start_time_ns, 32);
VIGIA_AT(vigia_event_cgroup, cgroup_id, 40);
VIGIA_AT(vigia_event_cgroup, parent_cgroup_id, 48);
VIGIA_AT(vigia_event_cgroup, path_length_bytes, 56);
VIGIA_AT(vigia_event_cgroup, depth, 60);
VIGIA_AT(vigia_event_cgroup, path, 64);
VIGIA_SIZE(vigia_event_cgroup, 128);

VIGIA_AT(vigia_event_sensor, sequence, 0);
VIGIA_AT(vigia_event_sensor, time_ns, 8);
VIGIA_AT(vigia_event_sensor, kind, 16);
VIGIA_AT(vigia_event_sensor, cpu, 18);
VIGIA_AT(vigia_event_sensor, valid, 20);
VIGIA_AT(vigia_event_sensor, pid, 24);
VIGIA_AT(vigia_event_sensor, parent_pid, 28);
VIGIA_AT(vigia_event_sensor, start_time_ns, 32);
VIGIA_AT(vigia_event_sensor, cgroup_id, 40);
VIGIA_AT(vigia_event_sensor, file_kind, 48);
VIGIA_AT(vigia_event_sensor, name, 56);
VIGIA_AT(vigia_event_sensor, reserved, 72);
VIGIA_SIZE(vigia_event_sensor, 128);

#endif /* VIGIA_TEST_ABI_LAYOUT_H */
