# SPDX-License-Identifier: Apache-2.0
"""What the tests of the DBA's views share: stores filled through the drivers, and queries that see
the same `now` in both of them."""
import contextlib
import datetime
import decimal
import re
import sqlite3
import subprocess

from harness import BUILD, ROOT, check

DATA = ROOT / "tests" / "data" / "dba"
NOW = 1795642800  # 2026-11-25 21:40:00 UTC
SCHEMA = "tidb_lightning_checkpoint"
VIEWS = ("task_progress_v1", "table_progress_v1", "chunk_progress_v1", "failed_table_v1",
         "stalled_chunk_v1", "error_summary_v1")


def fill(driver, dsn, name):
    """Puts the records of tests/data/dba/<name> into a store."""
    with open(DATA / name, "rb") as records:
        done = subprocess.run([BUILD / "tests" / "test_store_fill", driver, dsn, SCHEMA],
                              stdin=records, capture_output=True, text=True, check=False)
    check(done.returncode == 0, "store_fill:", done.stderr)


class FileStore:
    """The same questions to an SQLite file."""

    def __init__(self, path):
        self.path = path

    def query(self, sql, now=NOW):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db, \
                contextlib.closing(sqlite3.connect(":memory:")) as plain:
            if now:
                def strftime(form, *rest):
                    rest = [f"{now}" if part == "now" else part for part in rest]
                    extra = ["unixepoch"] if rest == [f"{now}"] else []
                    marks = ", ".join("?" * (1 + len(rest) + len(extra)))
                    return plain.execute(f"SELECT strftime({marks})", [form, *rest, *extra]).fetchone()[0]
                db.create_function("strftime", -1, strftime)
            cursor = db.execute(sql)
            return [column[0] for column in cursor.description], cursor.fetchall()


class MysqlStore:
    """And to a schema on a server."""

    def __init__(self, server, database=SCHEMA, setup=()):
        self.server, self.database, self.setup = server, database, setup

    def query(self, sql, now=NOW):
        with contextlib.closing(self.server.connect(self.database)) as connection:
            with connection.cursor() as cursor:
                for statement in (*([f"SET timestamp = {now}"] if now else []), *self.setup):
                    cursor.execute(statement)
                cursor.execute(sql)
                return [column[0] for column in cursor.description], list(cursor.fetchall())


def both(env, name):
    """The records in a new store of each driver: {driver: store}."""
    path = env.dir / f"{name}.db"
    fill("file", path, name)
    fill("mysql", f"root@unix({env.server.socket})/", name)
    return {"file": FileStore(path), "mysql": MysqlStore(env.server)}


def shown(value):
    """A value as the clients of both stores print it."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S" + (".%f" if value.microsecond else ""))
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (decimal.Decimal, float)) and value == int(value) and abs(value) >= 1e6:
        return f"{value:.1f}" if isinstance(value, float) or value.as_tuple().exponent else str(value)
    return str(value)


def as_text(columns, rows):
    """A result as `sqlite3 -header -column` shows it."""
    table = [list(columns)] + [[shown(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    table.insert(1, ["-" * width for width in widths])
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in table]
    return "".join(line.rstrip() + "\n" for line in lines)


def as_dicts(result):
    columns, rows = result
    return [dict(zip(columns, row)) for row in rows]


def sections(text, level):
    """{heading: text below it} for the headings of a level, in order."""
    parts = re.split(rf"^{'#' * level} (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def view_columns(kind):
    """{view: [columns]} as the script of a store lists them."""
    text = (ROOT / "sql" / kind / "checkpoint_views_v1.sql").read_text(encoding="utf-8")
    found = re.findall(r"VIEW (\w+) \(([^)]*)\) AS", text)
    return {view: re.sub(r'[`"\s]', "", columns).split(",") for view, columns in found}
