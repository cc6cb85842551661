# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments loses no row and doubles none, with both drivers."""
import time

from harness import DONE, STOPPED, check, check_equal
from sample import three_tables

KILLS = 25
ROWS = 15000
# Small transactions: many places to be killed at.
SETTINGS = {"tikv-importer": {"logical-import-batch-size": "16KiB"}}


def start_over(job, server):
    server.drop("d")
    if job.driver == "file":
        check(not job.checkpoint.exists(), "the checkpoint is still there after success")


def kill_many_times(env, driver):
    server = env.server
    folder, state = three_tables(env, ROWS, "-r", "5000")
    job = env.job(folder, driver, SETTINGS)
    full = job.run().expect(DONE).seconds
    check_equal(server.table_state("d"), state, "an import without a kill")
    start_over(job, server)

    kills = rounds = in_the_middle = 0
    while kills < KILLS:
        running = job.start()
        delay = env.random.uniform(0, full)
        time.sleep(delay)
        if running.alive():
            running.kill()
            kills += 1
            in_the_middle += bool(server.committed_rows())
            if not (server.tables("d") and job.is_over()):
                continue
        else:
            running.wait().expect(DONE, what=f"run after {kills} kills")
        check_equal(server.table_state("d"), state, f"tables after {kills} kills")
        start_over(job, server)
        rounds += 1
    job.run().expect(DONE, what="the last run")
    check_equal(server.table_state("d"), state, "tables at the end")
    check_equal(server.committed_rows(), 0, "rows left in the ledger")
    env.note(f"{kills} kills, {in_the_middle} of them with committed rows, {rounds + 1} imports"
             f" finished, one takes {full:.1f} s")


def test_25_kills_with_the_file_driver(env):
    """25 times SIGKILL, checkpoint in a file."""
    kill_many_times(env, "file")


def test_25_kills_with_the_mysql_driver(env):
    """25 times SIGKILL, checkpoint on the target server."""
    kill_many_times(env, "mysql")


def test_kills_follow_each_other_quickly(env):
    """Ten runs killed at their very start, also while they take over, do no harm."""
    folder, state = three_tables(env, 40000)
    job = env.job(folder, "file", SETTINGS)
    for _ in range(10):
        running = job.start()
        time.sleep(env.random.uniform(0.01, 0.25))
        if not running.alive():
            running.wait().expect(DONE)
            break
        running.kill()
    else:
        job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_kill_of_one_compressed_file_resumes(env):
    """A gzip file is read again up to the mark after a kill."""
    folder, state = three_tables(env, 30000, "-c")
    job = env.job(folder, "file", SETTINGS)
    for _ in range(5):
        running = job.start()
        if not running.reaches(env.server, env.server.committed_rows() + 5000):
            break
        running.kill()
    else:
        job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_stop_and_kill_take_turns(env):
    """SIGTERM and SIGKILL in turns end in equal tables."""
    folder, state = three_tables(env, 20000)
    job = env.job(folder, "mysql", SETTINGS)
    for turn in range(6):
        running = job.start()
        if not running.reaches(env.server, env.server.committed_rows() + 4000):
            break
        if turn % 2:
            running.kill()
        else:
            running.terminate()
            running.wait(30).expect(STOPPED)
    else:
        job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
