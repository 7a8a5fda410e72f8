// SPDX-License-Identifier: GPL-2.0
#include "info_sensor.h"

#include <linux/cgroup.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>
#include <vigia/info.h>

#include "refresh.h"
#include "sensor.h"

static void vigia_info_plan(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT])
{
	capacity[VIGIA_INFO_REGION] = 1;
}

/* True if a controller has left the unified hierarchy for one of version 1. */
static bool vigia_cgroup_has_v1_controller(void)
{
#define SUBSYS(name)                                                                               \
	if (!cgroup_subsys_on_dfl(name##_cgrp_subsys))                                             \
		return true;
#include <linux/cgroup_subsys.h>
#undef SUBSYS
	return false;
}

static void vigia_note_superblock(struct super_block *superblock, void *is_there)
{
	*(bool *)is_there = true;
}

static bool vigia_is_mounted(const char *name)
{
	struct file_system_type *type = get_fs_type(name);
	bool is_there = false;

	if (!type)
		return false;
	iterate_supers_type(type, vigia_note_superblock, &is_there);
	module_put(type->owner); /* what put_filesystem() does, which is not for modules */
	return is_there;
}

static enum vigia_cgroup_mode vigia_cgroup_mode(void)
{
	bool has_unified = vigia_is_mounted("cgroup2");

	if (vigia_cgroup_has_v1_controller())
		return has_unified ? VIGIA_CGROUP_HYBRID : VIGIA_CGROUP_V1;
	return has_unified ? VIGIA_CGROUP_V2 : VIGIA_CGROUP_NONE;
}

/* Looked up when the file is opened first, not in every walk. Guarded by the channel's lock. */
static enum vigia_cgroup_mode cgroup_mode;

static int vigia_info_prepare(struct vigia_sensor *sensor, const u32 capacity[VIGIA_REGION_COUNT])
{
	cgroup_mode = vigia_cgroup_mode();
	return 0;
}

static u64 vigia_boot_realtime_ns(void)
{
	struct timespec64 boot;

	getboottime64(&boot);
	return timespec64_to_ns(&boot);
}

static void vigia_info_fill(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot)
{
	struct vigia_info *info = snapshot->region[VIGIA_INFO_REGION];
	struct vigia_refresh_totals totals = vigia_refresh_totals();

	*info = (struct vigia_info){
		.boot_realtime_ns = vigia_boot_realtime_ns(),
		.page_size_bytes = PAGE_SIZE,
		.cpu_time_resolution_ns = 1,
		.start_time_resolution_ns = 1,
		.cpu_count = num_possible_cpus(),
		.cgroup_mode = cgroup_mode,
		.writer_pid = 0,
		.writer_version = VIGIA_MODULE_VERSION_NUMBER,
		.refresh_interval_ns = 0,
		.refresh_count = totals.walk_count,
		.refresh_duration_ns = totals.last_walk_ns,
		.refresh_cpu_ns = totals.cpu_ns,
	};
	/* The host's own names, whoever asks. sethostname() may be half way: its lock is not for modules. */
	strscpy(info->kernel_release, init_uts_ns.name.release, sizeof(info->kernel_release));
	strscpy(info->hostname, init_uts_ns.name.nodename, sizeof(info->hostname));
	snapshot->count[VIGIA_INFO_REGION] = 1;
}

static struct vigia_sensor info_sensor = {
	.name = "info",
	.owner = THIS_MODULE,
	.kind = VIGIA_FILE_INFO,
	.record_size_bytes = { [VIGIA_INFO_REGION] = sizeof(struct vigia_info) },
	.limit = { [VIGIA_INFO_REGION] = 1 },
	.plan = vigia_info_plan,
	.fill = vigia_info_fill,
	.prepare = vigia_info_prepare,
};

int vigia_info_init(void)
{
	return vigia_sensor_register(&info_sensor);
}

void vigia_info_uninit(void)
{
	vigia_sensor_unregister(&info_sensor);
}
