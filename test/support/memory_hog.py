# SPDX-License-Identifier: MIT
"""A container that takes memory when told to, and the moment at which it crosses a line."""

import io
import tarfile
import threading
import time
from pathlib import Path

# Holds $1 bytes in a dd that cannot write them, and ends at once when asked to (a shell that is
# process 1 would otherwise ignore SIGTERM). It takes them in one read: bytes that go through a
# shell take a minute on a machine without KVM.
_HOLD = ("trap 'exit 0' TERM; dd if=/dev/zero bs=$1 count=1 2>/dev/null | sleep 100000 & wait")
# Waits for the file first.
_SCRIPT = "while [ ! -e /tmp/go ]; do sleep 0.01; done; " + _HOLD


def hog_command(total_bytes):
    """Takes its memory when let_go() says so."""
    return ["/bin/sh", "-c", _SCRIPT, "hog", str(total_bytes)]


def holding_command(total_bytes):
    """Takes its memory at once."""
    return ["/bin/sh", "-c", _HOLD, "holder", str(total_bytes)]


def working_set_file(container):
    """(file with the bytes in use, file with the statistics) of the container's cgroup."""
    for pattern, usage in (("memory/docker/{}", "memory.usage_in_bytes"),
                           ("docker/{}", "memory.current"),
                           ("system.slice/docker-{}.scope", "memory.current"),
                           ("memory/system.slice/docker-{}.scope", "memory.usage_in_bytes")):
        folder = Path("/sys/fs/cgroup") / pattern.format(container)
        if (folder / usage).exists():
            return folder / usage, folder / "memory.stat"
    raise RuntimeError("no memory cgroup of container " + container)


def working_set_bytes(files):
    usage = int(files[0].read_text())
    for line in files[1].read_text().splitlines():
        key, value = line.split()
        if key in ("total_inactive_file", "inactive_file"):
            inactive = int(value)
            if key == "total_inactive_file":
                break
    return max(0, usage - inactive)


class Crossing:
    """Watches a container's working set every millisecond until it is above `threshold_bytes`."""

    def __init__(self, container, threshold_bytes, seconds=60):
        self.at = None  # time.monotonic()
        self._files = working_set_file(container)
        self._threshold = threshold_bytes
        self._end = time.monotonic() + seconds
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def wait(self):
        self._thread.join()
        return self.at

    def _watch(self):
        while time.monotonic() < self._end:
            try:
                if working_set_bytes(self._files) > self._threshold:
                    self.at = time.monotonic()
                    return
            except (OSError, ValueError):
                return
            time.sleep(0.001)


def let_go(engine, container):
    """Tells a hog to begin: puts /tmp/go into its file system."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("go"), io.BytesIO(b""))
    status, answer = engine.api("PUT", f"/containers/{container}/archive?path=/tmp",
                                buffer.getvalue(), "application/x-tar")
    if status != 200:
        raise RuntimeError(f"PUT /tmp/go: HTTP {status}: {answer[:200]!r}")
