/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * Version of the Vigia binary interface, and the types and assertions that every header shares.
 *
 * These headers compile unchanged in a kernel module, in C11 and in C++17 and newer. They need no
 * library: a program that has this folder can map and read everything that Vigia publishes.
 *
 * How a struct grows, in three steps:
 *   1. Take a `reserved` field, or append at the end; keep 8-byte multiples and never reorder.
 *   2. Say in the field's comment since which version it is there, and give it a VALID or FEATURE bit.
 *      Readers of an appended field also ask VIGIA_HAS_FIELD: an older writer's records end before it.
 *   3. Raise VIGIA_ABI_VERSION, add a changelog line here and an offset to test/abi/layout.h.
 * VIGIA_ABI_COMPATIBLE is raised only when an old reader would misread a new file: then old readers
 * refuse with "newer version". Readers step by the strides in the file header, never by sizeof, so
 * longer records of a newer writer are read by an older reader, and the reverse.
 *
 * Changelog:
 *   1  first version: info, system, processes, cgroups
 *   2  the kernel modules: control.h (ioctls), the file memory, vigia_process.rss_error_bytes,
 *      bits 16 to 19 of vigia_cgroup.valid
 *   3  the file events: events.h, events_writer.h, events_reader.h
 */
#ifndef VIGIA_VERSION_H
#define VIGIA_VERSION_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <assert.h>
#endif
#endif

#define VIGIA_ABI_VERSION 3    /* the version that these headers describe */
#define VIGIA_ABI_COMPATIBLE 1 /* the oldest reader that can read what this version's writers write */

/* Bit `n` of a mask. Usable in constant expressions on both sides. */
#define VIGIA_BIT(n) ((uint64_t)1 << (n))

#endif /* VIGIA_VERSION_H */
