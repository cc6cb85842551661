# SPDX-License-Identifier: Apache-2.0
"""What the system tests stand on: throwaway servers, dumps, the two programs, and equality.

A test is a function `test_...(env)` in a file `<topic>_test.py`; its docstring is one sentence. `env`
gives it a folder of its own, servers without any database, and takes everything away afterwards.
Every random choice comes from `env.random`, seeded by TL_SEED (printed) and the test's name.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time

import pymysql

# pylint: disable=unused-import
from basics import (BUILD, CONTROL, DONE, FAILED, LOADER, PASSWORD, REFUSED, ROOT, SEED, STOPPED, USAGE,
                    USER, Failure, as_root, check, check_equal, find_program, free_port, name, unique,
                    wait_until)
from dumps import (compress, mariadb_dump, mydumper, write_csv, write_inserts, write_schema)
from servers import Server

# ---- The programs -------------------------------------------------------------------------------


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(str(value))


def to_toml(settings):
    """{"section": {"key": value}}; a list of dicts becomes [[section]] entries."""
    lines = []
    for section, keys in settings.items():
        for entry in keys if isinstance(keys, list) else [keys]:
            lines.append(f"[[{section}]]" if isinstance(keys, list) else f"[{section}]")
            lines += [f"{key} = {toml_value(value)}" for key, value in entry.items()]
            lines.append("")
    return "\n".join(lines)


def merge(base, changes):
    """base with the keys of changes put over it, section by section; None removes a key."""
    result = {section: (list(keys) if isinstance(keys, list) else dict(keys))
              for section, keys in base.items()}
    for section, keys in (changes or {}).items():
        if isinstance(keys, list):
            result[section] = keys
            continue
        target = result.setdefault(section, {})
        for key, value in keys.items():
            if value is None:
                target.pop(key, None)
            else:
                target[key] = value
    return result


class Result:
    def __init__(self, code, out, log, seconds, usage=None):
        self.code = code
        self.out = out  # stdout and stderr
        self.log = log  # what this run added to the log file
        self.seconds = seconds
        self.usage = usage

    @property
    def text(self):
        return self.out + self.log

    def expect(self, code, *patterns, what=""):
        """The exit code, and each regular expression somewhere in output or log."""
        if self.code != code:
            raise Failure(f"{what or 'the program'} ended with {self.code}, expected {code}\n"
                          f"{self.shown()}")
        for pattern in patterns:
            if not re.search(pattern, self.text, re.IGNORECASE | re.DOTALL):
                raise Failure(f"{what or 'the program'} does not say /{pattern}/\n{self.shown()}")
        return self

    def expect_not(self, *patterns):
        for pattern in patterns:
            if re.search(pattern, self.text):
                raise Failure(f"the program says /{pattern}/\n{self.shown()}")
        return self

    def shown(self):
        return f"--- output\n{self.out[-4000:]}\n--- log\n{self.log[-4000:]}"


class Running:
    """A program that was started and not waited for."""

    def __init__(self, command, log_path, environment=None, cwd=None, preexec=None):
        self.log_path = pathlib.Path(log_path)
        self.log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        self.out = tempfile.TemporaryFile()
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=self.out,
            stderr=subprocess.STDOUT, env=environment, cwd=cwd, preexec_fn=preexec)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        return self.wait()

    def terminate(self):
        self.process.terminate()

    def wait(self, timeout=300):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            self.process.wait()
            raise Failure(f"the program did not end within {timeout} s\n"
                          f"{self.result().shown()}") from late
        return self.result()

    def wait_rows(self, server, rows, timeout=120):
        """Waits until that many rows are committed; fails when the program ends before."""
        wait_until(lambda: server.committed_rows() >= rows or not self.alive(), timeout,
                   f"{rows} committed rows", 0.005)
        if not self.alive():
            raise Failure(f"it ended before {rows} rows were committed\n{self.result().shown()}")

    def reaches(self, server, rows, timeout=120):
        """The same, but False when it ended well before that."""
        wait_until(lambda: server.committed_rows() >= rows or not self.alive(), timeout,
                   f"{rows} committed rows", 0.005)
        if not self.alive():
            self.wait().expect(DONE)
        return self.alive()

    def result(self):
        seconds = time.monotonic() - self.begin
        self.out.seek(0)
        out = self.out.read().decode(errors="replace")
        log = ""
        if self.log_path.exists():
            with open(self.log_path, "rb") as f:
                size = f.seek(0, os.SEEK_END)
                f.seek(min(self.log_start, size))
                log = f.read().decode(errors="replace")
        return Result(self.process.returncode, out, log, seconds)


class Import:
    """One import job: a server, a source folder, a configuration file, a checkpoint.

    driver is "file" or "mysql" (the mysql checkpoint is kept on the target server). settings are
    sections of the configuration put over the defaults of the tests.
    """

    def __init__(self, env, server, source, driver="file", settings=None, port=None):
        self.env, self.server, self.source, self.driver = env, server, pathlib.Path(source), driver
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="job.", dir=env.dir))
        self.log = self.dir / "import.log"
        self.config = self.dir / "import.toml"
        self.checkpoint = self.dir / "checkpoint.sqlite"
        port = port or server.port
        base = {
            "lightning": {"file": str(self.log), "level": "info"},
            "tidb": {"host": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD},
            "mydumper": {"data-source-dir": str(self.source)},
            "checkpoint": {"driver": driver},
            "tikv-importer": {"backend": "tidb"},
        }
        if driver == "file":
            base["checkpoint"]["dsn"] = str(self.checkpoint)
        self.settings = merge(base, settings)
        self.write()

    def write(self, changes=None):
        """Writes the configuration file, with changes that stay."""
        self.settings = merge(self.settings, changes)
        self.config.write_text(to_toml(self.settings))
        self.config.chmod(0o600)

    def start(self, *arguments, **options):
        running = Running([LOADER, "--config", self.config, *arguments], self.log, **options)
        self.env.running.append(running)
        return running

    def run(self, *arguments, timeout=300, **options):
        return self.start(*arguments, **options).wait(timeout)

    def control(self, *arguments, timeout=120, **options):
        """Runs the control program with this job's configuration."""
        running = Running([CONTROL, "--config", self.config, *arguments], self.log, **options)
        self.env.running.append(running)
        return running.wait(timeout)

    def is_over(self):
        """True when an import ended and put everything away: no checkpoint, nothing in the ledger.
        A kill between that and the exit cannot be told from a successful end."""
        def count(table, condition="TRUE"):
            try:
                return self.server.value(f"SELECT COUNT(*) FROM {table} WHERE {condition}")
            except pymysql.MySQLError as error:
                if error.args[0] not in (1146, 1049):
                    raise
                return 0

        if self.driver == "file" and self.checkpoint.exists():
            return False
        return not (count("tidb_lightning_checkpoint.task_v2")
                    or count("tidb_lightning_ledger.task_v1", "task_id <> 0"))

    def sqlite(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.checkpoint}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()


# ---- The environment of one test ----------------------------------------------------------------


class Env:
    """What a test gets. One per test; the shared server lives as long as the test file runs."""

    shared = None

    def __init__(self, test_name):
        self.random = random.Random(f"{SEED}/{test_name}")
        # Readable for another user too: some tests run the program as `nobody`.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tl-e.", dir="/tmp"))
        self.dir.chmod(0o755)
        self.running = []
        self.cleanups = []
        self.notes = []

    def note(self, *words):
        """A line for the report of the test."""
        self.notes.append(" ".join(map(str, words)))

    @property
    def server(self):
        """The server with default options, empty at the start of each test."""
        if Env.shared is None:
            Env.shared = Server().start()
        if Env.shared.process is None:
            Env.shared.start()
        return Env.shared

    def new_server(self, **options):
        """A server of this test alone."""
        server = Server(**options)
        self.cleanups.append(server.destroy)
        return server.start()

    def folder(self, folder_name):
        path = self.dir / folder_name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def job(self, source, driver="file", settings=None, server=None, port=None):
        return Import(self, server or self.server, source, driver, settings, port)

    def defer(self, function, *args):
        self.cleanups.append(lambda: function(*args))

    def close(self):
        for running in self.running:
            if running.alive():
                running.process.kill()
                running.process.wait()
            running.out.close()
        for cleanup in reversed(self.cleanups):
            with contextlib.suppress(Exception):
                cleanup()
        if Env.shared is not None and Env.shared.process is not None:
            with contextlib.suppress(pymysql.MySQLError):
                Env.shared.clear()
        shutil.rmtree(self.dir, ignore_errors=True)
