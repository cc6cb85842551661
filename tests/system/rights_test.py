# SPDX-License-Identifier: Apache-2.0
"""Least privilege: who may do what, proven by accounts with exactly those grants."""
import contextlib
import re

import pymysql

from harness import (BUILD, DONE, PASSWORD, REFUSED, ROOT, STOPPED, Running, check, check_equal, name, unique,
                     write_inserts, write_schema)
from sample import small_rows, small_dump, three_tables

HOST = "%"
LEDGER = "tidb_lightning_ledger"
STORE = "tidb_lightning_checkpoint"


def escaped(schema):
    return name(re.sub(r"([_%\\])", r"\\\1", schema))


class Account:
    """A user with exactly the grants that it is given."""

    def __init__(self, env, user):
        self.server, self.user = env.server, user
        env.defer(self.drop)
        self.drop()
        env.server.execute(f"CREATE USER {self.full} IDENTIFIED BY '{PASSWORD}'")

    @property
    def full(self):
        return f"{name(self.user)}@{name(HOST)}"

    def drop(self):
        self.server.execute(f"DROP USER IF EXISTS {self.full}")

    def grant(self, rights, what):
        if rights:
            self.server.execute(f"GRANT {rights} ON {what} TO {self.full}")
        return self

    def connect(self, database=None):
        return pymysql.connect(host="127.0.0.1", port=self.server.port, user=self.user,
                               password=PASSWORD, database=database, autocommit=True)

    def can(self, sql, database=None):
        """Rows, or None when it is denied."""
        with contextlib.closing(self.connect(database)) as connection:
            with connection.cursor() as cursor:
                try:
                    cursor.execute(sql)
                    return list(cursor.fetchall())
                except pymysql.MySQLError as error:
                    check(error.args[0] in (1044, 1142, 1143, 1227), sql, error)
                    return None

    @property
    def settings(self):
        return {"tidb": {"user": self.user, "password": PASSWORD}}
