/* SPDX-License-Identifier: MIT */
/* All that the ABI headers may take from the kernel's header of this name. */
#ifndef VIGIA_TEST_LINUX_TYPES_H
#define VIGIA_TEST_LINUX_TYPES_H

typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef int int32_t;
typedef unsigned long long uint64_t;

#endif /* VIGIA_TEST_LINUX_TYPES_H */
