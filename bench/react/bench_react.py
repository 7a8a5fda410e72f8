#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""S13: how long from a threshold crossed, from a container started, or from a program run in one,
to the request on the Docker socket; with a real daemon and a real dockerd of its own.

bench_react.py VIGIA [--smoke]. Crossings are seen by reading the container's cgroup every
millisecond, starts are the engine's own event time, programs are timed by the kernel as the ring of
events has them, requests are seen by a proxy before the engine.
One line per row, tabs between: id, what, value, unit, target, rival, its value, ratio, pass or
short. Needs root, docker.io and busybox-static."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "support"))
from counting_proxy import CountingProxy  # noqa: E402
from docker_engine import DockerEngine, wait_until  # noqa: E402
from memory_hog import Crossing, hog_command, let_go  # noqa: E402

VIGIA = str(Path(sys.argv[1]).resolve())
SMOKE = "--smoke" in sys.argv[2:]
ROUNDS = 1 if SMOKE else 8
MIB = 1 << 20
MARGIN_MS = 50
PATIENCE_S = 30
KNOWN_S = 2.5  # until the daemon certainly knows a new container

CONFIG = """
run_directory = "{folder}/run"
[engine]
sockets = ["{proxy}"]
[policy]
budget = 1000
[[rule]]
name = "hog"
class = "high"
when = [{{ memory_above = "64MiB" }}]
actions = ["stop"]
grace = "1s"
cooldown = "1s"
[[rule]]
name = "too-many"
class = "low"
when = [{{ count_above = 2 }}]
rank = "newest"
actions = ["stop"]
grace = "1s"
cooldown = "1s"
[[rule]]
name = "miner"
class = "high"
when = [{{ execs_above = 0, programs = ["/tmp/miner-*/sleep"], within = "1m" }}]
actions = ["kill"]
cooldown = "1s"
"""

# Waits for the file, then becomes a program of a name that no other container's has. It runs none
# while it waits: each would bring a sample of its own, and the next one would have to wait for its
# turn.
_MINE = ("mkdir /tmp/miner-$1; cp /bin/busybox /tmp/miner-$1/sleep; mkfifo /tmp/never; "
         "exec 3<>/tmp/never; while [ ! -e /tmp/go ]; do read -t 1 -u 3 word; done; "
         "exec /tmp/miner-$1/sleep 1000")


def row(what, values_ms, target_ms):
    worst = max(values_ms)
    text = f"{what}; worst of {len(values_ms)}, median {statistics.median(values_ms):.0f} ms"
    print("S13", text, f"{worst:.0f}", "ms", f"<= {target_ms} ms", "", "", "",
          "pass" if worst <= target_ms else "short", sep="\t", flush=True)


def request_after(proxy, container, since):
    """When the first writing request about the container came; waits for it."""
    def found():
        return [at for at, _, target in proxy.writes() if at >= since and container in target]
    wait_until(found, PATIENCE_S, "a request about " + container)
    return found()[0]


def start_time(engine, container):
    """The engine's time of the start event, on the monotonic clock."""
    now = time.time()
    filters = urllib.parse.quote(json.dumps({"container": [container], "event": ["start"]}))
    _, body = engine.api("GET", f"/events?since={int(now) - 60}&until={int(now) + 1}"
                         f"&filters={filters}")
    event = json.loads(body.splitlines()[0])
    return event["timeNano"] / 1e9 - (time.time() - time.monotonic())


def crossing_ms(engine, proxy, number):
    hog = engine.run(f"hog-high-{number}", "sample/high", hog_command(90 * MIB))
    time.sleep(KNOWN_S + 0.137 * number)  # another phase of the interval each time
    crossing = Crossing(hog, 64 * MIB)
    let_go(engine, hog)
    crossed = crossing.wait()
    asked = request_after(proxy, hog, crossed)
    engine.api("DELETE", f"/containers/{hog}?force=1")
    return 1000 * (asked - crossed)


def start_ms(engine, proxy, number):
    extra = engine.create(f"extra-low-{number}", "sample/low", hog_command(1))
    time.sleep(0.5 + 0.137 * number)
    before = time.monotonic()
    engine.ask("POST", f"/containers/{extra}/start")
    asked = request_after(proxy, extra, before)
    took = 1000 * (asked - start_time(engine, extra))
    engine.api("DELETE", f"/containers/{extra}?force=1")
    return took


def exec_time(folder, program):
    """When it was run, by the monotonic clock; waits until the ring has it."""
    def found():
        told = subprocess.run(
            [VIGIA, "events", "--source", f"{folder}/run", "--kind", "exec", "-o", "ndjson"],
            capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=PATIENCE_S)
        events = [json.loads(line) for line in told.stdout.splitlines()]
        return [event["realtime_ns"] for event in events if event["file_name"] == program]
    wait_until(found, PATIENCE_S, "the run of " + program)
    return found()[0] / 1e9 - (time.time() - time.monotonic())


def exec_ms(engine, proxy, folder, number):
    name = f"{number}-{time.monotonic_ns()}"
    miner = engine.run(f"miner-high-{number}", "sample/high",
                       ["/bin/sh", "-c", _MINE, "sh", name])
    time.sleep(KNOWN_S + 0.137 * number)
    before = time.monotonic()
    let_go(engine, miner)
    asked = request_after(proxy, miner, before)
    took = 1000 * (asked - exec_time(folder, f"/tmp/miner-{name}/sleep"))
    engine.api("DELETE", f"/containers/{miner}?force=1")
    return took


def measure(engine, folder, interval_ms):
    """([ms from crossing to request], [ms from start to request], [ms from exec to request])"""
    proxy_path = f"{folder}/proxy-{interval_ms}.sock"
    config = Path(folder) / "vigia.toml"
    config.write_text(CONFIG.format(folder=folder, proxy=proxy_path), encoding="utf-8")
    with CountingProxy(proxy_path, engine.socket) as proxy, \
            open(f"{folder}/daemon.log", "w", encoding="utf-8") as log:
        daemon = subprocess.Popen(
            [VIGIA, "daemon", "--config", str(config), "--database", f"{folder}/{interval_ms}.db",
             "--source", "publisher", "--interval", f"{interval_ms}ms", "--enforce"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            time.sleep(KNOWN_S)
            return ([crossing_ms(engine, proxy, n) for n in range(ROUNDS)],
                    [start_ms(engine, proxy, n) for n in range(ROUNDS)],
                    [exec_ms(engine, proxy, folder, n) for n in range(ROUNDS)])
        finally:
            daemon.terminate()
            daemon.wait(PATIENCE_S)
            sys.stderr.write(Path(f"{folder}/daemon.log").read_text(errors="replace")[-2000:])


def main():
    with tempfile.TemporaryDirectory(prefix="vigia-react-") as folder, DockerEngine() as engine:
        for name in ("low-a", "low-b"):
            engine.run(name, "sample/low")
        for interval_ms in (250,) if SMOKE else (250, 1000):
            crossings, starts, runs = measure(engine, folder, interval_ms)
            row(f"from memory over its threshold to the request, interval {interval_ms} ms",
                crossings, interval_ms + MARGIN_MS)
            row(f"from a container's start to the request, interval {interval_ms} ms",
                starts, MARGIN_MS)
            row(f"from a program run in a container to the request, interval {interval_ms} ms",
                runs, MARGIN_MS)


if __name__ == "__main__":
    main()
