# SPDX-License-Identifier: Apache-2.0
"""A failed table: what is said, what the next run refuses, and the control program's ways out."""
import csv
import re

from harness import (DONE, FAILED, REFUSED, Failure, check, check_equal, name, unique, write_csv,
                     write_schema)
from sample import SMALL, small_dump, small_rows

TABLE = unique("d", "bad")


def broken_dump(env, kind="row"):
    """Table good loads; table bad has one line that cannot: (folder, what the message names)."""
    folder = small_dump(env.folder("dump"), ("good", "bad"))
    data = folder / "d.bad.sql"
    lines = data.read_text().split("\n")
    if kind == "row":
        lines[20] = "(20,'twenty','not a number'),"
        says = (r"d\.bad\.sql", r"\b21\b", r"integer|incorrect")
    elif kind == "missing column":
        lines[20] = "(20,'twenty'),"
        says = (r"d\.bad\.sql", r"\b21\b", r"column")
    data.write_text("\n".join(lines))
    return folder, says


def fail_once(env, driver, kind="row"):
    folder, says = broken_dump(env, kind)
    job = env.job(folder, driver)
    job.run().expect(FAILED, re.escape(TABLE) + r"|d\.bad", *says, what="the first run")
    check_equal(env.server.rows("d", "good"), 50, "rows of the good table")
    return job, folder, says


def repair(folder):
    small_dump(folder, ("bad",))


def expect_good_end(env):
    for table in ("good", "bad"):
        check_equal(env.server.rows("d", table), 50, f"rows of {table}")
        check_equal(int(env.server.value(f"SELECT SUM(n) FROM d.{table}")), 12750, "sum of n")


def refuse_and_destroy(env, driver):
    job, folder, says = fail_once(env, driver)
    state = env.server.table_state("d")
    job.run().expect(REFUSED, r"checkpoint-error-destroy", r"checkpoint-error-ignore", *says,
                     what="the second run")
    check_equal(env.server.table_state("d"), state, "tables touched by a refused run")
    repair(folder)
    job.control("--checkpoint-error-destroy", TABLE).expect(DONE)
    job.run().expect(DONE, what="the run after destroy")
    expect_good_end(env)


def test_destroy_with_the_file_driver(env):
    """A broken row: exit 1, then refused with the commands, then destroy and a full load."""
    refuse_and_destroy(env, "file")


def test_destroy_with_the_mysql_driver(env):
    """The same with the checkpoint on the server."""
    refuse_and_destroy(env, "mysql")


def test_ignore_goes_on_where_it_stopped(env):
    """error-ignore after the table was changed to fit: nothing is lost, nothing comes twice."""
    job, _, _ = fail_once(env, "file")
    env.server.execute("ALTER TABLE d.bad MODIFY n VARCHAR(50)")
    job.control("--checkpoint-error-ignore", TABLE).expect(DONE)
    job.run().expect(DONE)
    check_equal(env.server.rows("d", "bad"), 50, "rows of bad")


def test_remove_forgets_and_says_what_it_costs(env):
    """checkpoint-remove of the failed table, then of all."""
    job, folder, _ = fail_once(env, "file")
    job.control("--checkpoint-remove", TABLE).expect(DONE)
    env.server.execute("DROP TABLE d.bad")
    repair(folder)
    job.run().expect(DONE)
    expect_good_end(env)


def test_destroy_all_starts_from_scratch(env):
    """error-destroy=all takes every failed table; the good one stays."""
    job, folder, _ = fail_once(env, "mysql")
    repair(folder)
    job.control("--checkpoint-error-destroy=all").expect(DONE)
    job.run().expect(DONE)
    expect_good_end(env)


def test_remove_all_of_the_mysql_driver_keeps_what_is_not_ours(env):
    """remove=all deletes the checkpoint, but no table of somebody else in the same schema."""
    job, _, _ = fail_once(env, "mysql")
    env.server.execute("CREATE TABLE tidb_lightning_checkpoint.mine (a INT)")
    job.control("--checkpoint-remove=all").expect(DONE)
    check("mine" in env.server.tables("tidb_lightning_checkpoint"), "a foreign table is gone")


def test_dry_run_changes_nothing(env):
    """--dry-run says what would be done and does not do it."""
    job, _, says = fail_once(env, "file")
    state = env.server.table_state("d")
    for flag in ("--checkpoint-error-destroy", "--checkpoint-error-ignore", "--checkpoint-remove"):
        job.control(flag, TABLE, "--dry-run").expect(DONE, r"d`\.`bad|d\.bad", what=flag)
    check_equal(env.server.table_state("d"), state, "tables after dry runs")
    job.run().expect(REFUSED, *says)


def test_names_with_and_without_quotes(env):
    """`db`.`t` and db.t mean the same table."""
    for spelling in ("`d`.`bad`", "d.bad"):
        job, folder, _ = fail_once(env, "file")
        job.control("--checkpoint-error-destroy", spelling).expect(DONE, what=spelling)
        repair(folder)
        job.run().expect(DONE)
        expect_good_end(env)
        env.server.clear()


def test_unknown_table_is_an_error(env):
    """A name that is not in the checkpoint: an error that shows the names that are."""
    job, _, _ = fail_once(env, "file")
    for flag in ("--checkpoint-error-destroy", "--checkpoint-error-ignore", "--checkpoint-remove"):
        result = job.control(flag, "`d`.`bda`")
        check(result.code != DONE, flag, "accepts an unknown table")
        result.expect(result.code, r"bda", r"`d`\.`bad`", what=flag)


def test_control_without_checkpoint(env):
    """Nothing there: said so, not silently accepted, and nothing is created."""
    folder = small_dump(env.folder("dump"))
    job = env.job(folder)
    result = job.control("--checkpoint-error-destroy", TABLE)
    check(result.code != DONE, "exit code 0 without a checkpoint")
    check(not job.checkpoint.exists(), "the control program created a checkpoint")
    job.control("--checkpoint-list").expect_not(r"(?i)traceback|assert")
    check(not job.checkpoint.exists(), "--checkpoint-list created a checkpoint")


def dump_and_list(env, driver):
    job, _, _ = fail_once(env, driver)
    job.control("--checkpoint-list").expect(DONE, r"d`?\.`?good", r"d`?\.`?bad", r"failed|invalid",
                                            r"d\.bad\.sql", r"\b21\b")
    target = env.dir / "csv"
    job.control("--checkpoint-dump", target).expect(DONE)
    with open(target / "tables.csv", newline="", encoding="utf-8") as f:
        tables = list(csv.DictReader(f))
    check_equal({row["table_name"] for row in tables}, {unique("d", "good"), TABLE}, "tables.csv")
    with open(target / "chunks.csv", newline="", encoding="utf-8") as f:
        chunks = list(csv.DictReader(f))
    check_equal({row["path"] for row in chunks}, {"d.good.sql", "d.bad.sql"}, "chunks.csv")
    check({"engine_id", "pos", "end_offset"} <= set(chunks[0]), "columns of chunks.csv:", chunks[0])
    check((target / "engines.csv").exists(), "no engines.csv")


def test_dump_and_list_of_the_file_driver(env):
    """--checkpoint-list and the three CSV files."""
    dump_and_list(env, "file")


def test_dump_and_list_of_the_mysql_driver(env):
    """The same for the mysql driver."""
    dump_and_list(env, "mysql")


def test_missing_column_in_a_row(env):
    """A row with too few values: file and line are named."""
    job, folder, says = fail_once(env, "file", "missing column")
    job.run().expect(REFUSED, *says)
    repair(folder)
    job.control("--checkpoint-error-destroy", "d.bad").expect(DONE)
    job.run().expect(DONE)
    expect_good_end(env)


def test_unknown_column_in_a_csv_header(env):
    """A header that names a column which the table has not: file and column are named."""
    folder = small_dump(env.folder("dump"), ("good",))
    write_schema(folder, "d", "bad", SMALL.format(name("bad")))
    write_csv(folder / "d.bad.csv", ["id", "surname", "n"], small_rows())
    job = env.job(folder)
    first = job.run()
    if first.code not in (FAILED, REFUSED):
        raise Failure(f"ended with {first.code}\n{first.shown()}")
    first.expect(first.code, r"d\.bad\.csv|`d`\.`bad`", r"surname")
    write_csv(folder / "d.bad.csv", ["id", "a", "n"], small_rows())
    if first.code == FAILED:
        job.run().expect(REFUSED, r"checkpoint-error-")
        job.control("--checkpoint-error-destroy", "d.bad").expect(DONE)
    job.run().expect(DONE)
    expect_good_end(env)


def test_failed_tables_in_sql(env):
    """The view of failures tells a DBA table, file, line and the command."""
    job, _, _ = fail_once(env, "file")
    rows = job.sqlite("SELECT table_name, path, line, message FROM failure_v1")
    check(rows, "failure_v1 is empty")
    table, path, line, message = rows[0]
    check_equal((table, path, line), (TABLE, "d.bad.sql", 21), "failure_v1")
    check(message, "no message")


def test_rebuild_after_the_checkpoint_was_lost(env):
    """Checkpoint deleted after a kill: refused with the ways out; rebuild goes on from the ledger."""
    from sample import three_tables
    folder, state = three_tables(env, 40000)
    job = env.job(folder, "file", {"tikv-importer": {"logical-import-batch-size": "32KiB"}})
    running = job.start()
    running.wait_rows(env.server, 10000)
    running.kill()
    for path in job.dir.glob(job.checkpoint.name + "*"):
        path.unlink()
    job.run().expect(REFUSED, r"checkpoint-rebuild", r"destroy|remove")
    committed = env.server.committed_rows()
    job.control("--checkpoint-rebuild").expect(DONE)
    check(env.server.committed_rows() >= committed, "rebuild changed the ledger")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_ledger_lost_is_refused(env):
    """Checkpoint there, ledger gone: nobody knows what is in; refused, not silently loaded again."""
    from sample import three_tables
    folder, state = three_tables(env, 40000)
    job = env.job(folder, "file", {"tikv-importer": {"logical-import-batch-size": "32KiB"}})
    running = job.start()
    running.wait_rows(env.server, 10000)
    running.kill()
    env.server.drop("tidb_lightning_ledger")
    job.run().expect(REFUSED, r"ledger", r"--checkpoint-")
    job.control("--checkpoint-remove=all")
    env.server.drop("d")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
