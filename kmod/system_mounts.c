// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever refreshes, the answer is the same: paths are looked up from the root of the host's init, with the
 * kernel's own rights, not with those of the reader, who may sit in another mount namespace.
 *
 * A server that is gone must not hold a refresh up. So a path is followed through the cache of directory
 * entries only (the entries that lead to a mount point are always there: it holds on to them), the root of
 * what is mounted there is not revalidated, and only file systems that live on this machine are asked.
 * Links are not followed: whether that needs a write of the link's access time, and so more than the cache,
 * changes from day to day.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/statfs.h>
#include <linux/string.h>
#include <vigia/system.h>

#include "compat.h"
#include "sensor.h"
#include "system_mounts.h"

/* Not in linux/magic.h. */
#define UBIFS_MAGIC 0x24051905
#define ZFS_MAGIC 0x2fc12fc1

/* Set once, before the sensor is registered. */
static char *names[VIGIA_LIMIT_MOUNTS]; /* parts of names_text */
static char *names_text;
static u32 names_count;
static struct cred *rights; /* the kernel's own */

static int add_name(char *name)
{
	if (name[0] != '/' || strlen(name) >= VIGIA_MOUNT_PATH_SIZE_BYTES) {
		pr_err("mounts: '%s' is not an absolute path below %d bytes\n", name,
		       VIGIA_MOUNT_PATH_SIZE_BYTES);
		return -EINVAL;
	}
	if (names_count == VIGIA_LIMIT_MOUNTS) {
		pr_err("mounts: more than %d\n", VIGIA_LIMIT_MOUNTS);
		return -EINVAL;
	}
	names[names_count++] = name;
	return 0;
}

static int parse(char *list)
{
	char *name;
	int error = 0;

	while (!error && (name = strsep(&list, ",")))
		if (*name)
			error = add_name(name);
	return error;
}

int __init vigia_mounts_init(const char *list)
{
	int error = -ENOMEM;

	names_text = kstrdup(list, GFP_KERNEL);
	rights = prepare_kernel_cred(&init_task);
	if (names_text && rights)
		error = parse(names_text);
	if (error)
		vigia_mounts_uninit();
	return error;
}

void vigia_mounts_uninit(void)
{
	if (rights)
		put_cred(rights);
	kfree(names_text);
}

u32 vigia_mounts_count(void)
{
	return names_count;
}

/* The root of the host's init. Its task never goes away, but another thread can take its place. */
static int host_root(struct path *root)
{
	struct task_struct *init;
	int error = -ENOENT;

	rcu_read_lock();
	init = READ_ONCE(init_pid_ns.child_reaper);
	task_lock(init); /* guards init->fs */
	if (init->fs) {
		get_fs_root(init->fs, root);
		error = 0;
	}
	task_unlock(init);
	rcu_read_unlock();
	return error;
}

static int find_mount(const char *name, struct path *mount)
{
	struct path root;
	int error = host_root(&root);

	if (error)
		return error;
	if (strcmp(name, "/") == 0) {
		*mount = root; /* with its reference */
		return 0;
	}
	error = vfs_path_lookup(root.dentry, root.mnt, name,
				LOOKUP_NO_SYMLINKS | LOOKUP_MOUNTPOINT | LOOKUP_CACHED, mount);
	path_put(&root);
	return error;
}

/* Whether this machine alone answers for the file system. What is not known to is not asked. */
static bool is_local(const struct super_block *super)
{
	switch (super->s_magic) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case UBIFS_MAGIC:
	case ZFS_MAGIC:
		return true;
	case OVERLAYFS_SUPER_MAGIC:
		return !sb_rdonly(super); /* without an upper layer the lower one would answer */
	case FUSE_SUPER_MAGIC:
		return false; /* even with a block device: a process answers */
	default:
		return super->s_type->fs_flags & FS_REQUIRES_DEV;
	}
}

static int read_space(const struct path *mount, struct vigia_mount *record)
{
	struct kstatfs space;
	struct kstat status;
	u64 unit;
	int error;

	if (mount->dentry != mount->mnt->mnt_root || !is_local(mount->mnt->mnt_sb))
		return -EOPNOTSUPP;
	error = vfs_statfs(mount, &space);
	if (!error)
		error = vfs_getattr(mount, &status, STATX_TYPE, AT_STATX_DONT_SYNC);
	if (error)
		return error;
	unit = space.f_frsize ? space.f_frsize : space.f_bsize;
	record->device = new_encode_dev(status.dev); /* as stat(2) gives it */
	record->filesystem_type = (u64)space.f_type;
	record->total_bytes = space.f_blocks * unit;
	record->free_bytes = space.f_bfree * unit;
	record->available_bytes = space.f_bavail * unit;
	record->inodes_total = space.f_files;
	record->inodes_free = space.f_ffree;
	record->valid = VIGIA_MOUNT_VALID_SPACE;
	return 0;
}

static void fill_mount(struct vigia_mount *record, const char *name)
{
	struct path mount;

	memset(record, 0, sizeof(*record));
	strscpy(record->path, name, sizeof(record->path));
	if (find_mount(name, &mount) != 0)
		return;
	read_space(&mount, record);
	path_put(&mount);
}

void vigia_mounts_fill(struct vigia_snapshot *snapshot)
{
	struct vigia_mount *records = snapshot->region[VIGIA_SYSTEM_REGION_MOUNTS];
	u32 count = min(names_count, snapshot->capacity[VIGIA_SYSTEM_REGION_MOUNTS]);
	const struct cred *reader = override_creds(rights);
	u32 i;

	for (i = 0; i < count; i++) {
		fill_mount(&records[i], names[i]);
		cond_resched();
	}
	revert_creds(reader);
	snapshot->count[VIGIA_SYSTEM_REGION_MOUNTS] = count;
	snapshot->truncated[VIGIA_SYSTEM_REGION_MOUNTS] = names_count - count;
}
