#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every scenario on the kernel that checks itself, and writes what came of it into README.md.

    test/vm/debug_report.py

Prints what test/vm/run.sh prints; the exit status is its status."""

import datetime
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- debug kernel: begin -->", "<!-- debug kernel: end -->"

_RELEASE = re.compile(r"^vm debug: (\S+), modules built")
_SCENARIO = re.compile(r"^vm debug +(\S+) +(\S+) +(\d+) s +(\d+) passed +(\d+) failed")
_COMPLAINT = re.compile(r"^vm debug: (the kernel complained|it did not come to its end)")
_CHECKS = re.compile(r"^CONFIG_(\w+)=y$", re.MULTILINE)


def run_scenarios():
    """The output of test/vm/run.sh, line by line as it comes, and its status."""
    lines = []
    with subprocess.Popen([HERE / "run.sh", "--kernel", "debug", "--table", "--jobs", "1"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    return lines, process.returncode


def checks():
    """The options of debug.config that check something, by its last paragraph."""
    text = (HERE / "debug.config").read_text(encoding="utf-8")
    return _CHECKS.findall(text.split("# What checks.\n")[1])


def matches(pattern, lines):
    return [match for line in lines if (match := pattern.match(line))]


def report(lines, today):
    """The paragraph and the table between the markers."""
    releases = matches(_RELEASE, lines)
    complaints = matches(_COMPLAINT, lines)
    release = releases[0].group(1) if releases else "unknown"
    trouble = f"in {len(complaints)} VMs the kernel complained or did not come to its end"
    rows = ["| {1} | {0} | {2} | {3} | {4} |".format(*match.groups())
            for match in matches(_SCENARIO, lines)]
    quiet = "no report of the kernel" if rows else "no scenario ran"
    verdict = trouble if complaints else quiet
    return "\n".join([
        f"{today}, Linux {release}: {lines[-1] if lines else 'nothing ran'}; {verdict}.",
        "",
        "| scenario | cgroups | seconds | passed | failed |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "Checked by: " + ", ".join(checks()) + ".",
    ])


def replace_between(text, begin, end, new):
    before, rest = text.split(begin, 1)
    return before + begin + "\n" + new + "\n" + rest[rest.index(end):]


def main():
    lines, status = run_scenarios()
    text = README.read_text(encoding="utf-8")
    new = report(lines, datetime.date.today().isoformat())
    README.write_text(replace_between(text, BEGIN, END, new), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
