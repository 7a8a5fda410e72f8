#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 at random moments (R8): the database stays sound, at most one tick is missing, and no
container is acted on twice.

crash_loop.py VIGIA [LIVES]: VIGIA_SEED repeats a run."""

import os
import random
import shutil
import signal
import sqlite3
import struct
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from fake_engine import FakeEngine
from harness import Daemon, Folder, Report, World, container_id, wait_until

BINARY = Path(sys.argv[1]).resolve()
LIVES = int(sys.argv[2]) if len(sys.argv) > 2 else 200
SEED = int(os.environ.get("VIGIA_SEED") or random.randrange(2**32))
WANTED = 3
TICK_S = 0.1

ENFORCE = """
[engine]
sockets = ["{socket}"]

[policy]
enforce = true
default_rules = false
budget = 1000
budget_window = "1s"

[[rule]]
name = "at-most-three"
when = [{{ count_above = {wanted} }}]
rank = "largest_memory"
actions = ["stop", "remove"]
grace = "1s"
cooldown = "1h"
verify = "10s"
"""

WATCH = """
[engine]
enabled = false
"""


def copy_of(database, folder):
    """The database as the killed daemon left it: read as a copy, so that nothing is repaired."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for suffix in ("", "-wal"):
        source = database.with_name(database.name + suffix)
        if source.exists():
            shutil.copy(source, folder / source.name)
    return folder / database.name


def query(database, text):
    connection = sqlite3.connect(database)
    try:
        return connection.execute(text).fetchall()
    finally:
        connection.close()


@dataclass
class Slot:
    generation: int
    begin_ns: int


def slots(path):
    """The whole snapshots of a published file, by the layout of vigia/file.h."""
    data = path.read_bytes()
    offset, size, count = struct.unpack_from("<QQI", data, 64)
    found = []
    for index in range(count):
        sequence, generation, begin_ns = struct.unpack_from("<QQQ", data, offset + index * size)
        if sequence % 2 == 0 and generation > 0:
            found.append(Slot(generation, begin_ns))
    return sorted(found, key=lambda slot: slot.generation)


def covered_ns(database):
    """The time between the first and the last stored tick, summed over all lives."""
    return query(database, "SELECT coalesce(sum(interval_ns), 0) FROM system_raw")[0][0]


class Pulse(threading.Thread):
    """How late this machine lets a thread run that sleeps for 10 ms, again and again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.latest_s = 0.0
        self.start()

    def run(self):
        while True:
            before = time.monotonic()
            time.sleep(0.01)
            self.latest_s = max(self.latest_s, time.monotonic() - before - 0.01)

    def take(self):
        """The worst since the last call, s."""
        worst, self.latest_s = self.latest_s, 0.0
        return worst


def first_tick(path, daemon):
    """When the first tick of this life began: the second snapshot, the first being the opener's."""
    found = []

    def look():
        try:
            found[:] = [slot for slot in slots(path) if slot.generation == 2]
        except (OSError, struct.error):
            return False
        return found or daemon.process.poll() is not None

    wait_until(look, 10)
    return found[0].begin_ns if found else None


def ticks_missing(folder, chance):
    """200 lives that only watch. Yields what is wrong; prints how many ticks were missing.

    A tick is a tenth of the default one here. A life in which this machine kept even us from
    running for half of one says nothing about the daemon: such lives are counted apart."""
    database = folder / "history.db"
    config = folder / "vigia.toml"
    config.write_text(WATCH, encoding="utf-8")
    before_ns = 0
    missing, stalled = [], 0
    pulse = Pulse()
    for life in range(LIVES):
        options = ("--config", config, "--database", database, "--run-directory", folder / "run",
                   "--source", "publisher", "--interval", f"{TICK_S * 1000:.0f}ms")
        shutil.rmtree(folder / "run", ignore_errors=True)
        pulse.take()
        with Daemon(BINARY, *options) as daemon:
            first_ns = first_tick(folder / "run" / "system", daemon)
            if first_ns is None:
                yield f"life {life}: no tick: {daemon.said}"
                return
            time.sleep(chance.uniform(0.0, 0.6))
            daemon.kill()
        late_s = pulse.take()
        published = slots(folder / "run" / "system")
        copy = copy_of(database, folder / "copy")
        checked = query(copy, "PRAGMA quick_check")
        if checked != [("ok",)]:
            yield f"life {life}: quick_check: {checked}"
        after_ns = covered_ns(copy)
        last_ns = first_ns + after_ns - before_ns
        before_ns = after_ns
        newer = [slot for slot in published if slot.begin_ns > last_ns + 1000]
        missing.append(len(newer))
        if len(newer) > 1 and published[-1].generation > 2:
            if late_s < TICK_S / 2:
                yield f"life {life}: {len(newer)} ticks are missing"
            else:
                stalled += 1
    print(f"    {LIVES} kills: 0 ticks missing {missing.count(0)} times, 1 tick "
          f"{missing.count(1)} times, more {sum(count > 1 for count in missing)} times, "
          f"{stalled} of them while the machine stood still")
    if stalled > LIVES // 20:
        yield f"the machine stood still in {stalled} lives: this run shows nothing"


def acted_twice(writes):
    """Containers that were stopped or removed more than once, with what was asked."""
    asked = {}
    for verb, container, status in writes:
        asked.setdefault((verb, container), []).append(status)
    return [f"{verb} {container[-6:]} was asked for {len(answers)} times: {answers}"
            for (verb, container), answers in asked.items() if len(answers) > 1]


def actions(folder, chance):
    """200 lives that act on a host which never has few enough containers."""
    socket = folder / "engine.sock"
    world = World(BINARY, folder / "source")
    engine = FakeEngine(socket, on_stop=world.end)
    config = folder / "vigia.toml"
    config.write_text(ENFORCE.format(socket=socket, wanted=WANTED), encoding="utf-8")
    database = folder / "history.db"
    options = ("--config", config, "--database", database, "--source", folder / "source",
               "--interval", "100ms")
    started = 0

    def running():
        with engine.lock:
            return sum(known["state"] == "running" for known in engine.containers.values())

    for life in range(LIVES):
        while running() < WANTED + 3:
            started += 1
            engine.add(container_id(started), f"worker-{started}")
            world.run(container_id(started), chance.randrange(1 << 20, 1 << 30))
        with Daemon(BINARY, *options) as daemon:
            time.sleep(chance.uniform(0.02, 0.9))
            if daemon.process.poll() is not None:
                yield f"life {life}: it ended by itself: {daemon.said}"
                return
            daemon.kill()
        if database.exists():
            checked = query(copy_of(database, folder / "copy"), "PRAGMA quick_check")
            if checked != [("ok",)]:
                yield f"life {life}: quick_check: {checked}"
    with Daemon(BINARY, *options) as daemon:
        if not wait_until(lambda: running() <= WANTED, 60):
            yield f"{running()} containers run in the end: {daemon.said}"
        daemon.signal(signal.SIGTERM)
        daemon.wait(5)
    yield from acted_twice(engine.writes)
    removed = sum(verb == "remove" for verb, _, _ in engine.writes)
    print(f"    {LIVES} kills: {started} containers started, {len(engine.writes)} requests, "
          f"{removed} of them to remove")
    if removed < LIVES // 10:
        yield f"only {removed} containers were removed: this run shows nothing"
    engine.close()
    world.close()


def main():
    print(f"seed {SEED} (VIGIA_SEED={SEED} repeats this run)")
    chance = random.Random(SEED)
    report = Report()
    for name, test in (
            (f"{LIVES} kills while watching: sound, and at most one tick missing", ticks_missing),
            (f"{LIVES} kills while acting: sound, and nothing done twice", actions)):
        with Folder() as folder:
            report.check(name, list(test(folder, chance)))
    report.end()


if __name__ == "__main__":
    main()
