# SPDX-License-Identifier: Apache-2.0
"""sql/README.md: what it says about tables and views is true, and its outputs are real."""
import contextlib
import os
import re

import pymysql

from dba import (DATA, NOW, SCHEMA, VIEWS, MysqlStore, as_text, both, sections, view_columns)
from harness import PASSWORD, ROOT, USER, check, check_equal

README = ROOT / "sql" / "README.md"
QUERY = re.compile(r"^```sql\n(.*?);\n```\n(?:\n?```text\n(.*?)```\n)?", re.MULTILINE | re.DOTALL)


def make_ledger(env):
    """The ledger of the document, with three writers that are connected."""
    script = (ROOT / "sql" / "mysql" / "ledger_v1.sql").read_text(encoding="utf-8")
    env.server.execute("CREATE DATABASE tidb_lightning_ledger")
    env.server.script(script.replace("{schema}", "tidb_lightning_ledger"))
    script = (DATA / "ledger.sql").read_text(encoding="utf-8")
    for number in range(1, 4):
        writer = pymysql.connect(unix_socket=env.server.socket, user=USER, password=PASSWORD)
        env.defer(writer.close)
        script = script.replace("{%d}" % number, str(writer.thread_id()))
    env.server.script(script)


def answers(sql, stores):
    """The output of a query: the same from every store that it is for."""
    drivers = ["mysql"] if "tidb_lightning_ledger" in sql else ["file", "mysql"]
    texts = {driver: as_text(*stores[driver].query(sql)) for driver in drivers}
    if len(texts) == 2:
        check_equal(texts["mysql"], texts["file"], f"the stores, asked\n{sql}\n,")
    return texts["mysql"]


def test_outputs_of_the_document(env):
    """Each query of the document prints, in both stores, exactly what stands below it."""
    stores = both(env, "store.tsv")
    make_ledger(env)
    text = README.read_text(encoding="utf-8")
    count, updated = 0, text
    for match in QUERY.finditer(text):
        output = answers(match[1], stores)
        count += 1
        updated = updated.replace(match[0], f"```sql\n{match[1]};\n```\n\n```text\n{output}```\n")
        if not os.environ.get("TL_UPDATE_DOCUMENTS"):
            check_equal(match[2], output, f"the output of\n{match[1]}\n")
        check(output.count("\n") > 2, "no rows:", match[1])
    if os.environ.get("TL_UPDATE_DOCUMENTS"):
        README.write_text(updated, encoding="utf-8")
    check(count >= 16, "only", count, "queries found")
    check_equal(len(re.findall(r"^```sql$", text, re.MULTILINE)), count, "the number of queries")


def documented():
    """{table or view: columns} as the document lists them."""
    text = README.read_text(encoding="utf-8")
    result = {}
    for heading in ("Views", "Checkpoint tables", "Ledger tables"):
        for name, body in sections(sections(text, 2)[heading], 3).items():
            lists = re.findall(r"^\| (`.*?) \|", body, re.MULTILINE)
            result[name] = sorted(re.findall(r"`(\w+)`", " ".join(lists)))
    return result


def test_columns_of_the_document(env):
    """Each column of each table and view is in the document, and each that is in it exists."""
    stores = both(env, "store.tsv")
    make_ledger(env)
    found = {}
    for schema in (SCHEMA, "tidb_lightning_ledger"):
        for table, column in env.server.query(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = %s", schema):
            found.setdefault(table, set()).add(column)
    for (table,) in stores["file"].query("SELECT name FROM sqlite_master WHERE type IN "
                                         "('table', 'view')")[1]:
        found.setdefault(table, set()).update(stores["file"].query(f"SELECT * FROM {table}")[0])
    check_equal(documented(), {table: sorted(columns) for table, columns in found.items()})


def test_views_have_the_same_columns(env):
    """The scripts of both stores list the same columns, and that is what the views have."""
    check_equal(view_columns("sqlite"), view_columns("mysql"))
    check_equal(sorted(view_columns("sqlite")), sorted(VIEWS))
    for store in both(env, "store.tsv").values():
        for view, columns in view_columns("sqlite").items():
            check_equal(store.query(f"SELECT * FROM {view}")[0], columns, view)


def test_views_in_every_session(env):
    """The views answer the same whatever the session that made them and the one that asks."""
    want = {view: as_text(*both(env, "store.tsv")["mysql"].query(f"SELECT * FROM {view}"))
            for view in VIEWS}
    sessions = [
        ("SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,ONLY_FULL_GROUP_BY'",),
        ("SET sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY,HIGH_NOT_PRECEDENCE,NO_UNSIGNED_SUBTRACTION'",),
        ("SET NAMES latin1",), ("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci",),
        ("SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET div_precision_increment = 0"),
    ]
    script = (ROOT / "sql" / "mysql" / "checkpoint_views_v1.sql").read_text(encoding="utf-8")
    for maker in sessions:
        with contextlib.closing(env.server.connect(SCHEMA)) as connection:
            with connection.cursor() as cursor:
                for statement in (*maker, *re.findall(r"^CREATE .*?;$", script, re.M | re.S)):
                    cursor.execute(statement)
        for asker in sessions:
            store = MysqlStore(env.server, setup=asker)
            for view in VIEWS:
                check_equal(as_text(*store.query(f"SELECT * FROM {view}")), want[view],
                            f"{view} made with {maker}, asked with {asker},")
            check_equal(store.query("SELECT COUNT(*) FROM table_progress_v1 WHERE state = 'done' AND"
                                    " status_name = 'done'")[1], [(2,)])
            check_equal(store.query("SELECT COUNT(*) FROM chunk_progress_v1 WHERE state = 'loading'"
                                    " AND type = 'sql' AND compression = 'none'")[1], [(1,)])
