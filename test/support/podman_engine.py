# SPDX-License-Identifier: MIT
"""A real Podman of the test's own, answering Docker's API on a socket of its own: its own storage,
no network, no registry. `with PodmanEngine() as engine: engine.run("name")`. Containers and the
service are ended by it; every wait is bounded."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from docker_engine import DockerEngine, busybox_tar, wait_until

COMMAND_SECONDS = 60


class PodmanEngine:
    """One storage and one `podman system service`. Use as a context manager."""

    def __init__(self, image="localhost/test-low"):
        self.folder = tempfile.mkdtemp(prefix="vigia-podman-")
        self.socket = self.folder + "/podman.sock"
        self.image = image
        self.service = None

    def __enter__(self):
        try:
            tar = Path(self.folder) / "root.tar"
            tar.write_bytes(busybox_tar())
            self.podman("import", str(tar), self.image)
            self.start_service()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _command(self, *arguments):
        return ["podman", "--root", self.folder + "/root", "--runroot", self.folder + "/runroot",
                "--tmpdir", self.folder + "/tmp", "--storage-driver", "vfs",
                "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "runc",
                *arguments]

    def podman(self, *arguments):
        """Runs the command line on our storage and returns what it printed."""
        done = subprocess.run(self._command(*arguments), stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"podman {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def start_service(self):
        """Listens until stop_service(): the time-out of an idle service is switched off."""
        with open(self.folder + "/service.log", "ab") as log:
            self.service = subprocess.Popen(
                self._command("system", "service", "--time=0", "unix://" + self.socket),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(Path(self.socket).exists, COMMAND_SECONDS, "podman listens; see " + self.folder)

    def stop_service(self):
        """The containers go on: Podman has no daemon above them."""
        if self.service is not None:
            self.service.terminate()
            self.service.wait(COMMAND_SECONDS)
            self.service = None
        Path(self.socket).unlink(missing_ok=True)

    def run(self, name, *options):
        # Podman asks for more open files and processes than a restricted machine may give.
        return self.podman("run", "--detach", "--network=none", "--ulimit", "nofile=1024:1024",
                           "--ulimit", "nproc=1024:1024", "--name", name, *options, self.image,
                           "/bin/sleep", "100000")

    def names(self):
        """Of all containers, running or not."""
        return sorted(self.podman("ps", "--all", "--format", "{{.Names}}").split())

    def close(self):
        try:
            self.podman("rm", "--all", "--force", "--time", "0")
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            print(f"podman_engine: containers were not removed: {problem}")
        self.stop_service()
        DockerEngine._unmount(self)  # by our folder's name
        shutil.rmtree(self.folder, ignore_errors=True)
