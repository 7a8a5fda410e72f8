// SPDX-License-Identifier: GPL-2.0
/*
 * The table of the ABI's offsets, with this kernel's compiler and types. Nothing but assertions;
 * Kbuild leaves it out where only kmod/ and include/ are at hand.
 */
#include "test/abi/layout.h"
