/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One open file of /proc/vigia, and what is done with it beside opening and closing.
 */
#ifndef VIGIA_OPENER_H
#define VIGIA_OPENER_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <vigia/file.h>

struct file;
struct vigia_channel;
struct vigia_image;

/*
 * An open file. It stays with the image that it was opened with: when that is dead, only opening the
 * file again helps. Freed by ->proc_release, which procfs calls exactly once: at the last close, or
 * when the sensor leaves before.
 */
struct vigia_opener {
	struct vigia_channel *channel;
	struct vigia_image *image;
	u64 seen_generation; /* given to this opener last; poll() waits for another */

	struct mutex reading;            /* guards the rest: the snapshot that read() is giving */
	struct vigia_file_header header; /* as it was at offset 0 */
	u64 sequence;                    /* of the header's current_slot */
	bool has_header;
};

/* read.c */
ssize_t vigia_file_read(struct file *file, char __user *to, size_t size, loff_t *position);

/* control.c */
long vigia_file_ioctl(struct file *file, unsigned int command, unsigned long argument);
long vigia_file_compat_ioctl(struct file *file, unsigned int command, unsigned long argument);

#endif /* VIGIA_OPENER_H */
