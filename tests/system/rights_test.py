# SPDX-License-Identifier: Apache-2.0
"""Least privilege: accounts with exactly the grants of sql/rights.md, and what is told without them."""
import re

import harness
from accounts import Account, granted, missing_then_granted, statements
from harness import (DONE, PASSWORD, REFUSED, check, check_equal, merge, write_inserts, write_schema)
from sample import SMALL, small_dump, small_rows, three_tables

LEDGER = r"`tidb\_lightning\_ledger`.*"
STORE = r"`tidb\_lightning\_checkpoint`.*"
SMALL_BATCHES = {"tikv-importer": {"logical-import-batch-size": "32KiB"}}


def shop(env, folder="dump", database="shop"):
    """A dump of two tables and a view of somebody else."""
    path = small_dump(env.folder(folder), ("a", "b"), database=database)
    (path / f"{database}.v-schema.sql").write_text("CREATE TABLE `v` (`id` int);\n")
    (path / f"{database}.v-schema-view.sql").write_text(
        "CREATE ALGORITHM=UNDEFINED DEFINER=`boss`@`localhost` SQL SECURITY INVOKER VIEW `v` AS"
        " select `a`.`id` AS `id` from `a`;\n")
    return path


def loader(env, what="SELECT, INSERT, CREATE", database="shop"):
    account = Account(env, "loader")
    account.grant(what, f"{harness.name(database)}.*")
    return account.grant("SELECT, INSERT, UPDATE, DELETE, CREATE", LEDGER)


def again(env, job, *databases):
    """Everything as before the first import."""
    env.server.drop(*databases, "tidb_lightning_ledger", "tidb_lightning_checkpoint")
    if job.driver == "file":
        job.checkpoint.unlink(missing_ok=True)


def test_documented_accounts_import_and_look(env):
    """The accounts that the document makes: import with a kill, resume, look, and clean up."""
    for account in ("loader", "keeper", "dba"):
        env.defer(env.server.execute, f"DROP USER IF EXISTS {account}@'%'")
    for statement in statements():
        env.server.execute(statement.replace("`shop`", "`d`"))
    folder, state = three_tables(env, 20000)
    settings = merge(SMALL_BATCHES, {
        "tidb": {"user": "loader", "password": "change-me"},
        "checkpoint": {"dsn": f"keeper:change-me@tcp(127.0.0.1:{env.server.port})/"}})
    for keep in ("remove", "rename", "origin"):
        job = env.job(folder, "mysql", merge(settings, {"checkpoint": {"keep-after-success": keep}}))
        running = job.start()
        running.wait_rows(env.server, 5000)
        running.kill()
        if keep == "remove":
            look_and_touch(env, job)
        job.run().expect(DONE)
        check_equal(env.server.table_state("d"), state, keep)
        left = [name for name in env.server.databases() if "checkpoint" in name]
        check_equal(len(left), {"remove": 1, "rename": 2, "origin": 2}[keep], f"{keep}: {left}")
        check_equal(bool(env.server.tables("tidb_lightning_checkpoint")), keep == "origin", keep)
        env.server.drop("d", "tidb_lightning_checkpoint" if keep == "rename" else "d")


def look_and_touch(env, job):
    """What the DBA sees, and that nothing can be changed."""
    dba = Account.of(env, "dba", "change-me")
    views = dba.can("SELECT table_name FROM information_schema.views WHERE table_schema ="
                    " 'tidb_lightning_checkpoint'")
    check(views and len(views) >= 4, "the views are not there:", views)
    for view, in views:
        check(dba.can(f"SELECT * FROM tidb_lightning_checkpoint.{view}") is not None, view)
    check(dba.can("SELECT * FROM tidb_lightning_ledger.batch_v1"), "the ledger shows no batch")
    for sql in ("UPDATE tidb_lightning_checkpoint.table_v10 SET status = 200",
                "DELETE FROM tidb_lightning_ledger.task_v1", "INSERT INTO d.nokey VALUES (1, 2, 3)",
                "DROP TABLE tidb_lightning_checkpoint.task_v2", "SELECT * FROM d.keyed"):
        check(dba.can(sql) is None, "the DBA can", sql)
    reader = env.job(job.source, "mysql", merge(job.settings, {
        "tidb": {"user": "dba", "password": "change-me"}, "checkpoint": {"dsn": None}}))
    reader.control("--checkpoint-list").expect(DONE, r"keyed")
    reader.control("--checkpoint-dump", reader.dir / "csv").expect(DONE)
    check((reader.dir / "csv" / "chunks.csv").stat().st_size > 100, "an empty dump")
    before = env.server.query("CHECKSUM TABLE tidb_lightning_checkpoint.task_v2,"
                              " tidb_lightning_checkpoint.chunk_v6, tidb_lightning_ledger.task_v1")
    for operation in ("--checkpoint-remove=all", "--checkpoint-error-ignore=all"):
        reader.control(operation).expect(REFUSED, r"lacks", r"DELETE on `tidb_lightning_ledger`",
                                         r"DELETE on `tidb_lightning_checkpoint`")
    check_equal(env.server.query(
        "CHECKSUM TABLE tidb_lightning_checkpoint.task_v2, tidb_lightning_checkpoint.chunk_v6,"
        " tidb_lightning_ledger.task_v1"), before, "changed by the DBA")


def test_each_missing_right_of_the_loader(env):
    """Each right taken away alone: named before anything is there; the printed GRANT mends it."""
    folder = shop(env)
    target, ledger = "`shop`.*", LEDGER
    account = loader(env, "SELECT, INSERT, CREATE, CREATE VIEW")
    account.grant("SET USER", "*.*")
    job = env.job(folder, settings=account.settings)
    for right, what in [(right, target) for right in ("SELECT", "INSERT", "CREATE", "CREATE VIEW")] + [
            (right, ledger) for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE")] + [
                ("SET USER", "*.*")]:
        account.revoke(right, what)
        missing_then_granted(job, [f"lacks {right} on {what.replace(chr(92), '')}"])
        again(env, job, "shop")


def test_each_missing_right_of_the_store(env):
    """The same for the store's account; the target's stays untouched."""
    folder = small_dump(env.folder("dump"), database="shop")
    loading, keeper = loader(env), Account(env, "keeper")
    keeper.grant("SELECT, INSERT, UPDATE, DELETE, CREATE, CREATE VIEW, ALTER, DROP", STORE)
    keeper.grant("CREATE, INSERT", r"`tidb\_lightning\_checkpoint.%.bak`.*")
    job = env.job(folder, "mysql", merge(loading.settings, {"checkpoint": {
        "dsn": keeper.dsn, "keep-after-success": "rename"}}))
    backup = r"`tidb\_lightning\_checkpoint.%.bak`.*"
    for right, what in [(right, STORE) for right in ("SELECT", "INSERT", "UPDATE", "DELETE",
                                                     "CREATE", "ALTER", "DROP")] + [
                            (right, backup) for right in ("CREATE", "INSERT")]:
        keeper.revoke(right, what)
        shown = what.replace("\\", "").replace("%", "<task id>")
        missing_then_granted(job, [f"lacks {right} on {shown}\n"])
        again(env, job, "shop")


def test_both_accounts_without_any_right(env):
    """Odd names, an odd user, three databases, target and store: one run tells all of it."""
    folder = shop(env, database="shop")
    write_schema(folder, "e_x%", "b", SMALL.format("b") + ";\nALTER TABLE b ADD KEY (n);"
                 "\nCREATE INDEX i ON b (a)")
    write_inserts(folder / "e_x%.b.sql", "b", small_rows())
    write_schema(folder, "f`'", "c", SMALL.format("c"))
    write_inserts(folder / "f`'.c.sql", "c", small_rows())
    account = Account(env, "o'dd \\u`ser")
    job = env.job(folder, "mysql", merge(account.settings, {
        "conflict": {"strategy": "replace"}, "checkpoint": {"keep-after-success": "rename"}}))
    missing_then_granted(job, [
        "SELECT, INSERT, DELETE, CREATE, CREATE VIEW on `shop`.*",
        "SELECT, INSERT, DELETE, CREATE, ALTER, INDEX on `e_x%`.*", "on `f``'`.*",
        "SET USER on *.*", "on `tidb_lightning_ledger`.*", "on `tidb_lightning_checkpoint`.*",
        "on `tidb_lightning_checkpoint.<task id>.bak`.*"])


def test_many_databases_are_told_in_the_log(env):
    """Sixty databases: what finds no room in the message is in the log, and all of it mends."""
    folder = env.folder("dump")
    for i in range(60):
        write_schema(folder, f"base_{i}", "t", SMALL.format("t"))
        write_inserts(folder / f"base_{i}.t.sql", "t", small_rows(1))
    account = Account(env, "loader")
    job = env.job(folder, settings=account.settings)
    missing_then_granted(job, ["more, each in the log", "on `base_59`.*"])


def test_empty_tables_with_views_and_foreign_keys(env):
    """No rows at all: what a view and a foreign key need is told with the rest."""
    folder = env.folder("dump")
    write_schema(folder, "viewed", "t", SMALL.format("t"))
    (folder / "viewed.v-schema.sql").write_text("CREATE TABLE `v` (`id` int);\n")
    (folder / "viewed.v-schema-view.sql").write_text("CREATE VIEW `v` AS SELECT `id` FROM `t`;\n")
    write_schema(folder, "bound", "parent", SMALL.format("parent"))
    write_schema(folder, "bound", "child", "CREATE TABLE child (id INT PRIMARY KEY,"
                 " FOREIGN KEY (id) REFERENCES parent (id))")
    account = Account(env, "loader")
    job = env.job(folder, settings=account.settings)
    missing_then_granted(job, ["lacks SELECT, CREATE on `bound`.*",
                                             "SELECT, CREATE, CREATE VIEW on `viewed`.*"])


def test_folded_names_need_nothing_more(env):
    """lower_case_table_names = 1: what is there under a folded name is not to be created."""
    server = env.new_server(lower_case_table_names="1")
    folder = small_dump(env.folder("dump"), ("Tä",), database="ShÖp_")
    account = Account(env, "loader", server)
    job = env.job(folder, settings=account.settings, server=server)
    missing_then_granted(job, ["on `ShÖp_`.*"])
    server.execute("TRUNCATE `ShÖp_`.`Tä`", f"REVOKE CREATE ON `shöp\\_`.* FROM {account.full}")
    job.run().expect(DONE)


def test_a_pattern_that_a_grant_replaces(env):
    """A printed GRANT stands in the way of the pattern that gave the other rights: it has them all."""
    account = Account(env, "loader")
    account.grant("SELECT, CREATE", "`sh%`.*").grant("SELECT, INSERT, CREATE", "`tidb%`.*")
    job = env.job(small_dump(env.folder("dump"), database="shop"), settings=account.settings)
    missing_then_granted(job, ["lacks INSERT on `shop`.*",
                                             "UPDATE, DELETE on `tidb_lightning_ledger`.*"])


def test_rights_from_anywhere_count(env):
    """Patterns, roles in roles, PUBLIC, single tables, columns, everything: nobody is refused."""
    folder = small_dump(env.folder("dump"), ("t", "u"), database="sh_op")
    tables = [f"`sh_op`.`{table}`" for table in "tu"]
    ledger = [f"tidb_lightning_ledger.{table}"
              for table in ("task_v1", "writer_v1", "chunk_v1", "batch_v1")]
    ways = {
        "everything": [("ALL", "*.*")],
        "patterns": [("SELECT, INSERT, CREATE", "`sh_op`.*"), ("ALL", "`tidb%`.*")],
        "global and database": [("SELECT, INSERT", "*.*"), ("CREATE", r"`sh\_op`.*"),
                                ("UPDATE, DELETE, CREATE", LEDGER)],
        "tables": [("SELECT, INSERT, CREATE", table) for table in tables] + [
            ("SELECT, INSERT, UPDATE, DELETE", table) for table in ledger],
        "columns": [("SELECT, INSERT (id, a, n)", table) for table in tables] + [
            ("SELECT, INSERT, UPDATE, DELETE", table) for table in ledger]}
    for way, grants in ways.items():
        account = Account(env, "loader")
        job = env.job(folder, settings=account.settings)
        if way in ("tables", "columns"):  # of which the databases are there already
            env.job(folder).run().expect(DONE)
            if way == "tables":
                env.server.execute("DROP TABLE sh_op.t, sh_op.u")
            else:
                env.server.execute("TRUNCATE sh_op.t", "TRUNCATE sh_op.u")
        for rights, what in grants:
            account.grant(rights, what)
        job.run().expect(DONE, what=way)
        check_equal(env.server.rows("sh_op", "t"), 50, way)
        again(env, job, "sh_op")


def test_roles_count(env):
    """A default role that has its rights from another role, and the rest from PUBLIC."""
    folder = small_dump(env.folder("dump"), database="shop")
    account = Account(env, "loader")
    for role in ("tl_inner", "tl_outer"):
        env.server.execute(f"CREATE ROLE {role}")
        env.defer(env.server.execute, f"DROP ROLE IF EXISTS {role}")
    env.defer(env.server.execute, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM PUBLIC")
    env.server.execute("GRANT SELECT, INSERT ON `shop`.* TO tl_inner", "GRANT tl_inner TO tl_outer",
                       f"GRANT tl_outer TO {account.full}", "GRANT CREATE ON `shop`.* TO PUBLIC",
                       f"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON {LEDGER} TO tl_outer")
    job = env.job(folder, settings=account.settings)
    job.run().expect(REFUSED, r"lacks SELECT, INSERT on `shop`\.\*", r"GRANT SELECT, INSERT, CREATE ON")
    env.server.execute(f"SET DEFAULT ROLE tl_outer FOR {account.full}")
    job.run().expect(DONE)


def test_rights_on_single_tables_are_mended_there(env):
    """Who has rights on one table and not on the other gets a GRANT on that table."""
    folder = small_dump(env.folder("dump"), ("t", "u"), database="shop")
    env.job(folder).run().expect(DONE)
    env.server.execute("TRUNCATE shop.t", "TRUNCATE shop.u")
    account = loader(env, "")
    account.grant("SELECT, INSERT", "shop.t").grant("SELECT", "shop.u")
    job = env.job(folder, settings=account.settings)
    missing_then_granted(job, ["lacks INSERT on `shop`.`u`"])
    check(not account.can("INSERT INTO shop.v VALUES (1)"), "more was granted than was missing")


def test_existing_tables_need_no_create(env):
    """Where database, tables and ledger are there, CREATE is not asked for."""
    folder = small_dump(env.folder("dump"), database="shop")
    env.job(folder).run().expect(DONE)
    env.server.execute("TRUNCATE shop.t")
    account = Account(env, "loader").grant("SELECT, INSERT", "`shop`.*")
    account.grant("SELECT, INSERT, UPDATE, DELETE", LEDGER)
    env.job(folder, settings=account.settings).run().expect(DONE)
    check_equal(env.server.rows("shop", "t"), 50)


def test_conflict_strategies_need_their_right(env):
    """DELETE for "replace", UPDATE for "ignore", as documented."""
    folder = small_dump(env.folder("dump"), database="shop")
    for strategy, right in (("replace", "DELETE"), ("ignore", "UPDATE")):
        account = loader(env)
        job = env.job(folder, settings=merge(account.settings, {"conflict": {"strategy": strategy}}))
        missing_then_granted(job, [f"lacks {right} on `shop`.*"])
        again(env, job, "shop")


def test_control_operations_of_small_accounts(env):
    """Ignore, destroy and remove need what the document says, and tell what is missing first."""
    folder = small_dump(env.folder("dump"), ("good", "bad"), database="shop")
    write_inserts(folder / "shop.bad.sql", "bad", small_rows() + [(7, "twice", 7)])
    account = loader(env).grant("SELECT, INSERT, UPDATE, DELETE, CREATE, DROP", STORE)
    job = env.job(folder, "mysql", account.settings)
    job.run().expect(harness.FAILED)
    job.control("--checkpoint-error-ignore", "shop.bad").expect(DONE)
    job.run().expect(harness.FAILED)
    refused = job.control("--checkpoint-error-destroy", "shop.bad")
    refused.expect(REFUSED, r"lacks DROP on `shop`\.\*", r"GRANT DROP ON `shop`\.\* TO 'loader'@'%'")
    check("bad" in env.server.tables("shop"), "dropped all the same")
    for grant in granted(refused):
        env.server.execute(grant)
    job.control("--checkpoint-error-destroy", "shop.bad").expect(DONE)
    env.server.drop("tidb_lightning_checkpoint")
    account.revoke("INSERT", LEDGER)
    refused = job.control("--checkpoint-rebuild").expect(
        REFUSED, r"lacks INSERT on `tidb_lightning_ledger`")
    for grant in granted(refused):
        env.server.execute(grant)
    job.control("--checkpoint-rebuild").expect(DONE)
    account.revoke("DELETE", LEDGER)
    account.revoke("DELETE", STORE)
    refused = job.control("--checkpoint-remove=all").expect(
        REFUSED, r"DELETE on `tidb_lightning_ledger`", r"DELETE on `tidb_lightning_checkpoint`")
    for grant in granted(refused):
        env.server.execute(grant)
    job.control("--checkpoint-remove=all").expect(DONE)
    check(not env.server.tables("tidb_lightning_checkpoint"), "the store is still there")


def test_without_drop_the_empty_store_stays(env):
    """After success the rows are gone; the tables stay, and the next import uses them."""
    account = loader(env).grant("SELECT, INSERT, UPDATE, DELETE, CREATE, CREATE VIEW", STORE)
    job = env.job(small_dump(env.folder("dump"), database="shop"), "mysql", account.settings)
    for _ in range(2):
        job.run().expect(DONE)
        left = env.server.tables("tidb_lightning_checkpoint")
        check_equal(len(left), 7, "tables")
        check_equal([env.server.rows("tidb_lightning_checkpoint", table) for table in left], [0] * 7)
        env.server.drop("shop")
    views = env.server.value("SELECT COUNT(*) FROM information_schema.views WHERE table_schema ="
                             " 'tidb_lightning_checkpoint'")
    check(views >= 4, "no views without DROP:", views)


def test_the_check_can_be_left_out(env):
    """Without check-requirements the work itself says what is denied."""
    account = loader(env, "SELECT, CREATE")
    job = env.job(small_dump(env.folder("dump"), database="shop"),
                  settings=merge(account.settings, {"lightning": {"check-requirements": False}}))
    result = job.run()
    check(result.code not in (DONE, REFUSED), "exit code", result.code)
    result.expect(result.code, r"INSERT command denied")


def test_read_only_target_is_told_at_the_start(env):
    """read_only binds SUPER too, since MariaDB 10.11; READ ONLY ADMIN by a role does not."""
    folder = small_dump(env.folder("dump"), database="shop")
    account = loader(env).grant("SUPER", "*.*")
    env.server.execute("CREATE ROLE tl_writes", "GRANT READ ONLY ADMIN ON *.* TO tl_writes")
    env.defer(env.server.execute, "SET GLOBAL read_only = 0", "DROP ROLE tl_writes")
    job = env.job(folder, "mysql", merge(account.settings, {
        "lightning": {"check-requirements": False},
        "checkpoint": {"dsn": f"root@unix({env.server.socket})/"}}))
    env.server.execute("SET GLOBAL read_only = 1")
    job.run().expect(REFUSED, r"read-only")
    check_equal(env.server.databases(), [], "made on a read-only server")
    env.server.execute(f"GRANT tl_writes TO {account.full}",
                       f"SET DEFAULT ROLE tl_writes FOR {account.full}")
    job.run().expect(DONE)


def test_no_password_in_what_is_told(env):
    """Accounts are named, secrets are not."""
    keeper = Account(env, "keeper")
    job = env.job(small_dump(env.folder("dump"), database="shop"), "mysql",
                  merge(Account(env, "loader").settings, {"checkpoint": {"dsn": keeper.dsn}}))
    result = job.run().expect(REFUSED, r"'loader'@'%' lacks", r"'keeper'@'%' lacks")
    check(PASSWORD not in result.text, "the password is shown")
    check(not re.search(r"IDENTIFIED", result.text), "a GRANT that changes the password")
