// SPDX-License-Identifier: GPL-2.0
#include "events_claims.h"

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/sched/signal.h>

#define VIGIA_CLAIMS_BITS 12
#define VIGIA_CLAIMS_WAYS 8

/* Each set holds the last claims that fell to it, in turn. */
static struct vigia_claims {
	atomic64_t claims[VIGIA_CLAIMS_WAYS];
	atomic_t next;
} table[1 << VIGIA_CLAIMS_BITS];

/* Who is claimed: the address of its signal_struct, which may come back, with when it began. Never 0. */
static u64 vigia_claim_of(const struct task_struct *task)
{
	return ((u64)(unsigned long)task->signal ^
		hash_64(task->group_leader->start_boottime, 64)) |
	       1;
}

static bool vigia_claim_is_there(const struct vigia_claims *set, u64 claim)
{
	unsigned int i;

	for (i = 0; i < VIGIA_CLAIMS_WAYS; i++)
		if (atomic64_read(&set->claims[i]) == claim)
			return true;
	return false;
}

/*
 * All threads of a process take the same way of the set, so that exchanging it tells who was first. (Others
 * that took it in between move the claim on to the next ways, where it is looked for.)
 */
static bool vigia_claim_take(struct vigia_claims *set, u64 claim)
{
	unsigned int way = hash_64(claim, 32) % VIGIA_CLAIMS_WAYS;
	u64 before;

	if (vigia_claim_is_there(set, claim))
		return false;
	before = atomic64_xchg(&set->claims[way], claim);
	if (before == claim)
		return false;
	if (before) {
		unsigned int other =
			(unsigned int)atomic_inc_return(&set->next) % VIGIA_CLAIMS_WAYS;

		if (other != way)
			atomic64_set(&set->claims[other], before);
	}
	return true;
}

bool vigia_claim_exit(struct task_struct *task)
{
	const struct signal_struct *signal = task->signal;
	struct vigia_claims *set;
	u64 claim;

	claim = vigia_claim_of(task);
	set = &table[hash_64(claim, VIGIA_CLAIMS_BITS)];
	/*
	 * One thread, and hardly ever another: one that ran has left its time there, unless the scheduler
	 * had not looked at it yet. Then its claim is there: that was made before it was counted out.
	 */
	if (likely(READ_ONCE(signal->nr_threads) == 1 && !signal->sum_sched_runtime)) {
		smp_rmb(); /* the count before the claims */
		return !vigia_claim_is_there(set, claim);
	}
	return vigia_claim_take(set, claim);
}
