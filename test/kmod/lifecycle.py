#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every interleaving of lifecycle.pml, by spin; and ways to break it, which spin has to find."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from report import Report  # noqa: E402

MODEL = Path(__file__).resolve().with_name("lifecycle.pml")

# (what the model shows, definitions)
SOUND = [
    ("nothing is used after it was freed, nobody sleeps for ever, nothing is left", ["STEPS=2"]),
    ("nor when files are opened again", ["STEPS=1", "OPENS=2"]),
    ("without unloading nobody sleeps on a dead file", ["STEPS=2", "WITHOUT_UNLOADING"]),
]
# (what is broken, definitions, what spin says of it)
BROKEN = [
    ("an open file without a reference", ["BROKEN_NO_REFERENCE"], r"is_freed"),
    ("an image made while the sensor leaves", ["BROKEN_OPEN_WHILE_LEAVING"], r"image==255"),
    ("an image that is not ended", ["BROKEN_NO_DEATH"], r"image==255"),
    ("a channel freed before its file is removed", ["BROKEN_FREE_BEFORE_REMOVE"], r"channel_freed"),
    ("a doorbell freed under sleepers", ["BROKEN_FREE_UNDER_SLEEPERS"], r"doorbell_freed"),
    ("pollers told before the file is dead", ["WITHOUT_UNLOADING", "BROKEN_RING_BEFORE_DEATH"],
     r"asleep.*is_dead"),
    ("pollers not told", ["WITHOUT_UNLOADING", "BROKEN_NO_RING"], r"asleep.*is_dead"),
]


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600,
                          check=False)


def explore(definitions):
    """(what spin says, errors, states); errors is None if it did not come to its end."""
    with tempfile.TemporaryDirectory() as folder:
        options = [f"-D{definition}" for definition in definitions]
        for command in (["spin", "-a", *options, str(MODEL)],
                        ["cc", "-O1", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
                        ["./pan", "-m1000000"]):
            result = run(command, folder)
            if result.returncode != 0 or "error:" in result.stdout:
                return result.stdout + result.stderr, None, 0
        errors = re.search(r"errors: (\d+)", result.stdout)
        states = re.search(r"(\d+) states, stored", result.stdout)
        if not errors or not states or "Search not completed" in result.stdout and errors[1] == "0":
            return result.stdout, None, 0
        return result.stdout, int(errors[1]), int(states[1])


def main():
    report = Report()
    for sentence, definitions in SOUND:
        said, errors, states = explore(definitions)
        whole = errors == 0 and states > 10000
        report.check(f"{sentence} ({states} states)", [] if whole else [said])
    for sentence, definitions, expected in BROKEN:
        said, errors, _ = explore(definitions)
        found = errors and re.search(f"pan:1: assertion violated.*{expected}", said)
        report.check(f"found: {sentence}", [] if found else [said])
    report.end()


if __name__ == "__main__":
    main()
