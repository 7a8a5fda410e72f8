#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rows of bench/kernel.sh: judged, shown, and put with a plot into bench/README.md.

table.py (--smoke | --write) ROWS.TSV ...: each line has a kernel, what was measured, the number of
processes and the figure. The exit status is 1 if a figure falls short of its target."""

import math
import sys
from datetime import date
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
README, PLOT = BENCH / "README.md", BENCH / "kernel.svg"
BEGIN, END = "<!-- kernel -->", "<!-- end of kernel -->"

S1, S1_FLAT, S1_RATIO, S2, DAEMON = 250, 1.05, 400, 50_000, 10_000
RIVALS = ["five files", "text dump, read and parsed", "bpf_iter", "ps", "top", "atop"]
PARTS = ["part walk", "part identity", "part memory", "part counters", "part all"]
COMMAND = "bench/kernel.sh"


def read(paths):
    """{kernel: {what: {processes wanted: figure}}}; the crowd is rounded to what was asked for."""
    figures = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            kernel, what, count, figure = line.split("\t")
            digits = 10 ** (len(count) - 1)
            wanted = round(int(count) / digits) * digits
            figures.setdefault(kernel, {}).setdefault(what, {})[wanted] = float(figure)
    if not figures:
        sys.exit("nothing was measured")
    return figures


def verdict(good):
    return "pass" if good else "**short**"


def s1_rows(kernel, of):
    """One row for each size of the crowd; the target holds from 1,000 processes on."""
    refresh = of["refresh"]
    for count, figure in sorted(refresh.items()):
        rivals = [of.get(rival, {}).get(count) for rival in RIVALS]
        cells = [f"{value:,.0f} ({value / figure:,.1f})" if value else "-" for value in rivals]
        five = of["five files"][count]
        good = count < 1000 or figure <= S1 and five / figure >= S1_RATIO
        yield [kernel, f"{count:,}", f"{figure:.1f}", *cells, verdict(good)]


def flatness(of):
    many = [figure for count, figure in of["refresh"].items() if count >= 1000]
    return max(many) / min(many) if many else 1.0


def missing(number, kernel, what, target):
    return [number, kernel, what, "not measured", target, verdict(False)]


def stretch_row(kernel, of):
    what = "longest stretch without a chance to reschedule"
    large = of.get("longest stretch, many threads")
    longest = max([*of["longest stretch"].values(), *(large or {}).values()])
    with_large = "with a process of 30,000 threads" + ("" if large else ": not measured")
    return ["S2", kernel, f"{what}, also {with_large}", f"{longest:,.0f} instructions",
            f"<= {S2:,}", verdict(bool(large) and longest <= S2)]


def counted_row(number, kernel, of, what, said, target):
    if what not in of:
        return missing(number, kernel, said, f"{target}")
    last = max(of[what])
    rival = of[what.split(",")[0] + ", five files of one process"][last]
    return [number, kernel, f"{said} (the five files of one process: {rival:.0f})",
            f"{of[what][last]:.0f}", f"{target}", verdict(of[what][last] <= target)]


def daemon_row(kernel, of):
    """S10 in instructions: a whole tick, beside a whole run of each rival."""
    ticks = of.get("daemon tick", {})
    count = DAEMON if DAEMON in ticks else max(ticks, default=0)
    said = f"a tick of the daemon, {count:,} processes in 1,000 cgroups"
    runs = {name: of[name][count] * count for name in ("top", "atop")
            if of.get(name, {}).get(count)}
    if not ticks or not runs:
        return missing("S10", kernel, said, "<= 1/20 of each rival")
    beside = ", ".join(f"{name}: {run / 1e6:,.0f}" for name, run in runs.items())
    good = count == DAEMON and len(runs) == 2 and ticks[count] * 20 <= min(runs.values())
    return ["S10", kernel, f"{said} (a run of {beside} million)",
            f"{ticks[count] / 1e6:,.2f} million instructions", "<= 1/20 of each rival",
            verdict(good)]


def other_rows(kernel, of):
    what = "most expensive beside cheapest, from 1,000 processes on"
    if max(of["refresh"]) < 50_000:
        what += f" (measured to {max(of['refresh']):,})"
    good = flatness(of) <= S1_FLAT and max(of["refresh"]) >= 50_000
    yield ["S1", kernel, what, f"{flatness(of):.3f} times", f"<= {S1_FLAT}", verdict(good)]
    yield stretch_row(kernel, of)
    yield counted_row("S3", kernel, of, "system calls", "system calls for a fresh sample", 1)
    yield counted_row("S3", kernel, of, "system calls, shared", "system calls for a second reader",
                      0)
    yield counted_row("S4", kernel, of, "allocations", "allocations during a refresh", 0)
    yield daemon_row(kernel, of)


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows)]


def parts_rows(kernel, of):
    count = 10_000 if 10_000 in of["part all"] else max(of["part all"])
    before = 0.0
    cells = []
    for part in PARTS:
        cells.append(f"{of[part][count] - before:.0f}")
        before = of[part][count]
    yield [kernel, f"{count:,}", *cells, f"{before:.0f}"]


def markdown(figures):
    of_all = sorted(figures.items(), key=lambda item: [int(n) for n in item[0].split(".")])
    one = [row for kernel, of in of_all for row in s1_rows(kernel, of)]
    other = [row for kernel, of in of_all for row in other_rows(kernel, of)]
    parts = [row for kernel, of in of_all for row in parts_rows(kernel, of)]
    lines = [
        f"{date.today().isoformat()}, `{COMMAND}`: QEMU with `-icount shift=0`, one CPU, sleeping "
        "processes. Instructions, user space included; caches are not modelled.", "",
        "S1, instructions per process for one refresh with all fields (target: <= "
        f"{S1} from 1,000 processes on, and the five files >= {S1_RATIO} times as much). In "
        "brackets: times our figure. The bpf_iter program reads the leader thread alone; `ps`, "
        "`top` and `atop` are whole runs.", "",
        *table(["kernel", "processes", "vigia", *RIVALS, ""], one), "",
        "![Instructions per process over the number of processes](kernel.svg)", "",
        *table(["#", "kernel", "what", "figure", "target", ""], other), "",
        "What the parts cost (instructions per process; a copy of the walk with one part after the "
        "other, in the bench's own module):", "",
        *table(["kernel", "processes", "walk", "identity", "memory", "counters", "CPU time, checks",
                "sum"], parts)]
    return "\n".join(lines), [row for row in one + other if row[-1] != "pass"]


# ---- the plot ----

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 70, 190, 20, 50
COLOURS = {"vigia": "#0b6e4f", "bpf_iter": "#c97b1a", "text dump": "#7d5ba6",
           "five files": "#b3261e"}
SHOWN = {"refresh": "vigia", "bpf_iter": "bpf_iter", "text dump, read and parsed": "text dump",
         "five files": "five files"}


def place(count, figure):
    x = LEFT + (math.log10(count) - 2) / (math.log10(50_000) - 2) * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - (math.log10(figure) - 2) / 4 * (HEIGHT - TOP - BOTTOM)
    return f"{x:.1f}", f"{y:.1f}"


def grid():
    for power in range(2, 7):
        _, y = place(100, 10**power)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y}" text-anchor="end" dy="4">{10**power:,}</text>'
    for count in (100, 1000, 10_000, 50_000):
        x, _ = place(count, 100)
        yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{count:,}</text>'
    yield (f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
           "processes</text>")


def lines_of(figures):
    labelled = set()
    for kernel, of in figures.items():
        for what, name in SHOWN.items():
            points = [place(count, figure) for count, figure in sorted(of[what].items())]
            path = " ".join(f"{x},{y}" for x, y in points)
            yield (f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" '
                   f'stroke-width="2"><title>{name}, {kernel}</title></polyline>')
            if name not in labelled:
                x, y = points[-1]
                yield (f'<text x="{float(x) + 8}" y="{y}" dy="4" fill="{COLOURS[name]}">'
                       f"{name}</text>")
                labelled.add(name)


def plot(figures):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="{TOP - 4}">instructions per process; a line for each kernel</text>',
        *grid(), *lines_of(figures), "</svg>", ""])


def main():
    mode, figures = sys.argv[1], read(sys.argv[2:])
    text, short = markdown(figures)
    print(text)
    if mode == "--write":
        before, rest = README.read_text(encoding="utf-8").split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}",
                          encoding="utf-8")
        PLOT.write_text(plot(figures), encoding="utf-8")
    for row in short:
        print("short: " + ", ".join(row[:-1]))
    sys.exit(bool(short) and mode == "--write")


if __name__ == "__main__":
    main()
