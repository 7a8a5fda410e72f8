// SPDX-License-Identifier: GPL-2.0
/*
 * As events.bpf.c, by perf's buffers: a record is made on the stack and copied into that of the CPU.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))

struct bpf_raw_tracepoint_args {
	u64 args[0];
};

/* As libbpf reads a map: one pointer per attribute. */
struct {
	int (*type)[4]; /* BPF_MAP_TYPE_PERF_EVENT_ARRAY */
	int (*key_size)[4];
	int (*value_size)[4];
} buffers SEC(".maps");

static u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static int (*const bpf_perf_event_output)(void *context, void *map, u64 flags, void *data,
					  u64 size) = (void *)25;

struct record {
	u64 words[16];
};

static inline __attribute__((always_inline)) int write_record(void *context, u64 kind)
{
	struct record record = {};

	record.words[0] = bpf_ktime_get_ns();
	record.words[1] = kind;
	record.words[2] = bpf_get_current_pid_tgid();
	bpf_perf_event_output(context, &buffers, 0xffffffffULL /* BPF_F_CURRENT_CPU */, &record,
			      sizeof(record));
	return 0;
}

SEC("raw_tp/sched_process_fork") int on_fork(struct bpf_raw_tracepoint_args *context)
{
	return write_record(context, 1);
}

SEC("raw_tp/sched_process_exec") int on_exec(struct bpf_raw_tracepoint_args *context)
{
	return write_record(context, 2);
}

SEC("raw_tp/sched_process_exit") int on_exit(struct bpf_raw_tracepoint_args *context)
{
	return write_record(context, 3);
}

char perf_license[] SEC("license") = "GPL";
