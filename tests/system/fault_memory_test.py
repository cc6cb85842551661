# SPDX-License-Identifier: Apache-2.0
"""The Nth allocation fails: in imports, in control operations, in the libraries below them.

There are thousands, but few hundred places that they come from. A first run notes the call stack of
each; then one allocation of each stack fails, alone, or with all that come after it. By default a
sample as large as the time allows (TL_SEED repeats it); TL_SWEEP=full takes all, TL_SHARD=0/4 a
quarter of them.
"""
import array
import ctypes
import os
import re
import shutil
import signal
import subprocess
import time

from harness import BUILD, DONE, FAILED, REFUSED, STOPPED, Failure, check, check_equal
from faults import (FULL, GOOD, LIMIT, QUICK_SERVER, SMALL_BATCHES, Target, environment, judge,
                    merge, write_dump)

LIBRARY = BUILD / "tests" / "tl-fault-malloc.so"
SECONDS = 4  # for each command, by default
ENOUGH = 100 if FULL else 1  # failures that end a sweep
# The sanitizer's own runtime needs memory when a thread begins: there, only one allocation fails.
STICKY = (False,) if "asan" in BUILD.name else (False, True)
DONE_STACKS = set()  # in the full sweep: each call stack with one command only


def same_addresses():
    """In a child: no random addresses, so that equal call stacks have equal numbers in all runs."""
    ctypes.CDLL(None).personality(0x0040000)


class Memory:
    """A command that is run with failing allocations."""

    def __init__(self, env, tables, driver="file"):
        self.env = env
        self.server = env.new_server(**QUICK_SERVER)
        self.job = env.job(write_dump(env.folder("dump"), tables), driver,
                           merge(SMALL_BATCHES, {"lightning": {"level": "warn"}}), self.server)
        self.target = Target(self.job, tables)
        self.end = 0

    def preload(self, plan):
        return environment(LD_PRELOAD=str(LIBRARY), TL_FAULT_MALLOC=plan)

    def choose(self, run):
        """The allocations to fail, in random order: (N, sticky)."""
        path = self.job.dir / "stacks"
        run(self.preload(f"stacks={path}"), preexec=same_addresses)
        stacks = array.array("Q", path.read_bytes())
        check(len(stacks) > 1000, "only", len(stacks), "allocations were counted")
        places = {}
        for number, stack in enumerate(stacks, 1):
            places.setdefault(stack, []).append(number)
        fresh = [numbers for stack, numbers in places.items() if stack not in DONE_STACKS]
        chosen = [(self.env.random.choice(numbers), sticky)
                  for numbers in fresh for sticky in STICKY]
        if FULL:
            DONE_STACKS.update(places)
        self.env.random.shuffle(chosen)
        self.env.note(f"{len(stacks)} allocations, {len(places)} call stacks, {len(fresh)} new ones")
        shard, shards = map(int, os.environ.get("TL_SHARD", "0/1").split("/"))
        return chosen[shard::shards]

    def sweep(self, prepare, run, after):
        """prepare(), run(environment), after(result, what) for each chosen allocation."""
        prepare()
        chosen = self.choose(run)
        end = time.monotonic() + SECONDS
        met, crashes, failures = 0, 0, []
        for number, sticky in chosen:
            if not FULL and time.monotonic() > end:
                break
            what = f"allocation {number}{' and later' if sticky else ''}"
            report = self.job.dir / "report"
            report.unlink(missing_ok=True)
            prepare()
            plan = f"nth={number}{',sticky' if sticky else ''},report={report}"
            try:
                result = run(self.preload(plan))
                if result.code in (-signal.SIGSEGV, -signal.SIGABRT) and crashed_in_client_library(report):
                    crashes += 1
                else:
                    judge(result, (DONE, FAILED, STOPPED) if report.exists() else (DONE, FAILED), what)
                after(result, what)
            except Failure as failure:
                failures.append(f"{what}: {failure}\n--- call stack\n{call_stack(report)}")
                if FULL:
                    print(failures[-1], flush=True)
            met += report.exists()
            if len(failures) >= ENOUGH:
                break
        self.env.note(f"{met} faults of {len(chosen)}, {crashes} of them crashed in libmariadb")
        if failures:
            raise Failure(f"{len(failures)} failures\n" + "\n".join(failures))


def crashed_in_client_library(report):
    """MariaDB Connector/C 3.3 uses some of its allocations without looking at them (the server's
    version in mysql_real_connect, the info text of a result, ...), and glibc aborts in the
    getservbyname() that its start calls. Nobody above it can help that;
    the process is gone as with a kill, and what must hold after a kill is checked all the same.
    True when the innermost frame that is not libc's is in libmariadb."""
    _, found, stack = report.read_text().partition("crash\n") if report.exists() else ("", "", "")
    frames = [line for line in stack.splitlines()[1:] if not re.search(r"/(libc|ld-linux)\S*\(", line)]
    return bool(found and frames and "/libmariadb.so" in frames[0])


def call_stack(report):
    """The stack of the first fault, with the names of functions where they can be had."""
    if not report.exists():
        return "no fault was met"
    lines = []
    for line in report.read_text().splitlines():
        place = re.match(r"(.*/([^/]+))\(\+(0x[0-9a-f]+)\)", line)
        if place and str(BUILD) in line and shutil.which("addr2line"):
            shown = subprocess.run(["addr2line", "-s", "-i", "-f", "-p", "-e", place[1], place[3]], check=False,
                                   capture_output=True, text=True).stdout
            lines.append(f"{place[2]}: {' <- '.join(shown.split(chr(10)))}")
        else:
            lines.append(line.rpartition("/")[2])
    return "\n".join(lines[2:])


def sweep_import(env, driver):
    """Imports of tables that can all be loaded."""
    memory = Memory(env, GOOD, driver)
    job, target = memory.job, memory.target
    target.reset()
    job.run(timeout=LIMIT).expect(DONE)
    target.expected = target.digest()

    def after(result, what):
        if result.code == DONE:
            target.check_all_rows(what)
            return
        if result.code == FAILED:
            check_equal(memory.server.committed_rows(), 0, f"{what}: exit code {result.code}, rows")
        if memory.server.databases() or job.checkpoint.exists():
            job.control("--checkpoint-list", timeout=LIMIT).expect(DONE, what=f"{what}: the list")
            job.run(timeout=LIMIT).expect(DONE, what=f"{what}: the next run")
            target.check_all_rows(what)

    def run(environment, **options):
        return job.run(environment=environment, timeout=LIMIT, **options)

    memory.sweep(target.reset, run, after)


def test_import_with_the_driver_file(env):
    """An import whose allocations fail loses and doubles nothing (file)."""
    sweep_import(env, "file")


def test_import_with_the_driver_mysql(env):
    """The same with the checkpoint on the target (mysql)."""
    sweep_import(env, "mysql")


def sweep_control(env, *arguments, prepare=None, mend=None, again=(DONE,)):
    """A control operation on a failed import, then the import to its end."""
    memory = Memory(env, ("nokey", "bad"))
    job, target = memory.job, memory.target

    def fail():
        target.reset()
        job.run(timeout=LIMIT).expect(FAILED, "1 of 2 tables failed")

    def operate(environment=None, **options):
        return job.control(*arguments, environment=environment, timeout=LIMIT, **options)

    def start():
        fail()
        if prepare:
            prepare(memory)

    def after(result, what):
        job.control("--checkpoint-list", timeout=LIMIT).expect(DONE, what=f"{what}: the list")
        if result.code != DONE:
            second = operate()
            check(second.code in again, "the same again:", second.code, second.shown())
        if mend:
            mend(memory)
        job.run(timeout=LIMIT).expect(DONE, what=f"{what}: the import")
        target.check_all_rows(what)

    fail()
    target.widen()
    job.control("--checkpoint-error-ignore=all").expect(DONE)
    job.run().expect(DONE)
    target.expected = target.digest()
    memory.sweep(start, operate, after)


def test_list_and_dump(env):
    """--checkpoint-list and --checkpoint-dump without memory change nothing."""
    memory = Memory(env, ("nokey", "bad"))
    memory.target.reset()
    memory.job.run(timeout=LIMIT).expect(FAILED)
    before = memory.target.digest()
    for argument in ("--checkpoint-list", f"--checkpoint-dump={env.folder('csv')}"):
        def run(environment, argument=argument, **options):
            return memory.job.control(argument, environment=environment, timeout=LIMIT, **options)

        def after(_, what, run=run):
            run(None).expect(DONE, what=f"{what}: the same again")
        memory.sweep(lambda: None, run, after)
    check_equal(memory.target.digest(), before, "the rows")


def test_error_ignore(env):
    """--checkpoint-error-ignore without memory is done again."""
    sweep_control(env, "--checkpoint-error-ignore=all", mend=lambda memory: memory.target.widen())


def test_error_destroy(env):
    """--checkpoint-error-destroy without memory is done again."""
    sweep_control(env, "--checkpoint-error-destroy=all")


def test_remove_all(env):
    """--checkpoint-remove=all without memory is done again."""
    sweep_control(env, "--checkpoint-remove=all", mend=lambda memory: memory.server.drop("d"))


def test_rebuild(env):
    """--checkpoint-rebuild without memory is done again."""
    sweep_control(env, "--checkpoint-rebuild", again=(DONE, REFUSED),
                  prepare=lambda memory: memory.job.checkpoint.unlink(),
                  mend=lambda memory: memory.target.widen())
