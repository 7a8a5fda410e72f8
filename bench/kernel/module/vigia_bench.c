// SPDX-License-Identifier: GPL-2.0
/*
 * For bench/kernel.sh alone, never for a host: what the walk of vigia_processes costs, part by part, and a
 * rival, one text file with the same fields of all processes.
 *
 *	/proc/vigia_bench_parts   reading it walks several times, each time with one part more, and says
 *	                          "PART PROCESSES NANOSECONDS LONGEST": the last is the longest time between
 *	                          two chances to reschedule. Under QEMU's -icount shift=0 a nanosecond is an
 *	                          instruction.
 *	/proc/vigia_bench_dump    one line per process, by seq_file
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>

/* When the walk last gave way, and the longest time that it did not. One reader at a time. */
static u64 bench_last_ns;
static u64 bench_longest_ns;

static void bench_give_way(void)
{
	u64 now = ktime_get_ns();

	bench_longest_ns = max(bench_longest_ns, now - bench_last_ns);
	cond_resched();
	bench_last_ns = ktime_get_ns();
}

#define vigia_walk_cond_resched() bench_give_way()

#include "processes_record.h"

enum bench_part {
	BENCH_WALK,
	BENCH_IDENTITY,
	BENCH_MEMORY,
	BENCH_COUNTERS,
	BENCH_ALL,
	BENCH_PARTS
};

static const char *const bench_names[] = { "walk", "identity", "memory", "counters", "all" };

/* As many records as the caches of a CPU would see go by. */
static struct vigia_process bench_records[64];

/* The parts of a process with one thread, up to `part`. */
static __always_inline void bench_read(struct vigia_process *record, struct task_struct *leader,
				       struct pid *pid, struct vigia_reading *reading,
				       const enum bench_part part)
{
	if (part == BENCH_ALL) {
		vigia_read_process(record, leader, pid, reading, false);
		return;
	}
	if (part >= BENCH_IDENTITY)
		vigia_write_identity(record, leader, pid, reading);
	if (part >= BENCH_MEMORY)
		vigia_read_memory(record, leader, reading->rss_error_bytes);
	if (part >= BENCH_COUNTERS)
		vigia_set_counters(record, leader);
}

static __always_inline void bench_walk(struct seq_file *file, const enum bench_part part)
{
	struct vigia_walk walk;
	struct vigia_reading reading = {
		.walk = &walk,
#ifdef CONFIG_CGROUPS
		.hierarchy = vigia_hierarchy_find(),
#endif
	};
	struct task_struct *leader;
	u64 begin_ns, duration_ns;
	u32 count = 0;

	bench_longest_ns = 0;
	begin_ns = bench_last_ns = ktime_get_ns();
	vigia_walk_begin(&walk);
	while ((leader = vigia_walk_next(&walk)))
		bench_read(&bench_records[count++ % ARRAY_SIZE(bench_records)], leader,
			   vigia_walk_pid(&walk), &reading, part);
	vigia_walk_end(&walk);
	duration_ns = ktime_get_ns() - begin_ns;
	bench_longest_ns = max(bench_longest_ns, ktime_get_ns() - bench_last_ns);
	seq_printf(file, "%s %u %llu %llu\n", bench_names[part], count, duration_ns,
		   bench_longest_ns);
}

static int bench_parts_show(struct seq_file *file, void *unused)
{
	bench_walk(file, BENCH_WALK);
	bench_walk(file, BENCH_IDENTITY);
	bench_walk(file, BENCH_MEMORY);
	bench_walk(file, BENCH_COUNTERS);
	bench_walk(file, BENCH_ALL);
	return 0;
}

/* The rival: the same records as text. */

static void *bench_dump_at(loff_t *pos)
{
	int id = *pos;
	struct pid *pid;

	while ((pid = idr_get_next(&init_pid_ns.idr, &id))) {
		struct task_struct *leader = vigia_walk_leader(pid);

		if (leader) {
			*pos = id;
			return leader;
		}
		id++;
	}
	return NULL;
}

static void *bench_dump_start(struct seq_file *file, loff_t *pos)
{
	rcu_read_lock();
	return bench_dump_at(pos);
}

static void *bench_dump_next(struct seq_file *file, void *leader, loff_t *pos)
{
	++*pos;
	return bench_dump_at(pos);
}

static void bench_dump_stop(struct seq_file *file, void *leader)
{
	rcu_read_unlock();
}

static int bench_dump_show(struct seq_file *file, void *item)
{
	struct vigia_reading reading = {
#ifdef CONFIG_CGROUPS
		.hierarchy = { VIGIA_HIERARCHY_DEFAULT, VIGIA_CGROUP_V2 },
#endif
	};
	struct task_struct *leader = item;
	struct vigia_process *r = &bench_records[0];
	const u64 *field;

	if (!vigia_read_process(r, leader, task_tgid(leader), &reading, false))
		return 0;
	seq_printf(file, "%u %u %llu %llu %u %u %u %u %u %u %d %d %u (%s)", r->pid, r->parent_pid,
		   r->start_time_ns, r->cgroup_id, r->namespace_pid, r->thread_count, r->uid,
		   r->effective_uid, r->state, r->flags, r->nice, r->oom_score_adjustment,
		   r->last_cpu, r->comm);
	for (field = &r->cpu_runtime_ns; field < r->reserved; field++)
		seq_put_decimal_ull(file, " ", *field);
	seq_putc(file, '\n');
	return 0;
}

static const struct seq_operations bench_dump_operations = {
	.start = bench_dump_start,
	.next = bench_dump_next,
	.stop = bench_dump_stop,
	.show = bench_dump_show,
};

static int __init bench_init(void)
{
	if (!proc_create_single("vigia_bench_parts", 0400, NULL, bench_parts_show))
		return -ENOMEM;
	if (!proc_create_seq("vigia_bench_dump", 0400, NULL, &bench_dump_operations)) {
		remove_proc_entry("vigia_bench_parts", NULL);
		return -ENOMEM;
	}
	return 0;
}

static void __exit bench_exit(void)
{
	remove_proc_entry("vigia_bench_dump", NULL);
	remove_proc_entry("vigia_bench_parts", NULL);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Vigia: what its walk costs, for bench/kernel.sh");
MODULE_LICENSE("GPL");
