// SPDX-License-Identifier: GPL-2.0
/*
 * vigia_system.ko: the files `system` and `memory`. Only the load order, and its exact unwind.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "memory.h"
#include "sensor.h"
#include "system.h"
#include "system_mounts.h"

static char *mounts = "/";
module_param(mounts, charp, 0444);
MODULE_PARM_DESC(
	mounts,
	"Mount points whose space `system` tells, in the host's namespace, with commas between "
	"them (default: /). Links are not followed. Network and FUSE file systems, and what is "
	"mounted inside them, stay without figures: their servers could hold the reader up.");

static int __init vigia_system_load(void)
{
	int error = vigia_mounts_init(mounts);

	if (error)
		return error;
	error = vigia_system_init();
	if (error)
		goto uninit_mounts;
	error = vigia_memory_init();
	if (error)
		goto uninit_system;
	return 0;

uninit_system:
	vigia_system_uninit();
uninit_mounts:
	vigia_mounts_uninit();
	return error;
}

static void __exit vigia_system_unload(void)
{
	vigia_memory_uninit();
	vigia_system_uninit();
	vigia_mounts_uninit();
}

module_init(vigia_system_load);
module_exit(vigia_system_unload);
MODULE_DESCRIPTION("Vigia: the host's CPUs, memory, load and storage");
MODULE_LICENSE("GPL");
MODULE_VERSION(VIGIA_MODULE_VERSION);
