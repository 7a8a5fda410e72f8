// SPDX-License-Identifier: GPL-2.0
/*
 * The probes: short, without locks, each writing one record of its CPU's ring. Tracepoints are not
 * exported by name: they are looked for in the kernel's list.
 */
#include "events_probes.h"

#include <generated/utsrelease.h>
#include <linux/binfmts.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/utsname.h>
#include <trace/events/cgroup.h>
#include <trace/events/oom.h>
#include <trace/events/sched.h>

#include "events.h"

static void vigia_on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct task_struct *real_parent;
	struct vigia_event_fork *fork;
	struct vigia_event *event;
	u64 number;

	if (!thread_group_leader(child))
		return;
	event = vigia_probe_begin(&number);
	/* its start was timed a moment ago, as the last thing before the locks of a fork */
	vigia_event_start(event, VIGIA_EVENT_FORK,
			  VIGIA_EVENT_VALID_PARENT_TIME | VIGIA_EVENT_VALID_NAME |
				  VIGIA_EVENT_VALID_USER,
			  vigia_event_timed_ns(child->start_time), child, child);
	fork = (struct vigia_event_fork *)event;
	real_parent = rcu_dereference_sched(child->real_parent);
	fork->parent_start_time_ns = real_parent->group_leader->start_boottime;
	memcpy(fork->comm, child->comm, sizeof(fork->comm));
	fork->uid = vigia_event_uid(child);
	fork->namespace_pid = child->thread_pid->numbers[child->thread_pid->level].nr;
	fork->flags = child->flags & PF_KTHREAD ? VIGIA_EVENT_FORK_KERNEL_THREAD : 0;
	memset(fork->reserved, 0, sizeof(fork->reserved));
	vigia_probe_commit(event, number);
}

static void vigia_on_exec(void *data, struct task_struct *task, pid_t old_pid,
			  struct linux_binprm *bprm)
{
	struct vigia_event_exec *exec;
	struct vigia_event *event;
	size_t length;
	u64 number;

	event = vigia_probe_begin(&number);
	vigia_event_start(event, VIGIA_EVENT_EXEC, VIGIA_EVENT_VALID_NAME | VIGIA_EVENT_VALID_USER,
			  vigia_event_now_ns(), task, task->group_leader);
	exec = (struct vigia_event_exec *)event;
	exec->uid = vigia_event_uid(task);
	length = strnlen(bprm->filename, PATH_MAX);
	exec->file_name_length_bytes = length;
	length = min(length, sizeof(exec->file_name));
	memcpy(exec->file_name, bprm->filename, length);
	memset(exec->file_name + length, 0, sizeof(exec->file_name) - length);
	vigia_probe_commit(event, number);
}

#define VIGIA_TAKES(tracepoint, ...)                                                               \
	__builtin_types_compatible_p(typeof(check_trace_callback_type_##tracepoint),               \
				     void(void (*)(void *, ##__VA_ARGS__)))
/* The probe of two that fits the tracepoint. */
#define VIGIA_PROBE_IF(fits, probe, other) ((fits) ? (void *)(probe) : (void *)(other))

/*
 * The kernel marks threads: one more of a victim's that finds no memory while it dies is a victim, too. Its
 * process is told once, unless VIGIA_VICTIMS others were marked in between. oom_lock guards this: whoever
 * marks holds it.
 */
#define VIGIA_VICTIMS 64

static struct vigia_victim {
	u64 start_time_ns;
	pid_t pid;
} victims[VIGIA_VICTIMS];
static unsigned int next_victim;

static bool vigia_victim_is_new(const struct task_struct *victim)
{
	const struct vigia_victim it = { victim->group_leader->start_boottime, victim->tgid };
	unsigned int i;

	for (i = 0; i < VIGIA_VICTIMS; i++)
		if (victims[i].pid == it.pid && victims[i].start_time_ns == it.start_time_ns)
			return false;
	victims[next_victim++ % VIGIA_VICTIMS] = it;
	return true;
}

/* `victim` is pinned by its lock. Under RCU. */
static void vigia_event_oom_kill(struct task_struct *victim)
{
	struct vigia_event_oom_kill *kill;
	struct vigia_event *event;
	struct mm_struct *mm;
	u64 number;

	if (!vigia_victim_is_new(victim))
		return;
	/* the caller holds the victim's task_lock: its mm stays */
	mm = victim->mm;
	event = vigia_probe_begin(&number);
	vigia_event_start(event, VIGIA_EVENT_OOM_KILL,
			  VIGIA_EVENT_VALID_NAME | VIGIA_EVENT_VALID_USER |
				  (IS_ENABLED(CONFIG_CGROUPS) ? VIGIA_EVENT_VALID_TRIGGER : 0) |
				  (mm ? VIGIA_EVENT_VALID_RSS : 0),
			  vigia_event_now_ns(), victim, victim->group_leader);
	kill = (struct vigia_event_oom_kill *)event;
	memcpy(kill->comm, victim->comm, sizeof(kill->comm));
	kill->trigger_cgroup_id = vigia_event_cgroup_of(current);
	kill->trigger_pid = current->tgid;
	kill->oom_score_adjustment = victim->signal->oom_score_adj;
	kill->rss_anon_bytes =
		mm ? (u64)max(vigia_mm_pages(mm, MM_ANONPAGES), 0L) << PAGE_SHIFT : 0;
	kill->rss_file_bytes =
		mm ? (u64)max(vigia_mm_pages(mm, MM_FILEPAGES), 0L) << PAGE_SHIFT : 0;
	kill->rss_shared_bytes =
		mm ? (u64)max(vigia_mm_pages(mm, MM_SHMEMPAGES), 0L) << PAGE_SHIFT : 0;
	kill->uid = vigia_event_uid(victim);
	kill->reserved0 = 0;
	memset(kill->reserved, 0, sizeof(kill->reserved));
	vigia_probe_commit(event, number);
}

/* Before 6.9, and before it was taken into older ones: by thread id. The caller pins it. */
static void vigia_on_victim_id(void *data, int id)
{
	struct task_struct *victim;

	rcu_read_lock();
	victim = pid_task(find_pid_ns(id, &init_pid_ns), PIDTYPE_PID);
	if (victim)
		vigia_event_oom_kill(victim);
	rcu_read_unlock();
}

static void vigia_on_victim(void *data, struct task_struct *victim, uid_t uid)
{
	rcu_read_lock();
	vigia_event_oom_kill(victim);
	rcu_read_unlock();
}

#ifdef CONFIG_CGROUPS
/* The buffer of the cgroup tracepoints: TRACE_CGROUP_PATH_LEN in kernel/cgroup/cgroup-internal.h. */
#define VIGIA_TRACED_PATH_BYTES 1024

static void vigia_event_cgroup(struct cgroup *cgroup, const char *path, u16 kind)
{
	size_t length = strnlen(path, PATH_MAX), size;
	struct vigia_event_cgroup *written;
	struct vigia_event *event;
	struct cgroup *parent;
	u64 number;

	/* The tracepoint's buffer is full: the end of the path is not in it. */
	if (length >= VIGIA_TRACED_PATH_BYTES - 1)
		length = 0;
	rcu_read_lock();
	if (cgroup->root != vigia_hierarchy_root(&vigia_events_hierarchy)->root) {
		rcu_read_unlock();
		return;
	}
	event = vigia_probe_begin(&number);
	vigia_event_start_by(event, kind,
			     VIGIA_EVENT_VALID_CGROUP | (length ? VIGIA_EVENT_VALID_PATH : 0));
	written = (struct vigia_event_cgroup *)event;
	written->cgroup_id = cgroup_id(cgroup);
	parent = cgroup_parent(cgroup);
	written->parent_cgroup_id = parent ? cgroup_id(parent) : 0;
	written->path_length_bytes = length;
	written->depth = cgroup->level;
	size = min(length, sizeof(written->path));
	memcpy(written->path, path + length - size, size);
	memset(written->path + size, 0, sizeof(written->path) - size);
	vigia_probe_commit(event, number);
	rcu_read_unlock();
}

static void vigia_on_mkdir(void *data, struct cgroup *cgroup, const char *path)
{
	const struct vigia_hierarchy found = vigia_hierarchy_find();

	/* Read by every CPU at every event, and hardly ever another. */
	if (found.subsystem != READ_ONCE(vigia_events_hierarchy.subsystem))
		WRITE_ONCE(vigia_events_hierarchy.subsystem, found.subsystem);
	vigia_event_cgroup(cgroup, path, VIGIA_EVENT_CGROUP_CREATED);
}

static void vigia_on_rmdir(void *data, struct cgroup *cgroup, const char *path)
{
	vigia_event_cgroup(cgroup, path, VIGIA_EVENT_CGROUP_REMOVED);
}
#endif

struct vigia_probe {
	const char *name;
	void *probe;
	u16 kind;
	struct tracepoint *tracepoint; /* NULL: this kernel has none of that name */
	bool is_started;
};

static struct vigia_probe probes[] = {
	{ "sched_process_fork", vigia_on_fork, VIGIA_EVENT_FORK },
	{ "sched_process_exec", vigia_on_exec, VIGIA_EVENT_EXEC },
	{ "sched_process_exit",
	  VIGIA_PROBE_IF(VIGIA_TAKES(sched_process_exit, struct task_struct *), vigia_on_exit,
			 vigia_on_last_exit),
	  VIGIA_EVENT_EXIT },
	{ "mark_victim",
	  VIGIA_PROBE_IF(VIGIA_TAKES(mark_victim, int), vigia_on_victim_id, vigia_on_victim),
	  VIGIA_EVENT_OOM_KILL },
#ifdef CONFIG_CGROUPS
	{ "cgroup_mkdir", vigia_on_mkdir, VIGIA_EVENT_CGROUP_CREATED },
	{ "cgroup_rmdir", vigia_on_rmdir, VIGIA_EVENT_CGROUP_REMOVED },
#endif
};

/* Nothing but the compiler's word that each probe is what its tracepoint calls. */
static void __maybe_unused vigia_probes_check(void)
{
	check_trace_callback_type_sched_process_fork(vigia_on_fork);
	check_trace_callback_type_sched_process_exec(vigia_on_exec);
	BUILD_BUG_ON(!VIGIA_TAKES(sched_process_exit, struct task_struct *) &&
		     !VIGIA_TAKES(sched_process_exit, struct task_struct *, bool));
	BUILD_BUG_ON(!VIGIA_TAKES(mark_victim, int) &&
		     !VIGIA_TAKES(mark_victim, struct task_struct *, uid_t));
#ifdef CONFIG_CGROUPS
	check_trace_callback_type_cgroup_mkdir(vigia_on_mkdir);
	check_trace_callback_type_cgroup_rmdir(vigia_on_rmdir);
#endif
}

/*
 * That word counts in the kernel of these headers alone, and the loader does not see to it: where symbols
 * have checksums (CONFIG_MODVERSIONS) it compares those instead of versions, a tracepoint found by its name
 * has none, and --force asks for neither.
 */
bool vigia_probes_fit(void)
{
	if (!strcmp(init_utsname()->release, UTS_RELEASE))
		return true;
	pr_err("built for Linux %s, this is %s, whose tracepoints may be others\n", UTS_RELEASE,
	       init_utsname()->release);
	return false;
}

static void vigia_probe_match(struct tracepoint *tracepoint, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(tracepoint->name, probes[i].name))
			probes[i].tracepoint = tracepoint;
}

u64 vigia_probes_find(void)
{
	u64 features = 0;
	unsigned int i;

	for_each_kernel_tracepoint(vigia_probe_match, NULL);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (probes[i].tracepoint)
			features |= VIGIA_EVENTS_FEATURE(probes[i].kind);
		else
			pr_warn("this kernel has no tracepoint %s\n", probes[i].name);
	}
	return features;
}

int vigia_probes_start(void)
{
	unsigned int i;
	int error;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		struct vigia_probe *probe = &probes[i];

		if (!probe->tracepoint)
			continue;
		error = tracepoint_probe_register(probe->tracepoint, probe->probe, NULL);
		if (error) {
			vigia_probes_stop();
			return error;
		}
		probe->is_started = true;
	}
	return 0;
}

void vigia_probes_stop(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		struct vigia_probe *probe = &probes[i];

		if (probe->is_started)
			tracepoint_probe_unregister(probe->tracepoint, probe->probe, NULL);
		probe->is_started = false;
	}
	tracepoint_synchronize_unregister();
}
