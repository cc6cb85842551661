# SPDX-License-Identifier: Apache-2.0
"""A checkpoint that is damaged, of another kind, of another task, or no longer true."""
import os
import subprocess

from harness import (DONE, FAILED, REFUSED, STOPPED, USAGE, Failure, Running, as_root, check,
                     check_equal, wait_until, write_inserts, CONTROL, LOADER)
from sample import small_dump, small_rows, three_tables

SETTINGS = {"tikv-importer": {"logical-import-batch-size": "32KiB"}}


def interrupted(env, driver="file", rows=40000, settings=None):
    """An import that was killed in the middle: (job, folder, state that it must reach)."""
    folder, state = three_tables(env, rows)
    job = env.job(folder, driver, {**SETTINGS, **(settings or {})})
    running = job.start()
    running.wait_rows(env.server, rows // 3)
    running.kill()
    # What the server was at when the loader died may still be committed: wait for a still picture.
    wait_until(lambda: not env.server.loader_connections(), 30, "the end of the connections")
    return job, folder, state


def refused(result, *patterns, codes=(FAILED, USAGE, REFUSED)):
    if result.code not in codes:
        raise Failure(f"ended with {result.code}, expected one of {codes}\n{result.shown()}")
    return result.expect(result.code, *patterns)


def damaged_checkpoint(env, make, *patterns):
    """A new task on a checkpoint file that is something else: refused, the file is left as it was."""
    folder = small_dump(env.folder("dump"))
    job = env.job(folder)
    make(job.checkpoint)
    before = job.checkpoint.read_bytes() if job.checkpoint.is_file() else None
    refused(job.run(), r"checkpoint\.sqlite", *patterns)
    if before is not None:
        check_equal(job.checkpoint.read_bytes(), before, "the file's content")
    check("d" not in env.server.databases(), "something was imported")
    if job.checkpoint.is_dir() and not job.checkpoint.is_symlink():
        job.checkpoint.rmdir()
    else:
        job.checkpoint.unlink()
    job.run().expect(DONE)
    check_equal(env.server.rows("d", "t"), 50)


def test_checkpoint_file_is_text(env):
    """A text file is not overwritten."""
    damaged_checkpoint(env, lambda p: (p.write_text("my notes\n" * 100), p.chmod(0o600)))


def test_checkpoint_file_of_upstream(env):
    """Upstream's protobuf file: said so."""
    table = b"\n\x09`d`.`t`" + b"\x12\x04\x18\x1e\x48\x00"
    data = b"\n" + bytes([len(table)]) + table + b"\x12\x0f\x08\x01\x12\x05/dump\x1a\x04tidb"
    damaged_checkpoint(env, lambda p: (p.write_bytes(data), p.chmod(0o600)))


def test_checkpoint_is_a_directory(env):
    """A directory in its place."""
    damaged_checkpoint(env, lambda p: p.mkdir(), r"directory|regular")


def test_checkpoint_is_a_symbolic_link(env):
    """A symbolic link is not followed."""
    target = env.dir / "target"
    damaged_checkpoint(env, lambda p: p.symlink_to(target), r"link")
    check(not target.exists(), "the link was followed")


def test_checkpoint_of_another_user(env):
    """A file that belongs to somebody else is not used (needs root to make one)."""
    if not as_root():
        env.note("not root: a file of another user cannot be made; checked with /etc/passwd instead")
        folder = small_dump(env.folder("dump"))
        job = env.job(folder, settings={"checkpoint": {"dsn": "/etc/passwd"}})
        refused(job.run(), r"/etc/passwd")
        return

    def make(path):
        path.write_bytes(b"")
        os.chown(path, 65534, 65534)
    damaged_checkpoint(env, make, r"own|belong|user")


def test_checkpoint_cut_short(env):
    """A SQLite file without its end: refused, never read as "nothing done"."""
    job, _, state = interrupted(env)
    for extra in job.dir.glob("checkpoint.sqlite-*"):
        extra.unlink()
    data = job.checkpoint.read_bytes()
    job.checkpoint.write_bytes(data[:len(data) * 2 // 3 // 512 * 512 + 100])
    before = env.server.table_state("d")
    refused(job.run(), r"checkpoint\.sqlite|checkpoint")
    check_equal(env.server.table_state("d"), before, "tables touched with a broken checkpoint")
    job.checkpoint.unlink()
    refused(job.run(), r"checkpoint-rebuild", codes=(REFUSED,))
    job.control("--checkpoint-rebuild").expect(DONE)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_checkpoint_with_damaged_pages(env):
    """Bytes changed in the middle: refused or still right, never wrong rows."""
    job, _, state = interrupted(env)
    for extra in job.dir.glob("checkpoint.sqlite-*"):
        extra.unlink()
    data = bytearray(job.checkpoint.read_bytes())
    for at in range(4096, len(data), 512):
        data[at:at + 64] = env.random.randbytes(len(data[at:at + 64]))
    job.checkpoint.write_bytes(data)
    refused(job.run(), r"checkpoint")
    job.checkpoint.unlink()
    job.control("--checkpoint-rebuild").expect(DONE)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_no_space_for_the_checkpoint(env):
    """The disk is full under the SQLite file: stops with a message; with space again it goes on."""
    folder, state = three_tables(env, 30000)
    small = env.folder("small")
    job = env.job(folder, "file", {**SETTINGS, "checkpoint": {"dsn": str(small / "c.sqlite")}})
    if as_root() and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k,mode=0700", "none",
                                     str(small)], check=False, capture_output=True).returncode == 0:
        env.defer(subprocess.run, ["umount", "-l", str(small)])
        result = job.run()
        grow = ["mount", "-o", "remount,size=64m", str(small)]
    else:
        env.note("no mount: the size limit of files stands in for the full disk")
        import resource
        import signal

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (90000, 90000))
        result = job.run(preexec=limit)
        grow = ["true"]
    check(result.code in (FAILED, STOPPED), "exit code", result.code, result.shown())
    result.expect(result.code, r"c\.sqlite", r"full|space|large|limit|I/O error")
    subprocess.run(grow, check=True)
    listed = job.control("--checkpoint-list")
    if "failed" in listed.out:
        job.control("--checkpoint-error-ignore=all").expect(DONE)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_checkpoint_of_another_source(env):
    """Another source directory with the checkpoint of the first: refused, both are named."""
    job, folder, state = interrupted(env)
    other = small_dump(env.folder("other"))
    job.write({"mydumper": {"data-source-dir": str(other)}})
    refused(job.run(), r"/other", r"/dump", codes=(REFUSED,))
    job.write({"mydumper": {"data-source-dir": str(folder)}})
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def changed_source(env, change, undo, *patterns):
    """The source changes between two runs: refused and named; undone, the import completes."""
    job, folder, state = interrupted(env)
    before = env.server.committed_rows()
    change(folder)
    refused(job.run(), *patterns, codes=(REFUSED,))
    check_equal(env.server.committed_rows(), before, "rows committed by a refused run")
    undo(folder)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_source_file_longer(env):
    """A file that grew."""
    saved = {}

    def change(folder):
        path = folder / "d.nokey.sql"
        status = path.stat()
        saved.update(data=path.read_bytes(), times=(status.st_atime_ns, status.st_mtime_ns))
        path.write_bytes(saved["data"] + b"INSERT INTO `nokey` VALUES (1,'x',NULL);\n")

    def undo(folder):
        (folder / "d.nokey.sql").write_bytes(saved["data"])
        os.utime(folder / "d.nokey.sql", ns=saved["times"])
    changed_source(env, change, undo, r"d\.nokey\.sql")


def test_source_file_shorter(env):
    """A file that shrank."""
    saved = {}

    def change(folder):
        path = folder / "d.nokey.sql"
        status = path.stat()
        saved.update(data=path.read_bytes(), times=(status.st_atime_ns, status.st_mtime_ns))
        path.write_bytes(saved["data"][:-1000])

    def undo(folder):
        (folder / "d.nokey.sql").write_bytes(saved["data"])
        os.utime(folder / "d.nokey.sql", ns=saved["times"])
    changed_source(env, change, undo, r"d\.nokey\.sql")


def test_source_file_gone(env):
    """A file that is not there any more."""
    def change(folder):
        (folder / "d.nokey.sql").rename(folder.parent / "away")

    def undo(folder):
        (folder.parent / "away").rename(folder / "d.nokey.sql")
    changed_source(env, change, undo, r"d\.nokey\.sql")


def test_source_file_new(env):
    """A file that came later."""
    def change(folder):
        write_inserts(folder / "d.nokey.00007.sql", "nokey", [(1, "x", None)])

    def undo(folder):
        (folder / "d.nokey.00007.sql").unlink()
    changed_source(env, change, undo, r"d\.nokey\.00007\.sql")


def test_target_table_dropped(env):
    """A table that was half loaded and then dropped: refused and named."""
    job, _, state = interrupted(env)
    env.server.execute("DROP TABLE d.nokey")
    refused(job.run(), r"nokey", r"checkpoint-", codes=(REFUSED, FAILED))
    job.control("--checkpoint-error-destroy", "d.nokey")
    job.control("--checkpoint-remove", "d.nokey")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_target_table_dropped_after_success(env):
    """A kept checkpoint and a table that is gone: exit 0 with an empty table would be a lie."""
    folder = small_dump(env.folder("dump"))
    job = env.job(folder, settings={"checkpoint": {"keep-after-success": "origin"}})
    job.run().expect(DONE)
    env.server.drop("d")
    result = job.run()
    if result.code == DONE:
        check_equal(env.server.rows("d", "t"), 50, "exit code 0, but the rows")
    else:
        refused(result, r"checkpoint", codes=(REFUSED,))


def test_kept_checkpoint_does_nothing_twice(env):
    """keep-after-success = "origin": a second run adds no row."""
    folder = small_dump(env.folder("dump"), create="CREATE TABLE {} (id INT, a VARCHAR(100), n INT)")
    for driver in ("file", "mysql"):
        job = env.job(folder, driver, {"checkpoint": {"keep-after-success": "origin"}})
        job.run().expect(DONE)
        job.run()
        check_equal(env.server.rows("d", "t"), 50, driver)
        env.server.clear()


def test_renamed_checkpoint(env):
    """keep-after-success = "rename" keeps it beside, with .bak at the end."""
    folder = small_dump(env.folder("dump"))
    job = env.job(folder, settings={"checkpoint": {"keep-after-success": "rename"}})
    job.run().expect(DONE)
    check(not job.checkpoint.exists(), "the checkpoint has its old name")
    check(list(job.dir.glob("checkpoint.sqlite*.bak")), "no renamed checkpoint in", job.dir)


def test_two_loaders_at_once(env):
    """The second one ends with 4 and names the first; the first is not disturbed."""
    folder, state = three_tables(env, 60000)
    job = env.job(folder, "mysql", SETTINGS)
    first = job.start()
    first.wait_rows(env.server, 1000)
    second = Running([LOADER, "--config", job.config], env.dir / "second.log")
    env.running.append(second)
    second.wait(60).expect(REFUSED, str(first.pid), what="the second loader")
    first.wait().expect(DONE, what="the first loader")
    check_equal(env.server.table_state("d"), state)


def test_two_tasks_for_one_table(env):
    """Another task (its own checkpoint) for a table that is being loaded: refused."""
    folder, state = three_tables(env, 60000)
    first_job = env.job(folder, "file", SETTINGS)
    first = first_job.start()
    first.wait_rows(env.server, 1000)
    second = env.job(folder, "file", SETTINGS).run(timeout=60)
    second.expect(REFUSED, what="the second loader")
    first.wait().expect(DONE, what="the first loader")
    check_equal(env.server.table_state("d"), state)


def test_control_beside_a_living_loader(env):
    """A destructive control operation while the loader runs is refused."""
    folder, state = three_tables(env, 60000)
    job = env.job(folder, "mysql", SETTINGS)
    first = job.start()
    first.wait_rows(env.server, 1000)
    other = Running([CONTROL, "--config", job.config, "--checkpoint-remove=all"],
                    env.dir / "second.log")
    env.running.append(other)
    other.wait(60).expect(REFUSED, what="the control program")
    first.wait().expect(DONE, what="the loader")
    check_equal(env.server.table_state("d"), state)


def test_enable_false_leaves_no_checkpoint(env):
    """checkpoint.enable = false: loads, keeps nothing; a leftover of a kill is refused."""
    job, folder, state = interrupted(env, settings={"checkpoint": {"enable": False}})
    check(not job.checkpoint.exists(), "there is a checkpoint")
    refused(job.run(), r"--checkpoint-|ledger", codes=(REFUSED,))
    job.control("--checkpoint-remove=all")
    env.server.drop("d", "tidb_lightning_ledger")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
    check_equal(sorted(small_rows(1)), [(1, "text 1 it's", 10)], "the sample")
    check(folder.exists(), "no folder")


def test_options_that_change_meaning(env):
    """Another conflict strategy on resume would change the result: refused and named."""
    job, _, state = interrupted(env)
    job.write({"conflict": {"strategy": "replace"}})
    refused(job.run(), r"conflict", codes=(REFUSED,))
    job.write({"conflict": {"strategy": None}})
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_batch_size_may_change(env):
    """Other sizes and concurrency are no obstacle for a resume."""
    job, _, state = interrupted(env, "mysql")
    job.write({"tikv-importer": {"logical-import-batch-size": "200KiB"},
               "lightning": {"region-concurrency": 3}})
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
