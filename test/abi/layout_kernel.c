/* SPDX-License-Identifier: MIT */
/* As a kernel module compiles it: no header of the C library is in reach. */
#include "test/abi/layout.h"
