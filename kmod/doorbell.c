// SPDX-License-Identifier: GPL-2.0
#include "doorbell.h"

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "limits.h"

struct vigia_doorbell *vigia_doorbell_make(void)
{
	struct vigia_doorbell *bell = kzalloc(sizeof(*bell), GFP_KERNEL);

	if (!bell)
		return NULL;
	strscpy(bell->name, "vigia_doorbell", sizeof(bell->name));
	lockdep_register_key(&bell->key);
	__init_waitqueue_head(&bell->queue, bell->name, &bell->key);
	return bell;
}

void vigia_doorbell_ring(struct vigia_doorbell *bell, __poll_t events)
{
	/* 0: all of them, exclusive ones too; everybody has to know that a file is dead. */
	__wake_up(&bell->queue, TASK_NORMAL, 0, poll_to_key(events));
}

/*
 * Under the queue's lock: whoever took the last entry out has let go of the lock before, and does not
 * touch the queue again.
 */
static bool vigia_doorbell_is_left(struct vigia_doorbell *bell)
{
	bool left;

	spin_lock_irq(&bell->queue.lock);
	left = list_empty(&bell->queue.head);
	spin_unlock_irq(&bell->queue.lock);
	return left;
}

void vigia_doorbell_dismiss(struct vigia_doorbell *bell, __poll_t events)
{
	unsigned int waited_ms = 0;

	/*
	 * epoll, aio and io_uring detach at POLLFREE (wake_up_pollfree() in linux/wait.h says how, and
	 * is not for modules); sleepers in poll() and select() wake, and detach when they run.
	 */
	__wake_up(&bell->queue, TASK_NORMAL, 0, poll_to_key(events | POLLFREE));
	while (!vigia_doorbell_is_left(bell) && waited_ms < VIGIA_LIMIT_DOORBELL_MS) {
		msleep(VIGIA_DOORBELL_PAUSE_MS);
		waited_ms += VIGIA_DOORBELL_PAUSE_MS;
	}
}

void vigia_doorbell_destroy(struct vigia_doorbell *bell)
{
	vigia_doorbell_dismiss(bell, EPOLLHUP | EPOLLERR);
	if (!vigia_doorbell_is_left(bell)) {
		/* Stopped in the middle of poll(), say. Only the kernel's own code runs there. */
		pr_warn("a poller does not wake: %zu bytes stay allocated for it\n", sizeof(*bell));
		return;
	}
	/* Who was detached by POLLFREE may still be about to take the lock, in an RCU section. */
	synchronize_rcu();
	lockdep_unregister_key(&bell->key);
	kfree(bell);
}
