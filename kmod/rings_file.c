// SPDX-License-Identifier: GPL-2.0
#include "rings_file.h"

#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <vigia/control.h>

#include "access.h"
#include "compat.h"
#include "doorbell.h"
#include "image.h"
#include "rings.h"

/* An open file of rings. */
struct vigia_rings_opener {
	struct vigia_rings *rings;
	u64 seen_generation; /* acknowledged by a refresh; poll() waits for another */
};

static int vigia_rings_open(struct inode *inode, struct file *file)
{
	struct vigia_rings *rings = pde_data(inode);
	struct vigia_rings_opener *opener;
	int error = vigia_access_check(file);

	if (error)
		return error;
	if (vigia_rings_are_dead(rings))
		return -ENOENT;
	opener = kzalloc(sizeof(*opener), GFP_KERNEL_ACCOUNT);
	if (!opener)
		return -ENOMEM;
	opener->rings = rings;
	file->private_data = opener;
	return 0;
}

static int vigia_rings_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static int vigia_rings_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vigia_rings_opener *opener = file->private_data;
	struct vigia_file_header *header = opener->rings->header;

	return vigia_memory_map(header, header->total_size_bytes, vma);
}

static loff_t vigia_rings_lseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, sizeof(struct vigia_file_header));
}

/* The header, for who has to know how much to map. Bytes of a ring that is being written are no record. */
static ssize_t vigia_rings_read(struct file *file, char __user *to, size_t size, loff_t *position)
{
	struct vigia_rings_opener *opener = file->private_data;
	struct vigia_file_header header;

	memcpy(&header, opener->rings->header, sizeof(header));
	return simple_read_from_buffer(to, size, position, &header, sizeof(header));
}

/*
 * Readable as long as something was announced that this opener has not acknowledged. What was not
 * announced yet will be: its writer, or the look here, has armed the deadline.
 */
static __poll_t vigia_rings_poll(struct file *file, struct poll_table_struct *table)
{
	struct vigia_rings_opener *opener = file->private_data;
	struct vigia_rings *rings = opener->rings;

	poll_wait(file, &rings->doorbell->queue, table);
	if (vigia_rings_are_dead(rings))
		return EPOLLHUP | EPOLLERR;
	if (vigia_rings_have_news(rings))
		vigia_rings_arm(rings);
	if (READ_ONCE(rings->header->generation) != READ_ONCE(opener->seen_generation))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

static long vigia_rings_refresh(struct vigia_rings_opener *opener, void __user *argument)
{
	struct vigia_rings *rings = opener->rings;
	struct vigia_refresh refresh;

	if (copy_from_user(&refresh, argument, sizeof(refresh)))
		return -EFAULT;
	if (refresh.flags || refresh.reserved0 ||
	    memchr_inv(refresh.reserved, 0, sizeof(refresh.reserved)))
		return -EINVAL;
	if (vigia_rings_are_dead(rings))
		return -ESTALE;
	vigia_rings_announce_now(rings);
	refresh.generation = READ_ONCE(rings->header->generation);
	refresh.age_ns = 0;
	refresh.walked = 0;
	WRITE_ONCE(opener->seen_generation, refresh.generation);
	return copy_to_user(argument, &refresh, sizeof(refresh)) ? -EFAULT : 0;
}

static long vigia_rings_describe(struct vigia_rings_opener *opener, void __user *argument)
{
	const struct vigia_rings *rings = opener->rings;
	const struct vigia_file_header *header = rings->header;
	struct vigia_description description = {
		.abi_version = VIGIA_ABI_VERSION,
		.abi_compatible = VIGIA_ABI_COMPATIBLE,
		.file_kind = VIGIA_FILE_EVENTS,
		.abilities = VIGIA_DESCRIPTION_REFRESH | VIGIA_DESCRIPTION_POLL,
		.writer_instance = header->writer_instance,
		.layout_generation = header->layout_generation,
		.total_size_bytes = header->total_size_bytes,
		.record_limit = rings->capacity,
	};

	if (vigia_rings_are_dead(rings))
		return -ESTALE;
	strscpy(description.module_version, rings->owner->version,
		sizeof(description.module_version));
	return copy_to_user(argument, &description, sizeof(description)) ? -EFAULT : 0;
}

static long vigia_rings_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct vigia_rings_opener *opener = file->private_data;
	void __user *pointer = (void __user *)argument;

	switch (command) {
	case VIGIA_IOC_REFRESH:
		return vigia_rings_refresh(opener, pointer);
	case VIGIA_IOC_DESCRIBE:
		return vigia_rings_describe(opener, pointer);
	default:
		return -ENOTTY;
	}
}

#ifdef CONFIG_COMPAT
/* The structs are the same for 32-bit callers: fixed-width fields, naturally aligned. */
static long vigia_rings_compat_ioctl(struct file *file, unsigned int command,
				     unsigned long argument)
{
	return vigia_rings_ioctl(file, command, (unsigned long)compat_ptr(argument));
}
#endif

const struct proc_ops vigia_rings_ops = {
	.proc_open = vigia_rings_open,
	.proc_release = vigia_rings_release,
	.proc_mmap = vigia_rings_mmap,
	.proc_lseek = vigia_rings_lseek,
	.proc_read = vigia_rings_read,
	.proc_poll = vigia_rings_poll,
	.proc_ioctl = vigia_rings_ioctl,
#ifdef CONFIG_COMPAT
	.proc_compat_ioctl = vigia_rings_compat_ioctl,
#endif
};
