// SPDX-License-Identifier: GPL-2.0
/*
 * vigia_cgroups.ko: the file /proc/vigia/cgroups.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/printk.h>
#include "cgroups.h"

/* A new file has room for so many more cgroups than there are. */
#define VIGIA_CGROUPS_RESERVE 256
#define VIGIA_CGROUPS_LIMIT 65536
#define VIGIA_CGROUPS_TEXT_LIMIT (VIGIA_CGROUPS_LIMIT * VIGIA_PATH_BYTES * 2)

/* The core calls at most one of the callbacks at a time. */
static struct vigia_cgroup_set vigia_cgroup_set;

static void vigia_cgroups_plan(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT])
{
	struct vigia_hierarchy hierarchy = vigia_hierarchy_find();
	u32 count;

	rcu_read_lock();
	count = atomic_read(&vigia_hierarchy_root(&hierarchy)->root->nr_cgrps);
	rcu_read_unlock();
	capacity[VIGIA_CGROUPS_REGION] = count + count / 4 + VIGIA_CGROUPS_RESERVE;
	capacity[VIGIA_CGROUPS_REGION_TEXT] = capacity[VIGIA_CGROUPS_REGION] * VIGIA_PATH_BYTES;
}

static int vigia_cgroups_prepare(struct vigia_sensor *sensor,
				 const u32 capacity[VIGIA_REGION_COUNT])
{
	return vigia_cgroups_reserve(&vigia_cgroup_set, capacity[VIGIA_CGROUPS_REGION]);
}

static void vigia_cgroups_fill(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot)
{
	struct vigia_cgroup_set *set = &vigia_cgroup_set;

	set->snapshot = snapshot;
	vigia_cgroups_collect(set);
	vigia_cgroups_pin_controllers(set);
	vigia_cgroups_count_processes(set);
	vigia_cgroups_pin_parents(set);
	vigia_cgroups_read_cpu(set);
	vigia_cgroups_read_limits(set);
	vigia_cgroups_read_memory(set);
	vigia_cgroups_read_pressure(set);
	vigia_cgroups_release(set);
}

static struct vigia_sensor vigia_cgroups_sensor = {
	.name = "cgroups",
	.owner = THIS_MODULE,
	.kind = VIGIA_FILE_CGROUPS,
	.record_size_bytes = {
		[VIGIA_CGROUPS_REGION] = sizeof(struct vigia_cgroup),
		[VIGIA_CGROUPS_REGION_TEXT] = 1,
	},
	.limit = {
		[VIGIA_CGROUPS_REGION] = VIGIA_CGROUPS_LIMIT,
		[VIGIA_CGROUPS_REGION_TEXT] = VIGIA_CGROUPS_TEXT_LIMIT,
	},
	.plan = vigia_cgroups_plan,
	.prepare = vigia_cgroups_prepare,
	.fill = vigia_cgroups_fill,
};

static int __init vigia_cgroups_init(void)
{
	int error = vigia_cgroups_namespaces_init();

	if (error)
		pr_warn("namespaces stay unknown: /proc/self/ns/mnt: %d\n", error);
	vigia_cgroups_limits_init();
	return vigia_sensor_register(&vigia_cgroups_sensor);
}

static void __exit vigia_cgroups_exit(void)
{
	vigia_sensor_unregister(&vigia_cgroups_sensor);
	vigia_cgroups_free(&vigia_cgroup_set);
}

module_init(vigia_cgroups_init);
module_exit(vigia_cgroups_exit);

MODULE_DESCRIPTION("Vigia: one record per control group in /proc/vigia/cgroups");
MODULE_LICENSE("GPL");
MODULE_VERSION(VIGIA_MODULE_VERSION);
