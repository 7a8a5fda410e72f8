// SPDX-License-Identifier: GPL-2.0
/*
 * vigia_events.ko: forks, execs, exits, OOM kills and control groups as they happen, into the rings of
 * /proc/vigia/events.
 */
#include "events.h"

#include <linux/module.h>
#include <linux/string.h>

#include "events_probes.h"
#include "sensor.h"

static unsigned int ring_records = 8192;
module_param(ring_records, uint, 0444);
MODULE_PARM_DESC(ring_records,
		 "records per CPU, 128 bytes each; rounded up to a power of two (default 8192)");

struct vigia_rings vigia_events = {
	.name = "events",
	.owner = THIS_MODULE,
};

DEFINE_PER_CPU(u64, vigia_events_last_ns);

#ifdef CONFIG_CGROUPS
struct vigia_hierarchy vigia_events_hierarchy;
#endif

static void vigia_on_sensor(const char *name, u32 kind, bool comes)
{
	struct vigia_event_sensor *sensor;
	struct vigia_event *event;
	u64 number;

	preempt_disable();
	event = vigia_rings_begin(&vigia_events, &number);
	vigia_event_start_by(event, comes ? VIGIA_EVENT_SENSOR_LOADED : VIGIA_EVENT_SENSOR_UNLOADED,
			     VIGIA_EVENT_VALID_NAME);
	sensor = (struct vigia_event_sensor *)event;
	sensor->file_kind = kind;
	memset(sensor->name, 0, sizeof(sensor->name));
	memcpy(sensor->name, name, strnlen(name, sizeof(sensor->name)));
	memset(sensor->reserved, 0, sizeof(sensor->reserved));
	vigia_rings_commit(&vigia_events, event, number);
	preempt_enable();
}

static int __init vigia_events_init(void)
{
	int error;

	if (!vigia_probes_fit())
		return -ENOEXEC;
#ifdef CONFIG_CGROUPS
	vigia_events_hierarchy = vigia_hierarchy_find();
#endif
	vigia_events.capacity = ring_records;
	vigia_events.features = vigia_probes_find() |
				VIGIA_EVENTS_FEATURE(VIGIA_EVENT_SENSOR_LOADED) |
				VIGIA_EVENTS_FEATURE(VIGIA_EVENT_SENSOR_UNLOADED);
	error = vigia_rings_register(&vigia_events);
	if (error)
		return error;
	error = vigia_probes_start();
	if (error) {
		vigia_rings_unregister(&vigia_events);
		return error;
	}
	vigia_sensor_listen(vigia_on_sensor);
	vigia_on_sensor(vigia_events.name, VIGIA_FILE_EVENTS, true);
	return 0;
}

/* The writers first, so that the rings of a dead file are complete. */
static void __exit vigia_events_exit(void)
{
	vigia_sensor_listen(NULL);
	vigia_probes_stop();
	vigia_on_sensor(vigia_events.name, VIGIA_FILE_EVENTS, false);
	vigia_rings_unregister(&vigia_events);
}

module_init(vigia_events_init);
module_exit(vigia_events_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Vigia: the lifecycle of processes and control groups in /proc/vigia/events");
MODULE_VERSION(VIGIA_MODULE_VERSION);
