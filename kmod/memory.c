// SPDX-License-Identifier: GPL-2.0
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/string.h>
#include <linux/sysinfo.h>
#include <vigia/memory.h>

#include "memory.h"
#include "memory_events.h"
#include "memory_nodes.h"
#include "memory_pages.h"
#include "memory_state.h"
#include "sensor.h"

static void fill_host(struct vigia_memory *host)
{
	struct sysinfo info;

	si_meminfo(&info);
	host->total_bytes = vigia_page_bytes(info.totalram);
	host->free_bytes = vigia_page_bytes(info.freeram);
	host->available_bytes = vigia_page_bytes(si_mem_available());
	host->buffers_bytes = vigia_page_bytes(info.bufferram);
	host->mlocked_bytes = vigia_counted_bytes(vm_zone_stat, NR_MLOCK);
	host->valid |= vigia_page_state_fill(&host->pages, vm_node_stat);
	host->pages.page_tables_bytes = vigia_page_bytes(vigia_host_page_table_pages());
	if (VIGIA_KNOWS_SWAP_CACHE)
		host->cached_bytes = vigia_cached_bytes(info.bufferram);
	host->swap_free_bytes = vigia_swap_free_bytes();
	host->committed_bytes = vigia_page_bytes(vm_memory_committed());
	host->valid |= VIGIA_MEMORY_VALID_SWAP_FREE | VIGIA_MEMORY_VALID_COMMITTED;
}

/* Room for nodes and zones that may still come. */
static void memory_plan(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT])
{
	capacity[VIGIA_MEMORY_REGION] = 1;
	capacity[VIGIA_MEMORY_REGION_NODES] = num_possible_nodes();
	capacity[VIGIA_MEMORY_REGION_ZONES] = num_possible_nodes() * MAX_NR_ZONES;
}

static void memory_fill(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot)
{
	struct vigia_memory *host = snapshot->region[VIGIA_MEMORY_REGION];

	memset(host, 0, sizeof(*host));
	fill_host(host);
	vigia_memory_events_fill(host);
	vigia_memory_nodes_fill(snapshot);
	snapshot->count[VIGIA_MEMORY_REGION] = 1;
	snapshot->truncated[VIGIA_MEMORY_REGION] = 0;
}

static struct vigia_sensor memory_sensor = {
	.name = "memory",
	.owner = THIS_MODULE,
	.kind = VIGIA_FILE_MEMORY,
	.record_size_bytes = {
		[VIGIA_MEMORY_REGION] = sizeof(struct vigia_memory),
		[VIGIA_MEMORY_REGION_NODES] = sizeof(struct vigia_memory_node),
		[VIGIA_MEMORY_REGION_ZONES] = sizeof(struct vigia_memory_zone),
	},
	.limit = {
		[VIGIA_MEMORY_REGION] = 1,
		[VIGIA_MEMORY_REGION_NODES] = MAX_NUMNODES,
		[VIGIA_MEMORY_REGION_ZONES] = MAX_NUMNODES * MAX_NR_ZONES,
	},
	.plan = memory_plan,
	.fill = memory_fill,
};

int __init vigia_memory_init(void)
{
	return vigia_sensor_register(&memory_sensor);
}

void vigia_memory_uninit(void)
{
	vigia_sensor_unregister(&memory_sensor);
}
