/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of a process, from its mm's counters: no mmap_lock, no page is looked at.
 *
 * Parts of these counters stand apart until somebody adds them up: per CPU since 6.2, per thread before.
 * Threads' parts are added here. The CPUs' are only in an exact reading; else the record says how much
 * they can be.
 */
#ifndef VIGIA_PROCESSES_MEMORY_H
#define VIGIA_PROCESSES_MEMORY_H

#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <vigia/processes.h>

#include "compat.h"

/* What one thread can keep to itself: it adds up after 64 page faults, and one maps up to 16 pages. */
#define VIGIA_THREAD_PAGES_ERROR (65 * 16)

struct vigia_pages {
	const struct mm_struct *mm; /* only to compare with */
	long anon;
	long file;
	long shared;
	long swap;
	unsigned long peak;
	unsigned long virtual;
	long users; /* tasks that may keep pages to themselves, and are not added yet */
};

static __always_inline void vigia_add_thread_pages(struct vigia_pages *pages,
						   const struct task_struct *thread)
{
	if (!VIGIA_HAS_THREAD_PAGES)
		return;
	pages->anon += vigia_thread_pages(thread, MM_ANONPAGES);
	pages->file += vigia_thread_pages(thread, MM_FILEPAGES);
	pages->shared += vigia_thread_pages(thread, MM_SHMEMPAGES);
	pages->swap += vigia_thread_pages(thread, MM_SWAPENTS);
	pages->users--;
}

/* Reads an mm and the part of `thread`, which uses it. Under task_lock(thread). */
static __always_inline void vigia_load_pages(struct vigia_pages *pages, struct task_struct *thread,
					     struct mm_struct *mm, bool exact)
{
	pages->anon =
		exact ? vigia_mm_pages_exact(mm, MM_ANONPAGES) : vigia_mm_pages(mm, MM_ANONPAGES);
	pages->file =
		exact ? vigia_mm_pages_exact(mm, MM_FILEPAGES) : vigia_mm_pages(mm, MM_FILEPAGES);
	pages->shared =
		exact ? vigia_mm_pages_exact(mm, MM_SHMEMPAGES) : vigia_mm_pages(mm, MM_SHMEMPAGES);
	pages->swap =
		exact ? vigia_mm_pages_exact(mm, MM_SWAPENTS) : vigia_mm_pages(mm, MM_SWAPENTS);
	pages->peak = mm->hiwater_rss;
	pages->virtual = mm->total_vm;
	if (VIGIA_HAS_THREAD_PAGES)
		pages->users = atomic_read(&mm->mm_users);
	vigia_add_thread_pages(pages, thread);
}

/* False for sure only: whoever wants to read it looks again under task_lock(). */
static __always_inline bool vigia_may_have_mm(const struct task_struct *thread)
{
	return READ_ONCE(thread->mm) && !(thread->flags & PF_KTHREAD);
}

/* As vigia_load_pages(). False if the thread uses no mm: it ended, or never had one. */
static inline bool vigia_read_pages(struct vigia_pages *pages, struct task_struct *thread,
				    bool exact)
{
	struct mm_struct *mm;

	if (!vigia_may_have_mm(thread))
		return false;
	task_lock(thread);
	mm = thread->mm;
	if (mm)
		vigia_load_pages(pages, thread, mm, exact);
	task_unlock(thread);
	pages->mm = mm;
	return mm;
}

/* `error_bytes` is that of an mm whose threads are all added. */
static __always_inline void vigia_write_pages(struct vigia_process *record,
					      struct vigia_pages pages, u64 error_bytes)
{
	u64 rss;

	/* what was added up may be negative while parts that stand apart are positive */
	if (unlikely((pages.anon | pages.file | pages.shared | pages.swap) < 0)) {
		pages.anon = max(pages.anon, 0L);
		pages.file = max(pages.file, 0L);
		pages.shared = max(pages.shared, 0L);
		pages.swap = max(pages.swap, 0L);
	}
	rss = pages.anon + pages.file + pages.shared;
	record->rss_bytes = rss << PAGE_SHIFT;
	record->rss_anon_bytes = (u64)pages.anon << PAGE_SHIFT;
	record->rss_file_bytes = (u64)pages.file << PAGE_SHIFT;
	record->rss_shared_bytes = (u64)pages.shared << PAGE_SHIFT;
	record->rss_peak_bytes = max_t(u64, pages.peak, rss) << PAGE_SHIFT;
	record->virtual_bytes = (u64)pages.virtual << PAGE_SHIFT;
	record->swap_bytes = (u64)pages.swap << PAGE_SHIFT;
	/* the mm is shared with another process (vfork), whose part we did not see */
	if (VIGIA_HAS_THREAD_PAGES && unlikely(pages.users > 0))
		error_bytes += ((u64)pages.users * VIGIA_THREAD_PAGES_ERROR) << PAGE_SHIFT;
	record->rss_error_bytes = error_bytes;
}

/* A kernel thread or a zombie: zeros that are true. */
static __always_inline void vigia_write_no_pages(struct vigia_process *record)
{
	record->rss_bytes = 0;
	record->rss_anon_bytes = 0;
	record->rss_file_bytes = 0;
	record->rss_shared_bytes = 0;
	record->rss_peak_bytes = 0;
	record->virtual_bytes = 0;
	record->swap_bytes = 0;
	record->rss_error_bytes = 0;
}

/* As in a walk, of a process whose only thread this is. The lock keeps the mm: RCU does not. */
static __always_inline void vigia_read_memory(struct vigia_process *record,
					      struct task_struct *thread, u64 error_bytes)
{
	struct vigia_pages pages vigia_uninitialized;
	struct mm_struct *mm;

	if (!vigia_may_have_mm(thread)) {
		vigia_write_no_pages(record);
		return;
	}
	task_lock(thread);
	mm = thread->mm;
	if (likely(mm)) {
		vigia_load_pages(&pages, thread, mm, false);
		vigia_write_pages(record, pages, error_bytes);
	}
	task_unlock(thread);
	if (unlikely(!mm))
		vigia_write_no_pages(record);
}

#endif /* VIGIA_PROCESSES_MEMORY_H */
