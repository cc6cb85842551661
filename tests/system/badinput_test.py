# SPDX-License-Identifier: Apache-2.0
"""Damaged and missing input: a clear message, the documented exit code, and no row lost or doubled."""
import os
import re
import shutil

from harness import (CONTROL, DONE, FAILED, LOADER, REFUSED, USAGE, Failure, Running, as_root, check,
                     check_equal, compress, name, write_csv, write_schema)
from sample import SMALL, small_dump, small_rows


def expect_one_of(result, codes, *patterns):
    if result.code not in codes:
        raise Failure(f"ended with {result.code}, expected one of {codes}\n{result.shown()}")
    return result.expect(result.code, *patterns)


def clean_up_failure(job):
    """The way out of a failed table, when there is a checkpoint of one."""
    listed = job.control("--checkpoint-list")
    if re.search(r"failed|invalid", listed.out):
        job.control("--checkpoint-error-destroy=all").expect(DONE)


def broken_then_repaired(env, damage, codes, *patterns, settings=None, repair=None, rows=50):
    """A dump with one damaged file: says what and where; after the repair every row is there once."""
    folder = small_dump(env.folder("dump"), ("good", "t"), rows)
    damage(folder)
    job = env.job(folder, "file", settings)
    expect_one_of(job.run(), codes, *patterns)
    clean_up_failure(job)
    for path in folder.glob("d.t*"):
        path.unlink()
    (repair or (lambda f: small_dump(f, ("t",), rows)))(folder)
    job.run().expect(DONE, what="the run after the repair")
    for table in ("good", "t"):
        check_equal(env.server.rows("d", table), rows, f"rows of {table}")
    return job


def change_data(change):
    """Damages the bytes of d.t.sql."""
    def damage(folder):
        path = folder / "d.t.sql"
        path.write_bytes(change(path.read_bytes()))
    return damage


# ---- Source -------------------------------------------------------------------------------------


def test_missing_directory(env):
    """A source that is not there is named."""
    expect_one_of(env.job(env.dir / "nowhere").run(), (FAILED, USAGE), r"nowhere")


def test_source_is_a_file(env):
    """A file where a directory is expected."""
    path = env.dir / "plain"
    path.write_text("x")
    expect_one_of(env.job(path).run(), (FAILED, USAGE), r"plain", r"directory")


def test_empty_directory(env):
    """A directory without anything to import is not a success."""
    expect_one_of(env.job(env.folder("empty")).run(), (FAILED, USAGE), r"empty")


def test_directory_without_matching_files(env):
    """Files, but none of a dump."""
    folder = env.folder("photos")
    (folder / "readme.txt").write_text("hello")
    expect_one_of(env.job(folder).run(), (FAILED, USAGE), r"photos")


def test_no_source_given(env):
    """No -d and no data-source-dir: usage."""
    job = env.job(env.dir, settings={"mydumper": {"data-source-dir": None}})
    job.run().expect(USAGE, r"data-source-dir|-d\b")


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def test_unreadable_file(env):
    """A data file without read permission is named; as root the program runs as nobody for this."""
    folder = small_dump(env.folder("dump"), ("good", "t"))
    job = env.job(folder)
    (folder / "d.t.sql").chmod(0)
    programs, options = LOADER.parent, {}
    if as_root():
        programs, options = programs_for_nobody(env), {"preexec": as_nobody, "cwd": "/"}
        for path in (folder, job.dir, job.config):
            os.chown(path, 65534, 65534)
        for path in folder.glob("d.good*"):
            path.chmod(0o644)

    def run(program, *arguments):
        command = [programs / program, "--config", job.config, *arguments]
        running = Running(command, job.log, **options)
        env.running.append(running)
        return running.wait(60)

    expect_one_of(run("tidb-lightning"), (FAILED, USAGE), r"d\.t\.sql", r"permission denied")
    (folder / "d.t.sql").chmod(0o644)
    clean = run("tidb-lightning-ctl", "--checkpoint-error-destroy=all")
    check(clean.code in (DONE, FAILED, USAGE, REFUSED), clean.shown())
    run("tidb-lightning").expect(DONE)
    check_equal(env.server.rows("d", "t"), 50)


def programs_for_nobody(env):
    """Copies of the programs and drivers in a folder that is open to everybody."""
    programs = env.folder("programs")
    for path in (env.dir, programs):
        path.chmod(0o755)
    for path in (LOADER, LOADER.parent / "tidb-lightning-ctl", *LOADER.parent.glob("ckpt-*.so")):
        shutil.copy(path, programs)
    return programs



def test_file_ends_inside_a_string(env):
    """Cut in a string: file named, unterminated."""
    broken_then_repaired(env, change_data(lambda b: b[:b.rindex(b"text 50") + 4]), (FAILED,),
                         r"d\.t\.sql", r"end|unterminated|string")


def test_file_ends_inside_a_row(env):
    """Cut after a comma of a row."""
    broken_then_repaired(env, change_data(lambda b: b[:b.rindex(b",")]), (FAILED,), r"d\.t\.sql",
                         r"end")


def test_file_ends_inside_a_statement(env):
    """Cut between two rows: the statement has no end."""
    broken_then_repaired(env, change_data(lambda b: b[:b.rindex(b"\n(") + 1]), (FAILED,),
                         r"d\.t\.sql", r"end")


def test_file_ends_in_the_statement_head(env):
    """Only INSERT INTO."""
    broken_then_repaired(env, change_data(lambda b: b"INSERT INTO `t` VAL"), (FAILED,),
                         r"d\.t\.sql")


def test_not_sql_at_all(env):
    """A picture with the name of a dump."""
    broken_then_repaired(env, change_data(lambda b: bytes(range(256)) * 20), (FAILED,),
                         r"d\.t\.sql")


def test_too_many_columns(env):
    """A row with a value too much: file and line."""
    broken_then_repaired(env, change_data(lambda b: b.replace(b"(30,", b"(30,30,")), (FAILED,),
                         r"d\.t\.sql", r"\b31\b", r"column")


def test_bad_utf8_is_loud(env):
    """Bytes that are no UTF-8 in a utf8mb4 column are not silently changed."""
    broken_then_repaired(env, change_data(lambda b: b.replace(b"text 30 ", b"text\xff\xfe30 ")),
                         (FAILED,), r"d\.t\.sql", r"\b31\b")


def test_nul_byte_in_text_is_kept(env):
    """A raw NUL byte inside a string is data."""
    folder = small_dump(env.folder("dump"), ("t",))
    change_data(lambda b: b.replace(b"text 30 ", b"te\0t 30 "))(folder)
    env.job(folder).run().expect(DONE)
    check_equal(env.server.value("SELECT HEX(a) FROM d.t WHERE id = 30")[:8], "74650074")


def test_nul_byte_between_rows(env):
    """A NUL byte where syntax is expected: an error with the line."""
    broken_then_repaired(env, change_data(lambda b: b.replace(b"\n(30,", b"\n\0(30,")), (FAILED,),
                         r"d\.t\.sql", r"\b31\b")


def test_row_larger_than_max_allowed_packet(env):
    """One row that the server cannot take: file, line and the server's variable."""
    server = env.new_server(max_allowed_packet="1M")
    folder = env.folder("dump")
    write_schema(folder, "d", "t", "CREATE TABLE t (id INT PRIMARY KEY, a LONGTEXT)")
    data = folder / "d.t.sql"
    data.write_text("INSERT INTO t VALUES\n(1,'small'),\n(2,'" + "x" * (3 << 20) + "'),\n(3,'y');\n")
    job = env.job(folder, server=server)
    job.run().expect(FAILED, r"d\.t\.sql", r"max_allowed_packet", r"\b3\b")
    server.execute("SET GLOBAL max_allowed_packet = 16777216")
    job.control("--checkpoint-error-ignore", "d.t").expect(DONE)
    job.run().expect(DONE)
    check_equal(server.query("SELECT id, LENGTH(a) FROM d.t ORDER BY id"),
                [(1, 5), (2, 3 << 20), (3, 1)])


def test_duplicate_key(env):
    """The same key twice: file, line and the duplicate."""
    broken_then_repaired(env, change_data(lambda b: b.replace(b"\n(30,", b"\n(29,")), (FAILED,),
                         r"d\.t\.sql", r"duplicate", r"\b31\b")


def test_table_without_schema(env):
    """Data without a schema file and without a table."""
    folder = small_dump(env.folder("dump"), ("good", "t"))
    (folder / "d.t-schema.sql").unlink()
    job = env.job(folder)
    expect_one_of(job.run(), (FAILED, USAGE, REFUSED), r"`d`\.`t`|d\.t\b", r"schema")
    env.server.execute("CREATE DATABASE IF NOT EXISTS d", "CREATE TABLE d.t (id INT PRIMARY KEY, a"
                       " VARCHAR(100), n INT)")
    clean_up_failure(job)
    job.run().expect(DONE)
    for table in ("good", "t"):
        check_equal(env.server.rows("d", table), 50, table)


def test_schema_that_does_not_parse(env):
    """A broken CREATE TABLE: file and the server's words."""
    folder = small_dump(env.folder("dump"), ("good", "t"))
    schema = folder / "d.t-schema.sql"
    good = schema.read_text()
    schema.write_text("CREATE TABLE t (id INT PRIMARY KEY,, a);\n")
    job = env.job(folder)
    expect_one_of(job.run(), (FAILED, REFUSED), r"d\.t-schema\.sql", r"syntax")
    schema.write_text(good)
    clean_up_failure(job)
    job.run().expect(DONE)
    for table in ("good", "t"):
        check_equal(env.server.rows("d", table), 50, table)


def cut_compressed(kind):
    def damage(folder):
        small_dump(folder, ("t",), 20000)
        path = compress(folder / "d.t.sql", kind)
        path.write_bytes(path.read_bytes()[:-len(path.read_bytes()) // 3])
    return damage


def test_gzip_cut_short(env):
    """A gzip file without its end is not a shorter file."""
    broken_then_repaired(env, cut_compressed("gz"), (FAILED,), r"d\.t\.sql\.gz",
                         r"end|truncated|cut|gzip")


def test_zstd_cut_short(env):
    """Nor is a zstd file."""
    broken_then_repaired(env, cut_compressed("zst"), (FAILED,), r"d\.t\.sql\.zst",
                         r"end|truncated|cut|zstd")


def test_gzip_that_is_none(env):
    """Plain text with the name of a gzip file."""
    def damage(folder):
        (folder / "d.t.sql").rename(folder / "d.t.sql.gz")
    broken_then_repaired(env, damage, (FAILED,), r"d\.t\.sql\.gz", r"gzip|header|compress")


def test_gzip_with_a_flipped_byte(env):
    """The check sum of gzip is looked at."""
    def damage(folder):
        path = compress(folder / "d.t.sql", "gz")
        data = bytearray(path.read_bytes())
        data[-6] ^= 0xFF
        path.write_bytes(data)
    broken_then_repaired(env, damage, (FAILED,), r"d\.t\.sql\.gz")


def test_unterminated_quote_in_csv(env):
    """A CSV field without its end: file and line where it begins."""
    def damage(folder):
        (folder / "d.t.sql").unlink()
        write_csv(folder / "d.t.csv", ["id", "a", "n"], small_rows())
        path = folder / "d.t.csv"
        path.write_text(path.read_text().replace('30,"text 30 it\'s"', '30,"text 30 it\'s'))
    broken_then_repaired(env, damage, (FAILED,), r"d\.t\.csv", r"\d")


def test_csv_with_too_few_fields(env):
    """A short CSV row: file and line."""
    def damage(folder):
        (folder / "d.t.sql").unlink()
        write_csv(folder / "d.t.csv", ["id", "a", "n"], small_rows())
        path = folder / "d.t.csv"
        path.write_text(path.read_text().replace(",300\n", "\n"))
    broken_then_repaired(env, damage, (FAILED,), r"d\.t\.csv", r"\b31\b", r"column|field")


# ---- Configuration ------------------------------------------------------------------------------


def test_toml_syntax_error(env):
    """A broken configuration file: file and line."""
    job = env.job(small_dump(env.folder("dump")))
    job.config.write_text('[lightning]\nlevel = "info"\nfile = \n')
    job.run().expect(USAGE, r"import\.toml", r"\b3\b")


def test_unknown_key(env):
    """An unknown key is an error that proposes the right one."""
    job = env.job(small_dump(env.folder("dump")), settings={"checkpoint": {"enabel": True}})
    job.run().expect(USAGE, r"enabel", r"enable\b")


def test_unknown_flag(env):
    """So is an unknown flag."""
    job = env.job(small_dump(env.folder("dump")))
    job.run("--tidb-hots", "x").expect(USAGE, r"tidb-hots", r"tidb-host\b")


def test_wrong_value_types(env):
    """A word where a number is expected: key, value, file."""
    job = env.job(small_dump(env.folder("dump")), settings={"tidb": {"port": "many"}})
    job.run().expect(USAGE, r"import\.toml", r"port", r"integer")


def test_port_out_of_range(env):
    """Port 70000."""
    env.job(small_dump(env.folder("dump")), port=70000).run().expect(USAGE, r"port", r"70000")


def test_missing_configuration_file(env):
    """--config of a file that is not there."""
    job = env.job(small_dump(env.folder("dump")))
    job.config.unlink()
    job.run().expect(USAGE, r"import\.toml")


def test_dsn_that_does_not_parse(env):
    """A DSN of the mysql driver in a wrong form: the form is shown, the password is not."""
    job = env.job(small_dump(env.folder("dump")), "mysql",
                  {"checkpoint": {"dsn": "lightning:Pa55w0rd-tcp(127.0.0.1:1"}})
    job.run().expect(USAGE, r"dsn", r"tcp\(").expect_not(r"Pa55w0rd")


def test_unknown_driver(env):
    """The places looked in and the drivers there are named."""
    job = env.job(small_dump(env.folder("dump")), "file", {"checkpoint": {"driver": "etcd"}})
    job.run().expect(USAGE, r"etcd", r"\bfile\b", r"\bmysql\b")


def test_backend_local(env):
    """backend = "local" is refused with the one that exists."""
    for backend in ("local", "import-into"):
        job = env.job(small_dump(env.folder("dump")), settings={"tikv-importer": {"backend": backend}})
        job.run().expect(USAGE, backend, r"\btidb\b")


def test_wrong_password(env):
    """The server's refusal with user and host."""
    job = env.job(small_dump(env.folder("dump")), settings={"tidb": {"password": "nope"}})
    expect_one_of(job.run(), (FAILED, USAGE), r"access denied").expect_not(r"\bnope\b")


def test_server_not_there(env):
    """Nobody listens: host and port are named."""
    from harness import free_port
    port = free_port()
    job = env.job(small_dump(env.folder("dump")), port=port,
                  settings={"tidb": {"retry-timeout": "2s"}})
    result = job.run(timeout=60)
    check(result.code in (FAILED, USAGE, 3), "exit code", result.code, result.shown())
    result.expect(result.code, r"127\.0\.0\.1", str(port))


def test_control_usage(env):
    """The control program without an operation prints its usage."""
    job = env.job(small_dump(env.folder("dump")))
    result = job.control()
    check(result.code in (DONE, USAGE), "exit code", result.code)
    result.expect(result.code, r"--checkpoint-error-destroy", r"--checkpoint-list")
    check(CONTROL.exists(), "no control program")


def test_filter_that_leaves_nothing(env):
    """A filter that no table passes is not a success."""
    job = env.job(small_dump(env.folder("dump")), settings={"mydumper": {"filter": ["other.*"]}})
    expect_one_of(job.run(), (FAILED, USAGE, REFUSED), r"filter|no table|nothing|empty")


def test_table_of_another_engine(env):
    """A table without transactions is refused, unless at least once is accepted."""
    folder = env.folder("dump")
    write_schema(folder, "d", "t", SMALL.format(name("t")) + " ENGINE=MyISAM")
    from harness import write_inserts
    write_inserts(folder / "d.t.sql", "t", small_rows())
    job = env.job(folder)
    expect_one_of(job.run(), (FAILED, REFUSED), r"MyISAM|transaction")
    clean_up_failure(job)
    job.write({"tikv-importer": {"accept-at-least-once": True}})
    job.run().expect(DONE)
    check_equal(env.server.rows("d", "t"), 50)
