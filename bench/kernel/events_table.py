#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rows of bench/events.sh: judged, shown, and put into bench/README.md.

events_table.py FILE.TSV ...: lives.tsv has a kernel, what was loaded, the events of one life, and
the median and the mean of its instructions; probes.tsv a kernel, what was loaded, a tracepoint, and
the instructions of its probes. The exit status is 1 if a figure falls short."""

import sys
from datetime import date
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- events -->", "<!-- end of events -->"
S6, S8 = 150, 2.0
KINDS = ("fork", "exec", "exit")
RIVALS = ("BPF ring buffer", "perf buffer")


def read(paths):
    """{kernel: {(what, events): (median, mean), (what, tracepoint): instructions}}"""
    figures = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            kernel, what, of, *numbers = line.split("\t")
            row = figures.setdefault(kernel, {})
            if len(numbers) == 2:
                row[what, int(of)] = float(numbers[0]), float(numbers[1])
            else:
                row[what, of.removeprefix("sched_process_")] = int(numbers[0])
    if not figures:
        sys.exit("nothing was measured")
    return figures


def verdict(good):
    return "pass" if good else "**short**"


def event(of, what, kind):
    """The way of a tracepoint to a lone probe, and the probe."""
    return of["empty", "way"] + of[what, kind] - of["empty", kind]


def mean_event(of, what):
    return (event(of, what, "fork") + event(of, what, "exit")) / 2


def event_row(kernel, of):
    """S6: the events that every process has."""
    ours = mean_event(of, "vigia_events")
    parts = ", ".join(f"{kind} {event(of, 'vigia_events', kind):,.0f}" for kind in KINDS)
    rivals = ", ".join(f"{rival}: {mean_event(of, rival):,.0f}" for rival in RIVALS)
    return ["S6", kernel, f"an event into the ring, tracepoint included ({parts}; an empty probe "
            f"{of['empty', 'way']})", f"{ours:,.0f} instructions", f"<= {S6}", rivals,
            verdict(ours <= S6)]


def life_row(kernel, of):
    """S8, from the means, which have the timers and wake-ups in them."""
    nothing, loaded = of["nothing", 3][1], of["all sensors", 3][1]
    more = (loaded - nothing) / nothing * 100
    drift = abs(of["nothing again", 3][1] - nothing) / nothing * 100
    rivals = ", ".join(f"{rival}: {(of[rival, 3][1] - nothing) / nothing * 100:+.2f} %"
                       for rival in RIVALS)
    return ["S8", kernel, f"fork, exec and exit with all sensors ({nothing:,.0f} with none)",
            f"{more:+.2f} (± {drift:.2f}) %", f"<= {S8:.0f} %", rivals, verdict(more <= S8)]


def table(figures):
    rows = [row(kernel, of) for row in (event_row, life_row) for kernel, of in figures.items()]
    head = ["#", "kernel", "what", "figure", "target", "rival", ""]
    lines = ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]]
    return lines, all(row[-1] == "pass" for row in rows)


def write(lines):
    text = README.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    note = (f"{date.today()}: QEMU with `-icount shift=0`, one CPU; caches are not modelled. In "
            "brackets behind ±: how far two measurements with nothing loaded are apart.")
    parts = [text[:begin], note, "\n".join(lines), text[end:]]
    README.write_text("\n\n".join(parts), encoding="utf-8")


def main():
    lines, good = table(read(sys.argv[1:]))
    print("\n".join(lines))
    write(lines)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
