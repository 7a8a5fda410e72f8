// SPDX-License-Identifier: GPL-2.0
#include "file.h"

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "access.h"
#include "channel.h"
#include "compat.h"
#include "image.h"
#include "opener.h"

static int vigia_file_open(struct inode *inode, struct file *file)
{
	struct vigia_channel *channel = pde_data(inode);
	struct vigia_opener *opener;
	int error = vigia_access_check(file);

	if (error)
		return error;
	opener = kzalloc(sizeof(*opener), GFP_KERNEL_ACCOUNT);
	if (!opener)
		return -ENOMEM;
	opener->image = vigia_channel_open(channel);
	if (IS_ERR(opener->image)) {
		error = PTR_ERR(opener->image);
		kfree(opener);
		return error;
	}
	opener->channel = channel;
	mutex_init(&opener->reading);
	file->private_data = opener;
	return 0;
}

static int vigia_file_release(struct inode *inode, struct file *file)
{
	struct vigia_opener *opener = file->private_data;

	vigia_channel_close(opener->channel, opener->image);
	mutex_destroy(&opener->reading);
	kfree(opener);
	return 0;
}

static int vigia_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vigia_opener *opener = file->private_data;

	return vigia_image_map(opener->image, vma);
}

static loff_t vigia_file_lseek(struct file *file, loff_t offset, int whence)
{
	struct vigia_opener *opener = file->private_data;

	return fixed_size_llseek(file, offset, whence, opener->image->size_bytes);
}

/*
 * Readable as long as there is a snapshot that this opener has not been given by a refresh or a read
 * from the beginning.
 */
static __poll_t vigia_file_poll(struct file *file, struct poll_table_struct *table)
{
	struct vigia_opener *opener = file->private_data;
	const struct vigia_file_header *header = opener->image->header;

	poll_wait(file, &opener->channel->doorbell->queue, table);
	if (vigia_image_is_dead(opener->image))
		return EPOLLHUP | EPOLLERR;
	if (READ_ONCE(header->generation) != READ_ONCE(opener->seen_generation))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

const struct proc_ops vigia_file_ops = {
	.proc_open = vigia_file_open,
	.proc_release = vigia_file_release,
	.proc_mmap = vigia_file_mmap,
	.proc_lseek = vigia_file_lseek,
	.proc_read = vigia_file_read,
	.proc_poll = vigia_file_poll,
	.proc_ioctl = vigia_file_ioctl,
#ifdef CONFIG_COMPAT
	.proc_compat_ioctl = vigia_file_compat_ioctl,
#endif
};
