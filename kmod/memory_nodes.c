// SPDX-License-Identifier: GPL-2.0
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <vigia/memory.h>

#include "memory_nodes.h"
#include "memory_pages.h"
#include "memory_state.h"
#include "sensor.h"

static void fill_watermarks(struct vigia_memory_zone *record, struct zone *zone)
{
	record->min_bytes = vigia_page_bytes(min_wmark_pages(zone));
	record->low_bytes = vigia_page_bytes(low_wmark_pages(zone));
	record->high_bytes = vigia_page_bytes(high_wmark_pages(zone));
	record->boost_bytes = vigia_page_bytes(zone->watermark_boost);
	record->valid |= VIGIA_MEMORY_VALID_BOOST;
	if (VIGIA_KNOWS_PROMO_WATERMARK) {
		record->promo_bytes = vigia_page_bytes(vigia_promo_wmark_pages(zone));
		record->valid |= VIGIA_MEMORY_VALID_PROMO;
	}
}

static void fill_sizes(struct vigia_memory_zone *record, struct zone *zone)
{
	record->spanned_bytes = vigia_page_bytes(zone->spanned_pages);
	record->present_bytes = vigia_page_bytes(zone->present_pages);
	record->managed_bytes = vigia_page_bytes(zone_managed_pages(zone));
	if (VIGIA_KNOWS_CMA) {
		record->cma_bytes = vigia_page_bytes(zone_cma_pages(zone));
		record->valid |= VIGIA_MEMORY_VALID_CMA;
	}
}

static void fill_zone(struct vigia_memory_zone *record, struct zone *zone, u32 node, u32 number)
{
	const atomic_long_t *counts = zone->vm_stat;

	memset(record, 0, sizeof(*record));
	record->node = node;
	record->zone = number;
	strscpy(record->name, zone->name, sizeof(record->name));
	record->free_bytes = vigia_counted_bytes(counts, NR_FREE_PAGES);
	record->free_cma_bytes = vigia_counted_bytes(counts, NR_FREE_CMA_PAGES);
	record->active_anon_bytes = vigia_counted_bytes(counts, NR_ZONE_ACTIVE_ANON);
	record->inactive_anon_bytes = vigia_counted_bytes(counts, NR_ZONE_INACTIVE_ANON);
	record->active_file_bytes = vigia_counted_bytes(counts, NR_ZONE_ACTIVE_FILE);
	record->inactive_file_bytes = vigia_counted_bytes(counts, NR_ZONE_INACTIVE_FILE);
	record->unevictable_bytes = vigia_counted_bytes(counts, NR_ZONE_UNEVICTABLE);
	record->write_pending_bytes = vigia_counted_bytes(counts, NR_ZONE_WRITE_PENDING);
	record->mlocked_bytes = vigia_counted_bytes(counts, NR_MLOCK);
	record->valid = VIGIA_MEMORY_VALID_PAGES;
	fill_watermarks(record, zone);
	fill_sizes(record, zone);
}

static void add_zone(struct vigia_memory_node *record, const struct vigia_memory_zone *zone)
{
	record->zone_count++;
	record->present_bytes += zone->present_bytes;
	record->managed_bytes += zone->managed_bytes;
	record->free_bytes += zone->free_bytes;
	record->mlocked_bytes += zone->mlocked_bytes;
}

/* The zones of a node, which are counted into its record. */
static void fill_zones(struct vigia_snapshot *snapshot, struct pglist_data *node,
		       struct vigia_memory_node *record)
{
	struct vigia_memory_zone *records = snapshot->region[VIGIA_MEMORY_REGION_ZONES];
	u32 *count = &snapshot->count[VIGIA_MEMORY_REGION_ZONES];
	u32 number;

	for (number = 0; number < MAX_NR_ZONES; number++) {
		struct zone *zone = &node->node_zones[number];

		if (!populated_zone(zone))
			continue;
		if (*count == snapshot->capacity[VIGIA_MEMORY_REGION_ZONES]) {
			snapshot->truncated[VIGIA_MEMORY_REGION_ZONES]++;
			continue;
		}
		fill_zone(&records[*count], zone, record->node, number);
		add_zone(record, &records[*count]);
		++*count;
	}
}

static void fill_node(struct vigia_snapshot *snapshot, struct vigia_memory_node *record, u32 number)
{
	struct pglist_data *node = NODE_DATA(number);

	memset(record, 0, sizeof(*record));
	record->node = number;
	record->valid = vigia_page_state_fill(&record->pages, node->vm_stat) |
			vigia_page_events_fill(&record->events, node->vm_stat);
	record->pages.page_tables_bytes = vigia_page_bytes(vigia_node_page_table_pages(node));
	fill_zones(snapshot, node, record);
}

/* A node that goes offline meanwhile leaves its counters where they are: a node's data is never freed. */
void vigia_memory_nodes_fill(struct vigia_snapshot *snapshot)
{
	struct vigia_memory_node *records = snapshot->region[VIGIA_MEMORY_REGION_NODES];
	u32 capacity = snapshot->capacity[VIGIA_MEMORY_REGION_NODES];
	u32 count = 0, truncated = 0;
	int node;

	snapshot->count[VIGIA_MEMORY_REGION_ZONES] = 0;
	snapshot->truncated[VIGIA_MEMORY_REGION_ZONES] = 0;
	for_each_online_node(node)
	{
		if (count < capacity)
			fill_node(snapshot, &records[count++], node);
		else
			truncated++;
		cond_resched();
	}
	snapshot->count[VIGIA_MEMORY_REGION_NODES] = count;
	snapshot->truncated[VIGIA_MEMORY_REGION_NODES] = truncated;
}
