// SPDX-License-Identifier: GPL-2.0
/*
 * The rival of S1: a bpf_iter program that writes the fields of struct vigia_process for each process. It
 * reads the leader's counters alone; the sums over a process's threads would come on top.
 *
 * The kernel's structs are declared as far as they are read; libbpf finds their fields in each kernel.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define BTF __attribute__((preserve_access_index))
#define exists(field) __builtin_preserve_field_info(field, 2)

static long (*const bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*const bpf_seq_write)(void *seq, const void *data, u32 size) = (void *)127;

struct kernfs_node {
	u64 id;
} BTF;
struct cgroup {
	struct kernfs_node *kn;
} BTF;
struct css_set {
	struct cgroup *dfl_cgrp;
} BTF;
struct upid {
	int nr;
} BTF;
struct pid {
	u32 level;
	struct upid numbers[1];
} BTF;
struct upid_layout {
	int nr;
	void *ns;
};
typedef struct {
	u32 val;
} kuid_t;
struct cred {
	kuid_t uid;
	kuid_t euid;
} BTF;
struct prev_cputime {
	u64 utime;
	u64 stime;
} BTF;
struct task_io_accounting {
	u64 rchar, wchar, syscr, syscw, read_bytes, write_bytes, cancelled_write_bytes;
} BTF;
struct signal_struct {
	int nr_threads;
	short oom_score_adj;
	struct prev_cputime prev_cputime;
} BTF;
struct sched_entity {
	u64 sum_exec_runtime;
} BTF;
struct sched_info {
	u64 run_delay;
} BTF;
struct task_delay_info {
	u64 blkio_delay;
} BTF;
struct percpu_counter {
	long long count;
} BTF;
struct mm_struct {
	unsigned long hiwater_rss;
	unsigned long total_vm;
	struct percpu_counter rss_stat[4];
} BTF;
struct mm_rss_stat {
	struct {
		long long counter;
	} count[4];
} BTF;
struct mm_struct___before_6_2 {
	struct mm_rss_stat rss_stat;
} BTF;
struct task_struct {
	u32 flags;
	u32 exit_state;
	int pid, tgid;
	int static_prio;
	u32 __state;
	struct task_struct *real_parent;
	struct pid *thread_pid;
	u64 utime, stime, start_boottime;
	unsigned long nvcsw, nivcsw, min_flt, maj_flt;
	const struct cred *real_cred;
	struct css_set *cgroups;
	struct signal_struct *signal;
	struct mm_struct *mm;
	struct sched_entity se;
	struct sched_info sched_info;
	struct task_delay_info *delays;
	struct task_io_accounting ioac;
	char comm[16];
} BTF;
struct task_struct___before_5_14 {
	long state;
} BTF;
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
} BTF;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} BTF;

struct record {
	u64 field[40];
};

static inline void read_pages(struct record *r, struct mm_struct *mm)
{
	struct mm_struct___before_6_2 *old = (void *)mm;

	if (exists(old->rss_stat.count)) {
		long long pages[4] = {};

		bpf_probe_read_kernel(pages, sizeof(pages), &old->rss_stat);
		r->field[16] = pages[1];
		r->field[17] = pages[0];
		r->field[18] = pages[3];
		r->field[21] = pages[2];
	} else {
		r->field[16] = mm->rss_stat[1].count;
		r->field[17] = mm->rss_stat[0].count;
		r->field[18] = mm->rss_stat[3].count;
		r->field[21] = mm->rss_stat[2].count;
	}
	r->field[15] = r->field[16] + r->field[17] + r->field[18];
	r->field[19] = mm->hiwater_rss;
	r->field[20] = mm->total_vm;
}

static inline void read_identity(struct record *r, struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;
	struct pid *pid = task->thread_pid;
	int inner = 0;

	r->field[0] = task->tgid | (u64)task->real_parent->tgid << 32;
	r->field[1] = task->start_boottime;
	r->field[3] = task->cgroups->dfl_cgrp->kn->id;
	bpf_probe_read_kernel(&inner, sizeof(inner),
			      (char *)&pid->numbers[0] +
				      (pid->level & 31) * sizeof(struct upid_layout));
	r->field[4] = (u32)inner | (u64)task->signal->nr_threads << 32;
	r->field[5] = task->real_cred->uid.val | (u64)task->real_cred->euid.val << 32;
	r->field[6] = exists(task->__state) ? task->__state : (u32)old->state;
	r->field[6] |= (u64)(task->exit_state) << 32;
	r->field[7] = (u32)task->static_prio | (u64)(u32)task->signal->oom_score_adj << 32;
	r->field[8] = task->flags;
	bpf_probe_read_kernel(&r->field[9], 16, task->comm);
}

SEC("iter/task") int dump_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct record r = {};

	if (!task || task->pid != task->tgid)
		return 0;
	read_identity(&r, task);
	r.field[11] = task->se.sum_exec_runtime;
	r.field[12] = task->utime;
	r.field[13] = task->stime;
	r.field[14] = task->sched_info.run_delay;
	if (task->delays)
		r.field[22] = task->delays->blkio_delay;
	if (task->mm)
		read_pages(&r, task->mm);
	r.field[23] = task->min_flt;
	r.field[24] = task->maj_flt;
	r.field[25] = task->ioac.rchar;
	r.field[26] = task->ioac.wchar;
	r.field[27] = task->ioac.syscr;
	r.field[28] = task->ioac.syscw;
	r.field[29] = task->ioac.read_bytes;
	r.field[30] = task->ioac.write_bytes;
	r.field[31] = task->ioac.cancelled_write_bytes;
	r.field[32] = task->nvcsw;
	r.field[33] = task->nivcsw;
	bpf_seq_write(context->meta->seq, &r, sizeof(r));
	return 0;
}

char license_text[] SEC("license") = "GPL";
