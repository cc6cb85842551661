# SPDX-License-Identifier: Apache-2.0
"""A server that forgets: killed and restarted under the living loader, with relaxed log flushing."""
import time

from harness import DONE, STOPPED, check, check_equal, wait_until
from sample import three_tables

SETTINGS = {"tikv-importer": {"logical-import-batch-size": "32KiB"}}


def restart_under_the_loader(env, driver, times, rows, pauses):
    """Kills the server after each `rows` new rows and starts it again after one of the pauses."""
    server = env.new_server(innodb_flush_log_at_trx_commit="0", sync_binlog="0")
    folder, state = three_tables(env, 60000, server=server)
    job = env.job(folder, driver, SETTINGS, server=server)
    running = job.start()
    restarts, lost = 0, 0
    for _ in range(times):
        if not running.reaches(server, server.committed_rows() + rows):
            break
        before = server.committed_rows()
        server.kill()
        time.sleep(env.random.choice(pauses))
        server.start()
        lost += max(0, before - server.committed_rows())
        restarts += 1
    result = running.wait(240).expect(DONE)
    check(restarts, "the import was over before the server could be killed")
    check_equal(server.table_state("d"), state)
    env.note(f"{restarts} restarts, {lost} committed rows forgotten, {result.seconds:.1f} s")


def test_server_killed_under_the_loader_file(env):
    """SIGKILL of the server, checkpoint in a file: what it forgot is loaded again."""
    restart_under_the_loader(env, "file", 3, 15000, (0, 0.3, 1))


def test_server_killed_under_the_loader_mysql(env):
    """SIGKILL of the server, checkpoint on that server."""
    restart_under_the_loader(env, "mysql", 3, 15000, (0, 0.3, 1))


def test_server_killed_twice_in_a_second(env):
    """Two starts within one second look alike by their time; what the first has is forgotten."""
    restart_under_the_loader(env, "file", 8, 2000, (0,))


def test_server_and_loader_killed_together(env):
    """Both are killed; the next run finds what is really there."""
    server = env.new_server(innodb_flush_log_at_trx_commit="0")
    folder, state = three_tables(env, 40000, server=server)
    job = env.job(folder, "file", SETTINGS, server=server)
    for _ in range(3):
        running = job.start()
        if not running.reaches(server, server.committed_rows() + 15000):
            break
        server.kill()
        running.kill()
        server.start()
    else:
        job.run().expect(DONE)
    check_equal(server.table_state("d"), state)


def test_restart_in_good_order(env):
    """A server that is shut down and started again: the loader waits and goes on."""
    server = env.new_server()
    folder, state = three_tables(env, 40000, server=server)
    job = env.job(folder, "file", SETTINGS, server=server)
    running = job.start()
    running.wait_rows(server, 10000)
    server.stop()
    time.sleep(2)
    server.start()
    running.wait(240).expect(DONE)
    check_equal(server.table_state("d"), state)


def test_server_gone_for_good_is_resumable(env):
    """A server that stays away: exit 3 after tidb.retry-timeout, and the next run completes."""
    server = env.new_server()
    folder, state = three_tables(env, 40000, server=server)
    settings = dict(SETTINGS, tidb={"retry-timeout": "3s"})
    job = env.job(folder, "file", settings, server=server)
    running = job.start()
    running.wait_rows(server, 10000)
    server.kill()
    result = running.wait(60)
    result.expect(STOPPED, r"127\.0\.0\.1")
    server.start()
    job.run().expect(DONE)
    check_equal(server.table_state("d"), state)


def test_server_down_at_the_start_of_a_resume(env):
    """Nobody answers when an import is to go on: exit code 3, since the same command goes on later."""
    server = env.new_server()
    folder, state = three_tables(env, 40000, server=server)
    job = env.job(folder, "file", {**SETTINGS, "tidb": {"retry-timeout": "1s"}}, server=server)
    running = job.start()
    running.wait_rows(server, 5000)
    running.kill()
    server.stop()
    job.run().expect(STOPPED)
    server.start()
    job.run().expect(DONE)
    check_equal(server.table_state("d"), state)


def inserting(server):
    return server.query("SELECT 1 FROM information_schema.processlist WHERE state = 'User sleep'")


def test_statement_that_crashes_the_server(env):
    """Each attempt brings the server down and none gets on: the import stops, to be resumed."""
    server = env.new_server()
    folder, state = three_tables(env, 20000, server=server)
    job = env.job(folder, "file", {**SETTINGS, "tidb": {"retry-timeout": "2s"}}, server=server)
    running = job.start()
    running.wait_rows(server, 5000)
    running.kill()
    for table in state:  # no insert ends
        server.execute(f"CREATE TRIGGER hold_{table} BEFORE INSERT ON {table} FOR EACH ROW"
                       " DO SLEEP(300)", database="d")
    running = job.start()
    deaths = 0
    while running.alive():
        wait_until(lambda: inserting(server) or not running.alive(), 60, "an insert")
        server.kill()
        server.start()
        deaths += 1
    running.wait(30).expect(STOPPED, r"restarted \d+ times, and nothing")
    check(deaths >= 5, f"it gave up after {deaths} restarts")
    for table in state:
        server.execute(f"DROP TRIGGER hold_{table}", database="d")
    job.run().expect(DONE)
    check_equal(server.table_state("d"), state)
    env.note(f"gave up after {deaths} restarts")
