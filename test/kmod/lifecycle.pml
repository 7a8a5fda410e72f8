/* SPDX-License-Identifier: MIT */
/*
 * Who holds what, and when it is freed: kmod/channel.c, refresh.c, file.c, registry.c, doorbell.c and
 * the part of procfs that they rely on, as a model for spin. Readers open, refresh, poll, map and
 * close; a walk may not fit, which ends the image; at any time the sensor is unregistered.
 *
 * Checked in every interleaving: nothing is used after it was freed, every open file is released
 * exactly once, nobody sleeps for ever, and at the end nothing is left but what is still mapped.
 *
 * test/kmod/lifecycle.py runs it, and runs it again with each BROKEN_* defined, which has to fail.
 */

#define READERS 2
#define IMAGES 4 /* that can be made in one run; further opens fail as if memory were short */
#define NONE 255
#ifndef OPENS
#define OPENS 1 /* of each reader, one after the other */
#endif
#ifndef STEPS
#define STEPS 2 /* calls on an open file */
#endif

/* The image: its memory is the channel's and the openers' by count, its pages also the mappings'. */
typedef image_t {
	byte references;
	byte mappings;
	bool made;
	bool is_dead;
	bool is_freed; /* vfree(): mappings keep their pages */
}
image_t images[IMAGES];
byte images_made;

/* The channel. `lock` guards image and is_leaving. */
bool lock;
byte image = NONE;
bool is_leaving;
bool channel_freed;

/* The doorbell: who sits in its queue, and in poll() asleep. */
bool doorbell_freed;
bool queued[READERS];
bool asleep[READERS];

/* procfs: calls that are running in the file, and whether it takes new ones. */
byte calls;
bool is_removed;

/* Each reader's open file, as procfs lists it. */
bool is_open[READERS];
bool is_closing[READERS]; /* somebody calls ->proc_release */
bool is_closed[READERS];  /* ... and has come back */
bool released[READERS];   /* ->proc_release was called */
byte opened[READERS];     /* its image */

#ifdef WITHOUT_UNLOADING
bool is_over; /* nothing can happen any more */
#endif

/* use_pde() */
inline enter_call(entered)
{
	atomic {
		if
		:: is_removed -> entered = false
		:: else -> calls++; entered = true
		fi
	}
}

inline leave_call()
{
	calls--
}

inline take_lock()
{
	assert(!channel_freed);
	atomic { !lock -> lock = true }
}

inline drop_lock()
{
	assert(!channel_freed);
	lock = false
}

/* vigia_image_put() */
inline put_image(which)
{
	atomic {
		assert(!images[which].is_freed && images[which].references > 0);
		images[which].references--;
		if
		:: images[which].references == 0 -> images[which].is_freed = true
		:: else -> skip
		fi
	}
}

/* vigia_doorbell_ring(): who sleeps in poll() runs, and looks again. */
inline ring()
{
	byte woken;

	assert(!doorbell_freed);
	atomic {
		woken = 0;
		do
		:: woken < READERS -> asleep[woken] = false; woken++
		:: else -> break
		od;
		woken = 0
	}
}

/* vigia_channel_end_image(), under the lock */
inline end_image()
{
	atomic {
		if
		:: image != NONE -> images[image].is_dead = true; put_image(image); image = NONE
		:: else -> skip
		fi
	}
}

/* vigia_file_open() */
inline file_open(me)
{
	enter_call(entered);
	if
	:: !entered -> skip
	:: entered ->
		take_lock();
#ifndef BROKEN_OPEN_WHILE_LEAVING
		if
		:: is_leaving -> skip
		:: else ->
#endif
			atomic {
				if
				:: image == NONE && images_made < IMAGES ->
					image = images_made;
					images_made++;
					images[image].made = true;
					images[image].references = 1
				:: else -> skip
				fi;
				if
				:: image != NONE ->
					opened[me] = image;
#ifndef BROKEN_NO_REFERENCE
					images[image].references++;
#endif
					is_closing[me] = false;
					is_closed[me] = false;
					released[me] = false;
					is_open[me] = true
				:: else -> skip
				fi
			}
#ifndef BROKEN_OPEN_WHILE_LEAVING
		fi;
#endif
		drop_lock();
		leave_call()
	fi
}

/* vigia_channel_close(): the last one lets an image go that nobody maps. */
inline file_release(me)
{
	assert(!released[me]);
	released[me] = true;
	take_lock();
	atomic {
		put_image(opened[me]);
		if
		:: opened[me] == image && images[image].references == 1 &&
		   images[image].mappings == 0 -> end_image()
		:: else -> skip
		fi
	}
	drop_lock()
}

/* close_pdeo() of procfs, for close() and for the removal: the first one calls, the other waits. */
inline close_once(me)
{
	bool mine;

	atomic {
		mine = !is_closing[me];
		is_closing[me] = true
	}
	if
	:: mine -> file_release(me); is_closed[me] = true
	:: else -> is_closed[me]
	fi
}

/* VIGIA_IOC_REFRESH; a walk that did not fit ends the image and tells everybody. */
inline file_refresh(me)
{
	enter_call(entered);
	if
	:: !entered -> skip
	:: entered ->
		take_lock();
		assert(!images[opened[me]].is_freed);
		if
		:: image != opened[me] -> skip /* ESTALE */
		:: image == opened[me] -> ring() /* a new generation */
#if defined(BROKEN_RING_BEFORE_DEATH)
		:: image == opened[me] -> ring(); end_image()
#elif defined(BROKEN_NO_RING)
		:: image == opened[me] -> end_image()
#else
		:: image == opened[me] -> end_image(); ring()
#endif
		fi;
		drop_lock();
		leave_call()
	fi
}

/*
 * poll(): ->poll, sleep, and again. In the queue from the first look to the end; what it may be woken
 * by beside the doorbell is left to chance.
 */
inline file_poll(me)
{
	again = true;
	do
	:: !again -> break
	:: again ->
		enter_call(entered);
		if
		:: !entered -> again = false /* procfs answers instead */
		:: entered ->
			atomic {
				assert(!doorbell_freed && !channel_freed);
				queued[me] = true;
				asleep[me] = true /* before the look, so that no ring is lost */
			}
			assert(!images[opened[me]].is_freed);
			if
			:: images[opened[me]].is_dead -> again = false
			:: else -> skip
			fi;
			leave_call();
			if
			:: !again -> skip
			:: again && patient ->
				if
				:: !asleep[me] -> skip
#ifdef WITHOUT_UNLOADING
				:: is_over -> again = false
#endif
				fi
			:: again && !patient -> again = false /* its time is over, or a signal */
			fi
		fi
	od;
	/* poll_freewait(): takes the queue's lock */
	atomic {
		asleep[me] = false;
		if
		:: queued[me] -> assert(!doorbell_freed); queued[me] = false
		:: else -> skip
		fi
	}
}

inline file_map(me)
{
	enter_call(entered);
	if
	:: !entered -> skip
	:: entered ->
		assert(!images[opened[me]].is_freed);
		atomic {
			if
			:: mapped == NONE -> mapped = opened[me]; images[mapped].mappings++
			:: else -> skip
			fi
		}
		leave_call()
	fi
}

proctype reader(byte me)
{
	bool entered, again, patient;
	byte mapped = NONE, step = 0, opens = 0;

reopen:	file_open(me);
	opens++;
	do
	:: !is_open[me] || step == STEPS -> break
	:: is_open[me] && step < STEPS ->
		step++;
		if
		:: true -> file_refresh(me)
		:: true -> patient = true; file_poll(me)
		:: true -> patient = false; file_poll(me)
		:: true -> file_map(me)
		fi
	od;
	if
	:: is_open[me] -> close_once(me); is_open[me] = false
	:: else -> skip
	fi;
	if
	:: mapped != NONE ->
		/* A mapping without a descriptor: it is either live or knows that it is not. */
		assert(images[mapped].is_dead || image == mapped);
		atomic {
			images[mapped].mappings--;
			mapped = NONE
		}
	:: else -> skip
	fi;
	if
	:: opens < OPENS -> step = 0; goto reopen
	:: else -> skip
	fi
}

/* vigia_sensor_unregister() */
proctype unloader()
{
	byte each;

	/* vigia_channel_end() */
	take_lock();
	is_leaving = true;
#ifndef BROKEN_NO_DEATH
	end_image();
#endif
	drop_lock();
	ring();
	/* proc_remove(): no new calls, waits for those that run, releases what is open */
#ifndef BROKEN_FREE_BEFORE_REMOVE
	is_removed = true;
	(calls == 0);
	each = 0;
	do
	:: each < READERS ->
		if
		:: is_open[each] && !is_closed[each] -> close_once(each)
		:: else -> skip
		fi;
		each++
	:: else -> break
	od;
#endif
	/* vigia_doorbell_destroy() */
	ring(); /* POLLFREE */
#ifndef BROKEN_FREE_UNDER_SLEEPERS
	(!queued[0] && !queued[1]);
#endif
	doorbell_freed = true;
	/* vigia_channel_free() */
	assert(image == NONE);
	channel_freed = true
#ifdef BROKEN_FREE_BEFORE_REMOVE
	;
	is_removed = true;
	(calls == 0)
#endif
}

#ifdef WITHOUT_UNLOADING
/* When nothing can happen any more, nobody may sleep who would find the file dead. */
proctype watcher()
{
	timeout;
	assert(!(asleep[0] && images[opened[0]].is_dead));
	assert(!(asleep[1] && images[opened[1]].is_dead));
	is_over = true
}
#endif

init
{
	byte each = 0;

	atomic {
		run reader(0);
		run reader(1);
#ifdef WITHOUT_UNLOADING
		run watcher()
#else
		run unloader()
#endif
	}
	_nr_pr == 1; /* all others are at their ends */
	do
	:: each < IMAGES ->
		assert(images[each].mappings == 0);
#ifndef WITHOUT_UNLOADING
		assert(!images[each].made || (images[each].is_dead && images[each].is_freed));
#endif
		each++
	:: else -> break
	od
}
