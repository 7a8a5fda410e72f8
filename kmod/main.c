// SPDX-License-Identifier: GPL-2.0
/*
 * vigia.ko, the core: the directory, its first file, and what sensors register with.
 */
#include <linux/module.h>

#include "access.h"
#include "info_sensor.h"
#include "registry.h"
#include "selftest.h"
#include "sensor.h"

static int __init vigia_init(void)
{
	int error;

	vigia_registry_init();
	if (!vigia_selftest())
		return -ENOTRECOVERABLE;
	error = vigia_directory_init();
	if (error)
		return error;
	error = -ENOTRECOVERABLE;
	if (!vigia_rings_selftest())
		goto uninit_directory;
	error = vigia_info_init();
	if (error)
		goto uninit_directory;
	pr_info("%s: watching by /proc/vigia\n", VIGIA_MODULE_VERSION);
	return 0;

uninit_directory:
	vigia_directory_uninit();
	return error;
}

static void __exit vigia_exit(void)
{
	vigia_info_uninit();
	vigia_directory_uninit();
	pr_info("unloaded\n");
}

module_init(vigia_init);
module_exit(vigia_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Vigia: the core of the kernel side, directory and snapshots in /proc/vigia");
MODULE_VERSION(VIGIA_MODULE_VERSION);
