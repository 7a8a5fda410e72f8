// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/kernel_stat.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tick.h>
#include <vigia/system.h>

#include "compat.h"
#include "sensor.h"
#include "system_cpus.h"

/* A sleeping CPU has no ticks to count: its idle time is in the tick's own record, in µs. */
static u64 sleep_ns(u64 sleep_us, u64 counted_ns)
{
	return sleep_us == (u64)-1 ? counted_ns : sleep_us * NSEC_PER_USEC;
}

static void fill_cpu(struct vigia_cpu *record, unsigned int cpu)
{
	struct kernel_cpustat stat;
	const u64 *ns = stat.cpustat;

	kcpustat_cpu_fetch(&stat, cpu);
	memset(record, 0, sizeof(*record));
	record->cpu = cpu;
	/* the kernel counts a guest's time in user (nice) as well */
	record->user_ns = ns[CPUTIME_USER] - min(ns[CPUTIME_USER], ns[CPUTIME_GUEST]);
	record->nice_ns = ns[CPUTIME_NICE] - min(ns[CPUTIME_NICE], ns[CPUTIME_GUEST_NICE]);
	record->system_ns = ns[CPUTIME_SYSTEM];
	record->idle_ns = sleep_ns(get_cpu_idle_time_us(cpu, NULL), ns[CPUTIME_IDLE]);
	record->iowait_ns = sleep_ns(get_cpu_iowait_time_us(cpu, NULL), ns[CPUTIME_IOWAIT]);
	record->irq_ns = ns[CPUTIME_IRQ];
	record->softirq_ns = ns[CPUTIME_SOFTIRQ];
	record->steal_ns = ns[CPUTIME_STEAL];
	record->guest_ns = ns[CPUTIME_GUEST];
	record->guest_nice_ns = ns[CPUTIME_GUEST_NICE];
}

/*
 * A CPU that goes offline meanwhile is harmless: the counters of possible CPUs stay where they are.
 */
void vigia_cpus_fill(struct vigia_snapshot *snapshot)
{
	struct vigia_cpu *records = snapshot->region[VIGIA_SYSTEM_REGION_CPUS];
	u32 capacity = snapshot->capacity[VIGIA_SYSTEM_REGION_CPUS];
	u32 count = 0, truncated = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
	{
		if (count < capacity)
			fill_cpu(&records[count++], cpu);
		else
			truncated++;
		cond_resched();
	}
	snapshot->count[VIGIA_SYSTEM_REGION_CPUS] = count;
	snapshot->truncated[VIGIA_SYSTEM_REGION_CPUS] = truncated;
}

void vigia_interrupts_fill(struct vigia_system *host)
{
	unsigned int cpu, softirq;

	for_each_possible_cpu(cpu)
	{
		host->interrupts += kstat_cpu_irqs_sum(cpu) + vigia_arch_interrupts(cpu);
		for (softirq = 0; softirq < NR_SOFTIRQS; softirq++)
			host->softirqs += kstat_softirqs_cpu(softirq, cpu);
		cond_resched();
	}
	host->valid |= VIGIA_SYSTEM_VALID_INTERRUPTS;
}
