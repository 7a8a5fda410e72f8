// SPDX-License-Identifier: GPL-2.0
/*
 * The sensor `processes`: one record per process, straight from its task_struct, signal_struct, mm and
 * cred. processes_record.h says what goes where; walk.h, how all are visited.
 */
#include <linux/module.h>
#include <vigia/processes.h>

#include "processes_record.h"
#include "sensor.h"
#include "walk.h"

/* Processes that the file can ever hold: sixteen times what a default pid_max lets live. */
#define VIGIA_PROCESSES_LIMIT (1 << 19)
/* Room for processes that are not there yet: a quarter more, and at least this many. */
#define VIGIA_PROCESSES_RESERVE 256

static struct vigia_reading vigia_reading_begin(struct vigia_walk *walk)
{
	struct vigia_reading reading = {
		.walk = walk,
#ifdef CONFIG_CGROUPS
		.hierarchy = vigia_hierarchy_find(),
#endif
		/* of each counter; the sum of the three of them may be wrong by three times as much */
		.rss_error_bytes = (u64)3 * vigia_mm_pages_error() << PAGE_SHIFT,
	};

	return reading;
}

static void processes_plan(struct vigia_sensor *sensor, u32 capacity[VIGIA_REGION_COUNT])
{
	u32 count = vigia_walk_count();

	capacity[VIGIA_PROCESSES_REGION] = count + max_t(u32, count / 4, VIGIA_PROCESSES_RESERVE);
}

static void processes_fill(struct vigia_sensor *sensor, struct vigia_snapshot *snapshot)
{
	struct vigia_process *record = snapshot->region[VIGIA_PROCESSES_REGION];
	struct vigia_process *end = record + snapshot->capacity[VIGIA_PROCESSES_REGION];
	struct vigia_walk walk;
	struct vigia_reading reading = vigia_reading_begin(&walk);
	struct task_struct *leader;

	vigia_walk_begin(&walk);
	while ((leader = vigia_walk_next(&walk))) {
		if (unlikely(record == end)) {
			snapshot->truncated[VIGIA_PROCESSES_REGION]++;
			continue;
		}
		if (likely(vigia_read_process(record, leader, vigia_walk_pid(&walk), &reading,
					      false)))
			record++;
		else if (!vigia_walk_again(&walk, record->pid))
			snapshot->slot->vanished_count++;
	}
	vigia_walk_end(&walk);
	snapshot->slot->unreadable_count += reading.loose_count;
	snapshot->count[VIGIA_PROCESSES_REGION] =
		snapshot->capacity[VIGIA_PROCESSES_REGION] - (end - record);
}

static int processes_query(struct vigia_sensor *sensor, struct vigia_process_query *query)
{
	struct vigia_reading reading = vigia_reading_begin(NULL);
	struct task_struct *leader;
	struct pid *pid;
	int error = -ESRCH;
	int attempt;

	memset(&query->process, 0, sizeof(query->process));
	reading.rss_error_bytes = 0;
	rcu_read_lock();
	for (attempt = 0; error && attempt < VIGIA_WALK_AGAIN; attempt++) {
		pid = find_pid_ns(query->pid, &init_pid_ns);
		leader = pid ? vigia_walk_leader(pid) : NULL;
		if (!leader ||
		    (query->start_time_ns && query->start_time_ns != leader->start_boottime))
			break;
		if (vigia_read_process(&query->process, leader, pid, &reading, true))
			error = 0;
	}
	rcu_read_unlock();
	return error;
}

static struct vigia_sensor processes_sensor = {
	.name = "processes",
	.owner = THIS_MODULE,
	.kind = VIGIA_FILE_PROCESSES,
	.record_size_bytes = { [VIGIA_PROCESSES_REGION] = sizeof(struct vigia_process) },
	.limit = { [VIGIA_PROCESSES_REGION] = VIGIA_PROCESSES_LIMIT },
	.plan = processes_plan,
	.fill = processes_fill,
	.query = processes_query,
};

static int __init processes_init(void)
{
	return vigia_sensor_register(&processes_sensor);
}

static void __exit processes_exit(void)
{
	vigia_sensor_unregister(&processes_sensor);
}

module_init(processes_init);
module_exit(processes_exit);

MODULE_DESCRIPTION("Vigia: one record per process in /proc/vigia/processes");
MODULE_LICENSE("GPL");
MODULE_VERSION(VIGIA_MODULE_VERSION);
