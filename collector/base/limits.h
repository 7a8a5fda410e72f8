// SPDX-License-Identifier: MIT
// Every bound of the user-space side in one place. A queue, retry, batch or string without a bound
// here is a defect. Relations between bounds are asserted at the end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vigia::limits {

// Sampling
constexpr uint64_t interval_minimum_ns = 100'000'000;       // --interval below this is refused
constexpr uint64_t interval_maximum_ns = 3'600'000'000'000; // and above this
constexpr unsigned snapshot_read_attempts = 8;
// A publisher that was silent for this many of its intervals, and this long, hangs or is gone
constexpr uint64_t stale_intervals = 10;
constexpr uint64_t stale_minimum_ns = 10'000'000'000;
// A snapshot of the kernel's that another reader asked for this lately will do for a regular tick.
constexpr uint64_t shared_walk_age_ns = 25'000'000;
constexpr uint64_t source_patience_ns = 500'000'000; // a writer that left may come back within this
constexpr uint64_t source_retry_ns = 100'000'000;    // and is looked for this often meanwhile
// How often modules are looked for while there are none, or none that work
constexpr uint64_t kernel_check_first_ns = 2'000'000'000;
constexpr uint64_t kernel_check_longest_ns = 32'000'000'000;
constexpr uint64_t kernel_steady_ns = 60'000'000'000; // served this long: it was no flapping

// What a publisher's files can hold when they are first made; they are remade larger when it is not
// enough
constexpr uint32_t processes_initial = 4'096;
constexpr uint32_t processes_maximum = 4'194'304; // PID_MAX_LIMIT
constexpr uint32_t cgroups_initial = 1'024;
constexpr uint32_t cgroups_maximum = 262'144;
constexpr uint32_t cgroup_text_bytes_per_record = 256;
constexpr uint32_t cpus_maximum = 8'192;
constexpr uint32_t mounts_maximum = 64;
constexpr uint32_t nodes_initial = 8; // of memory; a host with more gets a larger file
constexpr uint32_t zones_per_node = 6;

// Publishing from /proc
constexpr uint64_t quiet_reread_ns = 60'000'000'000; // a sleeping process is read whole this often
constexpr uint64_t active_process_ns = 10'000'000'000; // ran twice within this: its files stay open
constexpr uint64_t young_process_ns = 10'000'000'000;  // its oom_score_adj may still be set
constexpr uint64_t cgroup_limits_reread_ns = 5'000'000'000;
// Each kept file costs a page and about 0.5 KiB in the kernel.
constexpr uint64_t publish_kept_process_files = 24'576;
constexpr uint64_t publish_kept_cgroup_files = 8'192;
constexpr uint64_t publish_spare_files = 1'024; // for the rest of the program

// Publishing events
constexpr uint32_t event_records = 32'768;               // of the ring: 4 MiB
constexpr uint64_t event_announce_ns = 10'000'000;       // readers are told of a new one by then
constexpr std::size_t connector_buffer_bytes = 16 << 20; // of the socket: about 12,000 messages
constexpr std::size_t taskstats_buffer_bytes = 32 << 20; // the same number of its longer ones
constexpr std::size_t connector_message_bytes = 512;
constexpr std::size_t taskstats_message_bytes = 4'096;
constexpr std::size_t netlink_batch = 64; // messages received at once
constexpr std::size_t event_batches = 16; // of them, before anything else has its turn
constexpr std::size_t event_processes_maximum = 131'072; // whose past is known
constexpr std::size_t event_usages_maximum = 65'536;     // exit records whose exit has not come yet
constexpr uint64_t event_dismantling_ns = 1'000'000; // of an ended thread, counted to its run time
constexpr uint64_t event_closing_ns = 20'000'000;    // the last messages of an ended process
constexpr uint64_t event_orphan_ns = 200'000'000;    // after a loss, an exit record stands alone
constexpr uint64_t event_prune_ns = 5'000'000'000;   // after a loss, between two looks for the dead
constexpr uint64_t event_cgroup_age_ns = 100'000'000; // a process asked longer ago is asked again
constexpr std::size_t event_cgroup_watches = 65'536;
constexpr std::size_t event_cgroup_depth = 128;
constexpr uint64_t event_cgroup_rescan_ns = 5'000'000'000; // while some are not watched
constexpr std::size_t event_log_lines = 256;        // of the kernel's log, before anything else
constexpr uint64_t event_linger_ns = 2'000'000'000; // behind the last reader, until all rests

// Events
constexpr std::size_t exits_per_sample = 131'072;  // more are counted as lost
constexpr std::size_t execs_per_sample = 16'384;   // more are not looked at
constexpr std::size_t newborns_remembered = 8'192; // whose names no sample has; a power of two
constexpr unsigned ancestors_followed = 64;
constexpr std::size_t cgroup_names = 8'192;       // of groups that may be gone by now
constexpr std::size_t cgroup_path_bytes = 4'096;  // of such a name
constexpr std::size_t incidents_per_sample = 256; // of each kind; more are counted
constexpr uint64_t clock_tick_ns = 10'000'000;    // in which /proc tells when a process began

// Names
constexpr std::size_t command_line_bytes = 4'096;
constexpr std::size_t container_name_bytes = 255;
constexpr std::size_t image_name_bytes = 512;
constexpr std::size_t label_bytes = 4'096;
constexpr std::size_t labels_per_container = 256;

// The container engine
constexpr std::size_t http_header_bytes = 16 * 1024;
constexpr std::size_t http_body_bytes = 8 * 1024 * 1024;
constexpr std::size_t http_read_bytes = 16 * 1024; // read at once
constexpr std::size_t engine_event_bytes = 256 * 1024;
constexpr std::size_t containers_maximum = 65'536;
constexpr std::size_t containers_remembered = 1'024; // that are gone
constexpr uint64_t engine_connect_timeout_ns = 2'000'000'000;
constexpr uint64_t engine_request_timeout_ns = 10'000'000'000;
constexpr unsigned engine_stop_grace_seconds = 10;
constexpr uint64_t engine_reconnect_first_ns = 250'000'000;
constexpr uint64_t engine_reconnect_longest_ns = 30'000'000'000;
constexpr uint64_t engine_steady_ns = 10'000'000'000;    // followed this long: back-off begins anew
constexpr uint64_t engine_heartbeat_ns = 30'000'000'000; // a hung engine is noticed by then
// A person's signal this long before the events were followed may belong to an end that is seen.
constexpr uint64_t engine_history_ns = 60'000'000'000;
constexpr std::size_t engine_idle_connections = 2;
constexpr std::size_t engine_requests_in_flight = 16;
constexpr std::size_t engine_requests_waiting = 1'024;
constexpr std::size_t engine_inspections_in_flight = 2;
constexpr std::size_t engine_events_waiting = 4'096; // while the list is on its way
constexpr int engine_json_depth = 16;
constexpr std::size_t engine_json_values = 1'000'000;

// The command line
constexpr uint64_t names_deadline_ns = 1'000'000'000; // then containers are shown by their ids
constexpr uint64_t history_rows_maximum = 100'000;

// Recordings
constexpr std::size_t recording_content_bytes = 256 << 20; // of one sample: 800,000 processes
constexpr std::size_t recording_events = 1 << 18; // of one sample: 32 MiB; more: with the next one
constexpr std::size_t recording_catalog_bytes = 64 << 20;
constexpr unsigned recording_key_samples = 30;           // so many a bad bit costs at most
constexpr std::size_t recording_chain_chunks = 1'024;    // that a reader follows back to a key
constexpr std::size_t recording_index_entries = 4 << 20; // 48 days at one a second
constexpr int recording_zstd_level = 1;
constexpr std::size_t recording_queue_samples = 4; // between the daemon's tick and the disk
constexpr uint64_t recording_segments = 16; // that a daemon's recording is kept in, by size and age
constexpr std::size_t recording_segments_maximum = 4'096; // that are looked at in a directory
constexpr uint64_t recording_size_cap_minimum_bytes = 1 << 20;
constexpr uint64_t recording_retry_ns = 10'000'000'000; // after the disk refused

// Policy
constexpr std::size_t rules_maximum = 256;
constexpr std::size_t detectors_per_rule = 64;
constexpr std::size_t classes_maximum = 64; // a container's classes are one 64-bit mask
constexpr std::size_t patterns_per_list = 256;
constexpr uint32_t budget_maximum = 1'024;
constexpr std::size_t cooldowns_maximum = 65'536;
constexpr std::size_t decisions_open_maximum = 1'024;
constexpr std::size_t ranking_recorded = 16; // runners-up kept in a decision's record
constexpr uint64_t hold_jitter_ns =
    50'000'000; // a duration may end this early, or a twentieth of it

// Configuration
constexpr std::size_t config_file_bytes = 1024 * 1024;
constexpr std::size_t config_files_maximum = 256;
constexpr std::size_t config_errors_shown = 20;

// The daemon
constexpr uint64_t early_tick_spacing_ns = 25'000'000; // between two ticks, at least
constexpr uint64_t early_tick_rest = 10;               // and so many times the last tick's duration
constexpr uint64_t record_patience_ns = 2'000'000'000; // an act waits this long for its record

// Storage
constexpr std::size_t store_queue_batches = 64;
// An hour of them at one a second: only a disk that hangs lets so many wait.
constexpr std::size_t store_queue_decisions = 4'096;
constexpr std::size_t store_process_rows_per_tick = 512;
constexpr std::size_t store_events_per_second = 64; // of what befell containers; more: a count
constexpr std::size_t store_processes_largest_maximum = 256;
constexpr std::size_t store_container_rows_per_tick = 1'024;
constexpr std::size_t store_text_bytes_per_tick = 1'280 * 1'024; // names and command lines
constexpr std::size_t store_cgroup_path_bytes = 512;
constexpr std::size_t store_command_line_bytes = 256; // of each process
constexpr std::size_t store_rollup_processes = 64;    // rows per bucket, besides the rest
constexpr std::size_t store_series_cached = 16'384;
constexpr uint64_t store_size_cap_minimum_bytes = 16ULL << 20;
constexpr unsigned store_close_deadline_ms = 1'000;

static_assert((event_records & (event_records - 1)) == 0 && event_records >= 16);
static_assert(netlink_batch * event_batches < event_records / 4);
static_assert(event_closing_ns < event_orphan_ns);

static_assert((newborns_remembered & (newborns_remembered - 1)) == 0);
static_assert(interval_minimum_ns < interval_maximum_ns);
static_assert(source_retry_ns < source_patience_ns);
static_assert(kernel_check_first_ns < kernel_check_longest_ns);
static_assert(shared_walk_age_ns < interval_minimum_ns);
static_assert(processes_initial <= processes_maximum && cgroups_initial <= cgroups_maximum);
static_assert(engine_connect_timeout_ns < engine_request_timeout_ns);
static_assert(store_container_rows_per_tick * (2 * container_name_bytes + image_name_bytes) +
                  store_process_rows_per_tick * store_command_line_bytes +
                  store_events_per_second *
                      (2 * container_name_bytes + image_name_bytes + 2 * store_cgroup_path_bytes) <=
              store_text_bytes_per_tick);
static_assert(store_processes_largest_maximum < store_process_rows_per_tick);
static_assert(decisions_open_maximum < store_queue_decisions);
static_assert(store_process_rows_per_tick + store_container_rows_per_tick < store_series_cached);
static_assert(classes_maximum <= 64 && budget_maximum <= decisions_open_maximum);
static_assert(engine_reconnect_first_ns < engine_reconnect_longest_ns);
static_assert(engine_inspections_in_flight < engine_requests_in_flight);
static_assert(engine_event_bytes < http_body_bytes);
static_assert(recording_key_samples <= recording_chain_chunks);
static_assert(recording_catalog_bytes <= recording_content_bytes);

} // namespace vigia::limits
