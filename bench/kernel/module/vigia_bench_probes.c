// SPDX-License-Identifier: GPL-2.0
/*
 * For bench/events.sh alone, never for a host: what the probes of one tracepoint cost together.
 *
 *	/proc/vigia_bench_probes   "TRACEPOINT COUNT INSTRUCTIONS", a line for each: what most often lay
 *	                           between a first and a last probe of this module's. Under QEMU's -icount
 *	                           shift=0 a cycle of the clock is an instruction. What a probe costs is the
 *	                           difference of two readings, with it and with `empty=1`, which puts one
 *	                           that does nothing in its place.
 *	                           The last line is of a tracepoint of this module's own: what a lone
 *	                           empty probe costs there, which is the way to a probe.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>

static bool empty;
module_param(empty, bool, 0444);
MODULE_PARM_DESC(empty, "an empty probe at each tracepoint, between the first and the last");

#ifndef DECLARE_TRACE_EVENT /* before 6.16 */
#define DECLARE_TRACE_EVENT DECLARE_TRACE
#endif
DECLARE_TRACE_EVENT(vigia_bench, TP_PROTO(void *one, void *two, void *three),
		    TP_ARGS(one, two, three));
DEFINE_TRACE(vigia_bench, TP_PROTO(void *one, void *two, void *three), TP_ARGS(one, two, three));

#define BENCH_LIMIT 8192

struct bench_tracepoint {
	const char *name;
	struct tracepoint *tracepoint;
	unsigned long count;
	cycles_t begin;
	unsigned int times[BENCH_LIMIT]; /* that so many cycles lay between */
};

static struct bench_tracepoint tracepoints[] = {
	{ .name = "sched_process_fork" },
	{ .name = "sched_process_exec" },
	{ .name = "sched_process_exit" },
};

/* Whatever the tracepoint gives is not looked at. One CPU: -icount has no more. */
static void bench_first(struct bench_tracepoint *at)
{
	at->begin = get_cycles();
}

static void bench_last(struct bench_tracepoint *at)
{
	cycles_t cycles = get_cycles() - at->begin;

	at->count++;
	at->times[min_t(cycles_t, cycles, BENCH_LIMIT - 1)]++;
}

static void bench_empty(void *data)
{
}

#define BENCH_CALLS 1000

/* The own tracepoint, many times; the least, as interrupts come in between. */
static unsigned int bench_calls(void)
{
	unsigned int least = UINT_MAX, attempt, i;

	for (attempt = 0; attempt < 20; attempt++) {
		cycles_t begin = get_cycles();

		for (i = 0; i < BENCH_CALLS; i++)
			trace_vigia_bench(NULL, NULL, NULL);
		least = min_t(cycles_t, least, get_cycles() - begin);
	}
	return least;
}

static unsigned int bench_way(void)
{
	unsigned int without = bench_calls(), with;

	if (tracepoint_probe_register(&__tracepoint_vigia_bench, bench_empty, NULL))
		return 0;
	with = bench_calls();
	tracepoint_probe_unregister(&__tracepoint_vigia_bench, bench_empty, NULL);
	tracepoint_synchronize_unregister();
	return DIV_ROUND_CLOSEST(with - without, BENCH_CALLS);
}

static unsigned int bench_most_often(const struct bench_tracepoint *at)
{
	unsigned int i, most = 0;

	for (i = 0; i < BENCH_LIMIT; i++)
		if (at->times[i] > at->times[most])
			most = i;
	return most;
}

static int bench_show(struct seq_file *file, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tracepoints); i++)
		seq_printf(file, "%s %lu %u\n", tracepoints[i].name, tracepoints[i].count,
			   bench_most_often(&tracepoints[i]));
	seq_printf(file, "way %u %u\n", BENCH_CALLS, bench_way());
	return 0;
}

static int bench_open(struct inode *inode, struct file *file)
{
	return single_open(file, bench_show, NULL);
}

static const struct proc_ops bench_ops = {
	.proc_open = bench_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static void bench_find(struct tracepoint *tracepoint, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tracepoints); i++)
		if (!strcmp(tracepoint->name, tracepoints[i].name))
			tracepoints[i].tracepoint = tracepoint;
}

static int bench_listen(struct bench_tracepoint *at)
{
	int error;

	if (!at->tracepoint)
		return -ENOENT;
	error = tracepoint_probe_register_prio(at->tracepoint, bench_first, at,
					       TRACEPOINT_DEFAULT_PRIO + 1);
	if (!error && empty)
		error = tracepoint_probe_register(at->tracepoint, bench_empty, at);
	return error
		       ?: tracepoint_probe_register_prio(at->tracepoint, bench_last, at,
							 TRACEPOINT_DEFAULT_PRIO - 1);
}

/* What was not registered is not found, which is all that happens. */
static void bench_leave(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		struct bench_tracepoint *at = &tracepoints[i];

		if (!at->tracepoint)
			continue;
		tracepoint_probe_unregister(at->tracepoint, bench_first, at);
		if (empty)
			tracepoint_probe_unregister(at->tracepoint, bench_empty, at);
		tracepoint_probe_unregister(at->tracepoint, bench_last, at);
	}
	tracepoint_synchronize_unregister();
}

static int __init bench_init(void)
{
	int i, error;

	for_each_kernel_tracepoint(bench_find, NULL);
	for (i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		error = bench_listen(&tracepoints[i]);
		if (error)
			goto leave;
	}
	if (proc_create("vigia_bench_probes", 0600, NULL, &bench_ops))
		return 0;
	error = -ENOMEM;
leave:
	bench_leave();
	return error;
}

static void __exit bench_exit(void)
{
	remove_proc_entry("vigia_bench_probes", NULL);
	bench_leave();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Vigia's benchmark: instructions between two probes");
