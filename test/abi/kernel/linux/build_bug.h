/* SPDX-License-Identifier: MIT */
/* All that the ABI headers may take from the kernel's header of this name. */
#ifndef VIGIA_TEST_LINUX_BUILD_BUG_H
#define VIGIA_TEST_LINUX_BUILD_BUG_H

#define static_assert(condition, message) _Static_assert(condition, message)

#endif /* VIGIA_TEST_LINUX_BUILD_BUG_H */
