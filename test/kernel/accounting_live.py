#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""R7 on this host: accounting_live.py VIGIA TOOL. A publisher writes the files; where the kernel
tells it what ends, a storm's CPU time has to be found; where not, the views have to say so."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

VIGIA, TOOL = sys.argv[1:3]
SECONDS = 60
NO_EXITS = 3


def published(folder, publisher):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and publisher.poll() is None:
        if subprocess.run([VIGIA, "system", "--source", str(folder), "--interval", "100ms"],
                          capture_output=True, check=False).returncode == 0:
            return True
        time.sleep(0.1)
    return False


def judge(folder):
    # taskstats tells the run time as of its last update, some of a tick before the end: so the
    # kernel modules are held to 1 % (test/vm), and a publisher to 5 %.
    done = subprocess.run([TOOL, str(folder), "6", "10", "50"], check=False)
    if done.returncode != NO_EXITS:
        return done.returncode == 0
    view = subprocess.run([VIGIA, "ps", "--exited", "--source", str(folder), "--interval", "100ms"],
                          capture_output=True, text=True, check=False)
    print("vigia ps --exited:", view.returncode, view.stderr.strip())
    return view.returncode == 3 and "does not tell what ended" in view.stderr


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "files"
        publisher = subprocess.Popen([VIGIA, "publish", "--directory", str(folder),
                                      "--interval", "500ms"], stderr=subprocess.DEVNULL)
        try:
            good = published(folder, publisher) and judge(folder)
        finally:
            publisher.terminate()
            publisher.wait(SECONDS)
    print(f"{int(good)} passed, {int(not good)} failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
