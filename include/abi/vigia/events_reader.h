/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The reader of `events`: maps the file, follows every ring with a cursor of its own, merges them by time,
 * and counts exactly what it lost. Header-only, user space only, C11 and C++17 and newer, 64-bit machines.
 * vigia/events.h has the reader's loop.
 *
 * Memory is allocated once, when the file is opened: 8 KiB a ring. Reading allocates nothing, blocks on
 * nothing, and takes a bounded time whatever the writer does: a reader that a writer keeps overtaking gets
 * what it can, and the count of what it could not.
 *
 * Order. vigia_events_next() gives the records of a ring in their order, and those of different rings by
 * time, with two promises: a cause comes before its effect, and a record that comes after a later one (for
 * its writer was slow) is of another CPU and has no part in it.
 *
 * Lost. For each ring, received + buffered + lost = cursor - where the reader began. Records that were there
 * before the reader began (VIGIA_EVENTS_NEWEST; or overwritten before VIGIA_EVENTS_OLDEST) are not lost.
 * What the writer itself could not write is vigia_events_dropped_count().
 *
 * CPUs come and go: the kernel's file has a ring for every CPU that may come online, so a reader has nothing
 * to do.
 *
 * Threads: a struct vigia_events belongs to one; any number of them may read the same file.
 * Errors: as in reader.h. A file that contradicts itself while it is read sets `error` to
 * VIGIA_ERROR_RING, and gives nothing any more.
 */
#ifndef VIGIA_EVENTS_READER_H
#define VIGIA_EVENTS_READER_H

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#include "control.h"
#include "events.h"
#include "reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Records copied from a ring at once, and then checked together. */
#ifndef VIGIA_EVENTS_BATCH
#define VIGIA_EVENTS_BATCH 64
#endif

#define VIGIA_ERROR_RING "is damaged: a ring has gone backwards"
#define VIGIA_ERROR_MEMORY "has more rings than there is memory for"

enum vigia_events_start {
	VIGIA_EVENTS_OLDEST = 0, /* with what is still there */
	VIGIA_EVENTS_NEWEST = 1, /* with what comes from now on */
};

/* One ring's reader. */
struct vigia_events_ring {
	const struct vigia_ring *ring;
	uint64_t cursor;         /* number of the next record to copy */
	uint64_t received_count; /* given by vigia_events_next() */
	uint64_t lost_count;     /* overwritten before they could be copied */
	uint32_t begin, end;     /* what is buffered, and not given yet */
	uint32_t is_behind;      /* the ring had more than was copied */
	uint32_t was_overtaken;  /* the last copy was in vain */
	struct vigia_event buffer[VIGIA_EVENTS_BATCH];
};

struct vigia_events {
	struct vigia_file file;
	int descriptor;    /* for poll(); -1 if there is none */
	const char *error; /* why nothing comes any more, or NULL */
	struct vigia_events_ring *rings;
	uint32_t ring_count;
	uint32_t current;        /* the ring to give from ... */
	uint64_t current_end_ns; /* ... up to this time, or until it is empty */
	uint64_t horizon_ns;     /* nothing later is given before the rings have been looked at again */
	uint64_t reopened_count;
	uint64_t closed_lost_count;    /* of files read before this one */
	uint64_t closed_dropped_count; /* " */
};

/* Layout of a file of rings: what vigia_check_layout() is for snapshots. */
static inline const char *vigia_events_check_layout(const struct vigia_file_header *h, size_t size_bytes)
{
	const struct vigia_region *r = &h->regions[VIGIA_EVENTS_REGION];
	uint64_t records_bytes = (uint64_t)r->record_size_bytes * r->record_capacity; /* 32 x 32 bits */
	unsigned i;

	if (h->header_size_bytes < sizeof(*h) || h->slot_header_size_bytes < sizeof(struct vigia_ring) ||
	    r->record_size_bytes < sizeof(struct vigia_event))
		return VIGIA_ERROR_OLDER;
	for (i = 0; i < sizeof(h->reserved_constant) / sizeof(h->reserved_constant[0]); i++)
		if (h->reserved_constant[i] != 0)
			return VIGIA_ERROR_RESERVED;
	if (h->total_size_bytes > size_bytes)
		return VIGIA_ERROR_SHORT;
	if (h->slot_count == 0 || h->slot_count > VIGIA_EVENTS_MAX_RINGS || h->writer_instance == 0)
		return VIGIA_ERROR_LAYOUT;
	if (h->slots_offset_bytes % 8 != 0 || h->slot_size_bytes % 8 != 0 || r->offset_bytes % 8 != 0 ||
	    r->record_size_bytes % 8 != 0)
		return VIGIA_ERROR_LAYOUT;
	if (h->slots_offset_bytes < h->header_size_bytes || h->slots_offset_bytes > h->total_size_bytes)
		return VIGIA_ERROR_LAYOUT;
	if (h->slot_size_bytes > (h->total_size_bytes - h->slots_offset_bytes) / h->slot_count)
		return VIGIA_ERROR_LAYOUT;
	if (r->record_capacity < VIGIA_EVENTS_MIN_CAPACITY ||
	    (r->record_capacity & (r->record_capacity - 1)) != 0)
		return VIGIA_ERROR_LAYOUT;
	if (r->offset_bytes < h->slot_header_size_bytes || r->offset_bytes > h->slot_size_bytes ||
	    records_bytes > h->slot_size_bytes - r->offset_bytes)
		return VIGIA_ERROR_LAYOUT;
	return NULL;
}

/* As vigia_validate(), for `events`. */
static inline const char *vigia_events_validate(const void *map, size_t size_bytes, struct vigia_file *file)
{
	struct vigia_file_header h;
	const char *error;

	if (size_bytes < sizeof(h))
		return VIGIA_ERROR_SHORT;
	memcpy(&h, map, sizeof(h));
	error = vigia_check_identity(&h, VIGIA_FILE_EVENTS);
	if (!error)
		error = vigia_events_check_layout(&h, size_bytes);
	if (error)
		return error;
	file->map = (const unsigned char *)map;
	file->size_bytes = size_bytes;
	file->header = h;
	return NULL;
}

static inline uint64_t vigia_events_head(const struct vigia_events_ring *ring)
{
	return __atomic_load_n(&ring->ring->head, __ATOMIC_RELAXED);
}

/* Puts the cursors where `start` says. */
static inline void vigia_events_begin(struct vigia_events *events, enum vigia_events_start start)
{
	uint64_t capacity = events->file.header.regions[VIGIA_EVENTS_REGION].record_capacity;
	uint32_t i;

	for (i = 0; i < events->ring_count; i++) {
		struct vigia_events_ring *ring = &events->rings[i];
		uint64_t head = vigia_events_head(ring);

		if (start == VIGIA_EVENTS_NEWEST)
			ring->cursor = head;
		else
			ring->cursor = head > capacity ? head - capacity : 0;
	}
}

/*
 * Reads from `file`, which vigia_events_validate() has filled and which becomes the reader's, with its
 * mapping. On an error the file stays the caller's.
 */
static inline const char *vigia_events_attach(const struct vigia_file *file, enum vigia_events_start start,
					      struct vigia_events *events)
{
	const struct vigia_file_header *h = &file->header;
	uint32_t i;

	memset(events, 0, sizeof(*events));
	events->descriptor = -1;
	events->rings = (struct vigia_events_ring *)calloc(h->slot_count, sizeof(*events->rings));
	if (!events->rings)
		return VIGIA_ERROR_MEMORY;
	events->file = *file;
	events->ring_count = h->slot_count;
	events->current = h->slot_count;
	for (i = 0; i < events->ring_count; i++)
		events->rings[i].ring =
		    (const struct vigia_ring *)(const void *)(file->map + h->slots_offset_bytes +
							      i * h->slot_size_bytes);
	vigia_events_begin(events, start);
	return NULL;
}

/* Maps and validates an open file. On an error nothing stays mapped. */
static inline const char *vigia_events_map(int descriptor, struct vigia_file *file)
{
	size_t size_bytes;
	void *map;
	const char *error = vigia_mapping_size(descriptor, &size_bytes);

	if (error)
		return error;
	map = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, descriptor, 0);
	if (map == MAP_FAILED)
		return VIGIA_ERROR_MAP;
	error = vigia_events_validate(map, size_bytes, file);
	if (error)
		munmap(map, size_bytes);
	return error;
}

/* Opens, maps and validates. On an error nothing stays open. */
static inline const char *vigia_events_open(const char *path, enum vigia_events_start start,
					    struct vigia_events *events)
{
	/* A publisher that looks whether it has readers is in the way for a moment (a lease). */
	const struct timespec moment = {0, 1000000};
	struct vigia_file file;
	const char *error;
	int descriptor, error_number, tries = 200;

	do
		descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (descriptor < 0 && errno == EWOULDBLOCK && --tries > 0 && nanosleep(&moment, NULL) == 0);
	if (descriptor < 0)
		return VIGIA_ERROR_OPEN;
	error = vigia_events_map(descriptor, &file);
	if (!error) {
		error = vigia_events_attach(&file, start, events);
		if (error)
			vigia_close(&file);
	}
	if (error) {
		error_number = errno;
		close(descriptor);
		errno = error_number;
		return error;
	}
	events->descriptor = descriptor;
	return NULL;
}

static inline void vigia_events_close(struct vigia_events *events)
{
	if (events->descriptor >= 0)
		close(events->descriptor);
	events->descriptor = -1;
	free(events->rings);
	events->rings = NULL;
	events->ring_count = events->current = 0;
	vigia_close(&events->file);
}

/* Records that were overwritten before this reader got them, in one ring and in all. */
static inline uint64_t vigia_events_ring_lost_count(const struct vigia_events *events, uint32_t ring)
{
	return ring < events->ring_count ? events->rings[ring].lost_count : 0;
}

static inline uint64_t vigia_events_lost_count(const struct vigia_events *events)
{
	uint64_t count = events->closed_lost_count;
	uint32_t i;

	for (i = 0; i < events->ring_count; i++)
		count += events->rings[i].lost_count;
	return count;
}

/* Events that the writer could not write at all, since it began: the same for every reader. */
static inline uint64_t vigia_events_dropped_count(const struct vigia_events *events)
{
	uint64_t count = events->closed_dropped_count;
	uint32_t i;

	for (i = 0; i < events->ring_count; i++)
		count += __atomic_load_n(&events->rings[i].ring->dropped_count, __ATOMIC_RELAXED);
	return count;
}

/* Rises when there is something new, but not with every record: for those who only look now and then. */
static inline uint64_t vigia_events_announced(const struct vigia_events *events)
{
	/* pairs with the release store in vigia_rings_announce() */
	return __atomic_load_n(&vigia_live_header(&events->file)->generation, __ATOMIC_ACQUIRE);
}

/* False once the writer has left: take what is still there, then vigia_events_reopen(). */
static inline int vigia_events_is_live(const struct vigia_events *events)
{
	return vigia_is_live(&events->file);
}

/*
 * Goes on with the file that is at `path` now, from the beginning of its rings if another writer made it:
 * what that one has overwritten since is counted as lost. On an error everything stays as it was.
 */
static inline const char *vigia_events_reopen(const char *path, struct vigia_events *events)
{
	struct vigia_events next;
	const char *error = vigia_events_open(path, VIGIA_EVENTS_OLDEST, &next);
	const struct vigia_file_header *before = &events->file.header, *now = &next.file.header;
	uint32_t i;

	if (error)
		return error;
	if (before->writer_instance == now->writer_instance &&
	    before->layout_generation == now->layout_generation) {
		vigia_events_close(&next); /* still the same */
		return NULL;
	}
	for (i = 0; i < next.ring_count; i++)
		next.rings[i].cursor = 0;
	next.reopened_count = events->reopened_count + 1;
	next.closed_lost_count = vigia_events_lost_count(events);
	next.closed_dropped_count = vigia_events_dropped_count(events);
	vigia_events_close(events);
	*events = next;
	return NULL;
}

/* Counts records up to `cursor` as lost. */
static inline void vigia_events_skip(struct vigia_events_ring *ring, uint64_t cursor)
{
	ring->lost_count += cursor - ring->cursor;
	ring->cursor = cursor;
}

/* The record in whose place record `number` of a ring is, or was, or will be. */
static inline const struct vigia_event *
vigia_events_place(const struct vigia_file_header *h, const struct vigia_events_ring *ring, uint64_t number)
{
	const struct vigia_region *r = &h->regions[VIGIA_EVENTS_REGION];

	return (const struct vigia_event *)(const void *)((const unsigned char *)ring->ring +
							  r->offset_bytes +
							  (number & (r->record_capacity - 1)) *
							      r->record_size_bytes);
}

/* Copies up to `count` records that follow the cursor, as far as they are whole, behind the buffered ones. */
static inline uint32_t vigia_events_copy(const struct vigia_file_header *h, struct vigia_events_ring *ring,
					 uint64_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint64_t number = ring->cursor + i;
		const struct vigia_event *event = vigia_events_place(h, ring, number);

		/* pairs with the writer's release store of the sequence */
		if (__atomic_load_n(&event->sequence, __ATOMIC_ACQUIRE) != number + 1)
			break;
		vigia_copy(&ring->buffer[ring->end + i], event, sizeof(*event));
	}
	return i;
}

/* g++ warns of fences under -fsanitize=thread, which does not model them. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
/*
 * Takes what a ring has, as far as the buffer has room, and throws away what was overwritten meanwhile.
 * Returns 0 if the ring contradicts itself.
 */
static inline int vigia_events_fetch(const struct vigia_file_header *h, struct vigia_events_ring *ring)
{
	uint64_t capacity = h->regions[VIGIA_EVENTS_REGION].record_capacity;
	uint64_t head = vigia_events_head(ring), room, oldest;
	uint32_t copied, gone;

	if (ring->begin == ring->end)
		ring->begin = ring->end = 0;
	if (head < ring->cursor)
		return 0;
	/* One that was overtaken while it copied the oldest goes for newer ones. */
	if (head - ring->cursor > capacity)
		vigia_events_skip(ring, head - (ring->was_overtaken ? capacity / 2 : capacity));
	room = VIGIA_EVENTS_BATCH - ring->end;
	copied = vigia_events_copy(h, ring, head - ring->cursor < room ? head - ring->cursor : room);
	/* pairs with the writer's release fence after its store of the head */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	head = vigia_events_head(ring);
	if (head < ring->cursor + copied)
		return 0;
	oldest = head > capacity ? head - capacity : 0;
	gone = 0;
	if (oldest > ring->cursor)
		gone = oldest - ring->cursor < copied ? (uint32_t)(oldest - ring->cursor) : copied;
	if (gone > 0) {
		memmove(&ring->buffer[ring->end], &ring->buffer[ring->end + gone],
			(copied - gone) * sizeof(ring->buffer[0]));
		vigia_events_skip(ring, ring->cursor + gone);
	}
	ring->was_overtaken = oldest > ring->cursor || (gone > 0 && gone == copied);
	ring->end += copied - gone;
	ring->cursor += copied - gone;
	/* what is begun, but not whole, is not there yet; what there was no room for is, whatever was lost */
	ring->is_behind = ring->was_overtaken || copied == room;
	return 1;
}
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/*
 * Looks at all rings, twice: what the second look finds is given only if it is no later than something
 * from the first. All that caused a record was whole before it; so whatever caused a record of the first
 * look is found by the second at the latest. Returns 0 if there is nothing, or an error.
 */
static inline int vigia_events_look(struct vigia_events *events)
{
	uint64_t horizon_ns = 0;
	uint32_t look, i;
	int found = 0;

	for (look = 0; look < 2; look++) {
		for (i = 0; i < events->ring_count; i++) {
			struct vigia_events_ring *ring = &events->rings[i];

			if (ring->end < VIGIA_EVENTS_BATCH || ring->begin == ring->end) {
				if (!vigia_events_fetch(&events->file.header, ring)) {
					events->error = VIGIA_ERROR_RING;
					return 0;
				}
			}
			if (look == 0 && ring->begin < ring->end) {
				uint64_t first_ns = ring->buffer[ring->begin].time_ns;
				uint64_t last_ns = ring->buffer[ring->end - 1].time_ns;

				/* a ring's times may go back, in an interrupt or a damaged file */
				last_ns = last_ns > first_ns ? last_ns : first_ns;
				horizon_ns = last_ns > horizon_ns ? last_ns : horizon_ns;
				found = 1;
			}
		}
		if (!found)
			return 0;
	}
	events->horizon_ns = horizon_ns;
	return 1;
}

/*
 * The ring whose next record is the earliest, and until when it stays so. Returns 0 if the rings have to be
 * looked at first: one is used up that has more (unless its writer is too fast: `wait` is 0 then), or
 * everything else is later than the horizon.
 */
static inline int vigia_events_choose(struct vigia_events *events, int wait)
{
	uint64_t first_ns = UINT64_MAX, second_ns = UINT64_MAX;
	uint32_t i, chosen = events->ring_count;

	events->current = events->ring_count;
	for (i = 0; i < events->ring_count; i++) {
		const struct vigia_events_ring *ring = &events->rings[i];
		uint64_t time_ns;

		if (ring->begin == ring->end) {
			if (ring->is_behind && wait)
				return 0;
			continue;
		}
		time_ns = ring->buffer[ring->begin].time_ns;
		if (chosen == events->ring_count || time_ns < first_ns) {
			second_ns = chosen == events->ring_count ? UINT64_MAX : first_ns;
			first_ns = time_ns;
			chosen = i;
		} else if (time_ns < second_ns) {
			second_ns = time_ns;
		}
	}
	if (chosen == events->ring_count || first_ns > events->horizon_ns)
		return 0;
	events->current = chosen;
	events->current_end_ns = second_ns < events->horizon_ns ? second_ns : events->horizon_ns;
	return 1;
}

/*
 * The next event, or NULL if there is none now. It stays where it is until the next call. `from`, if it is
 * not NULL, is told the number of its ring.
 */
static inline const struct vigia_event *vigia_events_next_of(struct vigia_events *events, uint32_t *from)
{
	unsigned attempts;

	for (attempts = 0; !events->error; attempts++) {
		if (events->current < events->ring_count) {
			struct vigia_events_ring *ring = &events->rings[events->current];

			if (ring->begin < ring->end &&
			    ring->buffer[ring->begin].time_ns <= events->current_end_ns) {
				ring->received_count++;
				if (from)
					*from = events->current;
				return &ring->buffer[ring->begin++];
			}
		}
		/* bounded: a writer that overtakes every attempt is not waited for */
		if (vigia_events_choose(events, attempts < VIGIA_READ_ATTEMPTS))
			continue;
		if (attempts >= VIGIA_READ_ATTEMPTS || !vigia_events_look(events))
			break;
	}
	return NULL;
}

static inline const struct vigia_event *vigia_events_next(struct vigia_events *events)
{
	return vigia_events_next_of(events, NULL);
}

/* Whether a ring has something for this reader. What was begun and is not whole may never be. */
static inline int vigia_events_is_pending(const struct vigia_events *events)
{
	const struct vigia_file_header *h = &events->file.header;
	uint32_t i;

	for (i = 0; i < events->ring_count; i++) {
		const struct vigia_events_ring *ring = &events->rings[i];
		const struct vigia_event *event = vigia_events_place(h, ring, ring->cursor);

		if (ring->begin < ring->end ||
		    vigia_events_head(ring) - ring->cursor >
			h->regions[VIGIA_EVENTS_REGION].record_capacity ||
		    __atomic_load_n(&event->sequence, __ATOMIC_RELAXED) == ring->cursor + 1)
			return 1;
	}
	return 0;
}

/* A writer that is no kernel cannot be waited for: looks now and then. */
static inline void vigia_events_nap(const struct vigia_events *events, int timeout_ms)
{
	struct timespec nap = {0, 0};
	int waited_ms, nap_ms = 5;

	for (waited_ms = 0; waited_ms < timeout_ms; waited_ms += nap_ms) {
		if (vigia_events_is_pending(events) || !vigia_events_is_live(events))
			return;
		if (nap_ms > timeout_ms - waited_ms)
			nap_ms = timeout_ms - waited_ms;
		nap.tv_nsec = nap_ms * 1000000L;
		nanosleep(&nap, NULL);
	}
}

/*
 * Waits until something new is announced, the writer leaves, a signal comes, or the time (not negative) is
 * up. To be called when vigia_events_next() has given NULL. Returns 0 when the writer has left, and all it
 * wrote has been given: then reopen.
 */
static inline int vigia_events_wait(struct vigia_events *events, int timeout_ms)
{
	struct vigia_refresh acknowledge;
	struct pollfd polled;
	int is_live = vigia_events_is_live(events);

	if (events->error || (!is_live && !vigia_events_is_pending(events)))
		return 0;
	if (!is_live)
		return 1;
	if (events->descriptor < 0 || events->file.header.writer_kind != VIGIA_WRITER_KERNEL) {
		vigia_events_nap(events, timeout_ms);
		return 1;
	}
	polled.fd = events->descriptor;
	polled.events = POLLIN;
	polled.revents = 0;
	if (poll(&polled, 1, timeout_ms) > 0 && (polled.revents & POLLIN) != 0) {
		/* before the rings are read: what comes from here on is announced anew */
		memset(&acknowledge, 0, sizeof(acknowledge));
		acknowledge.max_age_ns = UINT64_MAX;
		(void)ioctl(events->descriptor, VIGIA_IOC_REFRESH, &acknowledge);
	}
	return 1;
}

/*
 * An event as what its kind says it is: a copy, since C and C++ let no struct be read as another. Compilers
 * leave it out.
 */
static inline struct vigia_event_fork vigia_event_as_fork(const struct vigia_event *event)
{
	struct vigia_event_fork copy;

	memcpy(&copy, event, sizeof(copy));
	return copy;
}

static inline struct vigia_event_exec vigia_event_as_exec(const struct vigia_event *event)
{
	struct vigia_event_exec copy;

	memcpy(&copy, event, sizeof(copy));
	return copy;
}

static inline struct vigia_event_exit vigia_event_as_exit(const struct vigia_event *event)
{
	struct vigia_event_exit copy;

	memcpy(&copy, event, sizeof(copy));
	return copy;
}

static inline struct vigia_event_oom_kill vigia_event_as_oom_kill(const struct vigia_event *event)
{
	struct vigia_event_oom_kill copy;

	memcpy(&copy, event, sizeof(copy));
	return copy;
}

static inline struct vigia_event_cgroup vigia_event_as_cgroup(const struct vigia_event *event)
{
	struct vigia_event_cgroup copy;

	memcpy(&copy, event, sizeof(copy));
	return copy;
}

static inline struct vigia_event_sensor vigia_event_as_sensor(const struct vigia_event *event)
{
	struct vigia_event_sensor copy;

	memcpy(&copy, event, sizeof(copy));
	return copy;
}

/* Bytes of a NUL-padded field of `size_bytes`: never more, whatever the file says. */
static inline size_t vigia_event_text_size_bytes(const char *text, size_t size_bytes)
{
	size_t length = 0;

	while (length < size_bytes && text[length] != '\0')
		length++;
	return length;
}

#ifdef __cplusplus
}
#endif

#endif /* VIGIA_EVENTS_READER_H */
