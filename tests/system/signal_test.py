# SPDX-License-Identifier: Apache-2.0
"""Signals, secrets, and what the program says while it runs."""
import json
import os
import pathlib
import re
import signal
import time

from harness import (DONE, LOADER, PASSWORD, STOPPED, USER, Running, check, check_equal, wait_until)
from sample import three_tables

SETTINGS = {"tikv-importer": {"logical-import-batch-size": "32KiB"}}


def stop_by(env, number):
    folder, state = three_tables(env, 60000)
    job = env.job(folder, "file", SETTINGS)
    running = job.start()
    running.wait_rows(env.server, 5000)
    begin = time.monotonic()
    running.process.send_signal(number)
    result = running.wait(60)
    seconds = time.monotonic() - begin
    result.expect(STOPPED)
    check(seconds <= 3, f"it took {seconds:.1f} s to stop")
    wait_until(lambda: not env.server.loader_connections(), 10, "the end of the connections")
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)
    env.note(f"stopped after {seconds:.2f} s")


def test_sigterm_stops_within_3_seconds(env):
    """SIGTERM: exit 3 within 3 s, resumable."""
    stop_by(env, signal.SIGTERM)


def test_sigint_stops_within_3_seconds(env):
    """SIGINT: the same."""
    stop_by(env, signal.SIGINT)


def test_signal_while_the_server_hangs(env):
    """A server that does not answer (SIGSTOP) cannot keep the loader from stopping."""
    server = env.new_server()
    folder, state = three_tables(env, 60000, server=server)
    job = env.job(folder, "file", SETTINGS, server=server)
    running = job.start()
    running.wait_rows(server, 5000)
    server.process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(0.2)
        running.terminate()
        time.sleep(0.5)
        running.terminate()
        running.wait(20).expect(STOPPED)
    finally:
        server.process.send_signal(signal.SIGCONT)
    job.run().expect(DONE)
    check_equal(server.table_state("d"), state)


def everything_said(result, folder):
    texts = [result.text]
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and path.name != "import.toml":
            texts.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(texts)


def test_password_is_shown_nowhere(env):
    """A password of the command line is neither in the process list nor in a log or message."""
    folder, _ = three_tables(env, 60000)
    job = env.job(folder, "file", {**SETTINGS, "tidb": {"password": None},
                                   "lightning": {"level": "debug"}})
    running = job.start("--tidb-password", PASSWORD)
    running.wait_rows(env.server, 1000)
    line = pathlib.Path(f"/proc/{running.pid}/cmdline").read_bytes()
    try:
        environment = pathlib.Path(f"/proc/{running.pid}/environ").read_bytes()
    except PermissionError:  # better still: the process hides it from its own user
        environment = b""
    running.terminate()
    result = running.wait(60)
    check(PASSWORD.encode() not in line, "the password is in the process list:", line)
    check(PASSWORD.encode() not in environment, "the password is in the environment")
    check(PASSWORD not in everything_said(result, job.dir), "the password is in a log")
    printed = job.run("--print-config", "--tidb-password", PASSWORD)
    printed.expect(DONE).expect_not(re.escape(PASSWORD))


def test_wrong_password_is_not_echoed(env):
    """A refused password is not in the message."""
    folder, _ = three_tables(env, 10)
    job = env.job(folder, "file", {"tidb": {"password": "Wrong-Pa55"}})
    result = job.run()
    check(result.code in (1, 2), "exit code", result.code)
    result.expect(result.code, r"access denied", USER).expect_not("Wrong-Pa55")


def test_log_and_checkpoint_are_private(env):
    """Log and checkpoint have mode 0600."""
    folder, _ = three_tables(env, 1000)
    job = env.job(folder, "file", {"checkpoint": {"keep-after-success": "origin"}})
    job.run().expect(DONE)
    for path in (job.log, job.checkpoint):
        check_equal(oct(path.stat().st_mode & 0o777), oct(0o600), path.name)


def test_json_log_lines_parse(env):
    """With log-format = "json" each line of the log is one JSON object with level and message."""
    folder, _ = three_tables(env, 2000)
    job = env.job(folder, "file", {"lightning": {"log-format": "json", "level": "debug"}})
    result = job.run().expect(DONE)
    lines = result.log.splitlines()
    check(len(lines) >= 3, "only", len(lines), "lines in the log")
    for line in lines:
        entry = json.loads(line)
        check({"level", "message"} <= set(entry), "no level or message in", line)


def test_summary_names_rows_and_time(env):
    """The last lines say how many rows came in, and from where to where."""
    folder, state = three_tables(env, 2000)
    total = sum(table[0] for table in state.values())
    result = env.job(folder).run().expect(DONE)
    check(str(total) in re.sub(r"(?<=\d)[ ,_'](?=\d{3})", "", result.out),
          "no row count", total, "in:\n", result.out)


def test_log_goes_to_stdout(env):
    """log file "-" is standard output."""
    folder, _ = three_tables(env, 100)
    job = env.job(folder, "file", {"lightning": {"file": "-"}})
    result = job.run().expect(DONE)
    check(re.search(r"info", result.out, re.IGNORECASE), "no log line on stdout:\n", result.out)


def test_help_and_version(env):
    """--help lists flags, --version a version; both need no server and end with 0."""
    for arguments, pattern in ((["--help"], r"--tidb-host"), (["--version"], r"\d+\.\d+\.\d+"),
                               (["-V"], r"\d+\.\d+\.\d+"), (["--list-drivers"], r"file"),
                               (["--describe-driver", "file"], r"ckpt-file\.so")):
        Running([LOADER, *arguments], env.dir / "none",
                environment={**os.environ, "HOME": str(env.dir)}).wait(20).expect(
                    DONE, pattern, what=" ".join(arguments))
