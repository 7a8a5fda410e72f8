// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/sched/loadavg.h>
#include <linux/string.h>
#include <vigia/system.h>

#include "sensor.h"
#include "system.h"
#include "system_cpus.h"
#include "system_memory.h"
#include "system_mounts.h"
#include "system_tasks.h"

/* A load average in thousandths; the kernel counts in 2048ths. */
static u64 millitasks(unsigned long load)
{
	return (((u64)load * 1000) + FIXED_1 / 2) >> FSHIFT;
}

static void fill_load(struct vigia_system *host)
{
	host->load_1min_millitasks = millitasks(READ_ONCE(avenrun[0]));
	host->load_5min_millitasks = millitasks(READ_ONCE(avenrun[1]));
	host->load_15min_millitasks = millitasks(READ_ONCE(avenrun[2]));
}

static void system_plan(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT])
{
	capacity[VIGIA_SYSTEM_REGION] = 1;
	capacity[VIGIA_SYSTEM_REGION_CPUS] = num_possible_cpus();
	capacity[VIGIA_SYSTEM_REGION_MOUNTS] = vigia_mounts_count();
}

static void system_fill(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot)
{
	struct vigia_system *host = snapshot->region[VIGIA_SYSTEM_REGION];

	memset(host, 0, sizeof(*host));
	vigia_tasks_fill(host);
	fill_load(host);
	host->valid |=
		VIGIA_SYSTEM_VALID_LOAD; /* with tasks_total, which vigia_tasks_fill() counted */
	vigia_interrupts_fill(host);
	vigia_system_memory_fill(host);
	vigia_cpus_fill(snapshot);
	host->valid |= VIGIA_SYSTEM_VALID_CPU_TIMES;
	vigia_mounts_fill(snapshot);
	snapshot->count[VIGIA_SYSTEM_REGION] = 1;
	snapshot->truncated[VIGIA_SYSTEM_REGION] = 0;
}

static struct vigia_sensor system_sensor = {
	.name = "system",
	.owner = THIS_MODULE,
	.kind = VIGIA_FILE_SYSTEM,
	.record_size_bytes = {
		[VIGIA_SYSTEM_REGION] = sizeof(struct vigia_system),
		[VIGIA_SYSTEM_REGION_CPUS] = sizeof(struct vigia_cpu),
		[VIGIA_SYSTEM_REGION_MOUNTS] = sizeof(struct vigia_mount),
	},
	.limit = {
		[VIGIA_SYSTEM_REGION] = 1,
		[VIGIA_SYSTEM_REGION_CPUS] = NR_CPUS,
		[VIGIA_SYSTEM_REGION_MOUNTS] = VIGIA_LIMIT_MOUNTS,
	},
	.plan = system_plan,
	.fill = system_fill,
};

int __init vigia_system_init(void)
{
	return vigia_sensor_register(&system_sensor);
}

void vigia_system_uninit(void)
{
	vigia_sensor_unregister(&system_sensor);
}
