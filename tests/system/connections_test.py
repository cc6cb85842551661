# SPDX-License-Identifier: Apache-2.0
"""Lost connections: the import goes on, and every row is there once."""
import contextlib
import threading
import time

import pymysql

from delay_proxy import DelayProxy
from harness import DONE, check, check_equal
from sample import three_tables

SETTINGS = {"tikv-importer": {"logical-import-batch-size": "32KiB"}}


class ConnectionKiller(threading.Thread):
    """Kills every connection of the loader's user, again and again."""

    def __init__(self, server, seconds):
        super().__init__(daemon=True)
        self.server, self.seconds, self.killed = server, seconds, 0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(self.seconds):
            for connection in self.server.loader_connections():
                with contextlib.suppress(pymysql.MySQLError):
                    self.server.execute(f"KILL {connection}")
                    self.killed += 1

    def stop(self):
        self.done.set()
        self.join()


def import_under_fire(env, driver):
    folder, state = three_tables(env, 60000)
    job = env.job(folder, driver, SETTINGS)
    killer = ConnectionKiller(env.server, 0.3)
    running = job.start()
    killer.start()
    try:
        result = running.wait(240)
    finally:
        killer.stop()
    result.expect(DONE)
    check(killer.killed >= 3, "only", killer.killed, "connections were killed")
    check_equal(env.server.table_state("d"), state)
    env.note(f"{killer.killed} connections killed in {result.seconds:.1f} s")


def test_connections_killed_every_300_ms_file(env):
    """KILL of all connections each 300 ms, checkpoint in a file."""
    import_under_fire(env, "file")


def test_connections_killed_every_300_ms_mysql(env):
    """KILL of all connections each 300 ms, checkpoint over such connections too."""
    import_under_fire(env, "mysql")


def test_connections_cut_in_the_network(env):
    """Connections that end without a word, also between COMMIT and its answer."""
    folder, state = three_tables(env, 40000)
    with DelayProxy(env.server.port, 0.002) as proxy:
        job = env.job(folder, "file", SETTINGS, port=proxy.port)
        running = job.start()
        cuts = 0
        while running.alive():
            time.sleep(env.random.uniform(0.1, 0.4))
            cuts += proxy.cut()
        running.wait(240).expect(DONE)
    check(cuts >= 3, "only", cuts, "connections were cut")
    check_equal(env.server.table_state("d"), state)
    env.note(f"{cuts} connections cut")


def test_deadlocks_lose_no_row(env):
    """A second session that locks rows of the table makes the loader wait and repeat, no more."""
    folder, state = three_tables(env, 30000)
    job = env.job(folder, "file", SETTINGS)
    server = env.server
    running = job.start()
    stop = threading.Event()

    def disturb():
        with contextlib.closing(server.connect()) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                with contextlib.suppress(pymysql.MySQLError):
                    cursor.execute("BEGIN")
                    cursor.execute("SELECT COUNT(*) FROM d.keyed FOR UPDATE")
                    cursor.execute("SELECT COUNT(*) FROM d.counted FOR UPDATE")
                with contextlib.suppress(pymysql.MySQLError):
                    cursor.execute("ROLLBACK")
                time.sleep(0.05)

    thread = threading.Thread(target=disturb, daemon=True)
    thread.start()
    try:
        running.wait(240).expect(DONE)
    finally:
        stop.set()
        thread.join()
    check_equal(server.table_state("d"), state)
