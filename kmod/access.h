/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The directory /proc/vigia and who may open what is in it: root and one group, and nobody, whatever
 * their user id, from a pid or user namespace other than the host's. Containers never see the host.
 *
 * The check is made at open(). A descriptor that was opened outside and handed into a container is
 * its opener's business, as with every file.
 */
#ifndef VIGIA_ACCESS_H
#define VIGIA_ACCESS_H

#include <linux/types.h>

struct file;
struct proc_dir_entry;
struct proc_ops;

/* -EINVAL for a group that cannot be, -ENOMEM or -EEXIST for a directory that is there already. */
int vigia_directory_init(void);
void vigia_directory_uninit(void);

/* A file in the directory, or NULL. */
struct proc_dir_entry *vigia_directory_add(const char *name, const struct proc_ops *ops,
					   void *data);

/* 0, or -EPERM or -EACCES for an opener who may not. */
int vigia_access_check(const struct file *file);

#endif /* VIGIA_ACCESS_H */
