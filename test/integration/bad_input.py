#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What bad input gets: a clear message, the right exit code, and nothing lost.

bad_input.py VIGIA [NAME ...]: runs all cases, or those whose name contains one of the words. Needs
root, for the small file system and for becoming nobody."""

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

from fake_engine import FakeEngine
from harness import Daemon, Folder, Report, World, container_id, wait_until

BINARY = Path(sys.argv[1]).resolve()
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
CASES = []


def case(name):
    """Registers a function that takes a folder and yields what is wrong."""

    def register(function):
        CASES.append((name, function))
        return function

    return register


def expect(condition, finding):
    return [] if condition else [finding]


def options(folder, **changed):
    """Options for a daemon that touches nothing but the folder."""
    settings = {"database": folder / "history.db", "run-directory": folder / "run",
                "interval": "100ms", **changed}
    if "config" not in settings:
        settings["config"] = quiet_config(folder)
    return [word for name, value in settings.items() if value is not None
            for word in (f"--{name}", value)]


def quiet_config(folder, text="", socket=None):
    """Writes a configuration whose engine is the folder's own, or none."""
    path = folder / "vigia.toml"
    path.write_text(f'[engine]\nsockets = ["{socket or folder / "none.sock"}"]\n{text}',
                    encoding="utf-8")
    return path


def refused(folder, code, *words, environment=None, prefix=(), **changed):
    """A daemon that has to end by itself with this code, having said all the words."""
    with Daemon(BINARY, *options(folder, **changed), prefix=prefix,
                environment=environment) as daemon:
        got = daemon.wait(10)
        yield from expect(got == code, f"exit code {got}, expected {code}: {daemon.said}")
        for word in words:
            yield from expect(str(word).lower() in daemon.said.lower(),
                              f"'{word}' is not in: {daemon.said}")


def works(daemon, seconds=10.0):
    """True once the first screen is complete."""
    return daemon.wait_for("would do", seconds) or daemon.wait_for("does", 0.1)


def ends(daemon, number=signal.SIGTERM):
    """Ends a daemon; yields if it took more than a second or failed."""
    began = time.monotonic()
    daemon.signal(number)
    code = daemon.wait(5)
    seconds = time.monotonic() - began
    yield from expect(code == 0, f"exit code {code} after a signal: {daemon.said}")
    yield from expect(seconds < 1.0, f"took {seconds:.2f} s to end")


def rows(database, query):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


# ---- configuration and options


@case("an unknown key is refused with file and line")
def unknown_key(folder):
    config = folder / "bad.toml"
    config.write_text('# a comment\nnonsense = 1\n', encoding="utf-8")
    yield from refused(folder, 2, f"{config}:2", "nonsense", config=config)


@case("an ill-typed key is refused with file and line")
def ill_typed_key(folder):
    config = folder / "bad.toml"
    config.write_text('interval = ["1s"]\n', encoding="utf-8")
    yield from refused(folder, 2, f"{config}:1", "interval", config=config)


@case("a quantity without a unit is refused")
def no_unit(folder):
    config = folder / "bad.toml"
    config.write_text('interval = "5"\n', encoding="utf-8")
    yield from refused(folder, 2, f"{config}:1", "interval", config=config)


@case("a configuration that is no TOML is refused with file and line")
def no_toml(folder):
    config = folder / "bad.toml"
    config.write_text('interval = "1s"\nthis is no toml\n', encoding="utf-8")
    yield from refused(folder, 2, f"{config}:2", config=config)


@case("a configuration that is not there is an error when it was named")
def missing_config(folder):
    yield from refused(folder, 4, folder / "none.toml", config=folder / "none.toml")


@case("an interval that is out of range is refused")
def wild_interval(folder):
    yield from refused(folder, 2, "interval", interval="1ms")


@case("an interval without a unit is refused")
def bare_interval(folder):
    yield from refused(folder, 2, "interval", interval="5")


# ---- the database


@case("a missing database is made, with its folder")
def missing_database(folder):
    database = folder / "new" / "history.db"
    with Daemon(BINARY, *options(folder, database=database)) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        yield from ends(daemon)
    yield from expect(rows(database, "SELECT count(*) FROM system_raw")[0][0] > 0, "no rows")


@case("a database that another daemon holds is refused")
def locked_database(folder):
    with Daemon(BINARY, *options(folder)) as first:
        yield from expect(works(first), f"does not start: {first.said}")
        second = {"run-directory": folder / "run2"}
        yield from refused(folder, 1, folder / "history.db", **second)
        yield from ends(first)


def set_aside(folder, daemon, before):
    """Yields unless the daemon set the file aside with its bytes, said so once, and goes on."""
    database = folder / "history.db"
    yield from expect(works(daemon), f"does not start: {daemon.said}")
    yield from expect(daemon.said.count("aside") == 1, f"not said once: {daemon.said}")
    kept = [path for path in folder.iterdir() if path.name.startswith("history.db")
            and path != database and path.read_bytes()[:len(before)] == before]
    yield from expect(kept, f"the bytes are lost: {[path.name for path in folder.iterdir()]}")
    yield from ends(daemon)
    yield from expect(rows(database, "SELECT count(*) FROM system_raw")[0][0] > 0, "no rows")


@case("a database of another program is set aside")
def foreign_database(folder):
    connection = sqlite3.connect(folder / "history.db")
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    before = (folder / "history.db").read_bytes()
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from set_aside(folder, daemon, before)


@case("a database of random bytes is set aside")
def random_database(folder):
    before = os.urandom(64 * 1024)
    (folder / "history.db").write_bytes(before)
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from set_aside(folder, daemon, before)


def filled_database(folder):
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        time.sleep(1.2)
        yield from ends(daemon)


@case("a corrupt database is set aside")
def corrupt_database(folder):
    yield from filled_database(folder)
    database = folder / "history.db"
    size = database.stat().st_size
    with open(database, "r+b") as file:
        for offset in range(4096, size, 4096):
            file.seek(offset)
            file.write(b"\xa5" * 512)
    before = database.read_bytes()[:4096]
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from set_aside(folder, daemon, before)


@case("a truncated database is set aside")
def truncated_database(folder):
    yield from filled_database(folder)
    database = folder / "history.db"
    os.truncate(database, database.stat().st_size // 2 + 100)
    before = database.read_bytes()[:4096]
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from set_aside(folder, daemon, before)


@case("a database of a newer Vigia is refused and left alone")
def newer_database(folder):
    yield from filled_database(folder)
    connection = sqlite3.connect(folder / "history.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = (folder / "history.db").read_bytes()
    yield from refused(folder, 1, "newer", folder / "history.db")
    yield from expect((folder / "history.db").read_bytes() == before, "it was changed")


@case("a full disk is said once, survived, and recovered from")
def full_disk(folder):
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], check=True)
    try:
        with Daemon(BINARY, *options(folder, database=small / "history.db")) as daemon:
            yield from expect(works(daemon), f"does not start: {daemon.said}")
            filler = small / "filler"
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"\0" * 4096)
                except OSError:
                    pass
            yield from expect(daemon.wait_for("full", 20), f"not said: {daemon.said}")
            time.sleep(1.5)
            yield from expect(daemon.said.count("full") == 1, f"not said once: {daemon.said}")
            filler.unlink()
            yield from expect(daemon.wait_for("written again", 15), f"no recovery: {daemon.said}")
            yield from ends(daemon)
        checked = rows(small / "history.db", "PRAGMA quick_check")
        yield from expect(checked == [("ok",)], f"quick_check: {checked}")
    finally:
        subprocess.run(["umount", str(small)], check=True)


# ---- permissions


@case("nobody may watch what is world-readable, with a database of its own")
def as_nobody(folder):
    own = folder / "own"
    own.mkdir()
    os.chmod(folder, 0o755)
    os.chown(own, 65534, 65534)
    changed = {"database": own / "history.db", "run-directory": own / "run"}
    with Daemon(reachable(folder), *options(folder, **changed), prefix=AS_NOBODY) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        yield from ends(daemon)


@case("no permission for the database is said with its path")
def forbidden_database(folder):
    own = folder / "own"
    own.mkdir()
    os.chmod(folder, 0o755)
    os.chown(own, 65534, 65534)
    with Daemon(reachable(folder), *options(folder, **{"run-directory": own / "run"}),
                prefix=AS_NOBODY) as daemon:
        code = daemon.wait(10)
        yield from expect(code == 1, f"exit code {code}: {daemon.said}")
        for word in (folder / "history.db", "permission denied"):
            yield from expect(str(word) in daemon.said.replace("Permission", "permission"),
                              f"'{word}' is not in: {daemon.said}")


def reachable(folder):
    """A copy of the binary that nobody can run, wherever the tree lies."""
    copy = folder / "vigia"
    shutil.copy(BINARY, copy)
    os.chmod(copy, 0o755)
    return copy


@case("the published files are for root and its group alone")
def published_modes(folder):
    os.chmod(folder, 0o755)
    run = folder / "run"
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        yield from expect(run.stat().st_mode & 0o777 == 0o750, f"{run}: {run.stat().st_mode:o}")
        for name in ("info", "system", "processes", "cgroups"):
            mode = (run / name).stat().st_mode & 0o777
            yield from expect(mode == 0o440, f"{name} has mode {mode:o}")
            shown = subprocess.run([*AS_NOBODY, "cat", str(run / name)], capture_output=True,
                                   text=True, check=False)
            yield from expect(shown.returncode != 0 and "ermission denied" in shown.stderr,
                              f"nobody could read {name}")
        database = (folder / "history.db").stat().st_mode & 0o777
        yield from expect(database & 0o007 == 0, f"the database has mode {database:o}")
        yield from ends(daemon)


# ---- the source


@case("--source kernel without the modules is refused with the reason")
def no_kernel(folder):
    if Path("/proc/vigia").exists():
        return
    yield from refused(folder, 4, "/proc/vigia", source="kernel")


@case("a source that is not there is refused with its path")
def no_directory(folder):
    yield from refused(folder, 4, folder / "none", source=folder / "none")


def made_up_files(folder):
    """A directory with the files of a made-up host that has ended."""
    directory = folder / "source"
    World(BINARY, directory).close()
    return directory


def replace(path, data):
    """New bytes in a new file: a file that others map is never shrunk."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.rename(path)


def damaged(name, change):
    for file in ("info", "system", "processes", "cgroups"):

        @case(f"{name}: {file}")
        def damaged_file(folder, file=file):
            directory = made_up_files(folder)
            replace(directory / file, change((directory / file).read_bytes()))
            yield from refused(folder, 1, directory / file, source=directory)


# struct vigia_file_header: magic u64, endian u32, kind u32, version u32, compatible u32 ...
damaged("an empty file is refused by name", lambda data: b"")
damaged("a file truncated in its header is refused by name", lambda data: data[:100])
damaged("a file truncated in its records is refused by name", lambda data: data[:-4096])
damaged("a foreign file is refused by name", lambda data: b"\x7fELF" + data[4:])
damaged("a file of the other endianness is refused by name",
        lambda data: data[:8] + data[8:12][::-1] + data[12:])
damaged("a file of a newer, incompatible ABI is refused by name",
        lambda data: data[:16] + struct.pack("<II", 9999, 9999) + data[24:])
damaged("random bytes are refused by name", lambda data: os.urandom(len(data)))


@case("a source whose writer ends and starts again is said once and recovered from")
def writer_restarts(folder):
    directory = folder / "source"
    publisher = [str(BINARY), "publish", "--directory", str(directory), "--interval", "100ms"]
    first = subprocess.Popen(publisher, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield from expect(wait_until((directory / "cgroups").exists), "no files")
        with Daemon(BINARY, *options(folder, source=directory)) as daemon:
            yield from expect(works(daemon), f"does not start: {daemon.said}")
            first.terminate()
            first.wait(5)
            yield from expect(wait_until(lambda: str(directory) in daemon.said.split("would do")[1],
                                         10), f"not said: {daemon.said}")
            time.sleep(1)
            first = subprocess.Popen(publisher, stdin=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            yield from expect(daemon.wait_for("samples come again"), f"no: {daemon.said}")
            yield from ends(daemon)
    finally:
        first.kill()
        first.wait()


# ---- the container engine


@case("without a container engine the daemon watches the host and says so once")
def no_engine(folder):
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        time.sleep(1.5)
        yield from expect("engine" in daemon.said and "none" in daemon.said,
                          f"not said: {daemon.said}")
        yield from expect(len(daemon.lines) < 20, f"said too often: {daemon.said}")
        yield from ends(daemon)


def with_engine(folder, **state):
    engine = FakeEngine(folder / "engine.sock")
    for name, value in state.items():
        setattr(engine, name, value)
    return engine, options(folder, config=quiet_config(folder, socket=folder / "engine.sock"))


@case("an engine that hangs stops neither the ticks nor the end")
def hung_engine(folder):
    engine, words = with_engine(folder, hang=True)
    with Daemon(BINARY, *words) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        yield from ends(daemon)
    engine.hang = False
    engine.close()
    stored = rows(folder / "history.db", "SELECT count(*) FROM system_raw")[0][0]
    yield from expect(stored > 0, "no rows")


@case("an engine that answers nonsense is said once, and followed when it recovers")
def nonsense_engine(folder):
    engine, words = with_engine(folder, nonsense=True)
    with Daemon(BINARY, *words) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        time.sleep(2)
        yield from expect(len(daemon.lines) < 20, f"said too often: {daemon.said}")
        engine.nonsense = False
        yield from expect(daemon.wait_for("20.10.24", 40), f"not followed: {daemon.said}")
        yield from ends(daemon)
    engine.close()


@case("dry run sends no writing request, whatever the thresholds say")
def dry_run(folder):
    engine, _ = with_engine(folder)
    world = World(BINARY, folder / "source")
    for number in range(14):
        engine.add(container_id(number), f"worker-{number}")
        world.run(container_id(number), (number + 1) << 30)
    config = quiet_config(folder, socket=folder / "engine.sock")
    with Daemon(BINARY, *options(folder, config=config, source=folder / "source")) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        yield from expect(daemon.wait_for("would", 10), f"would do nothing: {daemon.said}")
        time.sleep(3)
        yield from ends(daemon)
    yield from expect(engine.writes == [], f"it wrote: {engine.writes}")
    decided = rows(folder / "history.db", "SELECT count(*) FROM decision WHERE mode LIKE 'dry%'")
    yield from expect(decided[0][0] > 0, "it decided nothing")
    world.close()
    engine.close()


# ---- signals


def signalled(number):
    def ended(folder):
        with Daemon(BINARY, *options(folder)) as daemon:
            yield from expect(works(daemon), f"does not start: {daemon.said}")
            time.sleep(1.5)
            at = time.time()
            yield from ends(daemon, number)
        newest = rows(folder / "history.db", "SELECT max(ts) FROM system_raw")[0][0]
        yield from expect(newest is not None and newest >= int(at - 0.3),
                          f"the last row is of {newest}, the signal of {at}")
        sidecars = [path.name for path in folder.iterdir() if path.name.endswith("-wal")
                    and path.stat().st_size > 0]
        yield from expect(not sidecars, f"left behind: {sidecars}")
        yield from expect(not (folder / "run" / "info").exists(), "the published files stay")

    return ended


case("SIGTERM ends within a second with the last rows written")(signalled(signal.SIGTERM))
case("SIGINT ends within a second with the last rows written")(signalled(signal.SIGINT))


@case("--for ends the daemon by itself")
def ends_by_itself(folder):
    began = time.monotonic()
    yield from refused(folder, 0, "ended after", **{"for": "1s"})
    seconds = time.monotonic() - began
    yield from expect(0.9 < seconds < 4, f"it took {seconds:.1f} s")


@case("SIGHUP reads the configuration again, and a broken one changes nothing")
def reload(folder):
    with Daemon(BINARY, *options(folder)) as daemon:
        yield from expect(works(daemon), f"does not start: {daemon.said}")
        quiet_config(folder, "[policy]\nbudget = 5\n")
        daemon.signal(signal.SIGHUP)
        yield from expect(daemon.wait_for("reloaded"), f"not reloaded: {daemon.said}")
        quiet_config(folder, "[nonsense]\n")
        daemon.signal(signal.SIGHUP)
        yield from expect(daemon.wait_for("stays as it was"), f"not refused: {daemon.said}")
        yield from expect("nonsense" in daemon.said, f"not named: {daemon.said}")
        yield from expect(daemon.process.poll() is None, "it ended")
        yield from ends(daemon)


def main():
    report = Report()
    report.check("this test runs as root", expect(os.geteuid() == 0, "it does not"))
    chosen = sys.argv[2:]
    for name, function in CASES:
        if not chosen or any(word in name for word in chosen):
            with Folder() as folder:
                try:
                    report.check(name, list(function(folder)))
                except Exception as error:  # a broken case fails; the others still run
                    report.check(name, [f"{type(error).__name__}: {error}"])
    report.end()


if __name__ == "__main__":
    main()
