/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * `events`: what happened to processes and control groups, as it happens. No snapshot: one ring of
 * fixed-size records per CPU, the oldest overwritten by the newest.
 *
 * Writer:  vigia_events.ko by the kernel's tracepoints, or a publisher. vigia/events_writer.h is the
 *          writer's half of the protocol, for both.
 * Readers: any number, each with a cursor of its own per ring, mapping the file read-only: the writer knows
 *          none of them and never waits. vigia/events_reader.h is the reader:
 *
 *   struct vigia_events events;
 *   const char *error = vigia_events_open("/proc/vigia/events", VIGIA_EVENTS_OLDEST, &events);
 *   if (error) ...
 *   for (;;) {
 *           const struct vigia_event *event;
 *           while ((event = vigia_events_next(&events)) != NULL)
 *                   if (event->kind == VIGIA_EVENT_EXIT) ...vigia_event_as_exit(event).cpu_runtime_ns...
 *           ...vigia_events_lost_count(&events) is exact: received + lost is what was written...
 *           if (events.error || !vigia_events_wait(&events, 1000)) ...damaged; or the writer left: reopen...
 *   }
 *   vigia_events_close(&events);
 *
 * Layout. The file header (file.h) is used as for snapshots, but that a slot is a ring:
 *
 *   0                     struct vigia_file_header
 *   slots_offset_bytes    ring 0 ┐ slot_count of them: in the kernel's file ring N is CPU N's, for
 *     + slot_size_bytes   ring 1 │ every CPU that may ever come online; a publisher may have one for
 *     ...                        ┘ all. Each: struct vigia_ring, then region 0, its records
 *
 *   ring + regions[0].offset_bytes + (i % record_capacity) * regions[0].record_size_bytes    record i
 *
 * record_capacity is a power of two, 16 or more. regions[1] to [3] are unused, current_slot is
 * VIGIA_NO_SLOT. `generation` rises when pollers are woken: a bounded time after the first record that
 * they do not know, or when a quarter of a ring is new; not with every record. `features` has bit N if
 * this writer reports events of kind N.
 *
 * The protocol. Records of a ring are numbered from 0, in the order in which they were begun. The writer of
 * record i, of which there is one at a time per ring but for interrupts that come in between:
 *
 *   ring.head = i + 1;  release fence;  fill record i;  record.sequence = i + 1 (release)
 *
 * A reader that wants record i:
 *
 *   if (acquire(record.sequence) != i + 1) ...not there yet, or no longer...
 *   copy the record;
 *   acquire fence;
 *   if (ring.head > i + record_capacity) ...lost: record i + record_capacity was begun in its place...
 *
 * The writer's release store of `sequence` pairs with the reader's acquire load: the record is whole. Its
 * release fence after `head` pairs with the reader's acquire fence before the second look at `head`: a
 * reader that has seen one byte of the next record in this place finds that it was begun. So a reader knows
 * exactly which records it has lost, and which it still can have: the record_capacity newest.
 *
 * A file that is VIGIA_FILE_DEAD will get no more records, and those begun before are whole, unless the
 * writer was killed: read what is there, then open the path again.
 *
 * Time. time_ns is the writer's clock when the event happened, and ascends within a ring but for the
 * interrupts above. A cause's record is whole before its effect can happen: the fork before the child runs.
 *
 * Stability: append-only; records may become longer, which the stride says. Unknown kinds are to be skipped.
 */
#ifndef VIGIA_EVENTS_H
#define VIGIA_EVENTS_H

#include "file.h"

#define VIGIA_EVENTS_REGION 0
#define VIGIA_EVENTS_MIN_CAPACITY 16 /* records per ring */
#define VIGIA_EVENTS_MAX_RINGS 8192

/* In vigia_file_header.features of `events`: the writer reports events of this kind. */
#define VIGIA_EVENTS_FEATURE(kind) VIGIA_BIT(kind)

enum vigia_event_kind {
	VIGIA_EVENT_NONE = 0,
	VIGIA_EVENT_FORK = 1,           /* a process began: struct vigia_event_fork */
	VIGIA_EVENT_EXEC = 2,           /* ... runs another program: struct vigia_event_exec */
	VIGIA_EVENT_EXIT = 3,           /* ... ended, with its last thread: struct vigia_event_exit */
	VIGIA_EVENT_OOM_KILL = 4,       /* ... was chosen to die: struct vigia_event_oom_kill */
	VIGIA_EVENT_CGROUP_CREATED = 5, /* struct vigia_event_cgroup */
	VIGIA_EVENT_CGROUP_REMOVED = 6, /* "; its id never comes back */
	VIGIA_EVENT_SENSOR_LOADED = 7,  /* a file came into the directory: struct vigia_event_sensor */
	VIGIA_EVENT_SENSOR_UNLOADED = 8,
};

/* At the start of each ring, in cache lines of its own. */
struct vigia_ring {
	uint64_t head;          /* records begun since the writer started; only grows */
	uint64_t dropped_count; /* events known to the writer that it could not write; only grows */
	uint32_t cpu;           /* whose records these are; VIGIA_RING_ANY_CPU: see each record */
	uint32_t reserved0;
	uint64_t reserved[13];
};

#define VIGIA_RING_ANY_CPU 0xffffffffU
#define VIGIA_EVENT_ANY_CPU 0xffffU

#define VIGIA_EVENT_VALID_CGROUP (1U << 0)       /* cgroup_id */
#define VIGIA_EVENT_VALID_PARENT (1U << 1)       /* parent_pid */
#define VIGIA_EVENT_VALID_START_TIME (1U << 2)   /* start_time_ns; without it there is no identity */
#define VIGIA_EVENT_VALID_RUNTIME (1U << 3)      /* exit: cpu_runtime_ns */
#define VIGIA_EVENT_VALID_CPU_SPLIT (1U << 4)    /* exit: cpu_user_ns, cpu_system_ns */
#define VIGIA_EVENT_VALID_RSS (1U << 5)          /* exit: rss_peak_bytes; OOM kill: rss_*_bytes */
#define VIGIA_EVENT_VALID_FAULTS (1U << 6)       /* exit: minor_faults, major_faults */
#define VIGIA_EVENT_VALID_IO (1U << 7)           /* exit: read_*, write_* */
#define VIGIA_EVENT_VALID_STATUS (1U << 8)       /* exit: exit_code, exit_signal */
#define VIGIA_EVENT_VALID_NAME (1U << 9)         /* comm; exec: file_name */
#define VIGIA_EVENT_VALID_USER (1U << 10)        /* uid */
#define VIGIA_EVENT_VALID_TRIGGER (1U << 11)     /* OOM kill: trigger_* */
#define VIGIA_EVENT_VALID_PARENT_TIME (1U << 12) /* fork: parent_start_time_ns */
#define VIGIA_EVENT_VALID_PATH (1U << 13)        /* cgroup: path */

/*
 * Any event. What stands behind cgroup_id depends on the kind: the structs below are this one with names
 * for `body`. A field whose group is not in `valid` is zero and means nothing.
 */
struct vigia_event {
	uint64_t sequence; /* number of this record in its ring + 1; written last */
	uint64_t time_ns;  /* CLOCK_MONOTONIC */
	uint16_t kind;     /* enum vigia_event_kind */
	uint16_t cpu;      /* where it happened; VIGIA_EVENT_ANY_CPU: unknown */
	uint32_t valid;    /* VIGIA_EVENT_VALID_* */
	uint32_t pid;      /* of whom this is about: thread group id in the host's pid namespace; or 0 */
	uint32_t parent_pid;
	uint64_t start_time_ns; /* of the process: CLOCK_BOOTTIME at fork, as in `processes` */
	uint64_t cgroup_id;     /* of the process, or the cgroup that this is about; as in `cgroups` */
	uint64_t body[10];
};

#define VIGIA_EVENT_COMM_SIZE_BYTES 16
#define VIGIA_EVENT_FILE_NAME_SIZE_BYTES 72
#define VIGIA_EVENT_PATH_SIZE_BYTES 64

#define VIGIA_EVENT_FORK_KERNEL_THREAD VIGIA_BIT(0)

/* A new process; new threads are not reported. pid is the child's, parent_pid its parent's. */
struct vigia_event_fork {
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t valid;
	uint32_t pid;
	uint32_t parent_pid;
	uint64_t start_time_ns;
	uint64_t cgroup_id;
	uint64_t parent_start_time_ns;
	char comm[VIGIA_EVENT_COMM_SIZE_BYTES]; /* its parent's; bytes, NUL-padded */
	uint32_t uid;                           /* real */
	uint32_t namespace_pid;                 /* pid in the innermost pid namespace; 0: unknown */
	uint64_t flags;                         /* VIGIA_EVENT_FORK_* */
	uint64_t reserved[5];
};

/* A process that runs another program from here on. */
struct vigia_event_exec {
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t valid;
	uint32_t pid;
	uint32_t parent_pid;
	uint64_t start_time_ns;
	uint64_t cgroup_id;
	uint32_t uid; /* real */
	/* Of the whole name: if that is longer than the field, the field has its beginning. */
	uint32_t file_name_length_bytes;
	/* As given to exec (of a script: the script's); bytes as they are, NUL-padded. */
	char file_name[VIGIA_EVENT_FILE_NAME_SIZE_BYTES];
};

/*
 * The end of a process, when its last thread ends; not of each thread. Counters as in `processes`, and as
 * they were left: over all its threads, from fork to the end; I/O with that of children it waited for.
 */
struct vigia_event_exit {
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t valid;
	uint32_t pid;
	uint32_t parent_pid;
	uint64_t start_time_ns;
	uint64_t cgroup_id;
	uint8_t exit_code;       /* what the program said */
	uint8_t exit_signal;     /* what it was ended by; 0: it ended itself */
	uint16_t flags;          /* VIGIA_EVENT_EXIT_* */
	uint32_t major_faults;   /* 0xffffffff: that many, or more */
	uint64_t cpu_runtime_ns; /* time on a CPU; user + system come from the scheduler's sampling of it */
	uint64_t cpu_user_ns;
	uint64_t cpu_system_ns;
	uint64_t rss_peak_bytes;
	uint64_t minor_faults;
	uint64_t read_bytes;  /* fetched from storage */
	uint64_t write_bytes; /* dirtied towards storage */
	uint64_t read_calls;
	uint64_t write_calls;
};

#define VIGIA_EVENT_EXIT_CORE_DUMPED (1U << 0)
/* It never had a memory of its own, as threads of the kernel do not. */
#define VIGIA_EVENT_EXIT_KERNEL_THREAD (1U << 1)
/* Its I/O is without that of children, and each thread's bytes and calls are cut down to whole 1024s. */
#define VIGIA_EVENT_EXIT_COARSE_IO (1U << 2)

/* A process that the kernel chose to kill for lack of memory; its exit follows. */
struct vigia_event_oom_kill {
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t valid;
	uint32_t pid; /* the victim */
	uint32_t parent_pid;
	uint64_t start_time_ns;
	uint64_t cgroup_id;
	char comm[VIGIA_EVENT_COMM_SIZE_BYTES];
	uint64_t trigger_cgroup_id;   /* of the process whose need for memory set it off */
	uint32_t trigger_pid;         /* ... its thread group id */
	int32_t oom_score_adjustment; /* -1000 to 1000 */
	uint64_t rss_anon_bytes;
	uint64_t rss_file_bytes;
	uint64_t rss_shared_bytes;
	uint32_t uid; /* real */
	uint32_t reserved0;
	uint64_t reserved[2];
};

/* A control group that came or went. cgroup_id is its own; pid and start_time_ns say who did it, if known. */
struct vigia_event_cgroup {
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t valid;
	uint32_t pid;
	uint32_t parent_pid;
	uint64_t start_time_ns;
	uint64_t cgroup_id;
	uint64_t parent_cgroup_id;
	/* Of the whole path in its hierarchy: if that is longer than the field, the field has its end. */
	uint32_t path_length_bytes;
	uint32_t depth;                         /* 0 is the root */
	char path[VIGIA_EVENT_PATH_SIZE_BYTES]; /* bytes, NUL-padded */
};

/* A file of the directory whose writer came or went. */
struct vigia_event_sensor {
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t kind;
	uint16_t cpu;
	uint32_t valid;
	uint32_t pid; /* who did it, if known */
	uint32_t parent_pid;
	uint64_t start_time_ns;
	uint64_t cgroup_id;
	uint64_t file_kind;                     /* enum vigia_file_kind */
	char name[VIGIA_EVENT_COMM_SIZE_BYTES]; /* of the file; NUL-padded */
	uint64_t reserved[7];
};

#endif /* VIGIA_EVENTS_H */
