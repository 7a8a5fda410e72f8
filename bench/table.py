#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rows of the benchmarks: checked, shown, and put into bench/README.md.

table.py (--smoke | --write) RESULTS: RESULTS is a folder with one NAME.tsv per benchmark. Each line
of it has nine tab-separated cells: id, what, value, unit, target, rival, the rival's value, ratio,
and pass or short. With --write, the exit status is 1 if a row falls short; with --smoke, only if a
row is malformed or a benchmark printed none: figures of a run that short mean nothing."""

import datetime
import platform
import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
CELLS = 9


def parse(path):
    """(rows, complaints) of one benchmark's file."""
    rows, complaints = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) != CELLS or cells[-1] not in ("pass", "short"):
            complaints.append(f"{path.stem}: no row: {line!r}")
        elif not re.match(r"-?[\d.]", cells[2]):
            complaints.append(f"{path.stem}: no figure: {line!r}")
        else:
            rows.append(cells)
    if not rows:
        complaints.append(f"{path.stem}: printed no row")
    return rows, complaints


def machine():
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    total = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text(encoding="utf-8"))
    return (f"{len(names)} CPUs ({names[0] if names else 'unknown'}), "
            f"{int(total.group(1)) / (1 << 20):.0f} GiB, {system.group(1)}, "
            f"Linux {platform.release()}")


def cell(text):
    return text.replace("|", "\\|")


def markdown(results):
    lines = [f"{datetime.date.today().isoformat()}, {machine()}.", "",
             "| # | what | figure | target | rival | its figure | ratio | | command |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, rows in results:
        for number, what, value, unit, target, rival, theirs, ratio, verdict in rows:
            shown = "pass" if verdict == "pass" else "**short**"
            lines.append(f"| {number} | {cell(what)} | {value} {cell(unit)} | {cell(target)} | "
                         f"{cell(rival)} | {theirs} | {ratio} | {shown} | `bench/run.sh {name}` |")
    return "\n".join(lines)


def write(results):
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n\n{END}{after}", encoding="utf-8")


def main():
    mode, folder = sys.argv[1], Path(sys.argv[2])
    results, complaints = [], []
    for path in sorted(folder.glob("*.tsv")):
        rows, wrong = parse(path)
        results.append((path.stem, rows))
        complaints += wrong
    short = [row for _, rows in results for row in rows if row[-1] == "short"]
    good = sum(len(rows) for _, rows in results)
    for complaint in complaints or ([] if results else ["no benchmark ran"]):
        print(complaint)
    if mode == "--smoke":
        bad = len(complaints) + (not results)
        print(f"{good} passed, {bad} failed")
        sys.exit(bad > 0 or good == 0)
    if not complaints:
        write(sorted(results, key=lambda result: (result[1][0][0][1:].zfill(3), result[0])))
    for row in short:
        print("short: " + " ".join(row[:-1]))
    print(f"{good - len(short)} rows hold, {len(short)} fall short")
    sys.exit(bool(short or complaints or not results))


if __name__ == "__main__":
    main()
