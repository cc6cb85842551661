# SPDX-License-Identifier: Apache-2.0
"""The views for DBAs: odd records, other sessions and servers, checkpoints of upstream, real imports."""
import contextlib
import re
import shlex

from delay_proxy import DelayProxy
from dba import (SCHEMA, VIEWS, FileStore, MysqlStore, as_dicts, as_text, both)
from harness import CONTROL, DONE, FAILED, ROOT, Running, check, check_equal, wait_until
from sample import small_dump, three_tables

SQL = ROOT / "sql" / "mysql"
UPSTREAM = ROOT / "tests" / "data" / "upstream-8.5"


def by_name(store, view="table_progress_v1"):
    """{table name without schema: row}."""
    return {row["table_name"].split("`.`")[1][:-1]: row
            for row in as_dicts(store.query(f"SELECT * FROM {view}"))}


def names_of_the_model():
    """{status: name} as core/checkpoint/model.c has them."""
    header = (ROOT / "core" / "checkpoint" / "model.h").read_text(encoding="utf-8")
    source = (ROOT / "core" / "checkpoint" / "model.c").read_text(encoding="utf-8")
    numbers = dict(re.findall(r"(TL_STATUS_\w+) = (\d+)", header))
    result = {status: "failed" if 0 < status <= 25 else "unknown" for status in range(256)}
    for status, name, failed in re.findall(r'\{(\w+), "([^"]+)", "([^"]+)"\}', source):
        number = int(numbers.get(status, status))
        result[number] = name
        if number and number % 10 == 0 and number // 10 <= 25:
            result[number // 10] = failed
    check(len(set(result.values())) > 25, "the names were not found")
    return result


def test_odd_records_show_alike(env):
    """Both stores show the same for records that divide by zero, overflow, lack or exceed something."""
    stores = both(env, "corners.tsv")
    for view in VIEWS:
        texts = [as_text(*store.query(f"SELECT * FROM {view} ORDER BY 1, 2, 3, 4"))
                 for store in stores.values()]
        check_equal(texts[0], texts[1], view)
    names = names_of_the_model()
    for store in stores.values():
        rows = by_name(store)
        for name, row in rows.items():
            check(0 <= row["percent"] <= 100 and row["bytes_done"] <= row["bytes_total"], name, row)
            check(row["state"] != "done" or row["percent"] == 100, name, row)
            check_equal(row["status_name"], names[int(row["status"])], name)
        shows = {name: (row["state"], float(row["percent"]), int(row["chunks_done"]),
                        int(row["files_done"])) for name, row in rows.items()}
        for name, expected in {
                "two chunks of one file": ("loading", 55.0, 1, 0), "gz of ours done": ("loading", 100.0, 1, 1),
                "gz in the middle": ("loading", 64.0, 0, 0), "parquet": ("loading", 33.3, 0, 0),
                "gz of upstream, engine written": ("loading", 50.0, 1, 1),
                "gz of upstream, done": ("done", 100.0, 1, 1), "empty files only": ("not begun", 0.0, 2, 2),
                "end behind the file": ("loading", 70.0, 0, 0), "done in no time": ("done", 100.0, 1, 1),
                "status 200": ("done", 100.0, 0, 0), "status 210": ("done", 100.0, 0, 0),
                "status 30": ("not begun", 0.0, 0, 0)}.items():
            check_equal(shows[name], expected, name)


def test_a_strict_server_lets_the_views_be_copied(env):
    """CREATE TABLE ... AS SELECT in the strictest mode: nothing is divided by zero or out of range."""
    stores = both(env, "corners.tsv")
    env.server.execute("CREATE DATABASE copies")
    for view in VIEWS:
        MysqlStore(env.server, setup=(
            "SET sql_mode = 'TRADITIONAL'",
            f"CREATE TABLE copies.{view} AS SELECT * FROM {view}")).query("SELECT 1")
        check_equal(env.server.value(f"SELECT COUNT(*) FROM copies.{view}"),
                    stores["file"].query(f"SELECT COUNT(*) FROM {view}")[1][0][0], view)


def task_states(store, env, statements):
    """The states of the task after each of these statements."""
    states = []
    for statement in statements:
        store_execute(store, env, statement)
        rows = as_dicts(store.query("SELECT state FROM task_progress_v1"))
        states.append([row["state"] for row in rows])
    return states


def store_execute(store, env, statement):
    if isinstance(store, FileStore):
        import sqlite3
        with contextlib.closing(sqlite3.connect(store.path)) as db:
            db.execute(statement)
            db.commit()
    else:
        env.server.execute(statement, database=store.database)


def test_states_of_a_task(env):
    """From planning to done, without a task record, and without anything."""
    stores = both(env, "store.tsv")
    unplanned = {"file": "DELETE FROM extra_v1 WHERE kind = 'planned'",
                 "mysql": "UPDATE extra_v1 SET planned = 0 WHERE kind = 1"}
    for driver, store in stores.items():
        states = task_states(store, env, [
            "UPDATE table_v10 SET status = 6 WHERE status < 200",
            "UPDATE table_v10 SET status = 200",
            "UPDATE table_v10 SET status = 30",
            "UPDATE chunk_v6 SET pos = 0, kvc_kvs = 0",
            unplanned[driver],
            "DELETE FROM task_v2",
            "DELETE FROM table_v10",
        ])
        check_equal(states, [["failed"], ["done"], ["loading"], ["not begun"], ["planning"],
                             ["planning"], []], driver)


def test_commands_survive_a_shell(env):
    """The commands of failed tables, read by a shell, name exactly these tables."""
    for store in both(env, "corners.tsv").values():
        for row in as_dicts(store.query("SELECT * FROM failed_table_v1")):
            for way in ("ignore", "destroy"):
                check_equal(shlex.split(row[f"to_{way}"]),
                            ["tidb-lightning-ctl", f"--checkpoint-error-{way}={row['table_name']}"])


def scripts(server, database, *names):
    for name in names:
        server.script((SQL / name).read_text(encoding="utf-8"), database)


def check_upstream_failed(store):
    rows = by_name(store)
    check_equal({name: (row["state"], float(row["percent"]), int(row["rows_done"]),
                        int(row["files_done"])) for name, row in rows.items()},
                {"broken": ("failed", 0.0, 0, 0), "event": ("done", 100.0, 5000, 1),
                 "item": ("done", 100.0, 30000, 3)})
    failed = as_dicts(store.query("SELECT * FROM failed_table_v1"))
    check_equal([(row["table_name"], row["status_name"], row["message"]) for row in failed],
                [("`shop`.`broken`", "failed at written",
                  "not recorded here: see the log of the program")])
    task = as_dicts(store.query("SELECT * FROM task_progress_v1"))[0]
    check_equal((task["state"], task["source_dir"], task["tables_failed"]),
                ("failed", "file:///data/shop", 1))
    check_equal(store.query("SELECT failures FROM error_summary_v1")[1], [(1,)])


def test_checkpoints_of_upstream(env):
    """What release 8.5 wrote shows sensibly with the three scripts of the document, in any collation."""
    for charset in ("utf8mb4 COLLATE utf8mb4_bin", "utf8mb4 COLLATE utf8mb4_general_ci",
                    "latin1 COLLATE latin1_swedish_ci"):
        env.server.drop("up")
        env.server.execute("CREATE DATABASE up")
        dump = (UPSTREAM / "failed.sql").read_text(encoding="utf-8")
        env.server.script(dump.replace("utf8mb4 COLLATE=utf8mb4_bin", charset.replace("COLLATE ", "COLLATE=")), "up")
        scripts(env.server, "up", "upstream_8_5.sql", "checkpoint_v1.sql", "checkpoint_views_v1.sql")
        check_upstream_failed(MysqlStore(env.server, "up"))
    env.server.script((UPSTREAM / "killed.sql").read_text(encoding="utf-8"), "up")
    store = MysqlStore(env.server, "up")
    rows = by_name(store)
    check_equal((rows["hit"]["state"], rows["hit"]["rows_done"], rows["log"]["state"]),
                ("loading", 64907, "not begun"))
    check_equal(rows["log"]["files_total"], 1)
    check(0 < rows["hit"]["percent"] < 100, rows["hit"])
    stuck = store.query("SELECT DISTINCT table_name FROM stalled_chunk_v1")[1]
    check_equal(stuck, [("`web`.`hit`",)])
    check_equal(as_dicts(store.query("SELECT state FROM task_progress_v1")), [{"state": "loading"}])


def test_server_with_lower_case_table_names(env):
    """lower_case_table_names = 1 and a server of another character set make no difference."""
    server = env.new_server(lower_case_table_names="1", character_set_server="latin1",
                            sql_mode="ANSI_QUOTES,NO_BACKSLASH_ESCAPES", default_time_zone="-05:00")
    server.execute(f"CREATE DATABASE {SCHEMA}")
    scripts(server, SCHEMA, "checkpoint_v1.sql", "checkpoint_views_v1.sql")
    from dba import fill
    fill("mysql", f"root@unix({server.socket})/", "corners.tsv")
    expected = both(env, "corners.tsv")["mysql"]
    for view in VIEWS:
        query = f"SELECT * FROM {view} ORDER BY 1, 2, 3, 4"
        check_equal(as_text(*MysqlStore(server).query(query)), as_text(*expected.query(query)), view)


def failing_dump(env, rows=20000):
    """A real dump, and beside its tables one with a duplicate key and a nasty name."""
    folder, _ = three_tables(env, rows)
    small_dump(folder, tables=("it's",), rows=3 * rows)  # large files are begun first
    data = folder / "d.it's.sql"
    data.write_text("INSERT INTO `it's` VALUES (4711, 'x', 1),\n(4711, 'y', 2);\n" + data.read_text())
    return folder


def check_interrupted(env, job, store):
    """The store of a killed import agrees with the ledger, and the failed table with its file."""
    rows = by_name(store)
    ledger = dict(env.server.query(
        "SELECT c.table_name, CAST(SUM(b.row_count) AS SIGNED) FROM tidb_lightning_ledger.chunk_v1 c"
        " JOIN tidb_lightning_ledger.batch_v1 b ON b.chunk_key = c.chunk_key GROUP BY c.table_name"))
    check_equal(sorted(rows), ["counted", "it's", "keyed", "nokey"])
    for name, row in rows.items():
        check(row["rows_done"] <= ledger.get(row["table_name"], 0), name, row, ledger)
    check_equal((rows["it's"]["state"], rows["it's"]["status_name"]), ("failed", "failed at written"))
    failed = as_dicts(store.query("SELECT * FROM failed_table_v1", now=None))
    check_equal([(row["path"], row["line"], row["sqlstate"], row["code"]) for row in failed],
                [("d.it's.sql", 2, "23000", 1062)])
    task = as_dicts(store.query("SELECT * FROM task_progress_v1", now=None))[0]
    check_equal((task["state"], task["tables_total"], task["tables_failed"]), ("loading", 4, 1))
    check(0 < task["percent"] < 100 and task["minutes_unchanged"] == 0 and task["seconds_left"] >= 0, task)
    check(task["began"] <= task["last_change"] <= task["estimated_end"], task)
    return failed[0]


def test_a_destroyed_table_is_still_to_be_loaded(env):
    """The last failed table is destroyed, all others are done: the task is not, and both lists say so."""
    folder = small_dump(env.dir / "dump", tables=("bad", "good"))
    good = (folder / "d.bad.sql").read_text()
    for driver in ("file", "mysql"):
        (folder / "d.bad.sql").write_text(good + "INSERT INTO bad VALUES (1, 'twice', 1);\n")
        job = env.job(folder, driver, {"checkpoint": {"keep-after-success": "origin"}})
        store = FileStore(job.checkpoint) if driver == "file" else MysqlStore(env.server)
        job.run().expect(FAILED)
        job.control("--checkpoint-error-destroy=`d`.`bad`").expect(DONE)
        check_equal({name: (row["state"], row["status_name"]) for name, row in by_name(store).items()},
                    {"bad": ("not begun", "missing"), "good": ("done", "done")})
        check_equal(store.query("SELECT state, tables_done, tables_failed, tables_total"
                                " FROM task_progress_v1")[1], [("loading", 1, 0, 2)])
        job.control("--checkpoint-list").expect(DONE, r"`d`\.`bad` +missing +0\.0%")
        (folder / "d.bad.sql").write_text(good)
        job.run().expect(DONE)
        check_equal(store.query("SELECT state, tables_total FROM task_progress_v1")[1], [("done", 2)])
        check_equal([env.server.rows("d", table) for table in ("bad", "good")], [50, 50])
        job.control("--checkpoint-remove=all").expect(DONE)
        env.server.drop("d")


def test_real_import_stopped_in_the_middle(env):
    """Real stores of a killed import with a failed table: true numbers, and a command that helps."""
    folder = failing_dump(env)
    document = (ROOT / "sql" / "README.md").read_text(encoding="utf-8")
    queries = re.findall(r"^```sql\n(.*?);\n```$", document, re.MULTILINE | re.DOTALL)
    for driver in ("file", "mysql"):
        job = env.job(folder, driver, {"tikv-importer": {"logical-import-batch-size": "16KiB"},
                                       "lightning": {"region-concurrency": 2}})
        store = FileStore(job.checkpoint) if driver == "file" else MysqlStore(env.server)
        with DelayProxy(env.server.port, 0.004) as proxy:  # slow enough to be met in the middle
            job.write({"tidb": {"port": proxy.port}})
            running = job.start()
            running.wait_rows(env.server, 500)
            wait_until(lambda: store.query("SELECT COUNT(*) FROM failed_table_v1")[1][0][0] == 1 and
                       store.query("SELECT SUM(rows_done) FROM table_progress_v1")[1][0][0] > 0,
                       60, "the failure and progress in the checkpoint")
            running.kill()
        job.write({"tidb": {"port": env.server.port}})
        wait_until(lambda: not env.server.loader_connections(), 30, "the end of the connections")
        failed = check_interrupted(env, job, store)
        for query in queries:
            ledger = "tidb_lightning_ledger"
            (MysqlStore(env.server, ledger) if ledger in query else store).query(query, now=None)
        words = shlex.split(failed["to_destroy"])
        Running([CONTROL, "--config", job.config, *words[1:]], job.log).wait(60).expect(DONE)
        check_equal(store.query("SELECT COUNT(*) FROM failed_table_v1")[1], [(0,)])
        job.run().expect(FAILED, r"1 of 4 tables")
        check_equal(by_name(store)["keyed"]["rows_done"], 20000)
        job.control("--checkpoint-remove=all").expect(DONE)
        env.server.drop("d")
