# SPDX-License-Identifier: Apache-2.0
"""The Nth call of the checkpoint driver fails, for every N: in imports and control operations."""
from harness import DONE, FAILED, REFUSED, STOPPED, check, check_equal
from faults import (GOOD, LIMIT, QUICK_SERVER, Target, import_plans, fault_job, sweep, write_dump)


def sweep_import(env, inner, plans, tables):
    """An import; after each fault it is listed and run again to its end."""
    server = env.new_server(**QUICK_SERVER)
    job = fault_job(env, server, write_dump(env.folder("dump"), tables), inner)
    target = Target(job, tables)
    finish_job(job, target, "without a fault")
    target.expected = target.digest()

    def run(environment, what):
        target.reset()
        return job.run(environment=environment, timeout=LIMIT)

    def after(result, what):
        if result.code == DONE:
            target.check_all_rows(what)
            return
        if "bad" not in tables and result.code != STOPPED:
            check_equal(server.committed_rows(), 0, f"{what}: exit code {result.code}, but the rows")
        job.control("--checkpoint-list", timeout=LIMIT).expect(DONE, what=f"{what}: the list")
        if "bad" not in tables:
            job.run(timeout=LIMIT).expect(DONE, what=f"{what}: the next run")
        else:
            finish_job(job, target, what)
        target.check_all_rows(what)

    total = sum(sweep(job, plan, run, after) for plan in plans)
    env.note(f"{inner}: {total} faults in {len(plans)} plans")


def finish_job(job, target, what):
    """Runs the import to its end; the table that fails is mended and resolved on the way."""
    if "bad" not in target.tables:
        target.reset()
        job.run(timeout=LIMIT).expect(DONE, what=what)
        return
    if target.expected is None:
        target.reset()
    first = job.run(timeout=LIMIT)
    check(first.code in (FAILED, REFUSED), what, "ended with", first.code, first.shown())
    target.widen()
    job.control("--checkpoint-error-ignore=all", timeout=LIMIT).expect(DONE, what=what)
    job.run(timeout=LIMIT).expect(DONE, what=what)


def test_import_with_the_driver_file(env):
    """Every call and every record of an import fails once, or from there on (file)."""
    sweep_import(env, "file", import_plans(), GOOD)


def test_import_with_a_failing_table(env):
    """The same, with a table that fails and is resolved."""
    sweep_import(env, "file", import_plans(), ("nokey", "bad"))


def test_import_with_the_driver_mysql(env):
    """The same, with the checkpoint on the target (mysql)."""
    sweep_import(env, "mysql", import_plans()[:2], GOOD)
