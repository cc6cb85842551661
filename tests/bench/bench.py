#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the importer: bench.py [--rows N] [--part a,b,...] [--repeat N] [--threads N] [--json FILE]

Parts: a  four sysbench tables dumped by mydumper: importer with and without checkpoint, and myloader
       b  one large file (SQL, CSV, zstd) with 1, 2 and 4 writers; 20 ms per round trip
       c  peak memory: part a, one row of 48 MiB, 20,000 files
       d  time from the restart after SIGKILL to the first new commit
       e  time from SIGTERM to the exit
       f  the checkpoint drivers alone: 1,000 chunk changes, a table of 100,000 chunks
       g  what checkpoints cost an import: off, file, mysql in turns, and the time inside of the driver
       h  how long the conformance kit takes for each driver

Runs that are compared take turns, and the median counts. The machine decides the seconds; only
ratios of one run can be compared with those of another. The server of the parts runs with
innodb_flush_log_at_trx_commit = 2, unless a figure says otherwise.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

import harness  # pylint: disable=wrong-import-position

GROUP = "LPAD(FLOOR(RAND() * 99999999999), 11, '0')"
C = "CONCAT_WS('-', " + ", ".join([GROUP] * 10) + ")"
PAD = "CONCAT_WS('-', " + ", ".join([GROUP] * 5) + ")"
TABLE = """CREATE TABLE sbtest{n} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0,
c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY k_{n} (k))"""


class Bench:
    """The server, the options, and the figures so far."""

    def __init__(self, options):
        self.options = options
        self.env = harness.Env("bench")
        self.server = self.env.new_server(
            innodb_flush_log_at_trx_commit="2", innodb_buffer_pool_size="512M",
            innodb_log_file_size="512M", max_allowed_packet="256M")
        self.figures = {}

    def show(self, key, value, unit=""):
        self.figures[key] = value
        shown = f"{value:.2f}" if isinstance(value, float) else value
        print(f"{key:<62} {shown:>10} {unit}", flush=True)

    def note(self, text):
        print(f"\n-- {text}", flush=True)

    def sysbench_tables(self, count, rows):
        self.server.execute("CREATE DATABASE sbtest")
        for n in range(1, count + 1):
            self.server.execute(TABLE.format(n=n), f"INSERT INTO sbtest{n} SELECT seq,"
                                f" 1 + FLOOR(RAND() * {rows}), {C}, {PAD} FROM seq_1_to_{rows}",
                                database="sbtest")
        return self.server.table_state("sbtest")

    def clear(self):
        self.server.clear()
        # What the last run left to do for the server must not be charged to the next one.
        self.server.execute("SET GLOBAL innodb_max_dirty_pages_pct = 0")
        harness.wait_until(lambda: int(self.server.query(
            "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")[0][1]) < 200, 60, "flushing")
        self.server.execute("SET GLOBAL innodb_max_dirty_pages_pct = 90")

    def job(self, folder, threads, checkpoint=True, port=None, more=None):
        settings = {"lightning": {"region-concurrency": threads, "level": "warn"},
                    "checkpoint": {"enable": checkpoint}}
        return self.env.job(folder, settings=harness.merge(settings, more), server=self.server,
                            port=port)

    def measure(self, job, *arguments):
        """Runs the importer to its end: (seconds, peak resident memory in MiB)."""
        begin = time.monotonic()
        with open(job.dir / "out", "wb") as out:
            process = subprocess.Popen([harness.LOADER, "--config", job.config, *arguments],
                                       stdout=out, stderr=out, stdin=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise harness.Failure((job.dir / "out").read_text(errors="replace")[-3000:])
        return time.monotonic() - begin, usage.ru_maxrss / 1024

    def myloader(self, folder, threads):
        begin = time.monotonic()
        done = subprocess.run(["myloader", "-h", "127.0.0.1", "-P", str(self.server.port), "-u",
                               "root", "-t", str(threads), "-d", str(folder)],
                              capture_output=True, text=True, check=False)
        harness.check(done.returncode == 0 and "CRITICAL" not in done.stderr, done.stderr)
        return time.monotonic() - begin


def part_a(bench):
    """Four tables against myloader, checkpoint on and off."""
    rows, threads = bench.options.rows, bench.options.threads
    bench.note(f"a: 4 tables x {rows} sysbench rows, {threads} threads")
    state = bench.sysbench_tables(4, rows)
    folder = harness.mydumper(bench.server, "sbtest", bench.env.folder("a"), "-t", "2", "-r",
                              str(max(1000, rows // 4)))
    size = sum(path.stat().st_size for path in folder.iterdir())
    runs = {"importer": [], "importer, checkpoint off": [], "myloader": []}
    peaks = []
    for _ in range(bench.options.repeat):
        for kind, times in runs.items():
            bench.clear()
            if kind == "myloader":
                times.append(bench.myloader(folder, threads))
            else:
                seconds, peak = bench.measure(bench.job(folder, threads, kind == "importer"))
                times.append(seconds)
                peaks.append(peak)
            harness.check_equal(bench.server.table_state("sbtest"), state, kind)
    medians = {kind: statistics.median(times) for kind, times in runs.items()}
    for kind, times in runs.items():
        bench.show(f"a: {kind}", medians[kind], "s   of " + " ".join(f"{t:.1f}" for t in times))
    bench.show("a: importer", size / 1e6 / medians["importer"], "MB/s")
    bench.show("a: importer / myloader", medians["importer"] / medians["myloader"])
    bench.show("a: checkpoint on / off",
               medians["importer"] / medians["importer, checkpoint off"])
    bench.show("c: peak memory, four tables", max(peaks), "MiB")
    bench.clear()


def large_files(bench):
    """One table as one SQL, one CSV and one zstd file: {kind: folder}, its state."""
    rows = bench.options.rows * 4
    state = bench.sysbench_tables(1, rows)
    create = bench.server.query("SHOW CREATE TABLE sbtest.sbtest1")[0][1]
    folders = {kind: bench.env.folder("b-" + kind) for kind in ("sql", "csv", "zst")}
    for folder in folders.values():
        harness.write_schema(folder, "sbtest", "sbtest1", create)
    source = harness.mydumper(bench.server, "sbtest", bench.env.folder("b"))
    os.rename(source / "sbtest.sbtest1.sql", folders["sql"] / "sbtest.sbtest1.sql")
    with open(folders["zst"] / "sbtest.sbtest1.sql.zst", "wb") as out:
        subprocess.run(["zstd", "-q", "-c", folders["sql"] / "sbtest.sbtest1.sql"], stdout=out,
                       check=True)
    target = folders["csv"] / "sbtest.sbtest1.csv"
    bench.server.execute(
        f"SELECT * FROM sbtest.sbtest1 INTO OUTFILE '{bench.server.dir}/data/csv' CHARACTER SET"
        " utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\n'")
    os.rename(bench.server.dir / "data" / "csv", target)
    return folders, state


def part_b(bench):
    """One large file, several writers, and a slow network."""
    bench.note(f"b: one file of {bench.options.rows * 4} rows")
    folders, state = large_files(bench)
    csv = {"mydumper.csv": {"header": False}}
    for kind, folder in folders.items():
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        first = None
        for writers in (1, 2, 4):
            bench.clear()
            seconds, peak = bench.measure(bench.job(folder, writers,
                                                    more=csv if kind == "csv" else None))
            harness.check_equal(bench.server.table_state("sbtest"), state, kind)
            first = first or seconds
            bench.show(f"b: {kind}, {size:.0f} MB, {writers} writers", seconds,
                       f"s   {first / seconds:.2f} x, {peak:.0f} MiB")
    slow_network(bench, folders["sql"], state)
    bench.clear()


def slow_network(bench, folder, state):
    """20 ms per round trip against none, four writers, the same proxy in between."""
    times = {}
    for delay in (0.0, 0.010):
        bench.clear()
        proxy = subprocess.Popen([sys.executable, HERE.parent / "system" / "delay_proxy.py",
                                  str(bench.server.port), str(delay)], stdout=subprocess.PIPE,
                                 text=True)
        try:
            port = int(proxy.stdout.readline())
            times[delay] = bench.measure(bench.job(folder, 4, port=port))[0]
        finally:
            proxy.kill()
            proxy.wait()
        harness.check_equal(bench.server.table_state("sbtest"), state, f"delay {delay}")
    bench.show("b: sql, 4 writers through the proxy", times[0.0], "s")
    bench.show("b: sql, 4 writers, 20 ms per round trip", times[0.010], "s")
    bench.show("b: 20 ms / none", times[0.010] / times[0.0])


def part_c(bench):
    """Peak memory where it could grow."""
    bench.note("c: peak memory")
    folder = bench.env.folder("c-row")
    harness.write_schema(folder, "m", "t", "CREATE TABLE t (id INT PRIMARY KEY, a LONGBLOB)")
    with open(folder / "m.t.sql", "wb") as out:
        out.write(b"INSERT INTO t VALUES\n(1,'small'),\n(2,'" + b"x" * (48 << 20) + b"'),\n(3,'y');\n")
    bench.clear()
    bench.show("c: peak memory, a row of 48 MiB", bench.measure(bench.job(folder, 4))[1], "MiB")
    harness.check_equal(int(bench.server.value("SELECT SUM(LENGTH(a)) FROM m.t")), (48 << 20) + 6)
    folder = bench.env.folder("c-files")
    files = bench.options.files
    harness.write_schema(folder, "m", "t", "CREATE TABLE t (id INT PRIMARY KEY, a TEXT)")
    for n in range(files):
        (folder / f"m.t.{n:06d}.sql").write_text(f"INSERT INTO t VALUES ({n},'row {n}');\n")
    bench.clear()
    seconds, peak = bench.measure(bench.job(folder, 4))
    harness.check_equal(bench.server.rows("m", "t"), files)
    bench.show(f"c: peak memory, {files} files", peak, "MiB")
    bench.show(f"c: {files} files", seconds, "s")
    bench.clear()


def middle_of_an_import(bench, folder, total):
    """A job that was started and has committed a third of its rows: (job, running)."""
    job = bench.job(folder, 4)
    running = job.start()
    harness.wait_until(lambda: bench.server.committed_rows() > total // 3 or not running.alive(),
                       300, "a third of the rows", 0.005)
    harness.check(running.alive(), "too quick: use more --rows")
    return job, running


def one_dump(bench):
    bench.clear()
    state = bench.sysbench_tables(2, bench.options.rows)
    folder = harness.mydumper(bench.server, "sbtest", bench.env.folder("de"))
    bench.clear()
    return folder, state, sum(table[0] for table in state.values())


def part_d(bench):
    """Time to the first new commit after a kill."""
    bench.note("d: resume after SIGKILL")
    folder, state, total = one_dump(bench)
    times = []
    for _ in range(bench.options.repeat):
        bench.clear()
        job, running = middle_of_an_import(bench, folder, total)
        running.kill()
        before = bench.server.committed_rows()
        begin = time.monotonic()
        running = job.start()
        harness.wait_until(lambda: bench.server.committed_rows() > before, 60, "a new commit", 0.002)
        times.append(time.monotonic() - begin)
        running.wait().expect(harness.DONE)
        harness.check_equal(bench.server.table_state("sbtest"), state)
    bench.show("d: start to first new commit", statistics.median(times),
               "s   of " + " ".join(f"{t:.2f}" for t in times))


def part_e(bench):
    """Time to stop."""
    bench.note("e: SIGTERM")
    folder, _, total = one_dump(bench)
    times = []
    for _ in range(bench.options.repeat):
        bench.clear()
        _, running = middle_of_an_import(bench, folder, total)
        begin = time.monotonic()
        running.terminate()
        running.wait(60).expect(harness.STOPPED)
        times.append(time.monotonic() - begin)
    bench.show("e: SIGTERM to exit, slowest", max(times),
               "s   of " + " ".join(f"{t:.2f}" for t in times))


def mysql_dsn(bench):
    return f"root@unix({bench.server.socket})/"


def part_f(bench):
    """The drivers alone, as the importer calls them."""
    def run(label, driver, dsn):
        command = [harness.BUILD / "tests" / "checkpoint_bench", "--repeat",
                   str(3 * bench.options.repeat), harness.BUILD / f"ckpt-{driver}.so", dsn]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        harness.check(done.returncode == 0, done.stderr)
        for line in done.stdout.splitlines():
            what, median, least, unit = re.fullmatch(
                r"\s*(.*?) +(?:median +([-\d.]+) +least)? +([-\d.]+) (\w+)", line).groups()
            bench.show(f"f: {label}: {what}", float(median or least),
                       f"{unit}  least {least}" if median else unit)

    bench.note("f: checkpoint drivers")
    run("file", "file", str(bench.env.folder("f") / "checkpoint.pb"))
    for flush in (1, 2):
        bench.server.execute(f"SET GLOBAL innodb_flush_log_at_trx_commit = {flush}")
        run(f"mysql, flush_log {flush}", "mysql", mysql_dsn(bench))


def seconds_in_driver(job):
    """What the calls of a driver took in a run at log level debug, by the store's own clock."""
    text = job.log.read_text(errors="replace")
    return sum(int(us) for us in re.findall(r"checkpoint call.*\[us=(\d+)\]", text)) / 1e6


def part_g(bench):
    """The share of the checkpoint in the wall time of an import."""
    bench.note(f"g: 4 tables x {bench.options.rows} rows, checkpoint off and on in turns")
    state = bench.sysbench_tables(4, bench.options.rows)
    folder = harness.mydumper(bench.server, "sbtest", bench.env.folder("g"), "-t", "2", "-r",
                              str(max(1000, bench.options.rows // 4)))
    kinds = {"off": {"enable": False}, "file": {"driver": "file"},
             "mysql": {"driver": "mysql", "dsn": ""}}
    runs = {kind: [] for kind in kinds}
    for turn in range(bench.options.repeat):
        order = list(kinds) if turn % 2 == 0 else list(reversed(kinds))
        for kind in order:
            bench.clear()
            job = bench.job(folder, bench.options.threads, more={"checkpoint": kinds[kind]})
            runs[kind].append(bench.measure(job)[0])
            harness.check_equal(bench.server.table_state("sbtest"), state, kind)
    for kind, times in runs.items():
        bench.show(f"g: checkpoint {kind}", statistics.median(times),
                   f"s   least {min(times):.2f} of " + " ".join(f"{t:.2f}" for t in times))
    for kind in ("file", "mysql"):
        ratios = [on / off for on, off in zip(runs[kind], runs["off"])]
        bench.show(f"g: {kind} / off, median of pairs", statistics.median(ratios))
        bench.show(f"g: {kind} / off, least times", min(runs[kind]) / min(runs["off"]))
        bench.clear()
        job = bench.job(folder, bench.options.threads,
                        more={"checkpoint": kinds[kind], "lightning": {"level": "debug"}})
        seconds = bench.measure(job)[0]
        bench.show(f"g: {kind}, time inside of the driver", 100 * seconds_in_driver(job) / seconds,
                   "% of the wall time")
    bench.clear()


def part_h(bench):
    """The conformance kit."""
    bench.note("h: conformance kit")
    for driver, dsn in (("file", str(bench.env.folder("h") / "checkpoint.pb")),
                        ("mysql", mysql_dsn(bench))):
        begin = time.monotonic()
        done = subprocess.run([harness.BUILD / "ckpt-conformance",
                               harness.BUILD / f"ckpt-{driver}.so", dsn],
                              capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
        harness.check(done.returncode == 0, done.stdout[-3000:], done.stderr)
        bench.show(f"h: ckpt-conformance, {driver}", seconds, "s")


PARTS = {"a": part_a, "b": part_b, "c": part_c, "d": part_d, "e": part_e, "f": part_f, "g": part_g,
         "h": part_h}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000000, help="rows of one table")
    parser.add_argument("--files", type=int, default=20000, help="files of part c")
    parser.add_argument("--part", default="a,b,c,d,e,f,g,h")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json", help="file for the figures")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for part in options.part.split(","):
            PARTS[part](bench)
    finally:
        bench.env.close()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
