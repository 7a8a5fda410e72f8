// SPDX-License-Identifier: GPL-2.0
/*
 * The namespaces of a process. All but the mount namespace are public structs; that one is read through
 * the operations that every namespace of its kind carries, and these are found once, through the file of
 * this process's own.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>
#include "cgroups.h"

static const struct proc_ns_operations *vigia_mount_operations; /* constant once loaded */

/* 0, or a negative errno: then no namespaces are known, which the records say. */
int vigia_cgroups_namespaces_init(void)
{
	struct file *file = filp_open("/proc/self/ns/mnt", O_RDONLY, 0);

	if (IS_ERR(file))
		return PTR_ERR(file);
	vigia_mount_operations = get_proc_ns(file_inode(file))->ops;
	filp_close(file, NULL);
	return 0;
}

/* The namespaces that a task's proxy holds. False if it is exiting. */
static bool vigia_proxy_namespaces(struct task_struct *task, struct vigia_namespaces *namespaces)
{
	struct nsproxy *proxy;

	task_lock(task); /* keeps the proxy */
	proxy = task->nsproxy;
	if (proxy) {
		namespaces->cgroup = proxy->cgroup_ns->ns.inum;
		namespaces->ipc = proxy->ipc_ns->ns.inum;
		namespaces->network = proxy->net_ns->ns.inum;
		namespaces->uts = proxy->uts_ns->ns.inum;
	}
	task_unlock(task);
	return proxy;
}

/*
 * Under RCU. The reference to the mount namespace stays with the entry, because letting go of a last one
 * may sleep.
 */
void vigia_cgroups_get_namespaces(struct vigia_cgroup_entry *entry, struct task_struct *task)
{
	struct pid_namespace *pid_namespace = task_active_pid_ns(task);

	if (!vigia_mount_operations || !pid_namespace ||
	    !vigia_proxy_namespaces(task, &entry->namespaces))
		return;
	entry->mount_namespace = vigia_mount_operations->get(task);
	if (!entry->mount_namespace)
		return;
	entry->namespaces.mount = entry->mount_namespace->inum;
	entry->namespaces.pid = pid_namespace->ns.inum;
	entry->namespaces.user = __task_cred(task)->user_ns->ns.inum;
}

/* May sleep. */
void vigia_cgroups_put_namespaces(struct vigia_cgroup_entry *entry)
{
	if (entry->mount_namespace)
		vigia_mount_operations->put(entry->mount_namespace);
	entry->mount_namespace = NULL;
}
