#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program as its user meets it: commands_test.py path/to/vigia.

Needs nothing but the program, Python and a /proc; writes only below a temporary directory.
"""

import csv
import io
import json
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from fake_engine import FakeEngine  # noqa: E402
from harness import Daemon, World, container_id, wait_until  # noqa: E402

VIGIA = ""
FOLDER = ""
COMMANDS = ("daemon", "publish", "record", "policy", "system", "memory", "ps", "process",
            "containers", "events", "history", "why", "doctor", "version")
VIEWS = ("system", "ps", "containers")
FAST = ("--interval", "100ms")
SECONDS = 30


def environment(**more):
    base = {name: value for name, value in os.environ.items()
            if name not in ("NO_COLOR", "COLUMNS", "DOCKER_HOST")}
    base.update({"XDG_RUNTIME_DIR": FOLDER, "HOME": FOLDER, "TZ": "UTC", "TERM": "xterm", **more})
    return base


def run(*words, **more):
    return subprocess.run([VIGIA, *words], capture_output=True, env=environment(**more),
                          timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def leftovers():
    """Directories of live views that were not put away, and belong to processes that are gone."""
    found = []
    for parent in (FOLDER, "/run", "/dev/shm", "/tmp"):
        for name in os.listdir(parent) if os.access(parent, os.R_OK) else []:
            match = re.fullmatch(r"vigia-view-(\d+)-\w+", name)
            if match and not os.path.exists("/proc/" + match.group(1)):
                found.append(os.path.join(parent, name))
    return found


def on_terminal(words, keys=b"", after=0.0, size=(24, 80), **more):
    """Runs on a terminal of its own; types `keys` after a while. -> exit code, what it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(environment(**more))
        os.execv(VIGIA, [VIGIA, *words])
    import fcntl
    import termios
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    shown, typed, end = b"", not keys, time.monotonic() + SECONDS
    start = time.monotonic()
    while time.monotonic() < end:
        if not typed and time.monotonic() - start >= after:
            os.write(terminal, keys)
            typed = True
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
    else:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


class Help(unittest.TestCase):
    def test_no_words_show_the_overview(self):
        done = run()
        self.assertEqual(done.returncode, 0)
        for command in COMMANDS:
            self.assertIn(command, done.stdout.decode())
        self.assertEqual(done.stderr, b"")

    def test_each_command_explains_itself_on_stdout(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = run(command, "--help")
                self.assertEqual(done.returncode, 0)
                self.assertIn("Usage: vigia " + command, done.stdout.decode())
                self.assertEqual(done.stderr, b"")

    def test_help_fits_a_terminal(self):
        for command in COMMANDS:
            for line in run(command, "--help").stdout.decode().splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_version_is_the_same_both_ways(self):
        self.assertRegex(run("version").stdout.decode(), r"^vigia \d+\.\d+\.\d+ ")
        self.assertEqual(run("version").stdout, run("--version").stdout)
        self.assertIn("abi_version", json.loads(run("version", "-o", "json").stdout)[0])


class Usage(unittest.TestCase):
    def refused(self, *words):
        done = run(*words)
        self.assertEqual(done.returncode, 2, words)
        self.assertEqual(done.stdout, b"", words)
        self.assertTrue(done.stderr.startswith(b"vigia"), done.stderr)
        return done.stderr.decode()

    def test_what_is_unknown_is_refused_with_the_nearest(self):
        self.assertIn('"--sort"', self.refused("ps", "--srot", "rss"))
        self.assertIn('"containers"', self.refused("contaners"))
        self.assertIn('"rss_bytes"', self.refused("ps", "--sort", "rss_byte"))
        self.assertIn('"container"', self.refused("ps", "--fields", "pid,contaner"))
        self.assertIn('"processes"', self.refused("history", "proceses"))

    def test_bad_values_are_refused(self):
        for words in (("ps", "-o", "yaml"), ("ps", "--interval", "5"), ("ps", "--top", "-3"),
                      ("ps", "--top", "many"), ("ps", "--sort", "pid:sideways"),
                      ("ps", "--watch", "always"), ("history", "--since", "tomorrow"),
                      ("history", "--since", "1h", "--until", "2h"),
                      ("history", "--resolution", "day"), ("why", "x"), ("system", "extra"),
                      ("publish", "--interval", "1ms"), ("daemon", "--for", "ever")):
            with self.subTest(words):
                self.refused(*words)

    def test_complaints_are_in_plain_words(self):
        self.assertIn("--source needs a value", self.refused("ps", "--source"))
        self.assertIn("only once", self.refused("ps", "--source", "auto", "--source", "auto"))
        self.assertIn("do not go together", self.refused("system", "--cpus", "--mounts"))
        self.assertIn("do not go together", self.refused("memory", "--nodes", "--zones"))
        for command in ("history", "why", "doctor", "daemon"):
            self.assertIn("empty path", self.refused(command, "--database", ""))

    def test_a_state_that_is_none_is_refused_with_those_there_are(self):
        self.assertIn("running, sleeping", self.refused("ps", "--state", "foo"))
        self.assertIn("exited", self.refused("containers", "--state", "sleeping"))
        self.assertIn(run("ps", *FAST, "--state", "run*").returncode, (0, 4))

    def test_the_version_is_all_that_is_done(self):
        self.assertEqual(run("--version", "daemon").stdout, run("version").stdout)

    def test_a_hostile_word_does_not_reach_the_terminal(self):
        for words in (("ps", "--\x1b[31m"), ("\x1b[2J",), ("ps", "--sort", "\x1b[2J"),
                      ("history", "--since", "\x1b]0;x\x07")):
            self.assertNotIn("\x1b", self.refused(*words))

    def test_what_does_not_exist_is_4(self):
        for words in (("ps", "--source", FOLDER + "/nowhere"),
                      ("ps", *FAST, "--pid", "4194305"),
                      ("ps", *FAST, "--container", "no-such-container"),
                      ("history", "--database", FOLDER + "/nowhere.db"),
                      ("why", "1", "--database", FOLDER + "/nowhere.db"),
                      ("daemon", "--config", FOLDER + "/nowhere.toml")):
            with self.subTest(words):
                done = run(*words)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertNotEqual(done.stderr, b"")

    def test_a_foreign_database_is_refused_and_left_alone(self):
        path = FOLDER + "/foreign.db"
        with open(path, "wb") as file:
            file.write(b"this is no database, " * 500)
        done = run("history", "--database", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"not a Vigia database", done.stderr)
        self.assertEqual(os.path.getsize(path), 21 * 500)


class Views(unittest.TestCase):
    def test_json_parses_and_has_every_field_of_the_help(self):
        for view in VIEWS:
            with self.subTest(view):
                words = run(view, "--help").stdout.decode().split("\n--exited:\n")[0]
                listed = re.findall(r"^  [* ] ([a-z0-9_]+) ", words, re.MULTILINE)
                self.assertGreater(len(listed), 30)
                done = run(view, *FAST, "-o", "json")
                self.assertEqual(done.returncode, 0, done.stderr)
                data = json.loads(done.stdout)
                for row in [data] if view == "system" else data:
                    self.assertLessEqual(set(listed), set(row))

    def test_processes_are_the_hosts(self):
        rows = json.loads(run("ps", *FAST, "-o", "json").stdout)
        own = [row for row in rows if row["pid"] == os.getpid()]
        self.assertEqual(len(own), 1)
        self.assertEqual(own[0]["uid"], os.getuid())
        self.assertEqual(own[0]["parent_pid"], os.getppid())
        self.assertIn("commands_test", own[0]["command_line"])
        self.assertGreater(own[0]["rss_bytes"], 1 << 20)
        self.assertIsNotNone(own[0]["cpu_ratio"])

    def test_the_host_is_this_one(self):
        data = json.loads(run("system", *FAST, "-o", "json").stdout)
        self.assertEqual(data["kernel_release"], os.uname().release)
        self.assertEqual(data["hostname"], os.uname().nodename)
        self.assertEqual(data["cpu_count"], len(data["cpus"]))
        self.assertEqual(data["mounts"][0]["path"], "/")
        self.assertLessEqual(data["cpu_ratio"], 1.0)

    def test_memory_is_the_hosts(self):
        data = json.loads(run("memory", *FAST, "-o", "json").stdout)
        with open("/proc/meminfo", encoding="ascii") as file:
            total = int(file.readline().split()[1]) * 1024
        self.assertEqual(data["total_bytes"], total)
        self.assertIsNotNone(data["page_faults_per_second"])
        self.assertGreaterEqual(len(data["nodes"]), 1)
        for node in data["nodes"]:
            zones = [zone for zone in data["zones"] if zone["node"] == node["node"]]
            self.assertEqual(len(zones), node["zone_count"])
            self.assertEqual(sum(zone["managed_bytes"] for zone in zones), node["managed_bytes"])
        screen = run("memory", *FAST).stdout.decode()
        self.assertIn("Reclaim", screen)
        self.assertIn("MANAGED", screen)
        table = run("memory", *FAST, "--zones", "--fields", "name,low", "-o", "csv").stdout
        self.assertEqual(table.decode().splitlines()[0], "name,low_bytes")

    def test_a_directory_without_memory_says_so(self):
        folder = os.path.join(FOLDER, "old")
        with subprocess.Popen([VIGIA, "publish", "--directory", folder, "--interval", "100ms",
                               "--for", "20s"], stderr=subprocess.DEVNULL) as publisher:
            deadline = time.monotonic() + SECONDS
            while run("memory", *FAST, "--source", folder).returncode != 0:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            os.unlink(os.path.join(folder, "memory"))
            done = run("memory", *FAST, "--source", folder)
            publisher.terminate()
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(b"older", done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_ndjson_is_an_object_a_line(self):
        lines = run("ps", *FAST, "-o", "ndjson").stdout.decode().splitlines()
        self.assertGreater(len(lines), 3)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_csv_has_a_header_and_even_rows(self):
        for view in VIEWS:
            text = run(view, *FAST, "-o", "csv").stdout.decode()
            rows = list(csv.reader(io.StringIO(text), strict=True))
            self.assertGreaterEqual(len(rows), 1)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        bare = run("ps", *FAST, "-o", "csv", "--no-header", "--fields", "pid").stdout.decode()
        self.assertTrue(all(line.isdigit() for line in bare.split()), bare[:200])

    def column(self, *words):
        text = run("ps", *FAST, "-o", "csv", "--no-header", *words).stdout.decode()
        return text.split("\n")[:-1]

    def test_rows_are_sorted_and_cut(self):
        largest = [int(value) for value in self.column("--fields", "rss_bytes", "--sort", "rss",
                                                       "--top", "5")]
        self.assertEqual(len(largest), 5)
        self.assertEqual(largest, sorted(largest, reverse=True))
        pids = [int(value) for value in self.column("--fields", "pid", "--sort", "pid")]
        self.assertEqual(pids, sorted(pids))
        down = [int(value) for value in self.column("--fields", "pid", "--sort", "pid:desc")]
        self.assertEqual(down, sorted(down, reverse=True))

    def test_filters_keep_what_matches(self):
        self.assertEqual(self.column("--fields", "pid", "--pid", str(os.getpid())),
                         [str(os.getpid())])
        comm = contents("/proc/self/comm").decode().strip()
        names = self.column("--fields", "comm", "--comm", comm[:3] + "*")
        self.assertTrue(names and all(name.startswith(comm[:3]) for name in names), names)

    def test_fields_come_in_the_order_asked_for(self):
        text = run("ps", *FAST, "-o", "csv", "--fields", "comm,RSS,cpu,pid").stdout.decode()
        self.assertEqual(text.split("\n")[0], "comm,rss_bytes,cpu_ratio,pid")

    def test_a_hostile_process_is_shown_safely(self):
        name = FOLDER + "/bad\x1b[31m\"',\n"
        shutil.copy(shutil.which("sleep"), name)
        sleeper = subprocess.Popen([name, "30"])
        try:
            deadline = time.monotonic() + 5  # until exec has given it its name
            while b"bad" not in contents(f"/proc/{sleeper.pid}/comm"):
                self.assertLess(time.monotonic(), deadline)
            pid = str(sleeper.pid)
            table = run("ps", *FAST, "--pid", pid, "--color", "never").stdout
            self.assertNotIn(b"\x1b", table)
            self.assertEqual(table.count(b"\n"), 2)
            row = json.loads(run("ps", *FAST, "--pid", pid, "-o", "json").stdout)[0]
            self.assertEqual(row["comm"], "bad\x1b[31m\"',\n")
            text = run("ps", *FAST, "--pid", pid, "-o", "csv").stdout.decode()
            rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
            self.assertEqual(rows[0]["comm"], "bad\x1b[31m\"',\n")
            for kind in ("csv", "json", "ndjson"):  # a terminal shows what files hold
                shown = on_terminal(["ps", *FAST, "--pid", pid, "-o", kind])[1]
                self.assertIn(b"bad", shown)
                self.assertNotIn(b"\x1b", shown)
        finally:
            sleeper.kill()
            sleeper.wait()

    def test_a_host_without_containers_is_told_as_such(self):
        rows = json.loads(run("containers", *FAST, "-o", "json").stdout)
        done = run("containers", *FAST)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn(b"match", done.stderr)
        if not rows:
            self.assertIn(b"no containers are running here", done.stderr)
        narrow = run("containers", *FAST, "--container", "no-such-container")
        self.assertIn(b"no containers match", narrow.stderr)

    def test_the_host_in_a_pipe_is_not_cut(self):
        text = run("system", *FAST).stdout.decode()
        self.assertNotIn("…", text)
        self.assertIn("faults", text)
        bounded = run("system", *FAST, COLUMNS="50").stdout.decode()
        self.assertLessEqual(max(len(line) for line in bounded.splitlines()), 50)

    def test_nothing_is_left_behind(self):
        self.assertEqual(leftovers(), [])

    def test_the_sources_of_a_view(self):
        self.assertEqual(run("ps", *FAST, "--source", "publisher").returncode, 0)
        if not os.path.exists("/proc/vigia"):
            done = run("ps", *FAST, "--source", "kernel")
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"/proc/vigia", done.stderr)


    def test_a_snapshot_that_lacks_records_is_said_and_degraded(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            world = World(VIGIA, pathlib.Path(folder) / "files")
            try:
                source = ("--source", folder + "/files")
                self.assertEqual(run("ps", *FAST, *source).returncode, 0)
                truncate(folder + "/files/processes", 7)
                for command in VIEWS:
                    done = run(command, *FAST, *source)
                    self.assertEqual(done.returncode, 3, done.stderr)
                    self.assertIn(b"7 records did not fit", done.stderr)
                    self.assertNotEqual(done.stdout, b"")
            finally:
                world.close()
                world.process.stdout.close()


def truncate(path, count):
    """Lets every slot of a Vigia file say that so many records did not fit (vigia/file.h)."""
    with open(path, "r+b") as file:
        slots, size = struct.unpack_from("<QQ", file.read(128), 64)
        for slot in range(3):
            file.seek(slots + slot * size + 64)
            file.write(struct.pack("<I", count))


FORK, EXEC, EXIT, OOM_KILL, CGROUP_CREATED, CGROUP_REMOVED = 1, 2, 3, 4, 5, 6
VALID_CGROUP, VALID_RSS, VALID_TRIGGER = 1 << 0, 1 << 5, 1 << 11
VALID_START, VALID_RUNTIME, VALID_STATUS, VALID_NAME = 1 << 2, 1 << 3, 1 << 8, 1 << 9
VALID_PATH = 1 << 13
ALL_KINDS = sum(1 << kind for kind in range(1, 9))
HOSTILE_FILE = b"/tmp/\x1b[2J\"',\n\xff\xc3("


class Ring:
    """The file `events` of a directory, with one ring (include/abi/vigia/events.h)."""

    OFFSET, HEAD, RECORDS = 4096, 4096, 4096 + 128

    def __init__(self, folder, capacity=64, features=ALL_KINDS):
        size = self.RECORDS + 128 * capacity
        header = struct.pack("<QIIIIIIQQQQQQII", 0x1A0A0D4149474956, 0x01020304, 8, 3, 1, 256, 2,
                             size, features, 77, 1, self.OFFSET, 128 + 128 * capacity, 1, 128)
        header += struct.pack("<QII48x32xIIQ56x", 128, 128, capacity, 1, 0xFFFFFFFF, 0)
        self.capacity, self.count = capacity, 0
        self.path = folder / "events"
        fresh = folder / "events.new"
        fresh.write_bytes(header.ljust(self.OFFSET, b"\0").ljust(size, b"\0"))
        fresh.rename(self.path)
        self.file = open(self.path, "r+b", buffering=0)

    def write(self, kind, pid, valid=0, body=b"", start=0, cgroup=0):
        number = self.count
        self.count += 1
        place = self.RECORDS + number % self.capacity * 128
        record = struct.pack("<QHHIIIQQ", time.monotonic_ns(), kind, 0, valid, pid, 1, start,
                             cgroup)
        os.pwrite(self.file.fileno(), struct.pack("<Q", self.count), self.HEAD)
        os.pwrite(self.file.fileno(), (record + body).ljust(120, b"\0"), place + 8)
        os.pwrite(self.file.fileno(), struct.pack("<Q", number + 1), place)
        os.utime(self.path)

    def execute(self, pid, name, cgroup=0):
        self.write(EXEC, pid, VALID_NAME | (VALID_CGROUP if cgroup else 0),
                   struct.pack("<II", 0, len(name)) + name[:72], cgroup=cgroup)

    def kill(self, pid, name, cgroup, trigger_cgroup):
        self.write(OOM_KILL, pid, VALID_CGROUP | VALID_NAME | VALID_RSS | VALID_TRIGGER,
                   name.ljust(16, b"\0") + struct.pack("<QIiQQQ", trigger_cgroup, 77, 0, 5 << 20,
                                                       1 << 20, 0), cgroup=cgroup)

    def group(self, kind, path, cgroup, parent=1):
        self.write(kind, 0, VALID_CGROUP | VALID_PATH,
                   struct.pack("<QII", parent, len(path), path.count(b"/")) + path[-64:],
                   cgroup=cgroup)

    def end(self, pid, code=0, with_signal=0, start=0):
        self.write(EXIT, pid, VALID_STATUS | VALID_RUNTIME | VALID_START,
                   struct.pack("<BBHIQ", code, with_signal, 0, 0, 30_000_000), start)

    def close(self):
        self.file.close()


class Events(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))
        self.world = World(VIGIA, folder / "files")
        self.addCleanup(self.world.close)
        self.files = folder / "files"

    def ring(self, **more):
        ring = Ring(self.files, **more)
        self.addCleanup(ring.close)
        return ring

    def events(self, *words):
        done = run("events", "--source", str(self.files), *words)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_a_source_without_events_says_so(self):
        code, out, error = self.events()
        self.assertEqual((code, out), (4, ""))
        self.assertIn("events", error)

    def test_what_is_remembered_is_told_with_hostile_names_made_safe(self):
        ring = self.ring()
        ring.execute(900_001, HOSTILE_FILE)
        ring.execute(900_002, b"/" + b"x" * 300)
        ring.end(900_001, with_signal=9)
        ring.end(900_002, code=3)
        ring.write(CGROUP_CREATED, 0, VALID_PATH,
                   struct.pack("<QII", 1, 12, 2) + b"/a/\x1b[31mb/c")
        code, out, error = self.events()
        self.assertEqual((code, error), (0, ""))
        self.assertNotIn("\x1b", out)
        self.assertEqual(len(out.splitlines()), 6, out)
        self.assertIn("SIGKILL", out)
        self.assertIn("code 3", out)
        self.assertIn("x...", out)
        rows = json.loads(self.events("-o", "json")[1])
        self.assertEqual([row["kind"] for row in rows],
                         ["exec", "exec", "exit", "exit", "cgroup_created"])
        self.assertEqual(rows[2]["exit_signal"], 9)
        self.assertIsNone(rows[2]["file_name"])
        self.assertEqual(rows[3]["exit_code"], 3)
        self.assertEqual(rows[3]["cpu_runtime_ns"], 30_000_000)
        self.assertEqual(rows[1]["file_name_length_bytes"], 301)
        self.assertEqual(len(rows[1]["file_name"]), 72)
        table = list(csv.DictReader(io.StringIO(self.events("-o", "csv")[1])))
        self.assertEqual([row["pid"] for row in table],
                         ["900001", "900002", "900001", "900002", ""])

    def test_filters_keep_what_matches(self):
        ring = self.ring()
        for pid in range(900_000, 900_010):
            ring.execute(pid, b"/bin/odd" if pid % 2 else b"/bin/even")
            ring.end(pid, code=pid % 2)
        only = json.loads(self.events("--kind", "exit", "--pid", "900001,900002", "-o", "json")[1])
        self.assertEqual([(row["kind"], row["pid"]) for row in only],
                         [("exit", 900_001), ("exit", 900_002)])
        odd = json.loads(self.events("--comm", "od*", "-o", "json")[1])
        self.assertEqual({row["pid"] % 2 for row in odd}, {1})
        self.assertEqual(json.loads(self.events("--container", "nobody", "-o", "json")[1]), [])
        self.assertEqual(json.loads(self.events("--since", "now", "-o", "json")[1]), [])
        self.assertEqual(len(json.loads(self.events("--since", "1h", "-o", "json")[1])), 20)

    def test_what_a_source_does_not_report_is_told(self):
        self.ring(features=1 << EXEC | 1 << EXIT).execute(900_001, b"/bin/true")
        code, _, error = self.events("--kind", "exec,oom_kill")
        self.assertEqual(code, 3)
        self.assertIn("does not report oom_kill", error)
        self.assertEqual(self.events("--kind", "exec,exit")[0], 0)
        code, _, error = self.events("--kind", "birth")
        self.assertEqual(code, 2)
        self.assertIn("none of fork, exec", error)

    def follow(self, *words):
        child = subprocess.Popen([VIGIA, "events", "--source", str(self.files), "--follow",
                                  "-o", "ndjson", *words], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=environment())
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def await_event(self, child, ring):
        """Writes events until one is shown: from then on nothing new is missed."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            ring.execute(800_000, b"/bin/first")
            if select.select([child.stdout], [], [], 0.1)[0]:
                return json.loads(child.stdout.readline())
        self.fail("no event was shown")

    def test_what_comes_is_shown_until_a_signal(self):
        ring = self.ring(capacity=1024)
        ring.end(700_000)
        child = self.follow()
        self.assertEqual(self.await_event(child, ring)["pid"], 800_000)  # not what was before
        ring.end(900_001, code=7)
        for line in child.stdout:
            row = json.loads(line)
            if row["kind"] == "exit":
                break
        self.assertEqual((row["pid"], row["exit_code"]), (900_001, 7))
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(SECONDS), 0)

    def test_lost_events_are_counted_and_degrade(self):
        ring = self.ring(capacity=16)
        child = self.follow()
        self.await_event(child, ring)
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        for pid in range(900_000, 900_100):
            ring.end(pid)
        child.send_signal(signal.SIGCONT)
        for line in child.stdout:
            if json.loads(line)["pid"] == 900_099:
                break
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(SECONDS), 3)
        self.assertRegex(child.stderr.read().decode(), r"\d+ events lost: \d+ overwritten")

    def test_processes_that_ended_are_told_with_their_ends(self):
        ring = self.ring(capacity=4096)
        child = subprocess.Popen([VIGIA, "ps", "--exited", "--source", str(self.files),
                                  "--interval", "1s", "-o", "json"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=environment())
        pid = 900_000
        while child.poll() is None:
            pid += 1
            ring.execute(pid, b"/bin/brief")
            ring.end(pid, code=2, start=time.clock_gettime_ns(time.CLOCK_BOOTTIME))
            time.sleep(0.02)
        out, error = child.communicate()
        self.assertEqual(child.returncode, 0, error)
        rows = json.loads(out)
        self.assertGreater(len(rows), 0)
        for row in rows:
            self.assertEqual((row["exit_code"], row["end"], row["short_lived"]), (2, "2", True))
            self.assertEqual(row["cpu_runtime_ns"], 30_000_000)
        words = run("ps", "--help").stdout.decode().split("\n--exited:\n")[1]
        self.assertEqual(set(rows[0]), set(re.findall(r"^  [* ] ([a-z0-9_]+) ", words,
                                                      re.MULTILINE)))
        code = run("ps", "--exited", "--state", "running").returncode
        self.assertEqual(code, 2)

    def test_what_ended_in_containers_that_came_and_went_has_their_names(self):
        ring = self.ring(capacity=4096)
        engine = FakeEngine(self.files.parent / "engine.sock")
        self.addCleanup(engine.close)
        names = {"DOCKER_HOST": f"unix://{self.files.parent}/engine.sock"}
        for view, option in (("ps", "--exited"), ("containers", "--no-header")):
            child = subprocess.Popen([VIGIA, view, option, "--source", str(self.files),
                                      "--interval", "2s", "-o", "json"], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, env=environment(**names))
            number = 0
            while child.poll() is None:  # some of them fall between the two samples
                number += 1
                short = container_id(0xabc_0000 + number)
                path, cgroup = b"/docker/" + short.encode(), 3_000_000 + number
                engine.add(short, f"short-{number}")
                ring.group(CGROUP_CREATED, path, cgroup)
                ring.write(EXIT, 900_000 + number, VALID_RUNTIME | VALID_START | VALID_CGROUP,
                           struct.pack("<BBHIQ", 0, 0, 0, 0, 30_000_000),
                           time.clock_gettime_ns(time.CLOCK_BOOTTIME), cgroup)
                ring.group(CGROUP_REMOVED, path, cgroup)
                engine.remove(short)
                time.sleep(0.1)
            rows = json.loads(child.communicate()[0])
            if view == "containers":
                rows = [row for row in rows if row["state"] == "gone"]
                self.assertEqual({row["exit_count"] for row in rows}, {1}, rows)
            named = 0
            for row in rows:  # of the latest, the engine's word may still be on its way
                number = int(row["container_id"], 16) - 0xabc_0000
                self.assertIn(row["container"], (f"short-{number}", row["container_id"][:12]))
                named += row["container"] == f"short-{number}"
            self.assertGreater(named, 0, rows)

    def test_without_events_what_ended_is_unknown_and_degrades(self):
        done = run("ps", "--exited", "--source", str(self.files), *FAST)
        self.assertEqual(done.returncode, 3)
        self.assertIn("does not tell what ended", done.stderr.decode())
        row = json.loads(run("system", "--source", str(self.files), "-o", "json", *FAST).stdout)
        self.assertIsNone(row["exit_count"])


REACT = """
[engine]
sockets = ["{socket}"]

[policy]
enforce = true
default_rules = false

[[rule]]
name = "no-miners"
when = [{{ execs_above = 0, programs = ["xmrig"], within = "1m" }}]
actions = ["kill"]
"""


class Incidents(unittest.TestCase):
    """A daemon whose next tick is a minute away, and what happens meanwhile."""
    CONTAINER, CGROUP = container_id(0xabc), 1_000_000  # as vigia_test_world numbers its first
    SERVICE = 1000  # and /system.slice/service-0.service

    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))
        self.files, self.database = folder / "files", str(folder / "history.db")
        self.world = World(VIGIA, self.files)
        self.addCleanup(self.world.close)
        self.engine = FakeEngine(folder / "engine.sock", on_stop=self.world.end)
        self.addCleanup(self.engine.close)
        self.world.run(self.CONTAINER, 64 << 20)
        self.engine.add(self.CONTAINER, "web")
        self.ring = Ring(self.files)
        self.addCleanup(self.ring.close)
        (folder / "react.toml").write_text(REACT.format(socket=folder / "engine.sock"))
        self.daemon = Daemon(VIGIA, "--config", folder / "react.toml", "--interval", "60s",
                             "--source", self.files, "--database", self.database,
                             "--run-directory", folder / "run", environment=environment())
        self.addCleanup(self.daemon.__exit__)
        self.assertTrue(self.daemon.wait_for("following", SECONDS), self.daemon.said)
        time.sleep(1)  # what the engine tells at the beginning brings samples of its own

    def history(self, *words):
        done = run("history", "events", "--database", self.database, "-o", "json", *words)
        self.assertIn(done.returncode, (0, 4), done.stderr)  # 4: nothing of what was named, yet
        return json.loads(done.stdout)

    def end_daemon(self):
        self.daemon.signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(SECONDS), 0, self.daemon.said)

    def test_a_program_that_is_run_is_answered_without_waiting_for_the_next_tick(self):
        self.ring.kill(900_001, b"hog", self.CGROUP, self.SERVICE)
        self.ring.execute(900_002, b"/tmp/xmrig", self.CGROUP)
        self.assertTrue(wait_until(lambda: self.engine.writes, SECONDS), self.daemon.said)
        self.assertEqual(self.engine.writes[0], ("kill", self.CONTAINER, 204))
        self.end_daemon()
        told = run("why", "1", "--database", self.database)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("no-miners", told.stdout.decode())
        self.assertRegex(told.stdout.decode().split("around then")[-1],
                         r"oom_kill\s+web\s+900001\s+hog")
        around = json.loads(run("why", "1", "--database", self.database, "-o", "json").stdout)
        self.assertIn("oom_kill", [event["kind"] for event in around["events_around"]])

    def test_an_oom_kill_is_in_the_history_with_all_that_is_known_of_it(self):
        killed_at = time.time()
        self.ring.kill(900_001, HOSTILE_FILE[:15], self.CGROUP, self.SERVICE)
        self.ring.execute(900_002, b"/tmp/xmrig", self.CGROUP)
        self.assertTrue(wait_until(lambda: self.engine.writes, SECONDS), self.daemon.said)
        self.end_daemon()
        kills = [event for event in self.history() if event["kind"] == "oom_kill"]
        self.assertEqual(len(kills), 1)
        kill = kills[0]
        self.assertEqual((kill["pid"], kill["container"], kill["container_id"]),
                         (900_001, "web", self.CONTAINER))
        self.assertEqual((kill["rss_bytes"], kill["trigger_pid"]), (6 << 20, 77))
        self.assertEqual(kill["cgroup"], "/docker/" + self.CONTAINER)
        self.assertEqual(kill["trigger_cgroup"], "/system.slice/service-0.service")
        self.assertAlmostEqual(kill["realtime_ns"] / 1e9, killed_at, delta=5)
        self.assertEqual(self.history("--container", "web", "--pid", "900001"), kills)
        table = run("history", "events", "--database", self.database)
        self.assertNotIn(b"\x1b", table.stdout)

    def test_a_container_that_came_and_went_between_two_ticks_has_a_name(self):
        short = container_id(0xdef)
        self.ring.group(CGROUP_CREATED, b"/docker/" + short.encode(), 2_000_000)
        self.ring.write(EXIT, 900_003, VALID_STATUS | VALID_RUNTIME | VALID_START | VALID_CGROUP,
                        struct.pack("<BBHIQ", 0, 0, 0, 0, 30_000_000), time.monotonic_ns(),
                        2_000_000)
        self.ring.group(CGROUP_REMOVED, b"/docker/" + short.encode(), 2_000_000)
        self.engine.add(short, "short")
        self.engine.remove(short)
        self.assertTrue(wait_until(lambda: len(self.history("--container", "short")) >= 3, SECONDS),
                        self.history())
        self.end_daemon()
        kinds = [event["kind"] for event in self.history("--container", "short")]
        self.assertLessEqual({"container_created", "container_removed", "container_started"},
                             set(kinds))
        rows = json.loads(run("history", "containers", "--container", "short", "--database",
                              self.database, "-o", "json").stdout)
        self.assertEqual([row["exits"] for row in rows if row["exits"]], [1])

    def test_a_change_that_comes_before_the_writer_s_next_snapshot_waits_for_that_only(self):
        os.kill(self.world.process.pid, signal.SIGSTOP)
        self.engine.add(container_id(0xdef), "late")
        time.sleep(0.5)  # the early tick finds the snapshot that it knows
        os.kill(self.world.process.pid, signal.SIGCONT)
        self.assertTrue(wait_until(lambda: self.history("--container", "late"), SECONDS),
                        self.history())
        self.end_daemon()


class OneProcess(unittest.TestCase):
    def test_it_is_told_in_every_format(self):
        pid = str(os.getpid())
        told = json.loads(run("process", pid, "-o", "json").stdout)
        self.assertEqual(told["pid"], os.getpid())
        self.assertEqual(told["parent_pid"], os.getppid())
        self.assertEqual(json.loads(run("process", pid, "-o", "ndjson").stdout)["pid"], told["pid"])
        rows = list(csv.DictReader(run("process", pid, "-o", "csv").stdout.decode().splitlines()))
        self.assertEqual(rows[0]["start_time_ns"], str(told["start_time_ns"]))
        lines = run("process", pid).stdout.decode().splitlines()
        self.assertTrue(any(line.split()[:1] == ["read_bytes"] for line in lines), lines)
        self.assertFalse(any("_per_second" in line for line in lines), lines)

    def test_its_io_is_what_proc_says(self):
        pid = os.getpid()
        told = json.loads(run("process", str(pid), "-o", "json", "--fields",
                              "write_chars_bytes,write_calls").stdout)
        with open("/proc/self/io", encoding="ascii") as file:
            now = dict(line.split(": ") for line in file.read().splitlines())
        self.assertLessEqual(told["write_calls"], int(now["syscw"]))
        self.assertGreaterEqual(told["write_calls"], int(now["syscw"]) - 100)
        self.assertEqual(set(told), {"write_chars_bytes", "write_calls"})

    def test_nobody_is_4_and_a_word_is_2(self):
        done = run("process", "4194303")
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"there is no process 4194303", done.stderr)
        for words in (("process",), ("process", "me"), ("process", "-1"), ("process", "1", "2")):
            self.assertEqual(run(*words).returncode, 2, words)


class Terminals(unittest.TestCase):
    def test_colour_is_for_terminals_unless_said_otherwise(self):
        self.assertNotIn(b"\x1b", run("ps", *FAST).stdout)
        self.assertIn(b"\x1b[", run("ps", *FAST, "--color", "always").stdout)
        self.assertIn(b"\x1b[", on_terminal(["ps", *FAST])[1])
        self.assertNotIn(b"\x1b", on_terminal(["ps", *FAST], NO_COLOR="1")[1])
        self.assertNotIn(b"\x1b", on_terminal(["ps", *FAST, "--color", "never"])[1])
        self.assertNotIn(b"\x1b", on_terminal(["ps", *FAST], TERM="dumb")[1])

    def test_a_table_fits_the_terminal(self):
        code, shown = on_terminal(["ps", *FAST, "--color", "never"], size=(24, 60))
        self.assertEqual(code, 0)
        lines = shown.decode().splitlines()
        self.assertLessEqual(len(lines), 24)
        self.assertLessEqual(max(len(line) for line in lines[:-1]), 60)

    def test_columns_of_the_environment_bound_a_pipe(self):
        lines = run("ps", *FAST, COLUMNS="50").stdout.decode().splitlines()
        self.assertLessEqual(max(len(line) for line in lines), 50)

    def test_q_ends_a_watch_and_gives_the_screen_back(self):
        for keys in (b"q", b"\x03"):
            code, shown = on_terminal(["ps", "--watch", "100ms"], keys=keys, after=1.0)
            self.assertEqual(code, 0)
            self.assertIn(b"\x1b[?1049h", shown)
            self.assertTrue(shown.rstrip().endswith(b"\x1b[?25h\x1b[?1049l"), shown[-60:])
        self.assertEqual(leftovers(), [])

    def test_a_watch_into_a_pipe_appends_and_a_signal_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([VIGIA, "system", "--watch", "100ms", "-o", "csv", "--fields",
                                   "cpu_ratio,sample_realtime_ns"], stdout=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, env=environment()) as watch:
                lines = [watch.stdout.readline().decode() for _ in range(4)]
                watch.send_signal(number)
                self.assertEqual(watch.wait(5), 0)
            self.assertEqual(lines[0], "cpu_ratio,sample_realtime_ns\n")
            times = [int(line.split(",")[1]) for line in lines[1:]]
            self.assertEqual(times, sorted(set(times)))
        self.assertEqual(leftovers(), [])

    def test_a_closed_pipe_is_no_error(self):
        with subprocess.Popen([VIGIA, "ps", "--watch", "100ms", "-o", "ndjson"], env=environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL) as watch:
            watch.stdout.readline()
            watch.stdout.close()
            self.assertEqual(watch.wait(5), 0)
            self.assertEqual(watch.stderr.read(), b"")

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([VIGIA, "ps", *FAST], stdout=full, stderr=subprocess.PIPE,
                                  env=environment(), timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"stdout", done.stderr)


class Publishing(unittest.TestCase):
    def test_published_files_are_read_and_go_away(self):
        directory = FOLDER + "/published"
        publisher = subprocess.Popen([VIGIA, "publish", "--directory", directory, "--interval",
                                      "100ms"], stderr=subprocess.PIPE, env=environment())
        try:
            deadline = time.monotonic() + 5
            while not os.path.exists(directory + "/processes"):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            done = run("ps", *FAST, "--source", directory, "-o", "json")
            while done.returncode != 0 and time.monotonic() < deadline:  # until a first snapshot
                done = run("ps", *FAST, "--source", directory, "-o", "json")
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = json.loads(done.stdout)
            self.assertIn(os.getpid(), [row["pid"] for row in rows])
            second = run("publish", "--directory", directory, "--for", "1s")
            self.assertEqual(second.returncode, 1)
        finally:
            publisher.terminate()
            _, said = publisher.communicate(timeout=5)
        self.assertEqual(publisher.returncode, 0)
        self.assertIn(b"snapshots", said)
        self.assertFalse(os.path.exists(directory + "/processes"))

    def test_one_that_rested_is_awake_before_anything_is_counted(self):
        folder = FOLDER + "/resting"
        child = subprocess.Popen([VIGIA, "publish", "--directory", folder, "--interval", "200ms"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env=environment())
        try:
            self.assertTrue(wait_until(lambda: os.path.exists(folder + "/events"), SECONDS))
            give_up = time.monotonic() + 2 * SECONDS
            done, told = None, []
            while not told:
                self.assertLess(time.monotonic(), give_up, done and done.stderr)
                time.sleep(3)  # longer than it lingers behind its last reader
                done = run("ps", "--exited", "--source", folder, "--interval", "500ms")
                self.assertIn(done.returncode, (0, 3), done.stderr)
                if b"lost" in done.stderr:  # on a busy host; what waking up loses is lost always
                    continue
                if done.returncode == 3:  # this host's processes cannot be followed
                    return
                told = run("events", "--source", folder, "--kind", "sensor_loaded,sensor_unloaded",
                           "-o", "ndjson").stdout.splitlines()
            self.assertEqual([json.loads(line)["kind"] for line in told[:2]],
                             ["sensor_unloaded", "sensor_loaded"])
        finally:
            child.terminate()
            child.wait(SECONDS)

    def test_it_ends_by_itself(self):
        start = time.monotonic()
        done = run("publish", "--directory", FOLDER + "/short", "--interval", "100ms",
                   "--for", "300ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)


class Histories(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = FOLDER + "/history.db"
        done = run("daemon", "--for", "3s", "--interval", "500ms", "--database", cls.database,
                   "--run-directory", FOLDER + "/run", "--source", "publisher")
        cls.made_at = time.time()
        assert done.returncode == 0, done.stderr.decode()

    def ask(self, *words):
        return run(*words, "--database", self.database)

    def test_the_host_was_recorded(self):
        rows = json.loads(self.ask("history", "system", "-o", "json").stdout)
        self.assertGreaterEqual(len(rows), 2)
        self.assertEqual([row["ts"] for row in rows], sorted(row["ts"] for row in rows))
        self.assertAlmostEqual(rows[-1]["ts"], self.made_at, delta=10)
        self.assertGreater(rows[-1]["memory_total_bytes"], 1 << 20)
        self.assertTrue(0 <= rows[-1]["cpu_ratio"] <= 1.01, rows[-1]["cpu_ratio"])

    def test_processes_are_sorted_and_cut(self):
        rows = json.loads(self.ask("history", "processes", "--sort", "rss", "--top", "3",
                                   "-o", "json").stdout)
        self.assertEqual(len(rows), 3)
        sizes = [row["rss_bytes"] for row in rows]
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_tables_and_csv_are_whole(self):
        for what in ("system", "containers", "processes", "decisions", "events"):
            table = self.ask("history", what)
            self.assertEqual(table.returncode, 0, table.stderr)
            text = self.ask("history", what, "-o", "csv").stdout.decode()
            rows = list(csv.reader(io.StringIO(text), strict=True))
            self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_the_past_before_the_database_is_empty_and_says_so(self):
        done = self.ask("history", "--since", "2001-01-01", "--until", "2001-01-02", "-o", "json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, []))
        self.assertIn(b"no system", done.stderr)
        named = self.ask("history", "processes", "--comm", "no-such-program")
        self.assertEqual(named.returncode, 4)

    def test_why_without_decisions(self):
        listed = self.ask("why", "-o", "json")
        self.assertEqual((listed.returncode, json.loads(listed.stdout)), (0, []))
        missing = self.ask("why", "4711")
        self.assertEqual(missing.returncode, 4)
        self.assertIn(b"4711", missing.stderr)


    def as_it_can_be_run(self, example):
        """The words of an example; without shell, and so that it ends soon and touches nothing."""
        words = shlex.split(re.split(r" \| | >> | &$", example)[0])[1:]
        words = [word.replace("/dev/shm/vigia", FOLDER + "/example") for word in words]
        words = ["1s" if word == "10m" else word for word in words]
        if words[0] != "record":
            words = [word.replace("host.vigrec", "recorded.vigrec") for word in words]
        if words[0] == "daemon":
            return [*words, "--check-config"]
        if words[0] == "publish":
            return [*words, "--for", "100ms"]
        has_interval = {"--watch", "--interval"} & set(words)
        return [*words, *(FAST if words[0] in VIEWS and not has_interval else ()),
                *(("--database", self.database) if words[0] in ("history", "why") else ())]

    def test_every_example_of_the_help_is_understood(self):
        with open(FOLDER + "/my.toml", "w", encoding="utf-8") as file:
            file.write('interval = "2s"\n')
        done = run("record", FOLDER + "/recorded.vigrec", "--for", "1s", *FAST)
        self.assertEqual(done.returncode, 0, done.stderr)
        texts = [run().stdout] + [run(command, "--help").stdout for command in COMMANDS]
        examples = {match for text in texts
                    for match in re.findall(r"^  (vigia \S.*?)(?:  .*)?$", text.decode(),
                                            re.MULTILINE) if "[OPTIONS]" not in match}
        self.assertGreater(len(examples), 25)
        for example in sorted(examples):
            with self.subTest(example):
                with subprocess.Popen([VIGIA, *self.as_it_can_be_run(example)], cwd=FOLDER,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, env=environment()) as done:
                    if {"--watch", "--follow", "-f"} & set(example.split()):  # endless
                        done.stdout.readline()
                        done.send_signal(signal.SIGINT)
                    said = done.communicate(timeout=SECONDS)[1]
                # 3 and 4: this host lacks something, or has no container of that name.
                self.assertIn(done.returncode, (0, 1, 3, 4) if "doctor" in example else (0, 3, 4),
                              said)


class Recordings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = FOLDER + "/views.vigrec"
        cls.made = run("record", cls.file, "--for", "1s", *FAST)

    def replay(self, *words):
        return run(*words, "--source", "replay:" + self.file)

    def test_what_was_recorded_is_told(self):
        self.assertEqual((self.made.returncode, self.made.stdout), (0, b""))
        self.assertRegex(self.made.stderr.decode(), r"bytes per process and sample\n$")
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)

    def test_the_views_show_the_past_and_show_it_again(self):
        for view in VIEWS:
            done = self.replay(view, "-o", "json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.replay(view, "-o", "json").stdout, done.stdout)
        rows = json.loads(self.replay("ps", "-o", "json").stdout)
        self.assertIn("vigia", {row["comm"] for row in rows})

    def test_the_memory_of_then_is_shown(self):
        done = self.replay("memory", "-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.replay("memory", "-o", "json").stdout, done.stdout)
        data = json.loads(done.stdout)
        self.assertGreater(data["total_bytes"], 1 << 20)
        self.assertIsNotNone(data["page_faults_per_second"])
        self.assertGreaterEqual(len(data["zones"]), 1)
        golden = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                              "../recording/golden/1.vigrec")
        old = run("memory", "--source", "replay:" + golden)
        self.assertEqual(old.returncode, 4, old.stderr)
        self.assertIn(b"older", old.stderr)

    def test_a_moment_and_the_whole(self):
        wanted = ("system", "-o", "csv", "--fields", "uptime_ns")
        early = self.replay(*wanted, "--at", "500ms ago")
        self.assertNotEqual(self.replay(*wanted).stdout, early.stdout)
        whole = self.replay(*wanted, "--watch", "--speed", "max")
        times = whole.stdout.split()[1:]
        self.assertGreater(len(times), 5)
        self.assertEqual(times, sorted(times))
        self.assertIn(early.stdout.split()[1], times)
        late = self.replay(*wanted, "--watch", "--speed", "max", "--from", "500ms ago")
        self.assertLess(len(late.stdout.split()), len(whole.stdout.split()))

    def test_the_daemon_goes_through_it_in_dry_run(self):
        database = FOLDER + "/replayed.db"
        done = self.replay("daemon", "--speed", "max", "--database", database)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"asks nothing of any engine", done.stderr)
        rows = run("history", "--database", database, "--since", "2001-01-01", "-o", "json")
        self.assertGreater(len(json.loads(rows.stdout)), 0)
        self.assertEqual(self.replay("daemon", "--enforce").returncode, 2)
        self.assertEqual(run("daemon", "--speed", "max").returncode, 2)

    def test_a_rehearsal_gives_the_same_bytes_twice(self):
        rules = FOLDER + "/rehearsed.toml"
        with open(rules, "w", encoding="utf-8") as file:
            file.write('[[rule]]\nname = "all"\nwhen = [{ memory_above = "1MiB" }]\n'
                       'actions = ["warn"]\n')
        words = ("policy", "rehearse", self.file, "--rules", rules)
        for form in ("table", "json", "ndjson", "csv"):
            first, second = run(*words, "-o", form), run(*words, "-o", form)
            self.assertEqual(first.returncode, 0, first.stderr)
            self.assertEqual(first.stdout, second.stdout)
        summary = json.loads(run(*words, "-o", "json").stdout)["summary"]
        self.assertGreater(summary["samples"], 5)
        self.assertEqual(run("policy", "rehearse", self.file).returncode, 2)
        self.assertEqual(run(*words[:-1], FOLDER + "/none.toml").returncode, 4)

    def test_what_does_not_fit_is_refused(self):
        for words in (("ps", "--at", "10s"), ("ps", "--watch", "--speed", "10")):
            self.assertEqual(run(*words).returncode, 2, words)
        for words in (("--watch", "--at", "10s"), ("--speed", "max"), ("--speed", "0"),
                      ("--at", "yonder")):
            self.assertEqual(self.replay("ps", *words).returncode, 2, words)
        self.assertEqual(self.replay("ps", "--at", "2001-01-01").returncode, 4)
        self.assertEqual(run("ps", "--source", "replay:" + FOLDER + "/none").returncode, 4)
        self.assertEqual(run("record", self.file).returncode, 1)


class Doctor(unittest.TestCase):
    def test_findings_have_marks_and_remedies(self):
        done = run("doctor", "--database", FOLDER + "/none.db", "-o", "json")
        findings = json.loads(done.stdout)
        marks = {finding["mark"] for finding in findings}
        self.assertLessEqual(marks, {"ok", "warn", "fail"})
        self.assertEqual(done.returncode, 1 if "fail" in marks else 3 if "warn" in marks else 0)
        for finding in findings:
            self.assertEqual(finding["remedy"] is None, finding["mark"] == "ok", finding)
        checks = {finding["check"] for finding in findings}
        self.assertLessEqual({"source", "cgroups", "modules", "pressure", "engine", "privileges",
                              "open files", "database", "disk", "sqlite", "clock", "locale"},
                             checks)

    def test_a_damaged_database_fails(self):
        path = FOLDER + "/damaged.db"
        with open(path, "wb") as file:
            file.write(b"SQLite format 3\0" + b"\xff" * 5000)
        done = run("doctor", "--database", path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout.decode(), r"(?m)^fail\s+database")
        self.assertEqual(os.path.getsize(path), 5016)


def main():
    global VIGIA, FOLDER
    VIGIA = os.path.abspath(sys.argv.pop(1))
    with tempfile.TemporaryDirectory(prefix="vigia-commands-") as FOLDER:
        unittest.main()


if __name__ == "__main__":
    main()
