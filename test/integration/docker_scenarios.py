#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`vigia daemon` with a real Docker Engine: docker_scenarios.py VIGIA [SCENARIO ...].

The engine is started by this test with its own folders and is gone afterwards, with everything in
it. All requests of the daemon go through a proxy that counts them. Needs root, docker.io and
busybox-static.

VIGIA_TEST_SOURCE is the daemon's --source (publisher). On a machine that is so many times slower,
as a virtual one without KVM is, VIGIA_TEST_SLOWNESS (1) lengthens what is waited for, and how long
a rule's condition must hold; what is asserted stays."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from counting_proxy import CountingProxy  # noqa: E402
from docker_engine import DockerEngine  # noqa: E402
from harness import Daemon, Folder, Report, wait_until  # noqa: E402
from memory_hog import Crossing, holding_command, hog_command, let_go  # noqa: E402

MIB = 1 << 20
SOURCE = os.environ.get("VIGIA_TEST_SOURCE", "publisher")
SLOWNESS = float(os.environ.get("VIGIA_TEST_SLOWNESS", "1"))
INTERVAL_S = 0.25
PATIENCE_S = 180 * SLOWNESS
READY_S = 60 * SLOWNESS
ALWAYS = f"{int(900 * SLOWNESS)}s"
LOW = ["low-%d" % n for n in range(1, 8)]
HIGH = ["high-%d" % n for n in range(1, 6)]
ALL = sorted(LOW + HIGH + ["grafana"])

MEMORY_RULE = """
[[rule]]
name = "memory-hog"
when = [{ memory_above = "64MiB" }]
for = "%s"
rank = "largest_memory"
actions = ["stop", "remove"]
grace = "1s"
"""


class Scene:
    """An engine, a proxy to it, and a folder for the daemon's files."""

    def __init__(self, binary, engine):
        self.binary = binary
        self.engine = engine
        self.folder = Folder()

    def __enter__(self):
        self.path = self.folder.__enter__()
        self.proxy = CountingProxy(str(self.path / "proxy.sock"), self.engine.socket)
        return self

    def __exit__(self, *exception):
        self.proxy.close()
        self.folder.__exit__(*exception)

    def daemon(self, *options, rules=""):
        config = self.path / "vigia.toml"
        config.write_text(f'run_directory = "{self.path}/run"\n[engine]\n'
                          f'sockets = ["{self.proxy.path}"]\n{rules}')
        return Daemon(self.binary, "--config", config, "--database", self.database,
                      "--source", SOURCE, "--interval", f"{int(INTERVAL_S * 1000)}ms",
                      *options)

    def running(self):
        return sorted(container["Names"][0].lstrip("/") for container in self.engine.list()
                      if container["State"] == "running")

    @property
    def database(self):
        return self.path / "vigia.db"

    def history(self):
        """The recorded decisions."""
        told = subprocess.run([self.binary, "history", "decisions", "--database", self.database,
                               "-o", "json"], capture_output=True, text=True, check=False)
        return json.loads(told.stdout) if told.stdout.strip() else []

    def thirteen(self):
        """Seven low and five high, each with more memory than the one before, and a grafana. If the
        scenario before has left them all, they will do: to start them takes a minute in a VM."""
        if self.running() == ALL:
            return
        self.engine.remove_all()
        for names, image in ((LOW, "sample/low"), (HIGH, "sample/high")):
            for size, name in enumerate(names, 1):
                self.engine.run(name, image, holding_command(2 * size * MIB))
        self.engine.run("grafana", "grafana/grafana", holding_command(40 * MIB))


def expect(condition, otherwise):
    """A finding, if the condition is not met."""
    return [] if condition else [otherwise() if callable(otherwise) else otherwise]


def ended_well(daemon):
    code = daemon.wait(READY_S)
    return expect(code == 0, f"the daemon ended with {code}:\n{daemon.said[-2000:]}")


def stop(daemon):
    daemon.process.terminate()
    return ended_well(daemon)


def dry_run_leaves_all_thirteen(scene):
    """dry run leaves seven low, five high and grafana, sends nothing, tells what would be done"""
    scene.thirteen()
    announced = [f"would stop {name} " for name in LOW[3:] + HIGH[2:]]
    with scene.daemon("--for", ALWAYS) as daemon:
        wait_until(lambda: all(text in daemon.said for text in announced), PATIENCE_S)
        time.sleep(3 * SLOWNESS)  # and then it does nothing
        findings = stop(daemon)
        said = daemon.said
    findings += expect(scene.running() == ALL, lambda: f"left: {scene.running()}")
    findings += expect(scene.proxy.writes() == [], lambda: f"sent: {scene.proxy.writes()}")
    findings += expect(len(scene.proxy.requests) > 0, "the engine was never asked anything")
    for name in LOW[3:] + HIGH[2:]:
        findings += expect(f"would stop {name} " in said, f"the log does not say of {name} what "
                           f"would be done:\n{said[-3000:]}")
    for name in LOW[:3] + HIGH[:2] + ["grafana"]:
        findings += expect(f"would stop {name} " not in said, f"the log would stop {name}")
    told = json.dumps(scene.history())
    for name in LOW[3:] + HIGH[2:]:
        findings += expect(name in told, f"`vigia history decisions` does not know of {name}")
    return findings


def enforce_keeps_three_low_two_high_and_grafana(scene):
    """enforced, the thirteen become 3 low, 2 high and grafana: the smallest stay"""
    scene.thirteen()
    expected = sorted(LOW[:3] + HIGH[:2] + ["grafana"])
    with scene.daemon("--enforce", "--for", ALWAYS) as daemon:
        reached = wait_until(lambda: scene.engine.names() == expected, PATIENCE_S)
        time.sleep(3 * SLOWNESS)  # and then it leaves them alone
        findings = expect(reached and scene.engine.names() == expected, lambda: "left: " +
                          ", ".join(scene.engine.names()) + "\n" + daemon.said[-4000:])
        findings += stop(daemon)
    writes = [(method, target.split("?")[0]) for _, method, target in scene.proxy.writes()]
    findings += expect(len(writes) == len(set(writes)) == 14, lambda: "7 stops and 7 removals, "
                       f"once each, were expected; sent: {writes}")
    findings += expect(scene.running() == expected, lambda: f"running: {scene.running()}")
    return findings


def protected_over_every_threshold_lives(scene):
    """a container with vigia.protect=true lives over every threshold"""
    scene.engine.remove_all()
    safe = scene.engine.run("precious", "sample/low", holding_command(90 * MIB),
                            {"vigia.protect": "true"})
    scene.engine.run("doomed", "sample/low", holding_command(90 * MIB))
    with scene.daemon("--enforce", "--for", ALWAYS, rules=MEMORY_RULE % "500ms") as daemon:
        gone = wait_until(lambda: scene.engine.names() == ["precious"], PATIENCE_S)
        time.sleep(3 * SLOWNESS)
        findings = expect(gone, lambda: "the unprotected one was not removed:\n" +
                          daemon.said[-3000:])
        findings += stop(daemon)
    findings += expect(scene.engine.inspect("precious")["State"]["Running"], "precious was stopped")
    findings += expect(scene.proxy.writes_about(safe) == [],
                       lambda: f"sent: {scene.proxy.writes_about(safe)}")
    return findings


def memory_hog_is_stopped_and_removed(scene):
    """a container over its memory threshold for its duration is stopped and removed"""
    duration_s = 2.0 * SLOWNESS
    scene.engine.remove_all()
    hog = scene.engine.run("hog", "sample/low", hog_command(90 * MIB))
    calm = scene.engine.run("calm", "sample/low", holding_command(8 * MIB))
    rules = MEMORY_RULE % f"{int(duration_s)}s"
    with scene.daemon("--enforce", "--for", ALWAYS, rules=rules) as daemon:
        findings = expect(daemon.wait_for("rules", READY_S),
                          lambda: "no first screen:\n" + daemon.said)
        time.sleep(2 * SLOWNESS)
        crossing = Crossing(hog, 64 * MIB, 60 * SLOWNESS)
        let_go(scene.engine, hog)
        crossed_at = crossing.wait()
        gone = wait_until(lambda: "hog" not in scene.engine.names(), PATIENCE_S)
        findings += expect(gone, lambda: f"hog was not removed:\n{daemon.said[-3000:]}")
        wait_until(lambda: "verified" in daemon.said, READY_S)
        findings += stop(daemon)
        said = daemon.said
    stops = [at for at, _, target in scene.proxy.writes_about(hog) if "/stop" in target]
    findings += expect(len(stops) == 1 and crossed_at is not None, f"stops: {stops}")
    findings += expect("verified" in said, lambda: f"nothing was verified:\n{said[-3000:]}")
    findings += expect(scene.proxy.writes_about(calm) == [], "the calm one was touched")
    if len(stops) == 1 and crossed_at is not None:
        held_s = stops[0] - crossed_at
        print(f"    S13: {1000 * (held_s - duration_s):.0f} ms after {duration_s:.0f} s over the "
              f"threshold (interval {1000 * INTERVAL_S:.0f} ms) the request was on the socket")
        findings += expect(held_s >= duration_s - INTERVAL_S,
                           f"it had only been over the threshold for {held_s:.3f} s")
    findings += told_by_why(scene)
    return findings


def told_by_why(scene):
    """`vigia why` tells the story of the removed container."""
    decisions = [d for d in scene.history() if "hog" in json.dumps(d)]
    if not decisions:
        return ["`vigia history decisions` does not know the decision"]
    number = decisions[0].get("id", decisions[0].get("decision_id"))
    told = subprocess.run([scene.binary, "why", str(number), "--database", scene.database],
                          capture_output=True, text=True, check=False)
    missing = [word for word in ("memory-hog", "hog", "stop", "remove", "verified", "64.0 MiB")
               if word not in told.stdout]
    return expect(not missing, lambda: f"`vigia why {number}` does not say {missing}:\n"
                  f"{told.stdout}{told.stderr}")


def a_persons_stop_is_left_alone(scene):
    """a container that a person stops while it is over its threshold is left alone"""
    scene.engine.remove_all()
    mine = scene.engine.run("mine", "sample/low", hog_command(90 * MIB))
    rule = MEMORY_RULE % f"{int(6 * SLOWNESS)}s"  # the person is quicker
    with scene.daemon("--enforce", "--for", ALWAYS, rules=rule) as daemon:
        findings = expect(daemon.wait_for("rules", READY_S),
                          lambda: "no first screen:\n" + daemon.said)
        time.sleep(1.5 * SLOWNESS)
        crossing = Crossing(mine, 64 * MIB, 60 * SLOWNESS)
        let_go(scene.engine, mine)
        crossing.wait()
        scene.engine.ask("POST", f"/containers/{mine}/stop?t=1")
        time.sleep(8 * SLOWNESS)
        findings += stop(daemon)
    findings += expect(scene.engine.names() == ["mine"], "it was removed")
    findings += expect(scene.proxy.writes() == [], lambda: f"sent: {scene.proxy.writes()}")
    return findings


def dockerd_restarts_in_the_middle(scene):
    """dockerd restarted in the middle: the daemon lives and knows the names again"""
    scene.engine.remove_all()
    for name in LOW[:4]:
        scene.engine.run(name, "sample/low")
    with scene.daemon("--for", ALWAYS) as daemon:
        findings = expect(daemon.wait_for("would stop low-", PATIENCE_S),
                          lambda: "no decision before:\n" + daemon.said)
        scene.engine.restart()
        for name in LOW[4:]:
            scene.engine.run(name, "sample/low")
        scene.engine.run("low-late", "sample/low", holding_command(30 * MIB))
        findings += expect(daemon.wait_for("would stop low-late ", PATIENCE_S),
                           lambda: "the new names are not known:\n" + daemon.said[-3000:])
        findings += expect(daemon.process.poll() is None, "the daemon ended")
        findings += stop(daemon)
    findings += expect(scene.proxy.writes() == [], lambda: f"sent: {scene.proxy.writes()}")
    return findings


SCENARIOS = [dry_run_leaves_all_thirteen, enforce_keeps_three_low_two_high_and_grafana,
             protected_over_every_threshold_lives, memory_hog_is_stopped_and_removed,
             a_persons_stop_is_left_alone, dockerd_restarts_in_the_middle]


def play(report, binary, engine, wanted):
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        began = time.monotonic()
        try:
            with Scene(binary, engine) as scene:
                findings = scenario(scene)
        except Exception as problem:  # one broken scenario is one failure, not the end
            findings = [f"{type(problem).__name__}: {problem}"]
        report.check(scenario.__doc__, findings)
        print(f"    in {time.monotonic() - began:.0f} s", flush=True)


def main():
    report = Report()
    try:
        with DockerEngine() as engine:
            play(report, sys.argv[1], engine, sys.argv[2:])
    except (OSError, RuntimeError) as problem:
        report.check("the engine starts and ends", [problem])
    report.end()


if __name__ == "__main__":
    main()
