# SPDX-License-Identifier: Apache-2.0
"""The small things that all system tests share: places, exit codes, checks, names."""
import os
import pathlib
import random
import shutil
import socket
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TL_BUILD_DIR", ROOT / "build"))
LOADER = BUILD / "tidb-lightning"
CONTROL = BUILD / "tidb-lightning-ctl"
SEED = int(os.environ.get("TL_SEED") or random.SystemRandom().randrange(1, 10**9))

USER = "lightning"
PASSWORD = "s3cret%20:@/Pw"

DONE, FAILED, USAGE, STOPPED, REFUSED = 0, 1, 2, 3, 4

SYSTEM_SCHEMAS = ("mysql", "information_schema", "performance_schema", "sys")


class Failure(AssertionError):
    """A check of a test did not hold."""


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(part) for part in what) or "check failed")


def check_equal(actual, expected, what=""):
    if actual != expected:
        raise Failure(f"{what or 'values'} differ:\n  is:       {actual!r}\n  expected: {expected!r}")


def find_program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    check(found, f"{name} is not installed; run: sh packaging/install-deps.sh test")
    return found


def as_root():
    return os.geteuid() == 0


def wait_until(condition, seconds=30, what="the condition", pause=0.02):
    """Polls until condition() is true and returns its value; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what} did not come within {seconds} s")
        time.sleep(pause)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def name(identifier):
    return "`" + identifier.replace("`", "``") + "`"


def unique(db, table):
    return f"{name(db)}.{name(table)}"


def as_text(column, kind):
    """An expression that shows a column's value exactly, in ASCII."""
    if kind in ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
                "multipolygon", "geometrycollection"):
        return f"HEX(ST_AsWKB({column}))"
    if kind.endswith(("char", "text", "blob", "binary")) or kind in ("enum", "set", "bit", "json"):
        return f"HEX({column})"
    return f"CAST({column} AS CHAR)"
