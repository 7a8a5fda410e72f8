#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy with the checks of .clang-tidy, all of them errors: tidy.py BUILD_FOLDER [FILE ...]"""

import concurrent.futures
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import tree


def compiled_sources(build):
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {Path(command["file"]).resolve() for command in commands}
    return sorted(path for path in paths if tree.ROOT in path.parents and build not in path.parents)


def tidy(build, path):
    began = time.monotonic()
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(path)], cwd=tree.ROOT,
                         capture_output=True, text=True, check=False)
    return path, run.returncode, run.stdout.strip() or run.stderr.strip(), time.monotonic() - began


def main():
    build = Path(sys.argv[1]).resolve()
    sources = [Path(name).resolve() for name in sys.argv[2:]] or compiled_sources(build)
    report = tree.Report()
    report.check("there are sources to look at", [] if sources else [f"none in {build}"])
    slowest = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for path, status, output, seconds in pool.map(lambda path: tidy(build, path), sources):
            report.check(f"clang-tidy {path.relative_to(tree.ROOT)}", [output] if status else [])
            slowest.append((seconds, path.relative_to(tree.ROOT)))
    for seconds, path in sorted(slowest, reverse=True)[:5]:
        print(f"{seconds:6.1f} s {path}")
    report.end()


if __name__ == "__main__":
    main()
