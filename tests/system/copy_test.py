# SPDX-License-Identifier: Apache-2.0
"""--checkpoint-copy-to: a running migration changes its store between two runs."""
import contextlib
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

from checkpoint_test import SETTINGS, interrupted, refused
from harness import (CONTROL, DONE, FAILED, PASSWORD, REFUSED, STOPPED, USAGE, USER, Running, check,
                     check_equal, free_port, wait_until)
from sample import small_dump, three_tables

SCHEMA = "tidb_lightning_checkpoint"
MANY = 20000


def mysql_dsn(job, host="127.0.0.1", password=PASSWORD):
    return f"{USER}:{password}@tcp({host}:{job.server.port})/"


def use(job, driver, dsn):
    """The configuration from now on: the store that was copied to."""
    job.driver = driver
    job.write({"checkpoint": {"driver": driver, "dsn": str(dsn) if dsn else None}})


def dumped(env, job):
    """The checkpoint as CSV: {file: text}."""
    folder = env.folder(f"csv{len(list(env.dir.glob('csv*')))}")
    job.control(f"--checkpoint-dump={folder}").expect(DONE)
    return {path.name: path.read_text() for path in folder.iterdir()}


def bytes_of(job):
    return {path.name: path.read_bytes() for path in job.dir.glob("checkpoint.sqlite")}


def planned(server):
    """What a loader would see in the mysql store: None, 0 or 1."""
    if SCHEMA not in server.databases() or "task_v2" not in server.tables(SCHEMA):
        return None
    if not server.value(f"SELECT COUNT(*) FROM {SCHEMA}.task_v2"):
        return None
    return server.value(f"SELECT planned FROM {SCHEMA}.extra_v1 WHERE kind = 1")


def kill_import(env, job, rows):
    running = job.start()
    running.wait_rows(env.server, rows)
    running.kill()
    wait_until(lambda: not env.server.loader_connections(), 30, "the end of the connections")


def test_an_import_moves_from_file_to_mysql_and_back(env):
    """Killed, copied, gone on with, twice: every row once, also when the old store is used again."""
    job, _, state = interrupted(env, rows=60000)
    before = dumped(env, job)
    job.control(f"--checkpoint-copy-to=mysql:{mysql_dsn(job)}").expect(
        DONE, "every record read back and compared", r"checkpoint\.driver = \"mysql\"",
        "remove it when the import is finished").expect_not(PASSWORD)
    old = dict(job.settings["checkpoint"])
    use(job, "mysql", mysql_dsn(job))
    check_equal(dumped(env, job), before, "the copy")
    kill_import(env, job, 100000)

    back = job.dir / "back.sqlite"
    job.control(f"--checkpoint-copy-to=file:{back}").expect(DONE, "3 tables")
    use(job, "file", back)
    job.run().expect(DONE, "earlier runs")
    check_equal(env.server.table_state("d"), state, "after the round trip")
    check(not back.exists(), "the last store was not put away")

    for driver, dsn in (("file", old["dsn"]), ("mysql", mysql_dsn(job))):
        use(job, driver, dsn)
        refused(job.run(), "ledger", codes=(REFUSED,))
        check_equal(env.server.table_state("d"), state, f"after a start with the old {driver} store")
        job.control("--checkpoint-remove=all").expect(DONE)
        check_equal(env.server.table_state("d"), state, f"without the old {driver} store")
    check(not pathlib.Path(old["dsn"]).exists(), "the first store is still there")


def test_the_old_store_may_go_on_too(env):
    """Whoever forgets the copy and goes on with the original: every row once as well."""
    job, _, state = interrupted(env)
    other = job.dir / "other.sqlite"
    job.control(f"--checkpoint-copy-to=file:{other}").expect(DONE)
    kill_import(env, job, 60000)
    refused(job.control(f"--checkpoint-copy-to=file:{other}"), "has another checkpoint there already",
            r"other\.sqlite", "another (kvc_|pos|update_time)", codes=(REFUSED,))
    use(job, "file", other)
    kill_import(env, job, 80000)
    use(job, "file", job.checkpoint)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def enlarge(job, count=MANY):
    """Gives a table of the checkpoint many more chunks, as a plan of so many files has."""
    with contextlib.closing(sqlite3.connect(job.checkpoint)) as db, db:
        for table in ("chunk_v6", "source_v1"):
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join("'more/' || printf('%06d', n) || '.sql'" if column == "path"
                               else f'"{column}"' for column in columns)
            db.execute(f"INSERT INTO {table} WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1"
                       f" FROM c WHERE n < {count}) SELECT {chosen} FROM c, (SELECT * FROM {table}"
                       " WHERE table_name = '`d`.`keyed`' LIMIT 1)")


def test_kills_of_the_copy_leave_no_half_checkpoint(env):
    """SIGKILL at ten moments of a copy of 20,000 chunks: never planned; the same command completes it."""
    job, _, _ = interrupted(env)
    enlarge(job)
    before = dumped(env, job)
    command = f"--checkpoint-copy-to=mysql:{mysql_dsn(job)}"
    seconds = job.control(command).expect(DONE, f"{MANY + 3} chunks").seconds
    env.server.drop(SCHEMA)
    seen = []
    for turn in range(10):
        running = Running([CONTROL, "--config", job.config, command], job.log)
        env.running.append(running)
        time.sleep(seconds * (turn + env.random.random()) / 10)
        if not running.alive():
            running.wait().expect(DONE)
            env.server.drop(SCHEMA)
            continue
        running.kill()
        wait_until(lambda: not env.server.loader_connections(), 30, "the end of the connections")
        seen.append(planned(env.server))
    env.note(f"a copy takes {seconds:.1f} s; planned after each kill: {seen}")
    check(0 in seen, "no kill fell into the copy")
    job.control(command).expect(DONE, f"{MANY + 3} chunks")
    check_equal(planned(env.server), 1)
    use(job, "mysql", mysql_dsn(job))
    check_equal(dumped(env, job), before, "the copy")
    job.control(f"--checkpoint-copy-to=file:{job.dir / 'back.sqlite'}").expect(DONE)
    use(job, "file", job.dir / "back.sqlite")
    check_equal(dumped(env, job), before, "the copy of the copy")


def test_an_interrupted_copy_is_not_imported_with(env):
    """The loader refuses a half copy; with the original it goes on."""
    job, _, state = interrupted(env)
    enlarge(job)
    half = job.dir / "half.sqlite"
    running = Running([CONTROL, "--config", job.config, f"--checkpoint-copy-to=file:{half}"], job.log)
    env.running.append(running)
    wait_until(half.exists, 30, "the copy", 0.001)
    running.process.send_signal(signal.SIGTERM)
    result = running.wait()
    if result.code == DONE:
        env.note("the copy was quicker than the signal")
        return
    result.expect(STOPPED, "stopped on request")
    use(job, "file", half)
    refused(job.run(), "ledger|committed", codes=(REFUSED,))
    refused(job.control(f"--checkpoint-copy-to=file:{job.dir / 'x'}"), "not complete|no checkpoint",
            codes=(REFUSED,))
    with contextlib.closing(sqlite3.connect(job.checkpoint)) as db, db:
        for table in ("chunk_v6", "source_v1"):
            db.execute(f"DELETE FROM {table} WHERE path LIKE 'more/%'")
    use(job, "file", job.checkpoint)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_a_store_that_alters_what_it_is_given(env):
    """A damaged write is found, with table, record and field; the original stays; then it can be mended."""
    job, _, _ = interrupted(env)
    command = f"--checkpoint-copy-to=mysql:{mysql_dsn(job)}"
    job.control(command).expect(DONE)
    env.server.execute(*(f"DELETE FROM {SCHEMA}.{table}" for table in env.server.tables(SCHEMA)))
    original = bytes_of(job)
    for table, field, trigger in (
            ("chunk_v6", "pos", "SET NEW.pos = NEW.pos + 1"),
            ("table_v10", "status", "SET NEW.status = NEW.status + 1"),
            ("source_v1", "mtime", "SET NEW.mtime = NEW.mtime + 1"),
            ("engine_v5", "status", "SET NEW.status = 60")):
        env.server.execute(f"CREATE TRIGGER {SCHEMA}.harm BEFORE INSERT ON {SCHEMA}.{table}"
                           f" FOR EACH ROW {trigger}")
        job.control(command).expect(FAILED, "differs from", "table `d`", f"another {field}",
                                    "the original is untouched")
        check_equal(planned(env.server), 0, "a copy that is wrong")
        env.server.execute(f"DROP TRIGGER {SCHEMA}.harm")
    check_equal(bytes_of(job), original, "the original")
    job.control(command).expect(DONE)
    env.server.execute(f"DELETE FROM {SCHEMA}.chunk_v6 WHERE table_name = '`d`.`nokey`'")
    job.control(command).expect(REFUSED, "`d`.`nokey`, .*chunk '")


def test_destinations_that_are_refused(env):
    """Another import's checkpoint, foreign files, the original itself under any name: left as they are."""
    job, _, _ = interrupted(env)
    other = env.job(small_dump(env.folder("other"), database="o"),
                    settings={"checkpoint": {"keep-after-success": "origin"}})
    other.run().expect(DONE)
    before = bytes_of(other)

    def copy(to, code, *patterns):
        job.control(f"--checkpoint-copy-to={to}").expect(code, *patterns)
    copy(f"file:{other.checkpoint}", REFUSED, "another import", "/other", "delete the file")
    check_equal(bytes_of(other), before, "the other import's checkpoint")
    copy(f"file:{job.checkpoint}", REFUSED, "the original itself")
    copy(f"file:{job.dir}/../{job.dir.name}/./checkpoint.sqlite", REFUSED, "the original itself")
    text = job.dir / "notes"
    text.write_text("mine\n" * 50)
    text.chmod(0o600)
    copy(f"file:{text}", REFUSED, "not an SQLite database")
    check_equal(text.read_text(), "mine\n" * 50)
    copy(f"file:{job.dir}/no/folder", USAGE, "folder")
    copy("nothing:x", USAGE, "nothing")
    copy("/tmp/ckpt-x.so:y", USAGE, "ckpt-x.so")
    copy("root:secret@tcp(h:1)/", USAGE, "root")
    copy("/tmp/secret", USAGE, "must be DRIVER:DSN")
    copy(f"mysql:{mysql_dsn(job)}", DONE)
    use(job, "mysql", mysql_dsn(job))
    copy(f"mysql:{USER}:{PASSWORD}@unix({job.server.socket})/", REFUSED, "the original itself")
    copy(f"mysql:{mysql_dsn(job, 'localhost')}", REFUSED, "the original itself")
    check("secret" not in job.log.read_text(), "an argument that may be secret is in the log")


def test_a_copy_needs_the_task(env):
    """Beside a living loader, and without a checkpoint: refused and named; a dry run creates nothing; a
    target that is away is warned about."""
    folder, state = three_tables(env, 60000)
    job = env.job(folder, "file", SETTINGS)
    to = f"--checkpoint-copy-to=file:{job.dir / 'c2'}"
    job.control(to).expect(REFUSED, "no checkpoint in")
    first = job.start()
    first.wait_rows(env.server, 1000)
    second = Running([CONTROL, "--config", job.config, to], env.dir / "second.log")
    env.running.append(second)
    second.wait(60).expect(REFUSED, str(first.pid))
    first.kill()
    wait_until(lambda: not env.server.loader_connections(), 30, "the end of the connections")
    job.control(to, "--dry-run").expect(DONE, "would be done", "3 tables").expect_not("next:")
    check(not (job.dir / "c2").exists(), "a dry run created the store")
    job.write({"tidb": {"port": free_port()}})
    job.control(to).expect(DONE, "warning:", "nobody can tell whether the import is running")
    job.write({"tidb": {"port": env.server.port}})
    job.control(to).expect(DONE, "copied before, and equal")
    job.control(to, "--dry-run").expect(DONE, "copied before, and equal")
    use(job, "file", job.dir / "c2")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_a_failed_table_is_copied_with_its_reason(env):
    """Failure records move along, and the commands work on the copy."""
    folder = small_dump(env.folder("dump"))
    (folder / "d.t.2.sql").write_text("INSERT INTO `t` VALUES (1000,'x','many');\n")
    job = env.job(folder)
    job.run().expect(FAILED, "d.t.2.sql")
    job.control("--checkpoint-copy-to=mysql:").expect(DONE, "1 failures", "no checkpoint.dsn")
    use(job, "mysql", None)
    job.control("--checkpoint-list").expect(DONE, "failed", "many")
    refused(job.run(), r"d\.t\.2\.sql", codes=(REFUSED,))
    env.server.execute("ALTER TABLE d.t MODIFY n VARCHAR(20)")
    job.control("--checkpoint-error-ignore=all").expect(DONE)
    job.run().expect(DONE)
    check_equal(env.server.rows("d", "t"), 51)


def test_the_dsn_is_a_secret(env):
    """Not in the process list, nor in a message; standard input keeps it from the command line."""
    job, _, _ = interrupted(env)
    enlarge(job)
    running = Running([CONTROL, "--config", job.config, "--checkpoint-copy-to",
                       f"mysql:{mysql_dsn(job)}"], job.log)
    env.running.append(running)
    wait_until(lambda: planned(env.server) is not None or not running.alive(), 30, "the copy", 0.002)
    line = pathlib.Path(f"/proc/{running.pid}/cmdline").read_bytes()
    check(b"checkpoint-copy-to" in line and PASSWORD.encode() not in line, "process list:", line)
    running.wait().expect(DONE).expect_not(PASSWORD)
    env.server.drop(SCHEMA)
    wrong = job.control(f"--checkpoint-copy-to=mysql:{mysql_dsn(job, password='n0t-this')}")
    wrong.expect(FAILED).expect_not("n0t-this")
    with open(env.dir / "dsn", "w", encoding="ascii") as out:
        out.write(mysql_dsn(job) + "\n")
    with open(env.dir / "dsn", "rb") as dsn:
        done = subprocess.run([CONTROL, "--config", job.config, "--checkpoint-copy-to=mysql:-"],
                              stdin=dsn, capture_output=True, check=False)
    check_equal((done.returncode, PASSWORD.encode() in done.stdout + done.stderr), (DONE, False),
                done.stdout + done.stderr)
    job.control("--checkpoint-copy-to=mysql:-").expect(USAGE, "standard input")
    with subprocess.Popen([CONTROL, "--config", job.config, "--checkpoint-copy-to=mysql:-"],
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
        # Bit 14 is SIGTERM; before it is caught there is nothing to stop.
        wait_until(lambda: int(re.search(r"SigCgt:\s*(\w+)", pathlib.Path(
            f"/proc/{waiting.pid}/status").read_text("ascii")).group(1), 16) >> 14 & 1, 30, "start")
        wait_until(lambda: waiting.terminate() or waiting.poll() is not None, 30, "the end")
        check_equal(waiting.wait(30), STOPPED, "a stop while it waits for the DSN")


def test_what_is_not_copied(env):
    """A finished checkpoint that was kept is copied; one of another program is not."""
    job = env.job(small_dump(env.folder("dump")), "mysql",
                  {"checkpoint": {"keep-after-success": "origin"}})
    job.run().expect(DONE)
    kept = job.dir / "kept"
    job.control(f"--checkpoint-copy-to=file:{kept}").expect(DONE, "1 tables")
    use(job, "file", kept)
    job.run().expect(DONE)
    check_equal(env.server.rows("d", "t"), 50)
    use(job, "mysql", None)
    env.server.execute(f"DELETE FROM {SCHEMA}.extra_v1 WHERE kind = 1")
    job.control(f"--checkpoint-copy-to=file:{job.dir / 'x'}").expect(REFUSED, "another program")
    check(not (job.dir / "x").exists(), "a store was created")
