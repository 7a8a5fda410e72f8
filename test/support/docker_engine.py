#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real Docker Engine of the test's own: its own folders and socket, no network, no registry.

As a module: `with DockerEngine() as engine: engine.run("name", image="sample/low")`.
As a program: `docker_engine.py` starts one, prints "ready SOCKET" and obeys lines on its standard
input until that ends (then it cleans up, so it cannot outlive the test that started it):
    run NAME IMAGE [LABEL=VALUE ...] [-- COMMAND ...]     prints the container's id
    api METHOD PATH                                       prints the HTTP status
    restart | freeze | thaw                               prints "ok"

Only processes started here are signalled, by their id; every wait is bounded; folders, mounts,
shims and empty cgroups are gone afterwards."""

import http.client
import io
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
from pathlib import Path

SLOWNESS = float(os.environ.get("VIGIA_TEST_SLOWNESS", "1"))  # of the machine
READY_SECONDS = 90 * SLOWNESS
STOP_SECONDS = 40 * SLOWNESS
REQUEST_SECONDS = 60 * SLOWNESS
START_ATTEMPTS = 4  # dockerd gives its containerd 15 s, whatever the machine
SLEEP_FOREVER = ["/bin/sleep", "100000"]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path, timeout=REQUEST_SECONDS):
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def busybox_tar():
    """A root file system of one static busybox under the names that the tests use."""
    busybox = shutil.which("busybox")
    if busybox is None:
        raise RuntimeError("busybox (package busybox-static) is not installed")
    content = Path(busybox).read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("bin", "tmp", "proc", "sys", "dev", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(content), 0o755
        tar.addfile(entry, io.BytesIO(content))
        for name in ("sh", "sleep", "dd", "cat", "head", "tail", "true", "tr", "awk"):
            entry = tarfile.TarInfo("bin/" + name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return buffer.getvalue()


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise RuntimeError(f"not within {seconds} s: {what}")


class DockerEngine:
    """One dockerd. Use as a context manager."""

    def __init__(self, images=("sample/low", "sample/high", "grafana/grafana")):
        self.folder = tempfile.mkdtemp(prefix="vigia-docker-")
        # not the folder's name: that may end with an underscore, which containerd refuses
        self.namespace = "vigia-" + secrets.token_hex(8)
        self.socket = self.folder + "/docker.sock"
        self.log = self.folder + "/dockerd.log"
        self.images = images
        self.process = None
        Path(self.folder + "/daemon.json").write_text("{}\n")  # not the machine's
        self._old_cgroups = self._docker_cgroups()

    def __enter__(self):
        try:
            self.start()
            tar = busybox_tar()
            for image in self.images:
                self.import_image(image, tar)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    # The process

    def start(self):
        for attempt in range(START_ATTEMPTS):
            try:
                self._start_once()
                return
            except RuntimeError as problem:
                if attempt + 1 == START_ATTEMPTS or "waiting for containerd" not in str(problem):
                    raise
                self._end_leftovers()

    def _start_once(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none",
                 "--storage-driver=vfs", "--data-root", self.folder + "/data",
                 "--exec-root", self.folder + "/exec", "-p", self.folder + "/pid",
                 "--config-file", self.folder + "/daemon.json", "--shutdown-timeout", "5",
                 "--containerd-namespace", self.namespace, "-H", "unix://" + self.socket],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until(self._answers, READY_SECONDS, "dockerd answers; see " + self.log)

    def stop(self):
        """Ends dockerd, and its containers with it."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            try:
                self.remove_all()
            except (OSError, RuntimeError, http.client.HTTPException) as problem:
                print(f"docker_engine: containers were not removed: {problem}", file=sys.stderr)
        self.stop()
        self._end_leftovers()
        self._unmount()
        self._remove_cgroups()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self):
        if self.process.poll() is not None:
            tail = Path(self.log).read_text(errors="replace")[-3000:]
            raise RuntimeError(f"dockerd ended with {self.process.returncode}:\n{tail}")
        try:
            return self.api("GET", "/_ping")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _end_leftovers(self):
        """containerd and shims that name our folder in their arguments."""
        needle = self.folder.encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            program = os.path.basename(arguments[0])
            if program.startswith((b"containerd", b"dockerd", b"runc")) and any(
                    needle in argument for argument in arguments):
                try:
                    os.kill(int(entry.name), signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def _unmount(self):
        for _ in range(3):
            mounts = Path("/proc/self/mountinfo").read_text().splitlines()
            points = [line.split()[4] for line in mounts]
            ours = sorted((p for p in points if p.startswith(self.folder + "/")), reverse=True)
            if not ours:
                return
            for point in ours:
                subprocess.run(["umount", "-l", point], check=False, stderr=subprocess.DEVNULL)

    @staticmethod
    def _docker_cgroups():
        return {path for pattern in ("docker", "*/docker") for path in
                Path("/sys/fs/cgroup").glob(pattern) if path.is_dir()}

    def _remove_cgroups(self):
        for path in self._docker_cgroups() - self._old_cgroups:
            try:
                path.rmdir()  # only works while nobody is in it
            except OSError:
                pass

    # The API

    def api(self, method, path, body=None, content_type="application/json"):
        """(status, body as bytes)."""
        connection = UnixConnection(self.socket)
        try:
            headers = {} if body is None else {"Content-Type": content_type}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, method, path, body=None, expected=(200, 201, 204, 304)):
        data = None if body is None else json.dumps(body)
        status, answer = self.api(method, path, data)
        if status not in expected:
            raise RuntimeError(f"{method} {path}: HTTP {status}: {answer[:500]!r}")
        return json.loads(answer) if answer.strip() else None

    def import_image(self, name, tar):
        path = "/images/create?fromSrc=-&repo=" + urllib.parse.quote(name) + "&tag=latest"
        status, answer = self.api("POST", path, tar, "application/x-tar")
        if status != 200:
            raise RuntimeError(f"import of {name}: HTTP {status}: {answer[:500]!r}")

    def list(self):
        return self.ask("GET", "/containers/json?all=1")

    def names(self):
        return sorted(c["Names"][0].lstrip("/") for c in self.list())

    def remove_all(self):
        """Leaves no container, running or not."""
        for container in self.list():
            self.api("DELETE", f"/containers/{container['Id']}?force=1&v=1")

    def inspect(self, name):
        return self.ask("GET", f"/containers/{name}/json")

    def create(self, name, image="sample/low", command=None, labels=None, host=None):
        config = {"Image": image, "Cmd": command or SLEEP_FOREVER, "Labels": labels or {},
                  "HostConfig": {"NetworkMode": "none", **(host or {})}}
        path = "/containers/create?name=" + urllib.parse.quote(name)
        return self.ask("POST", path, config)["Id"]

    def run(self, name, image="sample/low", command=None, labels=None, host=None):
        container = self.create(name, image, command, labels, host)
        self.ask("POST", f"/containers/{container}/start")
        return container


def obey(engine, words):
    if words[0] == "run":
        options, command = words[1:], None
        if "--" in options:
            at = options.index("--")
            options, command = options[:at], options[at + 1:]
        labels = dict(label.split("=", 1) for label in options[2:])
        return engine.run(options[0], options[1], command, labels)
    if words[0] == "api":
        return str(engine.api(words[1], words[2])[0])
    {"restart": engine.restart, "freeze": engine.freeze, "thaw": engine.thaw}[words[0]]()
    return "ok"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with DockerEngine() as engine:
        print("ready", engine.socket, flush=True)
        for line in sys.stdin:
            try:
                print(obey(engine, shlex.split(line)), flush=True)
            except (OSError, RuntimeError, http.client.HTTPException) as problem:
                print("failed:", problem, flush=True)


if __name__ == "__main__":
    main()
