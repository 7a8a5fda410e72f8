#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rows of bench/events.sh: judged, shown, and put into bench/README.md.

events_table.py LIVES.TSV ...: each line has a kernel, what was loaded, the events of one life, and
the median and the mean of its instructions. The exit status is 1 if a figure falls short."""

import sys
from datetime import date
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- events -->", "<!-- end of events -->"
S6, S8 = 150, 2.0


def read(paths):
    """{kernel: {(what, events): (median, mean)}}"""
    figures = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            kernel, what, events, median, mean = line.split("\t")
            figures.setdefault(kernel, {})[what, int(events)] = float(median), float(mean)
    if not figures:
        sys.exit("nothing was measured")
    return figures


def verdict(good):
    return "pass" if good else "**short**"


def event_row(kernel, of):
    """S6, from lives of two events: nothing else in them is large."""
    nothing = of["nothing", 2][0]
    event = (of["vigia_events", 2][0] - nothing) / 2
    rival = (of["BPF ring buffer", 2][0] - nothing) / 2
    drift = abs(of["nothing again", 2][0] - nothing) / 2
    return ["S6", kernel, "an event into the ring, tracepoint included",
            f"{event:,.0f} (± {drift:,.0f}) instructions", f"<= {S6}",
            f"BPF ring buffer: {rival:,.0f}", verdict(event <= S6)]


def life_row(kernel, of):
    """S8, from the means, which have the timers and wake-ups in them."""
    nothing, loaded = of["nothing", 3][1], of["all sensors", 3][1]
    more = (loaded - nothing) / nothing * 100
    drift = abs(of["nothing again", 3][1] - nothing) / nothing * 100
    return ["S8", kernel, f"fork, exec and exit with all sensors ({nothing:,.0f} with none)",
            f"{more:+.2f} (± {drift:.2f}) %", f"<= {S8:.0f} %",
            f"BPF ring buffer: {(of['BPF ring buffer', 3][1] - nothing) / nothing * 100:+.2f} %",
            verdict(more <= S8)]


def table(figures):
    rows = [row(kernel, of) for row in (event_row, life_row) for kernel, of in figures.items()]
    head = ["#", "kernel", "what", "figure", "target", "rival", ""]
    lines = ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]]
    return lines, all(row[-1] == "pass" for row in rows)


def write(lines):
    text = README.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    note = (f"{date.today()}: QEMU with `-icount shift=0`, one CPU; caches are not modelled. In "
            "brackets: how far two measurements with nothing loaded are apart.")
    parts = [text[:begin], note, "\n".join(lines), text[end:]]
    README.write_text("\n\n".join(parts), encoding="utf-8")


def main():
    lines, good = table(read(sys.argv[1:]))
    print("\n".join(lines))
    write(lines)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
