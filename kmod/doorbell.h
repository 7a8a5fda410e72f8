/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What poll() waits on. It lives longer than the file it belongs to: entries of poll(), select() and
 * epoll stay in its queue when a file of /proc has been removed, and take its lock when they leave.
 */
#ifndef VIGIA_DOORBELL_H
#define VIGIA_DOORBELL_H

#include <linux/lockdep.h>
#include <linux/poll.h>
#include <linux/wait.h>

struct vigia_doorbell {
	struct wait_queue_head queue;
	/* For lockdep, which keeps pointers to both: a static key or name would go with this module. */
	struct lock_class_key key;
	char name[16];
};

struct vigia_doorbell *vigia_doorbell_make(void);

/* Wakes whoever polls for one of `events`. */
void vigia_doorbell_ring(struct vigia_doorbell *bell, __poll_t events);

/*
 * Sends everybody away with `events`, and waits for them (bounded). To be called while the file still
 * answers: who looks again then learns from it that it is dead; a file of /proc that was removed says
 * that it can be read and written, on which a poller for hang-ups alone goes on sleeping.
 */
void vigia_doorbell_dismiss(struct vigia_doorbell *bell, __poll_t events);

/*
 * Dismisses whoever came since, and frees the doorbell; one that is still occupied when the time is
 * up is never freed. The caller has made sure that nobody can begin to wait any more.
 */
void vigia_doorbell_destroy(struct vigia_doorbell *bell);

#endif /* VIGIA_DOORBELL_H */
