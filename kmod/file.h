/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What processes do with a file of /proc/vigia: open, map, read, poll, ioctl, close.
 */
#ifndef VIGIA_PROC_FILE_H
#define VIGIA_PROC_FILE_H

#include <linux/proc_fs.h>

/* The file's data is its channel. */
extern const struct proc_ops vigia_file_ops;

#endif /* VIGIA_PROC_FILE_H */
