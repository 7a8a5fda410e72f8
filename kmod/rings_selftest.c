// SPDX-License-Identifier: GPL-2.0
/*
 * Rings whose records are begun and committed by hand: what is announced when.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "rings.h"
#include "rings_file.h"
#include "selftest.h"

#define PATIENCE_MS 10000 /* a virtual machine may stand still for a while */

static struct vigia_rings rings = {
	.name = "selftest",
	.owner = THIS_MODULE,
	.capacity = 64,
};

static u64 selftest_generation(void)
{
	return READ_ONCE(rings.header->generation);
}

/* What a poller would wait for. */
static bool selftest_is_announced(u64 generation)
{
	unsigned int waited_ms;

	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 10) {
		if (selftest_generation() >= generation)
			return true;
		msleep(10);
	}
	return false;
}

/* The announcements of what was before have come to an end. */
static void selftest_settle(void)
{
	while (READ_ONCE(rings.is_armed) || vigia_rings_have_news(&rings))
		msleep(10);
}

/*
 * A reader is woken while a record is being written, which an interrupt's, committed before it, may be the
 * reason for. It finds what is whole, sleeps again, and is woken again for the rest.
 */
static bool selftest_late_record(bool has_nested)
{
	struct vigia_event *late, *nested;
	u64 late_number, nested_number, generation;
	bool is_too_early;

	selftest_settle();
	generation = selftest_generation();
	preempt_disable();
	late = vigia_rings_begin(&rings, &late_number);
	if (has_nested) {
		nested = vigia_rings_begin(&rings, &nested_number);
		vigia_rings_commit(&rings, nested, nested_number);
	}
	vigia_rings_announce_now(&rings);
	is_too_early =
		selftest_generation() != generation + has_nested || vigia_rings_have_news(&rings);
	vigia_rings_commit(&rings, late, late_number);
	preempt_enable();
	if (is_too_early)
		pr_err("selftest: a record is announced before it is whole\n");
	if (selftest_is_announced(generation + has_nested + 1))
		return !is_too_early;
	pr_err("selftest: nobody is woken for a record that came late\n");
	return false;
}

bool vigia_rings_selftest(void)
{
	bool is_good;

	if (vigia_rings_register(&rings))
		return false;
	is_good = selftest_late_record(false) && selftest_late_record(true);
	vigia_rings_unregister(&rings);
	pr_info("selftest of the rings: %s\n", is_good ? "passed" : "FAILED");
	return is_good;
}
