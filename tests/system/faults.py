# SPDX-License-Identifier: Apache-2.0
"""Fault sweeps: a job whose Nth driver call, or Nth allocation, fails; and what must hold after it.

The libraries that fail are in tests/fault; they are told by the environment when. TL_SWEEP=full runs
every plan, the default is all of the short sweeps and a sample of the long ones.
"""
import os
import re

from basics import (BUILD, DONE, FAILED, REFUSED, ROOT, STOPPED, USAGE, Failure, check, check_equal,
                    unique)
from dumps import compress, write_csv, write_inserts, write_schema
from harness import merge

FULL = os.environ.get("TL_SWEEP") == "full"
LEAKED = 23  # the exit code of a leak in a build with -fsanitize=address
LIMIT = 60 if "asan" in BUILD.name else 20  # seconds that one command may take

# Every sync of a throwaway server is waste; only the figures of a benchmark would notice.
QUICK_SERVER = {"innodb_flush_method": "nosync", "innodb_doublewrite": "0",
                "innodb_buffer_pool_size": "64M"}
SMALL_BATCHES = {"tikv-importer": {"logical-import-batch-size": "2KiB"},
                 "lightning": {"region-concurrency": 2, "io-concurrency": 2}}
GOOD = ("keyed", "nokey", "list")
BAD_VALUE = 777  # does not fit the column of the table `bad` while it is narrow


def nokey_rows(begin, end):
    return [(i // 3, f"text {i // 3} it's") for i in range(begin, end)]


def write_dump(folder, tables):
    """SQL, CSV and gzip, with and without a key; `bad` has a row that a narrow column refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    if "keyed" in tables:
        write_schema(folder, "d", "keyed", "CREATE TABLE keyed (id INT PRIMARY KEY, a VARCHAR(50))")
        write_inserts(folder / "d.keyed.sql", "keyed", [(i, f"row {i}") for i in range(300)], 40)
    write_schema(folder, "d", "nokey", "CREATE TABLE nokey (a INT, b VARCHAR(50))")
    write_inserts(folder / "d.nokey.1.sql", "nokey", nokey_rows(0, 200), 30)
    compress(folder / "d.nokey.1.sql", "gz")
    write_inserts(folder / "d.nokey.2.sql", "nokey", nokey_rows(200, 400), 30)
    if "list" in tables:
        write_schema(folder, "d", "list", "CREATE TABLE list (a INT, b VARCHAR(50))")
        write_csv(folder / "d.list.csv", ["a", "b"], nokey_rows(0, 300))
    if "bad" in tables:
        write_schema(folder, "d", "bad", "CREATE TABLE bad (i INT, n INT)")
        write_inserts(folder / "d.bad.sql", "bad",
                      [(i, BAD_VALUE if i == 250 else i % 100) for i in range(300)], 30)
    return folder


class Target:
    """The server of a sweep: emptied before each run, compared after it."""

    def __init__(self, job, tables):
        self.server, self.job, self.tables = job.server, job, tables
        self.expected = None

    def reset(self):
        """Nothing imported, no checkpoint; the table `bad` stands there and is too narrow."""
        self.server.clear()
        for left in self.job.dir.glob("checkpoint.sqlite*"):
            left.unlink()
        if "bad" in self.tables:
            self.server.execute("CREATE DATABASE d CHARACTER SET utf8mb4",
                                "CREATE TABLE d.bad (i INT, n TINYINT)")

    def widen(self):
        self.server.execute("ALTER TABLE d.bad MODIFY n INT")

    def digest(self):
        """(rows, sum of row digests) of each table."""
        columns = {"keyed": "id, a", "nokey": "a, b", "list": "a, b", "bad": "i, n"}
        parts = [f"SELECT '{table}', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('/', {columns[table]}))),"
                 f" 0) FROM {unique('d', table)}" for table in self.tables]
        return {row[0]: (int(row[1]), int(row[2])) for row in self.server.query(" UNION ".join(parts))}

    def check_all_rows(self, what):
        check_equal(self.digest(), self.expected, f"{what}: the rows")
        check(self.job.is_over(), what, "left a checkpoint or rows of the ledger")


def fault_job(env, server, folder, inner="file", settings=None):
    """A job whose checkpoints go through the wrapper driver."""
    settings = merge(merge(SMALL_BATCHES, settings), {
        "checkpoint": {"driver": "fault", "driver-path": str(BUILD / "tests")},
        "checkpoint.fault": {"inner": str(BUILD / f"ckpt-{inner}.so")}})
    job = env.job(folder, "file", settings, server=server)
    if inner != "file":
        job.driver = inner
        job.write({"checkpoint": {"dsn": None}})
    return job


def environment(**changes):
    """The environment of a faulted command; leaks and bad accesses get exit codes of their own."""
    changes.setdefault("ASAN_OPTIONS", "exitcode=99:detect_leaks=1:verify_asan_link_order=0")
    changes.setdefault("LSAN_OPTIONS", f"exitcode={LEAKED}:print_suppressions=0:suppressions="
                       f"{ROOT}/tests/fault/lsan.supp")
    return {**os.environ, **changes}


def judge(result, codes, what):
    """A faulted command: one of the exit codes, and an error line when it is not 0."""
    if result.code < 0 or result.code not in (DONE, FAILED, USAGE, STOPPED, REFUSED):
        raise Failure(f"{what}: ended with {result.code}\n{result.shown()}")
    if result.code not in codes:
        raise Failure(f"{what}: ended with {result.code}, expected one of {codes}\n{result.shown()}")
    if result.code != DONE and not re.search(r"^tidb-lightning(-ctl)?: error: \S", result.out, re.M):
        raise Failure(f"{what}: exit code {result.code} without an error line\n{result.shown()}")
    return result


class CallPlan:
    """How the Nth call of the driver fails."""

    def __init__(self, text, codes, counts="call"):
        self.text, self.codes, self.counts = text, codes, counts

    def spec(self, job, nth):
        calls = job.dir / "calls"
        if calls.exists():
            calls.unlink()
        return {"CKPT_FAULT": f"nth={nth},{self.text},unit={self.counts},calls={calls}"}

    @staticmethod
    def faults(job):
        """How many faults the last run met."""
        calls = job.dir / "calls"
        return int(calls.read_text().split()[1]) if calls.exists() else 0


ANY = (DONE, FAILED, STOPPED)

# A store that fails once or for good, before or after it did the work, in a call or in a walk. The
# loader tries the last record of progress twice, so a passing fault need not stop it.
CALL_PLANS = [
    CallPlan("code=err", ANY),
    CallPlan("code=full,sticky", (FAILED, STOPPED)),
    CallPlan("code=lost,after", ANY),
    CallPlan("code=err,after,sticky", (FAILED, STOPPED)),
    CallPlan("code=err", ANY, counts="record"),
]
# A control operation tries nothing twice: an unknown outcome matters where something changes.
CHANGING = "methods=open+apply+retire"
CONTROL_PLANS = [
    CallPlan("code=full,sticky", (FAILED,)),
    CallPlan(f"code=lost,after,{CHANGING}", ANY),
    CallPlan(f"code=err,after,sticky,{CHANGING}", (FAILED,)),
    CallPlan("code=err", (FAILED,), counts="record"),
]
MORE_PLANS = [
    CallPlan("code=lost", ANY),
    CallPlan("code=err,after", ANY),
    CallPlan("code=nomem", ANY),
    CallPlan("code=nomem,sticky", (FAILED, STOPPED)),
    CallPlan("code=busy", ANY),
    CallPlan("code=corrupt", (DONE, FAILED, STOPPED, REFUSED)),
    CallPlan("code=lost", ANY, counts="record"),
    CallPlan("code=full,sticky", (FAILED, STOPPED), counts="record"),
]


def import_plans():
    return CALL_PLANS + (MORE_PLANS if FULL else [])


def control_plans():
    return CONTROL_PLANS + (CALL_PLANS + MORE_PLANS if FULL else [])


def sweep(job, plan, run, after):
    """run(environment, what) and after(result, what) for N = 1, 2, ... until no fault is met;
    returns the number of faults."""
    nth = 0
    while True:
        nth += 1
        what = f"{plan.text} {plan.counts} {nth}"
        result = run(environment(**plan.spec(job, nth)), what)
        met = plan.faults(job)
        judge(result, plan.codes if met else (DONE, FAILED), what)
        if met and result.code != DONE:
            check(re.search("planned fault|tables failed", result.text), what, "does not say why\n", result.shown())
        after(result, what)
        if not met:
            return nth - 1
        check(nth < 500, "the sweep does not end")


