# SPDX-License-Identifier: Apache-2.0
"""Dumps as real programs write them, with every column type: the tables come back equal."""
import re
import urllib.parse

from harness import (DONE, check, check_equal, compress, mariadb_dump, mydumper, name, unique,
                     write_csv, write_inserts, write_schema)
from sample import NASTY, SMALL, small_dump

BYTES = "(SELECT GROUP_CONCAT(CHAR(seq USING binary) ORDER BY seq SEPARATOR '') FROM seq_0_to_255)"

ALL_TYPES = f"""
SET SESSION sql_mode = '', group_concat_max_len = 100000, time_zone = '+00:00';
CREATE DATABASE types CHARACTER SET utf8mb4;
USE types;
CREATE TABLE numbers (id INT AUTO_INCREMENT PRIMARY KEY, b1 BIT(1), b64 BIT(64), ti TINYINT,
    bo BOOLEAN, si SMALLINT, mi MEDIUMINT, i INT, bi BIGINT, bu BIGINT UNSIGNED, d DECIMAL(65,30),
    f FLOAT, db DOUBLE, z INT(8) ZEROFILL);
INSERT INTO numbers VALUES
    (1, 1, ~0, 127, TRUE, 32767, 8388607, 2147483647, 9223372036854775807, 18446744073709551615,
     12345678901234567890123456789012345.123456789012345678901234567890, 0.5, 1e300, 42),
    (2, 0, 0, -128, FALSE, -32768, -8388608, -2147483648, -9223372036854775808, 0,
     -99999999999999999999999999999999999.999999999999999999999999999999, -0.25, -1e-300, 0),
    (3, b'0', b'0101110000100111', 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.0, 7);
INSERT INTO numbers (id) VALUES (10);
INSERT INTO numbers SELECT seq + 100, seq % 2, seq * 92, seq % 100, seq % 2, seq, seq, seq, seq, seq,
    seq / 7, seq / 4, seq / 3, seq FROM seq_1_to_2000;
CREATE TABLE times (id INT PRIMARY KEY, y YEAR, da DATE, t TIME(6), t0 TIME, dt DATETIME(6),
    ts TIMESTAMP(6) NULL, td TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO times VALUES
    (1, 1901, '1000-01-01', '-838:59:59.999999', '838:59:59', '9999-12-31 23:59:59.999999',
     '1970-01-01 00:00:01', '2038-01-19 03:14:07'),
    (2, 0, '0000-00-00', '00:00:00', '-00:00:01', '0000-00-00 00:00:00', '0000-00-00 00:00:00',
     '2021-10-31 01:30:00'),
    (3, 2155, '2024-02-29', '12:34:56.000001', '0', '2020-02-00 00:00:00', NULL,
     '2021-03-28 02:30:00'),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, '2000-01-01 00:00:00');
CREATE TABLE texts (id INT PRIMARY KEY, c CHAR(40), vc VARCHAR(300), tt TINYTEXT, tx TEXT,
    lt LONGTEXT, e ENUM('a', 'it''s', 'ü', ''), s SET('x', 'y', 'z'), j JSON,
    l1 VARCHAR(100) CHARACTER SET latin1, u2 VARCHAR(50) CHARACTER SET ucs2);
INSERT INTO texts SELECT seq, CONCAT('  c ', seq), {NASTY}, REPEAT('''', seq), REPEAT({NASTY}, seq),
    REPEAT('\\\\', seq * 100), 1 + seq % 4, seq % 8,
    JSON_OBJECT('k"\\\\', {NASTY}, 'n', seq), 'Señor ÿ €', 'ü 日本' FROM seq_0_to_50;
INSERT INTO texts (id) VALUES (1000);
INSERT INTO texts (id, vc, tx, e) VALUES (1001, '', '', ''), (1002, 'NULL', '\\\\N', 'a'),
    (1003, '\\\\', '''', 'a'), (1004, '-- x', '/* x', 'a'), (1005, '#', ');', 'a');
CREATE TABLE bytes (id INT PRIMARY KEY, bn BINARY(16), vb VARBINARY(300), tb TINYBLOB, bl BLOB,
    mb MEDIUMBLOB, lb LONGBLOB, g GEOMETRY, p POINT);
INSERT INTO bytes SELECT seq, UNHEX(LEFT(SHA2(seq, 224), 32)), {BYTES}, LEFT({BYTES}, 200), {BYTES},
    REPEAT({BYTES}, seq), UNHEX(SHA2(seq, 512)), ST_GeomFromText('LINESTRING(0 0,1 1.5,-3 7)'),
    POINT(seq, 0.1) FROM seq_0_to_30;
INSERT INTO bytes (id, vb, bl) VALUES (1000, '', ''), (1001, NULL, NULL), (1002, 0x00, 0x5C27);
CREATE TABLE latin (id INT PRIMARY KEY, a VARCHAR(200), b TEXT) CHARACTER SET latin1;
INSERT INTO latin SELECT seq, 'äöü ÿ § €', CONCAT('Ça va ', seq) FROM seq_1_to_300;
CREATE TABLE generated (id INT PRIMARY KEY, i INT, v INT AS (i + 1) VIRTUAL,
    s VARCHAR(60) AS (CONCAT('no ', i)) STORED, t VARCHAR(20) NOT NULL DEFAULT 'x', KEY (v));
INSERT INTO generated (id, i) SELECT seq, seq * 3 FROM seq_1_to_500;
CREATE TABLE nothing (id INT PRIMARY KEY, a TEXT);
CREATE TABLE zero (id INT AUTO_INCREMENT PRIMARY KEY, a INT) AUTO_INCREMENT = 5000;
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO zero VALUES (0, 1), (1, 2), (-5, 3), (77, 4);
"""


def definitions(server, database):
    """SHOW CREATE of all tables, without the counters, which are compared apart."""
    result = {}
    for table in server.tables(database):
        text = server.query(f"SHOW CREATE TABLE {unique(database, table)}")[0][1]
        result[table] = re.sub(r" AUTO_INCREMENT=\d+", "", text)
    return result


def check_counters(server, database):
    """The next id of each table is above the highest one."""
    for table, column in server.query(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = %s AND extra LIKE '%%auto_increment%%'", database):
        full = unique(database, table)
        highest = server.value(f"SELECT MAX({name(column)}) FROM {full}") or 0
        counter = server.value("SELECT auto_increment FROM information_schema.tables WHERE"
                               " table_schema = %s AND table_name = %s", database, table)
        check(counter > highest, f"{full}: AUTO_INCREMENT is {counter}, the highest id {highest}")


def round_trip(env, database, make_dump, settings=None, target=None):
    """Makes the dump of a database, drops it, imports it, compares everything."""
    server = env.server
    state, tables = server.table_state(database), definitions(server, database)
    folder = make_dump(env.folder("dump"))
    server.drop(database)
    target = target or server
    env.job(folder, settings=settings, server=target).run().expect(DONE)
    check_equal(target.table_state(database), state)
    check_equal(definitions(target, database), tables, "table definitions")
    check_counters(target, database)
    return folder


def types(env):
    env.server.script(ALL_TYPES)


def mydumper_types(env, *options, target=None):
    types(env)
    round_trip(env, "types", lambda folder: mydumper(env.server, "types", folder, *options),
               target=target)


def test_mydumper(env):
    """mydumper as it is."""
    mydumper_types(env)


def test_mydumper_compressed(env):
    """mydumper --compress."""
    mydumper_types(env, "--compress")


def test_mydumper_with_columns_and_small_statements(env):
    """mydumper --complete-insert --statement-size 2000."""
    mydumper_types(env, "--complete-insert", "--statement-size", "2000")


def test_mydumper_with_empty_files(env):
    """mydumper --build-empty-files."""
    mydumper_types(env, "--build-empty-files")


def test_mydumper_without_utc(env):
    """mydumper --skip-tz-utc: no SET TIME_ZONE in the files."""
    mydumper_types(env, "--skip-tz-utc")


def big_table(env, rows=30000):
    env.server.script(f"CREATE DATABASE big; USE big; CREATE TABLE `a b` (id INT PRIMARY KEY,"
                      f" t VARCHAR(200), KEY (t)); INSERT INTO `a b` SELECT seq, CONCAT({NASTY}, seq)"
                      f" FROM seq_1_to_{rows}")


def test_mydumper_in_chunks_of_rows(env):
    """mydumper --rows."""
    big_table(env)
    round_trip(env, "big", lambda f: mydumper(env.server, "big", f, "--rows", "1000"))
    check(len(list(env.folder("dump").glob("*.sql"))) > 5, "mydumper made no chunks")


def test_mydumper_in_chunks_of_bytes(env):
    """mydumper --chunk-filesize, compressed."""
    big_table(env)
    round_trip(env, "big", lambda f: mydumper(env.server, "big", f, "--chunk-filesize", "1", "-c"))


def test_another_time_zone(env):
    """The target lives in another time zone; timestamps are the same moments."""
    target = env.new_server(default_time_zone="+05:30")
    mydumper_types(env, target=target)


def test_another_sql_mode(env):
    """A target with ANSI and NO_BACKSLASH_ESCAPES as its default."""
    target = env.new_server(sql_mode="ANSI,NO_BACKSLASH_ESCAPES,TRADITIONAL")
    big_table(env, 2000)
    round_trip(env, "big", lambda f: mydumper(env.server, "big", f), target=target)


def dump_with_mariadb_dump(env, database, folder, *options, suffix=None):
    server = env.server
    for table in server.tables(database):
        create = server.query(f"SHOW CREATE TABLE {unique(database, table)}")[0][1]
        write_schema(folder, database, table, create)
        path = folder / f"{database}.{table}.sql"
        mariadb_dump(server, database, table, path, "--no-create-info", *options)
        if suffix:
            compress(path, suffix)
    (folder / f"{database}-schema-create.sql").write_text(
        server.query(f"SHOW CREATE DATABASE {name(database)}")[0][1] + ";\n")
    return folder


# mydumper writes these as text under SET NAMES binary, which the server then reads as their bytes.
ADDRESSES = """CREATE TABLE addresses (id INT PRIMARY KEY, u UUID, i INET6);
    INSERT INTO addresses VALUES (1, '6ccd780c-baba-1026-9564-5b8c656024db', 'fe80::1'),
        (2, NULL, NULL), (3, '00000000-0000-0000-0000-000000000000', '::ffff:1.2.3.4')"""


def mariadb_dump_types(env, *options, suffix=None):
    types(env)
    env.server.script(ADDRESSES, "types")
    round_trip(env, "types",
               lambda f: dump_with_mariadb_dump(env, "types", f, *options, suffix=suffix))


def test_mariadb_dump(env):
    """mariadb-dump --no-create-info, one file a table."""
    mariadb_dump_types(env)


def test_mariadb_dump_one_row_a_statement(env):
    """mariadb-dump --skip-extended-insert --complete-insert, gzip."""
    mariadb_dump_types(env, "--skip-extended-insert", "--complete-insert", suffix="gz")


def test_mariadb_dump_without_comments_zstd(env):
    """mariadb-dump --compact, zstd. Without SET NAMES and TIME_ZONE, as UTF-8 and UTC."""
    mariadb_dump_types(env, "--skip-comments", "--skip-add-locks", suffix="zst")


def test_dumpling_like_files(env):
    """Files named and written as Dumpling does, several a table."""
    folder = env.folder("dump")
    write_schema(folder, "d", "t", "CREATE TABLE `t` (id INT PRIMARY KEY, a TEXT, b BLOB)")
    (folder / "metadata").write_text("Started dump at: 2024-01-01 00:00:00\n")
    rows = [(i, f"it's {i}\n\\ \0 \x1a \"q\"", bytes([i % 256, 0, 39, 92])) for i in range(3000)]
    for part in range(3):
        path = folder / f"d.t.{part:09d}.sql"
        write_inserts(path, "t", rows[part * 1000:part * 1000 + 1000])
        path.write_bytes(b"/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n/*!40101 SET NAMES binary*/;\n"
                         + path.read_bytes())
    env.job(folder).run().expect(DONE)
    found = env.server.query("SELECT id, a, b FROM d.t ORDER BY id")
    check_equal([tuple(row) for row in found], rows, "rows")


def csv_dump(folder, rows, kind=None):
    write_schema(folder, "d", "t", "CREATE TABLE t (id INT PRIMARY KEY, a TEXT, n DECIMAL(20,5),"
                                   " d DATETIME)")
    path = folder / "d.t.csv"
    write_csv(path, ["id", "a", "n", "d"], rows)
    return compress(path, kind) if kind else path


CSV_ROWS = [(i, None if i % 7 == 0 else f'text "{i}", with\nlines\t\\ and 日本 it\'s', i / 8,
             f"2020-01-{1 + i % 28:02d} 12:00:00") for i in range(1, 5001)]


def csv_round_trip(env, kind=None, settings=None):
    csv_dump(env.folder("dump"), CSV_ROWS, kind)
    env.job(env.folder("dump"), settings=settings).run().expect(DONE)
    found = env.server.query("SELECT id, a, CAST(n AS DOUBLE), CAST(d AS CHAR) FROM d.t ORDER BY id")
    check_equal([tuple(row) for row in found], CSV_ROWS, "rows")


def test_csv(env):
    """CSV with quotes, lines inside of fields, NULL as \\N."""
    csv_round_trip(env)


def test_csv_gzip(env):
    """CSV in gzip."""
    csv_round_trip(env, "gz")


def test_csv_zstd(env):
    """CSV in zstd."""
    csv_round_trip(env, "zst")


def test_csv_columns_in_another_order(env):
    """The header decides which field is which column; a column that is not there has its default."""
    folder = env.folder("dump")
    write_schema(folder, "d", "t", "CREATE TABLE t (id INT PRIMARY KEY, a TEXT, n INT DEFAULT 9)")
    write_csv(folder / "d.t.csv", ["A", "Id"], [(f"row {i}", i) for i in range(100)])
    env.job(folder).run().expect(DONE)
    check_equal(env.server.query("SELECT COUNT(*), SUM(n), SUM(a = CONCAT('row ', id)) FROM d.t")[0],
                (100, 900, 100))


def test_csv_of_select_into_outfile(env):
    """Tab separated without a header, \\N for NULL, as SELECT INTO OUTFILE writes it."""
    types(env)
    folder = env.folder("dump")
    create = env.server.query("SHOW CREATE TABLE types.texts")[0][1]
    write_schema(folder, "types", "texts", create)
    env.server.execute(f"SELECT * FROM types.texts INTO OUTFILE '{env.server.dir}/data/out'"
                       " CHARACTER SET utf8mb4")
    (env.server.dir / "data" / "out").rename(folder / "types.texts.csv")
    state = env.server.table_state("types")["texts"]
    env.server.drop("types")
    env.job(folder, settings={"mydumper.csv": {"separator": "\t", "delimiter": "", "header": False,
                                               "terminator": "\n"}}).run().expect(DONE)
    check_equal(env.server.table_state("types")["texts"], state)


def test_names_that_need_quotes(env):
    """Databases, tables and columns with spaces, dots, quotes and other alphabets."""
    folder = env.folder("dump")
    database = "my data.base ü"
    tables = ["two words", "dot.ted", "quote'd \"q\"", "日本", "back`tick", "select", "UPPER", "upper2"]
    escape = lambda text: urllib.parse.quote(text, safe=" ")
    (folder / f"{escape(database).replace('.', '%2E')}-schema-create.sql").write_text(
        f"CREATE DATABASE {name(database)};\n")
    for table in tables:
        stem = f"{escape(database)}.{escape(table)}".replace(escape(database),
                                                            escape(database).replace(".", "%2E"))
        (folder / f"{stem}-schema.sql").write_text(
            f"CREATE TABLE {name(table)} (`a key` INT PRIMARY KEY, `or``der` INT, `日` TEXT);\n")
        write_inserts(folder / f"{stem}.sql", table, [(i, i * 2, f"v{i}") for i in range(200)])
    env.job(folder).run().expect(DONE)
    check_equal(sorted(env.server.tables(database)), sorted(tables), "tables")
    for table in tables:
        check_equal(env.server.value(f"SELECT SUM(`or``der`) FROM {unique(database, table)}"), 39800,
                    table)


def test_foreign_keys_in_any_order(env):
    """Tables that refer to each other, also in a circle, and to later ones."""
    env.server.script("""
        CREATE DATABASE fk; USE fk; SET foreign_key_checks = 0;
        CREATE TABLE a (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b (id));
        CREATE TABLE b (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id));
        CREATE TABLE c (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id));
        CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id));
        INSERT INTO a SELECT seq, seq FROM seq_1_to_2000;
        INSERT INTO b SELECT seq, 2001 - seq FROM seq_1_to_2000;
        INSERT INTO c SELECT seq, seq FROM seq_1_to_2000;
        INSERT INTO self SELECT seq, 2001 - seq FROM seq_1_to_2000;""")
    round_trip(env, "fk", lambda f: mydumper(env.server, "fk", f))


def test_views_on_views(env):
    """Views, also of views and of names that come later; bodies do not name the schema."""
    env.server.script("""
        CREATE DATABASE v; USE v; CREATE TABLE t (id INT PRIMARY KEY, a INT);
        INSERT INTO t SELECT seq, seq * 2 FROM seq_1_to_100;
        CREATE VIEW z AS SELECT id, a FROM t WHERE a > 10;
        CREATE VIEW m AS SELECT id, a + 1 AS b FROM z;
        CREATE VIEW a_first AS SELECT m.id, m.b, t.a FROM m JOIN t ON m.id = t.id;""")
    expected = env.server.query("SELECT COUNT(*), SUM(b), SUM(a) FROM v.a_first")
    folder = mydumper(env.server, "v", env.folder("dump"))
    env.server.drop("v")
    env.job(folder).run().expect(DONE)
    check_equal(env.server.query("SELECT COUNT(*), SUM(b), SUM(a) FROM v.a_first"), expected)
    kinds = dict(env.server.query("SELECT table_name, table_type FROM information_schema.tables"
                                  " WHERE table_schema = 'v'"))
    check_equal(kinds, {"t": "BASE TABLE", "z": "VIEW", "m": "VIEW", "a_first": "VIEW"}, "kinds")


def test_many_small_tables(env):
    """300 tables of a few rows each."""
    folder = small_dump(env.folder("dump"), [f"t{i}" for i in range(300)], 3)
    result = env.job(folder).run().expect(DONE)
    total = env.server.value("SELECT COUNT(*) FROM information_schema.tables WHERE"
                             " table_schema = 'd'")
    check_equal(total, 300, "tables")
    check_equal(env.server.rows("d", "t299"), 3)
    env.note(f"{result.seconds:.1f} s")


def test_filter_and_route(env):
    """A filter leaves tables out, a route changes names."""
    folder = small_dump(env.folder("dump"), ("keep_1", "keep_2", "drop_1"))
    env.job(folder, settings={"mydumper": {"filter": ["*.keep*"]}, "routes": [
        {"schema-pattern": "d", "table-pattern": "keep_1", "target-schema": "other",
         "target-table": "renamed"}]}).run().expect(DONE)
    check_equal(env.server.tables("other"), ["renamed"], "tables of other")
    check_equal(env.server.tables("d"), ["keep_2"], "tables of d")
    check_equal(env.server.rows("other", "renamed"), 50)


def test_rows_of_very_different_size(env):
    """Small rows, and one of 12 MiB in the middle of them."""
    folder = env.folder("dump")
    write_schema(folder, "d", "t", "CREATE TABLE t (id INT PRIMARY KEY, a LONGTEXT)")
    rows = [(i, "x" * (12 << 20 if i == 500 else i % 100)) for i in range(1000)]
    write_inserts(folder / "d.t.sql", "t", rows)
    env.job(folder).run().expect(DONE)
    check_equal(int(env.server.value("SELECT SUM(LENGTH(a)) FROM d.t")),
                sum(len(row[1]) for row in rows), "bytes")


def test_conflict_replace_keeps_the_last_row(env):
    """conflict.strategy replace: of rows with the same key the last one of the file stays."""
    folder = env.folder("dump")
    write_schema(folder, "d", "t", SMALL.format("t"))
    write_inserts(folder / "d.t.sql", "t", [(i % 500, f"{i}", i) for i in range(5000)])
    for strategy, expected in (("replace", 4500), ("ignore", 0)):
        env.job(folder, settings={"conflict": {"strategy": strategy}, "tikv-importer": {
            "logical-import-batch-size": "4KiB"}}).run().expect(DONE)
        check_equal(env.server.query("SELECT COUNT(*), MIN(n) FROM d.t")[0], (500, expected),
                    strategy)
        env.server.drop("d")
