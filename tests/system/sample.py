# SPDX-License-Identifier: Apache-2.0
"""Sample databases for the tests that need some amount of rows."""
import harness

NASTY = ("CONCAT('it''s \"q\" `b` \\\\ -- no /* c */ 100% ),( ; \\t\\r\\n', CHAR(0 USING utf8mb4),"
         " CHAR(26 USING utf8mb4), 'ünï 日本 😀')")

# A table with a primary key, one without any key and with equal rows, one that counts by itself.
THREE_TABLES = """
SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_UNSIGNED_SUBTRACTION';
CREATE DATABASE d CHARACTER SET utf8mb4;
USE d;
CREATE TABLE keyed (id INT PRIMARY KEY, a VARCHAR(200), n DECIMAL(20,6), KEY (n));
INSERT INTO keyed SELECT seq * 2, IF(seq % 9 = 0, NULL, {nasty}), seq * 1.25 FROM seq_1_to_{rows};
CREATE TABLE nokey (a INT, b VARCHAR(200), c BLOB);
INSERT INTO nokey SELECT seq DIV 4, {nasty}, IF(seq DIV 4 % 3 = 0, NULL, UNHEX(LEFT(SHA2(seq DIV 4, 224), 32)))
FROM seq_1_to_{rows};
CREATE TABLE counted (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, d DATETIME(6), t TEXT,
                      UNIQUE KEY (d));
INSERT INTO counted SELECT seq + 5, '2020-01-01' + INTERVAL seq SECOND, REPEAT({nasty}, seq % 3)
FROM seq_1_to_{rows};
"""


def three_tables(env, rows, *mydumper_options, server=None):
    """Makes database d, dumps it with mydumper, drops it: (folder, state of the tables)."""
    server = server or env.server
    server.script(THREE_TABLES.format(nasty=NASTY, rows=rows))
    state = server.table_state("d")
    folder = harness.mydumper(server, "d", env.dir / "dump", *mydumper_options)
    server.drop("d")
    return folder, state


def small_rows(count=50, start=1):
    return [(i, f"text {i} it's", i * 10) for i in range(start, start + count)]


SMALL = "CREATE TABLE {} (id INT PRIMARY KEY, a VARCHAR(100), n INT)"


def small_dump(folder, tables=("t",), rows=50, database="d", create=SMALL):
    """A small dump written by hand: database d, tables of (id, a, n), one SQL file each."""
    for table in tables:
        harness.write_schema(folder, database, table, create.format(harness.name(table)))
        harness.write_inserts(folder / f"{database}.{table}.sql", table, small_rows(rows))
    return folder
