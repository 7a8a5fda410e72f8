/* SPDX-License-Identifier: MIT */
/* The kernel's primitives that kmod/snapshot.h uses, in user space. Include this first. */
#ifndef VIGIA_TEST_KMOD_BARRIERS_H
#define VIGIA_TEST_KMOD_BARRIERS_H

#define WRITE_ONCE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_store_release(place, value) __atomic_store_n((place), (value), __ATOMIC_RELEASE)

#endif /* VIGIA_TEST_KMOD_BARRIERS_H */
