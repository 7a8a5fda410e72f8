#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon beside a real Podman, by its Docker-compatible socket.

podman_scenario.py VIGIA: dry run leaves three containers alone and names them; --enforce keeps the
one that the rule keeps; a service that goes away and comes back (Podman's exits when idle) is
followed again. Ends with "N passed, N failed"."""

import json
import os
import subprocess
import sys

from harness import Daemon, Folder, Report, wait_until
from podman_engine import PodmanEngine

CONFIG = """
interval = "200ms"
[engine]
sockets = ["{socket}"]
[[rule]]
name = "one-low"
class = "low"
when = [{{ count_above = 1 }}]
rank = "oldest"
actions = ["stop", "remove"]
grace = "1s"
"""


def check(report, good, what, evidence):
    report.check(what, [] if good else evidence.splitlines() or ["nothing was said"])


def start(binary, folder, name, *options):
    return Daemon(binary, "--config", folder / "vigia.toml", "--database", folder / (name + ".db"),
                  "--run-directory", folder / (name + "-run"), "--source", "publisher", "--for",
                  "60s", *options)


def dry_run(report, binary, folder, engine):
    daemon = start(binary, folder, "dry")
    try:
        announced = daemon.wait_for("would stop low-2", 30)
        check(report, announced, "dry run announces the two oldest", daemon.said)
        check(report, "would stop low-1" in daemon.said and "would stop low-3" not in daemon.said,
                     "and not the newest", daemon.said)
        answer = subprocess.run(
            [binary, "containers", "--source", folder / "dry-run", "-o", "json"],
            capture_output=True, text=True, timeout=30, check=False,
            env={**os.environ, "DOCKER_HOST": "unix:///none",
                 "CONTAINER_HOST": "unix://" + engine.socket})
        rows = json.loads(answer.stdout or "[]")
        check(report, {"low-1", "low-2", "low-3"} <= {row["container"] for row in rows},
                     "vigia containers names Podman's containers", answer.stdout + answer.stderr)
        check(report, {row["runtime"] for row in rows if row["container"].startswith("low-")} ==
                     {"podman"}, "and knows them for Podman's", answer.stdout)
    finally:
        daemon.signal(15)
        daemon.wait()
    check(report, " 0 writing requests" in daemon.said, "and asks for nothing", daemon.said)
    check(report, engine.names() == ["low-1", "low-2", "low-3"], "all three are still there",
                 str(engine.names()))


def enforce(report, binary, folder, engine):
    daemon = start(binary, folder, "enforce", "--enforce")
    try:
        check(report, wait_until(lambda: engine.names() == ["low-3"], 40),
                     "enforcing keeps the newest one", daemon.said)
        check(report, daemon.wait_for("remove low-1 verified", 15), "and has seen it gone",
                     daemon.said)
        engine.stop_service()
        check(report, daemon.wait_for("warning: container engine", 15),
                     "a service that goes is said", daemon.said)
        engine.start_service()
        engine.run("low-4")
        check(report, wait_until(lambda: engine.names() == ["low-4"], 60),
                     "a service that comes back is followed again", daemon.said)
    finally:
        daemon.signal(15)
        code = daemon.wait()
    check(report, code == 0, "the daemon ends well", f"exit code {code}\n{daemon.said}")


def main():
    binary = sys.argv[1]
    report = Report()
    with Folder() as folder, PodmanEngine() as engine:
        (folder / "vigia.toml").write_text(CONFIG.format(socket=engine.socket))
        for number in (1, 2, 3):
            engine.run(f"low-{number}")
        dry_run(report, binary, folder, engine)
        enforce(report, binary, folder, engine)
    report.end()


if __name__ == "__main__":
    main()
