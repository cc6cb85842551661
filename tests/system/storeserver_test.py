# SPDX-License-Identifier: Apache-2.0
"""The mysql checkpoint on a server of its own: that server dies, comes back, stays away, is read-only,
or already holds the checkpoint of another program."""
import time

from delay_proxy import DelayProxy
from harness import (CONTROL, DONE, FAILED, PASSWORD, REFUSED, STOPPED, USER, Running, check,
                     check_equal)
from sample import small_dump, three_tables

SMALL_BATCHES = {"logical-import-batch-size": "32KiB"}
SCHEMA = "tidb_lightning_checkpoint"


def job_with_store(env, folder, store, keep="remove"):
    checkpoint = {"dsn": f"{USER}:{PASSWORD}@tcp(127.0.0.1:{store.port})/",
                  "keep-after-success": keep}
    return env.job(folder, "mysql", {"checkpoint": checkpoint, "tikv-importer": SMALL_BATCHES})


def rows_in_store(store):
    return int(store.value(f"SELECT SUM(kvc_kvs) FROM {SCHEMA}.chunk_v6"))


def test_checkpoint_server_dies_again_and_again(env):
    """Killed and restarted under the import: every row once, and the checkpoint says so."""
    store = env.new_server()
    folder, state = three_tables(env, 80000)
    job = job_with_store(env, folder, store, keep="origin")
    with DelayProxy(env.server.port, 0.002) as proxy:  # else it is over before the second death
        job.write({"tidb": {"port": proxy.port}})
        running = job.start()
        deaths = 0
        while running.reaches(env.server, env.server.committed_rows() + 12000) and deaths < 8:
            if deaths % 3 == 2:
                store.stop()
            else:
                store.kill()
            time.sleep(env.random.uniform(0, 1))
            store.start()
            deaths += 1
        result = running.wait(120).expect(DONE)
    check(deaths > 1, f"the import was over after {deaths} deaths")
    check_equal(env.server.table_state("d"), state)
    check_equal(rows_in_store(store), 240000, "rows in the checkpoint")
    check_equal(store.value(f"SELECT COUNT(*) FROM {SCHEMA}.table_v10 WHERE status < 200"), 0)
    check_equal(store.value(f"SELECT COUNT(*) FROM {SCHEMA}.chunk_v6 WHERE pos < end_offset"), 0)
    env.note(f"{deaths} deaths, {result.seconds:.1f} s")


def test_checkpoint_server_stays_away(env):
    """After half a minute the import stops, to be resumed; so does a start without the server; the
    next run completes it."""
    store = env.new_server()
    folder, state = three_tables(env, 20000)
    job = job_with_store(env, folder, store)
    running = job.start()
    running.wait_rows(env.server, 5000)
    store.kill()
    result = running.wait(90)
    result.expect(STOPPED, rf"127\.0\.0\.1:{store.port}").expect_not("s3cret")
    listing = Running([CONTROL, "--config", job.config, "--checkpoint-list"], job.log)
    job.run().expect(STOPPED, rf"127\.0\.0\.1:{store.port}", what="a start while it is away")
    listing.wait(90).expect(STOPPED, rf"127\.0\.0\.1:{store.port}").expect_not("s3cret")
    store.start()
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
    check(SCHEMA not in store.databases(), "the checkpoint's schema is left")
    env.note(f"gave up after {result.seconds:.1f} s")


def test_read_only_checkpoint_server(env):
    """A replica is told before anything is imported; to look at a checkpoint it is enough."""
    store = env.new_server()
    folder, state = three_tables(env, 20000)
    job = job_with_store(env, folder, store)
    running = job.start()
    running.wait_rows(env.server, 5000)
    running.kill()
    store.stop()
    store.start(innodb_read_only="1")
    rows = env.server.committed_rows()
    job.run().expect(FAILED, "read only", "replica")
    check(env.server.committed_rows() == rows, "something was imported")
    job.control("--checkpoint-list").expect(DONE, "keyed")
    store.stop()
    store.start(innodb_read_only="0")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
    store.stop()
    store.start(innodb_read_only="1")
    job.run().expect(FAILED, "innodb_read_only")
    check(SCHEMA not in store.databases(), "a schema was made on a read-only server")


def test_checkpoint_of_another_release(env):
    """Rows in TiDB Lightning's tables of another version: nothing begins, nothing is touched."""
    server = env.server
    server.execute(f"CREATE DATABASE {SCHEMA}",
                   f"CREATE TABLE {SCHEMA}.table_v9 (task_id bigint, table_name varchar(261))",
                   f"CREATE TABLE {SCHEMA}.chunk_v5 (table_name varchar(261), pos bigint)",
                   f"INSERT INTO {SCHEMA}.table_v9 VALUES (1, '`d`.`t`')")
    job = env.job(small_dump(env.folder("dump")), "mysql")
    for result in (job.run(), job.control("--checkpoint-list")):
        result.expect(REFUSED if result.code == REFUSED else FAILED, "table_v9",
                      r"HINT.*checkpoint\.schema")
    check_equal(server.tables(SCHEMA), ["chunk_v5", "table_v9"])
    check("d" not in server.databases(), "something was imported")
    job.write({"checkpoint": {"schema": "another"}})
    job.run().expect(DONE)
    check_equal(server.tables(SCHEMA), ["chunk_v5", "table_v9"])
