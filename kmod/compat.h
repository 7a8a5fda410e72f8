/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between the kernels 5.10 to 7.2, under the newest kernel's names. No other
 * file asks for LINUX_VERSION_CODE.
 */
#ifndef VIGIA_COMPAT_H
#define VIGIA_COMPAT_H

#include <linux/delayacct.h>
#include <linux/hardirq.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/percpu_counter.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "Vigia's modules need Linux 5.10 or newer"
#endif
#ifndef CONFIG_64BIT
#error "Vigia's modules need a 64-bit kernel: readers load 64-bit words in one piece"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
static inline void *pde_data(const struct inode *inode)
{
	return PDE_DATA(inode);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* The caller holds mmap_lock for writing, as ->mmap does. */
static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* Interrupts that the architecture counts for itself: arch_irq_stat_cpu() is not exported. */
#ifdef CONFIG_X86
static inline u64 vigia_arch_interrupts(unsigned int cpu)
{
	const irq_cpustat_t *stat = &per_cpu(irq_stat, cpu);
	u64 sum = 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stat->counts); i++)
		sum += stat->counts[i];
#else
	sum += stat->__nmi_count;
#ifdef CONFIG_X86_LOCAL_APIC
	sum += stat->apic_timer_irqs;
	sum += stat->irq_spurious_count;
	sum += stat->apic_perf_irqs;
	sum += stat->apic_irq_work_irqs;
	sum += stat->icr_read_retry_count;
	sum += stat->x86_platform_ipis;
#endif
#ifdef CONFIG_SMP
	sum += stat->irq_resched_count;
	sum += stat->irq_call_count;
#endif
#ifdef CONFIG_X86_THERMAL_VECTOR
	sum += stat->irq_thermal_count;
#endif
#ifdef CONFIG_X86_MCE_THRESHOLD
	sum += stat->irq_threshold_count;
#endif
#ifdef CONFIG_X86_HV_CALLBACK_VECTOR
	sum += stat->irq_hv_callback_count;
#endif
#if IS_ENABLED(CONFIG_HYPERV)
	sum += stat->irq_hv_reenlightenment_count;
	sum += stat->hyperv_stimer0_count;
#endif
#endif
	return sum;
}
#else
static inline u64 vigia_arch_interrupts(unsigned int cpu)
{
	return 0;
}
#endif

#ifndef task_is_running
#define task_is_running(task) (READ_ONCE((task)->state) == TASK_RUNNING)
#endif

/* Exported everywhere, but linux/namei.h declares it only in newer kernels. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mount, const char *name,
		    unsigned int flags, struct path *path);
#endif

/* In linux/magic.h since 5.17. */
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/* Page tables were counted per zone before 5.11. */
static inline long vigia_host_page_table_pages(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return atomic_long_read(&vm_node_stat[NR_PAGETABLE]);
#else
	return atomic_long_read(&vm_zone_stat[NR_PAGETABLE]);
#endif
}

static inline long vigia_node_page_table_pages(const struct pglist_data *node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return atomic_long_read(&node->vm_stat[NR_PAGETABLE]);
#else
	long pages = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		pages += atomic_long_read(&node->node_zones[i].vm_stat[NR_PAGETABLE]);
	return pages;
#endif
}

/* The swap cache is counted apart since 5.12; before, nothing exported tells its size. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0) && defined(CONFIG_SWAP)
#define VIGIA_KNOWS_SWAP_CACHE true
static inline long vigia_swap_cache_pages(const atomic_long_t *node_counts)
{
	return atomic_long_read(&node_counts[NR_SWAPCACHE]);
}
#else
#define VIGIA_KNOWS_SWAP_CACHE (!IS_ENABLED(CONFIG_SWAP))
static inline long vigia_swap_cache_pages(const atomic_long_t *node_counts)
{
	return 0;
}
#endif

/* Huge pages were counted as such before 5.12, and as the pages in them since. */
static inline long vigia_huge_pages(const atomic_long_t *node_counts, unsigned int item)
{
	long pages = atomic_long_read(&node_counts[item]);

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	pages *= HPAGE_PMD_NR;
#endif
	return pages;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define VIGIA_KNOWS_SECONDARY_PAGE_TABLES true
static inline long vigia_secondary_page_table_pages(const atomic_long_t *node_counts)
{
	return atomic_long_read(&node_counts[NR_SECONDARY_PAGETABLE]);
}
#else
#define VIGIA_KNOWS_SECONDARY_PAGE_TABLES false
static inline long vigia_secondary_page_table_pages(const atomic_long_t *node_counts)
{
	return 0;
}
#endif

/* The counters of reclaim were events until 7.0, and are counted per node since 7.1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define vigia_reclaim_count(events, item) ((void)(events), atomic_long_read(&vm_node_stat[item]))
#else
#define vigia_reclaim_count(events, item) ((events)[item])
#endif

/* What khugepaged reclaims is counted apart since 6.2, what users ask for since 6.16. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define VIGIA_SCANNED_BY_KHUGEPAGED PGSCAN_KHUGEPAGED
#define VIGIA_RECLAIMED_BY_KHUGEPAGED PGSTEAL_KHUGEPAGED
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define VIGIA_SCANNED_PROACTIVELY PGSCAN_PROACTIVE
#define VIGIA_RECLAIMED_PROACTIVELY PGSTEAL_PROACTIVE
#endif

/* The watermark of a zone that hot pages are promoted to. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define VIGIA_KNOWS_PROMO_WATERMARK true
static inline unsigned long vigia_promo_wmark_pages(const struct zone *zone)
{
	return zone->_watermark[WMARK_PROMO] + zone->watermark_boost;
}
#else
#define VIGIA_KNOWS_PROMO_WATERMARK false
static inline unsigned long vigia_promo_wmark_pages(const struct zone *zone)
{
	return 0;
}
#endif

/* The part of a zone that the contiguous allocator has, counted in kernels after 5.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define VIGIA_KNOWS_CMA true
#else
#define VIGIA_KNOWS_CMA false
static inline unsigned long zone_cma_pages(struct zone *zone)
{
	return 0;
}
#endif

/* Of a local whose every member is set before it is used: no hardened zeroing first. */
#if __has_attribute(__uninitialized__)
#define vigia_uninitialized __attribute__((__uninitialized__))
#else
#define vigia_uninitialized
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
#define vigia_task_state_word(task) ((unsigned int)READ_ONCE((task)->state))
#else
#define vigia_task_state_word(task) READ_ONCE((task)->__state)
#endif

/* ---- events ---- */

/* Whether preemption is off where a tracepoint calls its probes. Newer kernels guard them with SRCU. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define VIGIA_PROBES_ARE_ATOMIC true
#else
#define VIGIA_PROBES_ARE_ATOMIC false
#endif

/* ---- processes: what a kernel was built to count ---- */

#if defined(CONFIG_SCHED_INFO) && defined(CONFIG_TASKSTATS)
#define VIGIA_HAS_RUN_DELAY 1 /* TASKSTATS keeps that of threads that ended */
#else
#define VIGIA_HAS_RUN_DELAY 0
#endif
#if defined(CONFIG_TASK_DELAY_ACCT) && defined(CONFIG_TASKSTATS)
#define VIGIA_HAS_BLOCK_DELAY 1
#else
#define VIGIA_HAS_BLOCK_DELAY 0
#endif
#if defined(CONFIG_TASK_XACCT) && defined(CONFIG_TASK_IO_ACCOUNTING)
#define VIGIA_HAS_IO 1
#else
#define VIGIA_HAS_IO 0
#endif

/* ---- processes: memory counters ---- */

/*
 * Until 6.1 a thread keeps its last changes of its mm's counters to itself, in task->rss_stat; since 6.2
 * each CPU does.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
static __always_inline long vigia_mm_pages(struct mm_struct *mm, int member)
{
	return atomic_long_read(&mm->rss_stat.count[member]);
}

static inline long vigia_mm_pages_exact(struct mm_struct *mm, int member)
{
	return vigia_mm_pages(mm, member);
}

static inline unsigned long vigia_mm_pages_error(void)
{
	return 0;
}

#ifdef SPLIT_RSS_COUNTING
#define VIGIA_HAS_THREAD_PAGES 1
#define vigia_thread_pages(task, member) ((long)READ_ONCE((task)->rss_stat.count[member]))
#else
#define VIGIA_HAS_THREAD_PAGES 0
#define vigia_thread_pages(task, member) 0L
#endif

#else
static __always_inline long vigia_mm_pages(struct mm_struct *mm, int member)
{
	return percpu_counter_read(&mm->rss_stat[member]);
}

static inline long vigia_mm_pages_exact(struct mm_struct *mm, int member)
{
	return percpu_counter_sum(&mm->rss_stat[member]);
}

/* How many pages the CPUs may keep back together, in one counter. */
static inline unsigned long vigia_mm_pages_error(void)
{
	return (unsigned long)percpu_counter_batch * num_online_cpus();
}

#define VIGIA_HAS_THREAD_PAGES 0
#define vigia_thread_pages(task, member) 0L
#endif

/* ---- processes: waiting for block I/O ---- */

#if VIGIA_HAS_BLOCK_DELAY
/* As /proc/PID/stat counts it: before 5.16 with the time of swapping in. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
#define vigia_block_delay(delays) ((delays)->blkio_delay + (delays)->swapin_delay)
#define vigia_block_delay_ended(stats) ((stats)->blkio_delay_total + (stats)->swapin_delay_total)
#else
#define vigia_block_delay(delays) ((delays)->blkio_delay)
#define vigia_block_delay_ended(stats) ((stats)->blkio_delay_total)
#endif
#endif

/* ---- cgroups: counts per CPU ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
/* A cgroup's own counts and its place in the tree of what to flush were one struct. */
#define cgroup_rstat_base_cpu cgroup_rstat_cpu
#define rstat_base_cpu rstat_cpu
#endif

/* ---- cgroups: pressure ---- */

#ifdef CONFIG_PSI
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
#define VIGIA_HAS_PSI_CPU_FULL 1
#else
#define VIGIA_HAS_PSI_CPU_FULL 0
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
/* A cgroup's own group, or NULL: not counted. The root's is not exported. */
#define vigia_cgroup_psi(cgroup)                                                                   \
	((cgroup)->psi && READ_ONCE((cgroup)->psi->enabled) ? (cgroup)->psi : NULL)
/* The group above a cgroup's, or NULL where groups do not know that. */
#define vigia_psi_parent(group) ((group)->parent)
#else
#define vigia_cgroup_psi(cgroup) ((cgroup)->psi.pcpu ? &(cgroup)->psi : NULL)
#define vigia_psi_parent(group) NULL
#endif
#endif

/* ---- cgroups: memory statistics with descendants, as of the last flush ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
#define VIGIA_HAS_MEMCG_PAGES 1
#define VIGIA_HAS_MEMCG_EVENTS 1
#define vigia_memcg_node_pages(memcg, node, item) 0L
#define vigia_memcg_pages(memcg, item) atomic_long_read(&(memcg)->vmstats[item])
#define vigia_memcg_events(memcg, event) atomic_long_read(&(memcg)->vmevents[event])
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0) &&                                            \
	LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
/* The sum over the nodes is left to the caller. */
#define VIGIA_HAS_MEMCG_PAGES 1
#define VIGIA_HAS_MEMCG_EVENTS 0
#define vigia_memcg_node_pages(memcg, node, item)                                                  \
	READ_ONCE((memcg)->nodeinfo[node]->lruvec_stats.state[item])
#define vigia_memcg_pages(memcg, item) 0L
#define vigia_memcg_events(memcg, event) 0L
#else
/* The structs became private. */
#define VIGIA_HAS_MEMCG_PAGES 0
#define VIGIA_HAS_MEMCG_EVENTS 0
#define vigia_memcg_node_pages(memcg, node, item) 0L
#define vigia_memcg_pages(memcg, item) 0L
#define vigia_memcg_events(memcg, event) 0L
#endif

#endif /* VIGIA_COMPAT_H */
