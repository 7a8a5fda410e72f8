/* SPDX-License-Identifier: MIT */
/* All that the ABI headers may take from the kernel's header of this name. */
#ifndef VIGIA_TEST_LINUX_STDDEF_H
#define VIGIA_TEST_LINUX_STDDEF_H

#define offsetof(type, member) __builtin_offsetof(type, member)

#endif /* VIGIA_TEST_LINUX_STDDEF_H */
