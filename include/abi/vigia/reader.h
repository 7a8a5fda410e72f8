/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The reader: map a file, validate its header once, use the records in place. Header-only, user space
 * only, C11 and C++17 and newer, 64-bit machines. Nothing is allocated or copied.
 *
 *   struct vigia_file file;
 *   const char *error = vigia_open("/run/vigia/processes", VIGIA_FILE_PROCESSES, &file);
 *   if (error) ...
 *   struct vigia_view view;
 *   unsigned attempts = 0;
 *   do {
 *           if (!vigia_acquire(&file, &view)) ...nothing published yet...
 *           for (uint32_t i = 0; i < view.count[VIGIA_PROCESSES_REGION]; i++) {
 *                   const struct vigia_process *p = vigia_record(&view, VIGIA_PROCESSES_REGION, i);
 *                   ...use *p; believe nothing before vigia_still_valid() has said so...
 *           }
 *   } while (!vigia_still_valid(&view) && ++attempts < VIGIA_READ_ATTEMPTS);
 *   if (attempts == VIGIA_READ_ATTEMPTS) ...the writer lapped every attempt...
 *   vigia_close(&file);
 *
 * A reader that lives longer asks vigia_is_live() before each reading and reopens when it says no.
 *
 * Threads: a vigia_file may be read by any number of threads; a vigia_view belongs to one, and points to
 * its vigia_file, which must not move or close while the view is used.
 * Errors: vigia_open and vigia_validate return NULL, or one of the constant texts below. errno is kept
 * for VIGIA_ERROR_OPEN and VIGIA_ERROR_MAP.
 *
 * What a hostile file can do. It cannot make these functions leave the mapping: the header is copied once
 * and only the checked copy is used, record counts are clamped to the capacity, paths to their region. It
 * can hold any values in the records, and change them at any time: a value that is checked and then used
 * must be read once (vigia_copy). A file that shrinks under its mapping raises SIGBUS, as with every mmap;
 * Vigia's writers never shrink a file, they replace it.
 */
#ifndef VIGIA_READER_H
#define VIGIA_READER_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups.h"
#include "info.h"
#include "memory.h"
#include "processes.h"
#include "system.h"

#ifndef O_CLOEXEC
#error "vigia/reader.h needs POSIX.1-2008: with a strict -std=c11, define _POSIX_C_SOURCE 200809L first"
#endif
#if UINTPTR_MAX < UINT64_MAX
#error "vigia/reader.h needs a 64-bit machine: it loads 64-bit words atomically from read-only memory"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef VIGIA_READ_ATTEMPTS
#define VIGIA_READ_ATTEMPTS 8
#endif

#define VIGIA_ERROR_OPEN "cannot be opened"
#define VIGIA_ERROR_MAP "cannot be mapped"
#define VIGIA_ERROR_SHORT "is truncated: shorter than its own header says"
#define VIGIA_ERROR_MAGIC "is not a Vigia file (wrong magic)"
#define VIGIA_ERROR_ENDIAN "was written on a machine of the other byte order"
#define VIGIA_ERROR_NEWER                                                                                    \
	"was written by a newer Vigia that this reader cannot understand: upgrade the reader"
#define VIGIA_ERROR_OLDER                                                                                    \
	"was written by an older Vigia that lacks what this reader needs: upgrade the writer"
#define VIGIA_ERROR_KIND "is a Vigia file of another kind"
#define VIGIA_ERROR_LAYOUT "is damaged: its offsets and sizes contradict each other"
#define VIGIA_ERROR_RESERVED "sets reserved fields that this reader does not know"

/* A mapped file. `header` is the validated copy of the constant fields; `map` is the live memory. */
struct vigia_file {
	const unsigned char *map;
	size_t size_bytes;
	struct vigia_file_header header;
};

/* One snapshot in use. Valid as long as the file stays open and vigia_still_valid() says so. */
struct vigia_view {
	const struct vigia_file *file;
	const struct vigia_slot *slot;
	uint64_t sequence;
	uint32_t count[VIGIA_REGION_COUNT]; /* records in each region, never above the capacity */
	uint32_t retries;                   /* times that vigia_acquire met the writer in the slot */
};

/*
 * The smallest stride that each region of each kind may have: the record sizes of the version that the kind
 * came with. They stay when a struct grows, for the files of older writers; VIGIA_HAS_FIELD then tells what
 * is there.
 */
static inline uint32_t vigia_minimum_record_size_bytes(uint32_t kind, unsigned region)
{
	static const uint16_t minimum[VIGIA_FILE_CGROUPS + 1][VIGIA_REGION_COUNT] = {
	    {0, 0, 0, 0},        /* no such kind */
	    {272, 0, 0, 0},      /* info */
	    {408, 120, 352, 0},  /* system: host, CPUs, mounts */
	    {1008, 432, 240, 0}, /* memory: host, nodes, zones */
	    {320, 0, 0, 0},      /* processes */
	    {440, 1, 0, 0},      /* cgroups: cgroups, text */
	};

	return kind <= VIGIA_FILE_CGROUPS && region < VIGIA_REGION_COUNT ? minimum[kind][region] : 0;
}

/* True if the writer's records are long enough to hold `field` of `type`. Needed for fields that came
 * after version 1, whatever their VALID bit says. */
#define VIGIA_HAS_FIELD(view, region, type, field)                                                           \
	((view)->file->header.regions[region].record_size_bytes >=                                           \
	 offsetof(type, field) + sizeof(((type *)0)->field))

/* The end of a region in its slot, or 0 if it does not lie between `begin` and the slot's end, or its
 * stride cannot hold the records of version 1. An unused region ends where it begins. */
static inline uint64_t vigia_region_end(const struct vigia_file_header *h, unsigned region, uint64_t begin)
{
	const struct vigia_region *r = &h->regions[region];
	uint32_t minimum = vigia_minimum_record_size_bytes(h->file_kind, region);
	uint64_t size_bytes = (uint64_t)r->record_size_bytes * r->record_capacity; /* 32 x 32 bits */

	if (r->record_size_bytes == 0 && minimum == 0)
		return r->record_capacity == 0 && r->offset_bytes == 0 ? begin : 0;
	if (minimum == 1 ? r->record_size_bytes != 1 : r->record_size_bytes < minimum)
		return 0;
	if (r->record_size_bytes != 1 && r->record_size_bytes % 8 != 0)
		return 0;
	if (r->offset_bytes % 8 != 0 || r->offset_bytes < begin || r->offset_bytes > h->slot_size_bytes)
		return 0;
	return size_bytes <= h->slot_size_bytes - r->offset_bytes ? r->offset_bytes + size_bytes : 0;
}

/* Magic, byte order, version and kind: whether the rest of the header can be understood at all. */
static inline const char *vigia_check_identity(const struct vigia_file_header *h, uint32_t kind)
{
	if (h->magic == __builtin_bswap64(VIGIA_FILE_MAGIC))
		return VIGIA_ERROR_ENDIAN;
	if (h->magic != VIGIA_FILE_MAGIC)
		return VIGIA_ERROR_MAGIC;
	if (h->endian_tag != VIGIA_ENDIAN_TAG)
		return VIGIA_ERROR_ENDIAN;
	if (h->abi_compatible > VIGIA_ABI_VERSION)
		return VIGIA_ERROR_NEWER;
	if (h->abi_version == 0)
		return VIGIA_ERROR_OLDER;
	if (h->abi_compatible == 0 || h->abi_compatible > h->abi_version)
		return VIGIA_ERROR_LAYOUT;
	if (h->file_kind != kind)
		return VIGIA_ERROR_KIND;
	return NULL;
}

/* Sizes and offsets against each other and against the `size_bytes` that are there. */
static inline const char *vigia_check_layout(const struct vigia_file_header *h, size_t size_bytes)
{
	uint64_t end = h->slot_header_size_bytes;
	unsigned i;

	if (h->header_size_bytes < sizeof(*h) || h->slot_header_size_bytes < sizeof(struct vigia_slot))
		return VIGIA_ERROR_OLDER;
	for (i = 0; i < sizeof(h->reserved_constant) / sizeof(h->reserved_constant[0]); i++)
		if (h->reserved_constant[i] != 0)
			return VIGIA_ERROR_RESERVED;
	if (h->total_size_bytes > size_bytes)
		return VIGIA_ERROR_SHORT;
	if (h->slot_count != VIGIA_SLOT_COUNT || h->writer_instance == 0)
		return VIGIA_ERROR_LAYOUT;
	if (h->slots_offset_bytes % 8 != 0 || h->slot_size_bytes % 8 != 0)
		return VIGIA_ERROR_LAYOUT;
	if (h->slots_offset_bytes < h->header_size_bytes || h->slots_offset_bytes > h->total_size_bytes)
		return VIGIA_ERROR_LAYOUT;
	if (h->slot_size_bytes < h->slot_header_size_bytes ||
	    h->slot_size_bytes > (h->total_size_bytes - h->slots_offset_bytes) / VIGIA_SLOT_COUNT)
		return VIGIA_ERROR_LAYOUT;
	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		end = vigia_region_end(h, i, end);
		if (end == 0)
			return VIGIA_ERROR_LAYOUT;
	}
	return NULL;
}

/*
 * Checks `size_bytes` bytes at `map`, which is aligned to 8, as a file of `kind`. On success fills `file`,
 * which refers to `map`; on an error `file` is left alone.
 */
static inline const char *vigia_validate(const void *map, size_t size_bytes, uint32_t kind,
					 struct vigia_file *file)
{
	struct vigia_file_header h;
	const char *error;

	if (size_bytes < sizeof(h))
		return VIGIA_ERROR_SHORT;
	memcpy(&h, map, sizeof(h));
	error = vigia_check_identity(&h, kind);
	if (!error)
		error = vigia_check_layout(&h, size_bytes);
	if (error)
		return error;
	file->map = (const unsigned char *)map;
	file->size_bytes = size_bytes;
	file->header = h;
	return NULL;
}

/*
 * How much of an open file to map: the size of the inode or, for a file of /proc, which has none there,
 * what its header says; read() at offset 0 gives the same header as the mapping. (Mapping first and
 * looking would raise SIGBUS on a file that is really empty.)
 */
static inline const char *vigia_mapping_size(int descriptor, size_t *size_bytes)
{
	struct vigia_file_header h;
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		return VIGIA_ERROR_OPEN;
	if (!S_ISREG(status.st_mode))
		return VIGIA_ERROR_MAGIC;
	*size_bytes = (size_t)status.st_size;
	if (status.st_size == 0) {
		if (pread(descriptor, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
			return VIGIA_ERROR_SHORT;
		if (h.magic != VIGIA_FILE_MAGIC)
			return VIGIA_ERROR_MAGIC;
		*size_bytes = (size_t)h.total_size_bytes;
	}
	return *size_bytes < sizeof(h) ? VIGIA_ERROR_SHORT : NULL;
}

/* Maps and validates an open file, which may be closed afterwards. On an error nothing stays mapped. */
static inline const char *vigia_map(int descriptor, uint32_t kind, struct vigia_file *file)
{
	size_t size_bytes;
	void *map;
	const char *error = vigia_mapping_size(descriptor, &size_bytes);

	if (error)
		return error;
	map = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, descriptor, 0);
	if (map == MAP_FAILED)
		return VIGIA_ERROR_MAP;
	error = vigia_validate(map, size_bytes, kind, file);
	if (error)
		munmap(map, size_bytes);
	return error;
}

/* Opens, maps and validates. On an error nothing stays open. */
static inline const char *vigia_open(const char *path, uint32_t kind, struct vigia_file *file)
{
	/* O_NONBLOCK: a FIFO under this name must not hold the reader up */
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *error;
	int error_number;

	if (descriptor < 0)
		return VIGIA_ERROR_OPEN;
	error = vigia_map(descriptor, kind, file);
	error_number = errno;
	close(descriptor);
	errno = error_number;
	return error;
}

static inline void vigia_close(struct vigia_file *file)
{
	if (file->map)
		munmap((void *)(uintptr_t)file->map, file->size_bytes);
	file->map = NULL;
}

static inline const struct vigia_file_header *vigia_live_header(const struct vigia_file *file)
{
	return (const struct vigia_file_header *)(const void *)file->map;
}

/* False once the writer has left or replaced the file: close and open again. */
static inline int vigia_is_live(const struct vigia_file *file)
{
	return __atomic_load_n(&vigia_live_header(file)->state, __ATOMIC_ACQUIRE) == VIGIA_FILE_LIVE;
}

/* Points `view` at slot `slot` (below VIGIA_SLOT_COUNT). Returns 0 if the writer is in it. */
static inline int vigia_enter_slot(const struct vigia_file *file, uint32_t slot, struct vigia_view *view)
{
	const struct vigia_file_header *h = &file->header;
	const unsigned char *begin = file->map + h->slots_offset_bytes + slot * h->slot_size_bytes;
	unsigned i;

	view->file = file;
	view->slot = (const struct vigia_slot *)(const void *)begin;
	/* pairs with the writer's release store of the even sequence */
	view->sequence = __atomic_load_n(&view->slot->sequence, __ATOMIC_ACQUIRE);
	for (i = 0; i < VIGIA_REGION_COUNT; i++) {
		uint32_t count = __atomic_load_n(&view->slot->record_count[i], __ATOMIC_RELAXED);
		uint32_t capacity = h->regions[i].record_capacity;

		view->count[i] = count < capacity ? count : capacity;
	}
	return (view->sequence & 1) == 0;
}

static inline uint32_t vigia_current_slot(const struct vigia_file *file)
{
	/* pairs with the writer's release store of current_slot */
	return __atomic_load_n(&vigia_live_header(file)->current_slot, __ATOMIC_ACQUIRE);
}

/*
 * Takes the newest snapshot into `view`. Returns 0 if nothing has been published. To meet the writer in
 * the slot it must have published twice since current_slot was loaded, so the newest one is elsewhere now:
 * looks again, a bounded number of times. So it does if the slot was filled anew, but is not current yet:
 * else the next look could find an older snapshot than this one.
 */
static inline int vigia_acquire(const struct vigia_file *file, struct vigia_view *view)
{
	for (view->retries = 0; view->retries < VIGIA_READ_ATTEMPTS; view->retries++) {
		uint32_t slot = vigia_current_slot(file);

		if (slot >= VIGIA_SLOT_COUNT)
			return 0;
		if (vigia_enter_slot(file, slot, view) && vigia_current_slot(file) == slot)
			return view->sequence != 0; /* 0: no writer was ever in there */
	}
	return 0;
}

/* Record `index` (below view->count[region]) of `region`, in place. */
static inline const void *vigia_record(const struct vigia_view *view, unsigned region, uint32_t index)
{
	const struct vigia_region *r = &view->file->header.regions[region];

	return (const unsigned char *)view->slot + r->offset_bytes + (uint64_t)index * r->record_size_bytes;
}

/* g++ warns of fences under -fsanitize=thread, which does not model them; the loads beside this one are
 * atomic, so that it has nothing to report either. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
/* True if nothing that was read since vigia_acquire() can have been overwritten meanwhile. */
static inline int vigia_still_valid(const struct vigia_view *view)
{
	/* pairs with the writer's release fence after its odd store of sequence */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&view->slot->sequence, __ATOMIC_RELAXED) == view->sequence;
}
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/*
 * Copies `size_bytes` bytes, a multiple of 8 as all records are, word by word with atomic loads: each word
 * is read exactly once and ThreadSanitizer sees no race with a writer that stores words atomically.
 */
static inline void vigia_copy(void *to, const void *from, size_t size_bytes)
{
	typedef uint64_t __attribute__((may_alias)) vigia_word;
	const vigia_word *word = (const vigia_word *)from;
	size_t i;

	for (i = 0; i < size_bytes / sizeof(*word); i++) {
		uint64_t value = __atomic_load_n(&word[i], __ATOMIC_RELAXED);

		memcpy((unsigned char *)to + i * sizeof(value), &value, sizeof(value));
	}
}

/* A cgroup's path in place, not NUL-terminated; its length goes to *size_bytes (0 if out of bounds). */
static inline const char *vigia_cgroup_path(const struct vigia_view *view, const struct vigia_cgroup *cgroup,
					    uint32_t *size_bytes)
{
	/* loaded once: a hostile writer could change them between the check and the use */
	uint32_t offset = __atomic_load_n(&cgroup->path_offset_bytes, __ATOMIC_RELAXED);
	uint32_t size = __atomic_load_n(&cgroup->path_size_bytes, __ATOMIC_RELAXED);
	uint32_t end = view->count[VIGIA_CGROUPS_REGION_TEXT];

	if (offset > end || size > end - offset)
		offset = size = 0;
	*size_bytes = size;
	return (const char *)vigia_record(view, VIGIA_CGROUPS_REGION_TEXT, offset);
}

#ifdef __cplusplus
}
#endif

#endif /* VIGIA_READER_H */
