# SPDX-License-Identifier: Apache-2.0
"""The Nth call of the checkpoint driver fails, for every N, in each control operation."""
from harness import DONE, FAILED, REFUSED, check, check_equal
from faults import LIMIT, QUICK_SERVER, Target, control_plans, fault_job, sweep, write_dump


TABLES = ("nokey", "bad")


class Control:
    """A control operation on what an import with a failing table left behind."""

    def __init__(self, env, inner="file"):
        server = env.new_server(**QUICK_SERVER)
        self.env, self.inner = env, inner
        self.job = fault_job(env, server, write_dump(env.folder("dump"), TABLES), inner)
        self.target = Target(self.job, TABLES)
        self.broken = None  # the tables after the failed import
        self.fail()
        self.broken = self.target.digest()
        self.target.widen()
        self.job.control("--checkpoint-error-ignore=all").expect(DONE)
        self.job.run().expect(DONE)
        self.target.expected = self.target.digest()

    def fail(self):
        """The import that fails."""
        self.target.reset()
        self.job.run(timeout=LIMIT).expect(FAILED, "1 of 2 tables failed")

    def operate(self, *arguments, environment=None):
        return self.job.control(*arguments, environment=environment, timeout=LIMIT)

    def forget_checkpoint(self):
        if self.inner == "file":
            self.job.checkpoint.unlink()
        else:
            self.target.server.drop("tidb_lightning_checkpoint")

    def sweep(self, arguments, prepare=None, mend=None, again=(DONE,), plans=None):
        """The operation fails; then the checkpoint is listed, the operation done again without a
        fault, and the import runs to its end. mend makes that end possible."""
        def run(environment, what):
            self.fail()
            if prepare:
                prepare()
            return self.operate(*arguments, environment=environment)

        def after(result, what):
            self.operate("--checkpoint-list").expect(DONE, what=f"{what}: the list")
            if result.code != DONE:
                second = self.operate(*arguments)
                check(second.code in again, what, "the same again:", second.code, second.shown())
            if mend:
                mend()
            self.job.run(timeout=LIMIT).expect(DONE, what=f"{what}: the import")
            self.target.check_all_rows(what)

        plans = plans or control_plans()
        total = sum(sweep(self.job, plan, run, after) for plan in plans)
        self.env.note(f"{self.inner}, {arguments[0]}: {total} faults in {len(plans)} plans")

    def sweep_reading(self, *arguments):
        """An operation that changes nothing: neither does a failed one."""
        self.fail()

        def run(environment, what):
            return self.operate(*arguments, environment=environment)

        def after(result, what):
            self.operate(*arguments).expect(DONE, what=f"{what}: the same again")
            check_equal(self.target.digest(), self.broken, f"{what}: the rows")

        total = sum(sweep(self.job, plan, run, after) for plan in control_plans())
        self.env.note(f"{arguments[0]}: {total} faults in {len(control_plans())} plans")


def test_list_and_dump(env):
    """--checkpoint-list and --checkpoint-dump fail and change nothing."""
    control = Control(env)
    control.sweep_reading("--checkpoint-list")
    control.sweep_reading(f"--checkpoint-dump={env.folder('csv')}")
    check(list(env.folder("csv").iterdir()), "nothing was dumped")


def test_error_ignore(env):
    """--checkpoint-error-ignore fails and is done again."""
    control = Control(env)
    control.sweep(["--checkpoint-error-ignore=all"], mend=control.target.widen)


def test_error_destroy(env):
    """--checkpoint-error-destroy fails and is done again; the table is loaded from zero."""
    Control(env).sweep(["--checkpoint-error-destroy=all"])


def test_remove_a_table(env):
    """--checkpoint-remove of one table fails and is done again."""
    control = Control(env)
    control.sweep(["--checkpoint-remove=d.bad"],
                  mend=lambda: control.target.server.execute("DROP TABLE d.bad"))


def test_remove_all(env):
    """--checkpoint-remove=all fails and is done again."""
    control = Control(env)
    control.sweep(["--checkpoint-remove=all"], mend=lambda: control.target.server.drop("d"))


def test_rebuild(env):
    """--checkpoint-rebuild fails and is done again; what is committed is not loaded twice."""
    control = Control(env)
    # It refuses to make what is there already: the last write was done, and then said to be failed.
    control.sweep(["--checkpoint-rebuild"], control.forget_checkpoint, control.target.widen,
                  (DONE, REFUSED))


def test_operations_with_the_driver_mysql(env):
    """The operations that drop and put away, with the checkpoint on the target."""
    control = Control(env, "mysql")
    control.sweep(["--checkpoint-error-destroy=all"], plans=control_plans()[1:3])
