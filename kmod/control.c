// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl(): vigia/control.h.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <vigia/control.h>

#include "channel.h"
#include "image.h"
#include "opener.h"
#include "refresh.h"
#include "sensor.h"

static long vigia_ioctl_refresh(struct vigia_opener *opener, void __user *argument)
{
	struct vigia_refresh refresh;
	int error;

	if (copy_from_user(&refresh, argument, sizeof(refresh)))
		return -EFAULT;
	if (refresh.flags || refresh.reserved0 ||
	    memchr_inv(refresh.reserved, 0, sizeof(refresh.reserved)))
		return -EINVAL;
	error = vigia_channel_refresh(opener->channel, opener->image, &refresh);
	if (error)
		return error;
	WRITE_ONCE(opener->seen_generation, refresh.generation);
	return copy_to_user(argument, &refresh, sizeof(refresh)) ? -EFAULT : 0;
}

static long vigia_ioctl_process(struct vigia_opener *opener, void __user *argument)
{
	struct vigia_sensor *sensor = opener->channel->sensor;
	struct vigia_process_query query = {};
	int error;

	if (!sensor->query)
		return -ENOTTY;
	if (copy_from_user(&query, argument, offsetof(struct vigia_process_query, process)))
		return -EFAULT;
	if (query.reserved0 || memchr_inv(query.reserved, 0, sizeof(query.reserved)))
		return -EINVAL;
	if (vigia_image_is_dead(opener->image))
		return -ESTALE;
	error = sensor->query(sensor, &query);
	if (error)
		return error;
	return copy_to_user(argument, &query, sizeof(query)) ? -EFAULT : 0;
}

static long vigia_ioctl_describe(struct vigia_opener *opener, void __user *argument)
{
	struct vigia_description description;
	int error = vigia_channel_describe(opener->channel, opener->image, &description);

	if (error)
		return error;
	return copy_to_user(argument, &description, sizeof(description)) ? -EFAULT : 0;
}

long vigia_file_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct vigia_opener *opener = file->private_data;
	void __user *pointer = (void __user *)argument;

	switch (command) {
	case VIGIA_IOC_REFRESH:
		return vigia_ioctl_refresh(opener, pointer);
	case VIGIA_IOC_PROCESS:
		return vigia_ioctl_process(opener, pointer);
	case VIGIA_IOC_DESCRIBE:
		return vigia_ioctl_describe(opener, pointer);
	default:
		return -ENOTTY;
	}
}

#ifdef CONFIG_COMPAT
/* The structs are the same for 32-bit callers: fixed-width fields, naturally aligned. */
long vigia_file_compat_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	return vigia_file_ioctl(file, command, (unsigned long)compat_ptr(argument));
}
#endif
