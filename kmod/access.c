// SPDX-License-Identifier: GPL-2.0
#include "access.h"

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#define VIGIA_DIRECTORY "vigia"

static unsigned int gid;
module_param(gid, uint, 0444);
MODULE_PARM_DESC(gid, "group id that may read /proc/vigia beside root (default 0)");

static struct proc_dir_entry *directory;
static kgid_t readers;

int vigia_directory_init(void)
{
	readers = make_kgid(&init_user_ns, gid);
	if (!gid_valid(readers)) {
		pr_err("gid=%u is no group id\n", gid);
		return -EINVAL;
	}
	directory = proc_mkdir_mode(VIGIA_DIRECTORY, 0550, NULL);
	if (!directory)
		return -ENOMEM;
	proc_set_user(directory, GLOBAL_ROOT_UID, readers);
	return 0;
}

void vigia_directory_uninit(void)
{
	proc_remove(directory);
}

struct proc_dir_entry *vigia_directory_add(const char *name, const struct proc_ops *ops, void *data)
{
	struct proc_dir_entry *entry = proc_create_data(name, 0440, directory, ops, data);

	/* Until the next line only root can open it: the group is 0. */
	if (entry)
		proc_set_user(entry, GLOBAL_ROOT_UID, readers);
	return entry;
}

int vigia_access_check(const struct file *file)
{
	if (file->f_mode & FMODE_WRITE)
		return -EACCES; /* root passes the mode bits */
	if (task_active_pid_ns(current) != &init_pid_ns)
		return -EPERM;
	if (current_user_ns() != &init_user_ns || file->f_cred->user_ns != &init_user_ns)
		return -EPERM;
	return 0;
}
