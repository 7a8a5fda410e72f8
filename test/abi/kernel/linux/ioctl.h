/* SPDX-License-Identifier: MIT */
/* All that the ABI headers may take from the kernel's header of this name. */
#ifndef VIGIA_TEST_LINUX_IOCTL_H
#define VIGIA_TEST_LINUX_IOCTL_H

#define _IOC_OF(direction, magic, number, type)                                                    \
    (((direction) << 30) | (sizeof(type) << 16) | ((magic) << 8) | (number))
#define _IOR(magic, number, type) _IOC_OF(2U, magic, number, type)
#define _IOWR(magic, number, type) _IOC_OF(3U, magic, number, type)

#endif /* VIGIA_TEST_LINUX_IOCTL_H */
