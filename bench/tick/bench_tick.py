#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""S10: what one tick of the daemon costs at 1 Hz with 10,000 processes and 1,000 cgroups, beside
the rivals at the same interval with as many processes.

bench_tick.py BIN [SECONDS [PROCESSES]]. The daemon reads the files of a separate writer, so that
its figure holds no cost of a publisher; the rivals read /proc, because that is all they can. One
line per row, tabs between: id, what, value, unit, target, rival, its value, ratio, verdict."""

import os
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BIN = Path(sys.argv[1]).resolve()
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
PROCESSES = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
CGROUPS = PROCESSES // 10
WARM_UP_SECONDS = 5
CPU_TARGET = 0.005
RESIDENT_TARGET_MIB = 32
RIVAL_TARGET = 20
EXPORTER_PORT = 39257


def cpu_s(pid):
    """CPU time so far of a living process, all its threads, living and dead; in seconds."""
    return time.clock_gettime(((~pid) << 3) | 2)


def row(what, value, unit, target, good, rival="", rival_value="", ratio=""):
    print("S10", what, value, unit, target, rival, rival_value, ratio, "pass" if good else "short",
          sep="\t", flush=True)


def helper(name, *arguments):
    """A helper of ours, running once it has said that it is ready."""
    process = subprocess.Popen([str(BIN / name), *map(str, arguments)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    answer = process.stdout.readline().split()
    if not answer or answer[0] != "ready":
        sys.exit(f"bench_tick: {name} does not start")
    return process, answer


def finish(process):
    process.stdin.close()
    process.wait(60)


def daemon(folder, source, environment=None):
    config = folder / "vigia.toml"
    config.write_text("[engine]\nenabled = false\n", encoding="utf-8")
    with open(folder / "daemon.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            [str(BIN / "vigia"), "daemon", "--config", str(config), "--source", source,
             "--run-directory", str(folder / "run"), "--database", str(folder / "history.db"),
             "--interval", "1s"],
            stdin=subprocess.DEVNULL, stderr=log, env={**os.environ, **(environment or {})})


def stop(process, folder):
    process.terminate()
    if process.wait(10) != 0:
        sys.exit("bench_tick: the daemon failed: " + (folder / "daemon.log").read_text())


def resident_mib(pid, field):
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0


def own_share(folder, source):
    """(share of a CPU, resident MiB, of which private MiB) of the daemon after warm-up."""
    process = daemon(folder, source)
    time.sleep(WARM_UP_SECONDS)
    before = cpu_s(process.pid)
    time.sleep(SECONDS)
    share = (cpu_s(process.pid) - before) / SECONDS
    resident = resident_mib(process.pid, "VmRSS"), resident_mib(process.pid, "RssAnon")
    stop(process, folder)
    return share, *resident


def own_allocations(folder, source):
    """Allocations per tick after warm-up: (on the thread of the ticks, on the store's)."""
    counters = folder / "allocations"
    counters.write_bytes(bytes(16))
    process = daemon(folder, source, {"LD_PRELOAD": str(BIN / "count_allocations.so"),
                                      "VIGIA_COUNT_ALLOCATIONS": str(counters)})
    time.sleep(WARM_UP_SECONDS)
    before = struct.unpack("QQ", counters.read_bytes())
    time.sleep(SECONDS)
    after = struct.unpack("QQ", counters.read_bytes())
    stop(process, folder)
    if before[0] == 0:
        sys.exit("bench_tick: the allocations were not counted")
    return tuple((late - early) / SECONDS for early, late in zip(before, after))


def command_share(*command):
    """A rival's share of a CPU: its life of SECONDS intervals less a life of one."""

    def life(intervals):
        words = [word.replace("{}", str(intervals)) for word in command]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "dumb"})
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"bench_tick: {words} failed")
        return usage.ru_utime + usage.ru_stime

    rival_seconds = max(5, SECONDS // 2)
    return (life(rival_seconds + 1) - life(1)) / rival_seconds


def exporter_share():
    process = subprocess.Popen(
        ["prometheus-process-exporter", "-web.listen-address", f"127.0.0.1:{EXPORTER_PORT}",
         "-gather-smaps=false", "-procnames", "crowd"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def scrape():
        address = f"http://127.0.0.1:{EXPORTER_PORT}/metrics"
        with urllib.request.urlopen(address, timeout=30) as page:
            page.read()

    for attempt in range(100):
        try:
            scrape()
            break
        except OSError:
            time.sleep(0.1)
            if attempt == 99:
                sys.exit("bench_tick: process-exporter does not answer")
    rival_seconds = max(5, SECONDS // 2)
    before = cpu_s(process.pid)
    for _ in range(rival_seconds):
        time.sleep(1)
        scrape()
    share = (cpu_s(process.pid) - before) / rival_seconds
    process.terminate()
    process.wait(10)
    return share


def measure_daemon(folder):
    world, _ = helper("vigia_bench_world", prepared(folder), PROCESSES, CGROUPS, 1000)
    share, resident, private = own_share(folder, str(folder / "source"))
    ticks, store = own_allocations(folder, str(folder / "source"))
    finish(world)
    what = f"daemon, {PROCESSES} processes, {CGROUPS} cgroups, 1 Hz"
    row(f"CPU of the {what}", f"{share * 100:.3f}", "% of a CPU", f"<= {CPU_TARGET * 100} %",
        share <= CPU_TARGET)
    row(f"resident size of the {what} ({private:.1f} MiB of it private)", f"{resident:.1f}", "MiB",
        f"<= {RESIDENT_TARGET_MIB} MiB", resident <= RESIDENT_TARGET_MIB)
    row(f"allocations per tick after warm-up (the store's thread: {store:.1f})", f"{ticks:.2f}",
        "allocations", "0", ticks == 0)
    return share


def prepared(folder):
    (folder / "source").mkdir()
    return folder / "source"


def measure_rivals(share):
    rivals = [
        ("atop", lambda: command_share("atop", "1", "{}")),
        ("top -b", lambda: command_share("top", "-b", "-d", "1", "-n", "{}")),
        ("pidstat", lambda: command_share("pidstat", "-u", "-r", "-d", "-w", "-p", "ALL", "1",
                                          "{}")),
        ("process-exporter", exporter_share),
    ]
    for name, measure in rivals:
        theirs = measure()
        ratio = theirs / share
        row(f"CPU beside {name}, 1 Hz", f"{share * 100:.3f}", "% of a CPU",
            f">= {RIVAL_TARGET} times less", ratio >= RIVAL_TARGET, name, f"{theirs * 100:.2f}",
            f"{ratio:.1f}")


def measure_whole(folder):
    """For information: the daemon with the publisher in its process, on the same crowd."""
    share, resident, _ = own_share(folder, "publisher")
    row(f"for information: daemon and publisher in one process, {PROCESSES} real processes "
        f"({resident:.1f} MiB resident)", f"{share * 100:.2f}", "% of a CPU", "", True)


def main():
    with tempfile.TemporaryDirectory(prefix="vigia-bench-", dir="/dev/shm") as name:
        folder = Path(name)
        share = measure_daemon(folder)
        crowd, answer = helper("crowd", PROCESSES)
        if int(answer[1]) < PROCESSES:
            print(f"bench_tick: only {answer[1]} processes fit", file=sys.stderr)
        time.sleep(1)
        (folder / "history.db").unlink()
        measure_rivals(share)
        measure_whole(folder)
        finish(crowd)


if __name__ == "__main__":
    main()
