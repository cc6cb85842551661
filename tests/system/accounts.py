# SPDX-License-Identifier: Apache-2.0
"""Accounts of a server with exactly the grants that a test gives them."""
import contextlib
import re

import pymysql

from harness import DONE, PASSWORD, REFUSED, ROOT, check, check_equal, name

DENIED = (1044, 1142, 1143, 1227)


class Account:
    """A user of the test's server; it goes with the test."""

    def __init__(self, env, user, server=None):
        self.server, self.user, self.password = server or env.server, user, PASSWORD
        env.defer(self.drop)
        self.drop()
        self.server.execute(f"CREATE USER {self.full} IDENTIFIED BY '{PASSWORD}'")

    @classmethod
    def of(cls, env, user, password):
        """One that is there already."""
        account = cls.__new__(cls)
        account.server, account.user, account.password = env.server, user, password
        return account

    @property
    def full(self):
        return f"{name(self.user)}@'%'"

    @property
    def settings(self):
        return {"tidb": {"user": self.user, "password": self.password}}

    @property
    def dsn(self):
        return f"{self.user}:{self.password}@tcp(127.0.0.1:{self.server.port})/"

    def drop(self):
        self.server.execute(f"DROP USER IF EXISTS {self.full}")

    def grant(self, rights, what):
        if rights:
            self.server.execute(f"GRANT {rights} ON {what} TO {self.full}")
        return self

    def revoke(self, rights, what):
        self.server.execute(f"REVOKE {rights} ON {what} FROM {self.full}")

    def can(self, sql):
        """The rows, or None when it is denied."""
        with contextlib.closing(pymysql.connect(
                host="127.0.0.1", port=self.server.port, user=self.user, password=self.password,
                autocommit=True)) as connection:
            with connection.cursor() as cursor:
                try:
                    cursor.execute(sql)
                    return list(cursor.fetchall())
                except pymysql.MySQLError as error:
                    check(error.args[0] in DENIED, sql, error)
                    return None


def statements():
    """The statements of the document, in its order."""
    text = (ROOT / "sql" / "rights.md").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^```mysql\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        found += [statement.strip() for statement in block.split(";\n") if statement.strip()]
    check(len(found) >= 9, "only", len(found), "statements in sql/rights.md")
    return found


def granted(result):
    """The GRANT statements that a program printed or logged, as somebody would copy them."""
    hint = re.search(r"^HINT: (.*)$", result.out, re.MULTILINE)
    found = re.findall(r"GRANT [^;]+", hint.group(1)) if hint else []
    found += [re.sub(r"\\(.)", r"\1", text) for text in
              re.findall(r'\[grant="((?:[^"\\]|\\.)*)"\]', result.log)]
    return [statement.strip() for statement in found]


def missing_then_granted(job, wanted):
    """Refused with all that is wanted before anything is made; the printed statements mend it."""
    before = job.server.databases()
    result = job.run().expect(REFUSED, r"lacks")
    for text in wanted:
        check(text in result.text, "not told:", text, result.shown())
    check_equal(job.server.databases(), before, "made before it was refused")
    check(job.driver == "mysql" or not job.checkpoint.exists(), "a checkpoint was made")
    statements_shown = granted(result)
    check(statements_shown, "no GRANT is shown", result.shown())
    job.server.execute(*statements_shown)
    job.run().expect(DONE, what=f"after {statements_shown}")
