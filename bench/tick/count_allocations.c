/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the daemon: counts the calls of the allocator in the file that
 * VIGIA_COUNT_ALLOCATIONS names, as two 64-bit numbers: by the main thread, and by all others.
 * The real allocator is glibc's own, by its internal names, so that nothing recurses.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static uint64_t before_start[2];
static uint64_t* counters = before_start;

__attribute__((constructor)) static void open_counters(void) {
    const char* path = getenv("VIGIA_COUNT_ALLOCATIONS");
    const int descriptor = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
        return;
    }
    void* map = mmap(NULL, sizeof(before_start), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (map != MAP_FAILED) {
        counters = map;
    }
}

static void count(void) {
    const int other = syscall(SYS_gettid) != getpid();
    __atomic_fetch_add(&counters[other], 1, __ATOMIC_RELAXED);
}

void* malloc(size_t size_bytes) {
    count();
    return __libc_malloc(size_bytes);
}

void* calloc(size_t number, size_t size_bytes) {
    count();
    return __libc_calloc(number, size_bytes);
}

void* realloc(void* old, size_t size_bytes) {
    count();
    return __libc_realloc(old, size_bytes);
}

void* aligned_alloc(size_t alignment, size_t size_bytes) {
    count();
    return __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void** to, size_t alignment, size_t size_bytes) {
    count();
    *to = __libc_memalign(alignment, size_bytes);
    return *to == NULL;
}
