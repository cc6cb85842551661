# SPDX-License-Identifier: Apache-2.0
"""Throwaway servers, and what can be asked of them: MariaDB, or the mysqld that TL_MYSQLD names."""
import atexit
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pymysql

from basics import (PASSWORD, SYSTEM_SCHEMAS, USER, as_root, as_text, check, find_program,
                    free_port, name, unique, wait_until)


MYSQLD = os.environ.get("TL_MYSQLD")
PROGRAM = MYSQLD or "mariadbd"


def ported(sql):
    """What MariaDB's SEQUENCE engine gives, for a server that has none."""
    if not MYSQLD:
        return sql
    return re.sub(r"\bseq_(\d+)_to_(\d+)\b",
                  r"(WITH RECURSIVE s(seq) AS (SELECT \1 UNION ALL SELECT seq + 1 FROM s WHERE seq < \2)"
                  r" SELECT seq FROM s) seq_\1_to_\2", sql)


class Server:
    """A server with its own folder, port and socket. Options are the program's, without dashes."""

    templates = {}

    def __init__(self, **options):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tl-s.", dir="/tmp"))
        self.socket = str(self.dir / "s")
        self.port = free_port()
        self.options = {"innodb_buffer_pool_size": "256M", "max_connections": "200"}
        self.options.update(options)
        self.process = None
        shutil.copytree(Server.data_template(self.options), self.dir / "data")
        atexit.register(self.destroy)

    @classmethod
    def data_template(cls, options):
        """A fresh data folder, made once a run and copied: that is much quicker. MySQL keeps the case
        of names that it was made with."""
        case = options.get("lower_case_table_names") if MYSQLD else None
        if case not in cls.templates:
            folder = cls.templates[case] = pathlib.Path(tempfile.mkdtemp(prefix="tl-t.", dir="/tmp"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            command = [find_program("mariadb-install-db"), "--no-defaults", "--skip-test-db",
                       "--auth-root-authentication-method=normal"]
            if MYSQLD:
                command = [MYSQLD, "--no-defaults", "--initialize-insecure", "--secure-file-priv=",
                           f"--lower-case-table-names={case or 0}"]
            command.append(f"--datadir={folder / 'data'}")
            if as_root():
                command.append("--user=root")
            # A server that starts removes the temporary tables of all others in its tmpdir.
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL if MYSQLD else None,
                           env={**os.environ, "TMPDIR": str(folder)})
        return cls.templates[case] / "data"

    def start(self, **options):
        """Starts (again), with changed options if there are any."""
        self.options.update(options)
        command = [find_program(PROGRAM), "--no-defaults", f"--datadir={self.dir / 'data'}",
                   f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                   f"--pid-file={self.dir / 'pid'}", f"--tmpdir={self.dir / 'data'}",
                   "--character-set-server=utf8mb4"]
        if MYSQLD:
            command += ["--mysqlx=OFF", "--secure-file-priv=", "--cte-max-recursion-depth=10000000"]
        if as_root():
            command.append("--user=root")
        command += [f"--{key.replace('_', '-')}={value}" for key, value in self.options.items()]
        with open(self.dir / "server.log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        wait_until(self.answers, 60, "the server")
        self.execute(f"CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{PASSWORD}'",
                     f"CREATE USER IF NOT EXISTS {USER}@localhost IDENTIFIED BY '{PASSWORD}'",
                     f"GRANT ALL ON *.* TO {USER}@'%'", f"GRANT ALL ON *.* TO {USER}@localhost")
        return self

    def answers(self):
        check(self.process.poll() is None, PROGRAM, "ended:", self.log_tail())
        try:
            self.connect().close()
            return True
        except pymysql.err.OperationalError:
            return False

    def log_tail(self):
        return (self.dir / "server.log").read_text(errors="replace")[-2000:]

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def destroy(self):
        self._end(signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)

    def connect(self, database=None, charset="utf8mb4"):
        if MYSQLD:
            database = database or "information_schema"  # a WITH needs one
        return pymysql.connect(unix_socket=self.socket, user="root", database=database,
                               charset=charset, autocommit=True,
                               init_command="SET time_zone = '+00:00', sql_mode = ''")

    def query(self, sql, *args, database=None):
        with contextlib.closing(self.connect(database)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(ported(sql), args or None)
                return list(cursor.fetchall())

    def value(self, sql, *args):
        rows = self.query(sql, *args)
        return rows[0][0] if rows else None

    def execute(self, *statements, database=None, charset="utf8mb4"):
        with contextlib.closing(self.connect(database, charset)) as connection:
            with connection.cursor() as cursor:
                for sql in statements:
                    cursor.execute(ported(sql))

    def script(self, text, database=None):
        """Runs a text of statements with the client, which knows how to split them."""
        command = ["mariadb", "--no-defaults", "-u", "root", "-S", self.socket,
                   "--default-character-set=utf8mb4"] + ([database] if database else [])
        done = subprocess.run(command, input=ported(text).encode(), capture_output=True, check=False)
        check(done.returncode == 0, "SQL failed:", done.stderr.decode(errors="replace"))

    def databases(self):
        return [row[0] for row in self.query("SHOW DATABASES") if row[0] not in SYSTEM_SCHEMAS]

    def clear(self):
        """Ends the loaders' connections and drops every database."""
        for row in self.query("SELECT id FROM information_schema.processlist WHERE user = %s", USER):
            with contextlib.suppress(pymysql.MySQLError):
                self.execute(f"KILL {row[0]}")
        for database in self.databases():
            self.execute("SET SESSION foreign_key_checks = 0", f"DROP DATABASE {name(database)}")

    def drop(self, *databases):
        for database in databases:
            self.execute(f"DROP DATABASE IF EXISTS {name(database)}")

    # -- What is in it

    def tables(self, database):
        return [row[0] for row in self.query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
            " AND table_type = 'BASE TABLE' ORDER BY table_name", database)]

    def table_state(self, database):
        """{table: (rows, checksum, sum of row digests)}; the order of rows does not matter."""
        return {table: self._state_of(database, table) for table in self.tables(database)}

    def _state_of(self, database, table):
        columns = self.query(
            "SELECT column_name, data_type, extra LIKE '%%GENERATED%%'"
            " FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
            " ORDER BY ordinal_position", database, table)
        parts = ", ".join(f"COALESCE({as_text(name(column), kind)}, 'NULL')"
                          for column, kind, _ in columns)
        full = unique(database, table)
        rows, digests = self.query(
            f"SELECT COUNT(*), COALESCE(SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {parts}), 224), 15), 16, 10)"
            f" AS UNSIGNED)), 0) FROM {full}")[0]
        # The server's own checksum is not stable for tables with computed columns.
        checksum = 0
        if not any(computed for _, _, computed in columns):
            checksum = self.query(f"CHECKSUM TABLE {full} EXTENDED")[0][1]
        return int(rows), int(checksum), int(digests)

    def rows(self, database, table):
        return int(self.value(f"SELECT COUNT(*) FROM {unique(database, table)}"))

    def committed_rows(self, ledger="tidb_lightning_ledger"):
        """Rows that the ledger says are committed; 0 before there is a ledger."""
        try:
            return int(self.value(f"SELECT COALESCE(SUM(row_count), 0) FROM {name(ledger)}.batch_v1"))
        except pymysql.MySQLError as error:
            if error.args[0] in (1146, 1049):  # no such table, no such database
                return 0
            raise

    def loader_connections(self):
        return [row[0] for row in self.query(
            "SELECT id FROM information_schema.processlist WHERE user = %s", USER)]
