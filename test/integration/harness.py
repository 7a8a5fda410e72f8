# SPDX-License-Identifier: MIT
"""What the tests of the whole program share: a folder, a daemon, and what it said."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from report import Report  # noqa: E402,F401  (for the tests)

INTERVAL_S = 0.1


def container_id(number):
    return f"{number:064x}"


def wait_until(condition, seconds=10.0):
    """True as soon as the condition holds, False if it never did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


class Folder:
    """A folder of the test's own, removed at the end."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="vigia-test-"))

    def __enter__(self):
        return self.path

    def __exit__(self, *exception):
        shutil.rmtree(self.path, ignore_errors=True)


class Daemon:
    """`vigia daemon` with options, its words collected as they come."""

    def __init__(self, binary, *options, prefix=(), environment=None):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*prefix, str(binary), "daemon", *map(str, options)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, **(environment or {})})
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def said(self):
        return "\n".join(self.lines)

    def wait_for(self, text, seconds=10.0):
        """True once the daemon has said the text (any case)."""
        wait_until(lambda: text.lower() in self.said.lower() or self.process.poll() is not None,
                   seconds)
        if self.process.poll() is not None:
            self.reader.join(1)
        return text.lower() in self.said.lower()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=10.0):
        """The exit code; None if it had to be killed."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        self.reader.join(1)
        return code

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join(1)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.kill()


class World:
    """vigia_test_world: a made-up host in ABI files, commanded line by line."""

    def __init__(self, binary, directory, processes=50, cgroups=5, interval_ms=100):
        directory.mkdir(exist_ok=True)
        tool = Path(binary).with_name("vigia_test_world")
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [str(tool), str(directory), str(processes), str(cgroups), str(interval_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self.process.stdout.readline() == "ready\n", "vigia_test_world does not start"

    def command(self, *words):
        with self.lock:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        assert answer == "ok\n", f"vigia_test_world: {words}: {answer!r}"

    def run(self, container, memory_bytes):
        self.command("run", container, memory_bytes)

    def end(self, container):
        self.command("end", container)

    def close(self):
        self.process.stdin.close()
        self.process.wait(5)
