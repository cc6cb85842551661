# SPDX-License-Identifier: Apache-2.0
"""Imports that the upstream program began are taken over from its checkpoint file and finished."""
import gzip
import sqlite3
import time

import upstream
from harness import (CONTROL, DONE, FAILED, REFUSED, Running, check, check_equal, compress, wait_until,
                     write_csv, write_inserts, write_schema)
from sample import small_rows, three_tables

REPLACE = {"conflict": {"strategy": "replace"},
           "tikv-importer": {"logical-import-batch-size": "16KiB"}}
SMALL = "CREATE TABLE {} (id INT PRIMARY KEY, a VARCHAR(100), n INT)"


def take_over(job, tables, source=None, **task):
    """Writes upstream's file and runs the control program over it."""
    path = job.dir / "upstream.pb"
    path.write_bytes(upstream.checkpoint(tables, source or job.source, **task))
    return job.control(f"--checkpoint-import={path}")


def plain_bytes(path):
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def load_schema(server, folder, table, database="d"):
    server.execute(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    path = next(folder.glob(f"{database}.{table}-schema.sql*"))
    server.script(plain_bytes(path).decode(), database)


def half_loaded(env, folder, table, beyond):
    """What a killed upstream leaves of a table: the record, and rows of each file on the target:
    two fifths recorded, and `beyond` more of them loaded."""
    load_schema(env.server, folder, table)
    chunks, recorded = [], 0
    for path in sorted(folder.glob(f"d.{table}.*sql*")):
        data = plain_bytes(path)
        ends = upstream.row_ends(data)
        rows = len(ends) * 2 // 5
        upstream.load_sql(env.server, "d", data, ends[min(len(ends), rows + beyond) - 1])
        chunks.append(upstream.chunk(path.name, path.stat().st_size, ends[rows - 1], rows,
                                     compression=1 if path.suffix == ".gz" else 0))
        recorded += rows
    return upstream.table(upstream.OPEN, chunks), recorded


def killed_import(env, driver, *mydumper_options, rows=6000):
    """Three tables of which one is finished, one half loaded, one (without a key) exactly recorded."""
    folder, state = three_tables(env, rows, "-r", "2500", *mydumper_options)
    keyed, keyed_rows = half_loaded(env, folder, "keyed", 300)
    nokey, nokey_rows = half_loaded(env, folder, "nokey", 0)
    counted, counted_rows = half_loaded(env, folder, "counted", 50)
    job = env.job(folder, driver, REPLACE)
    tables = {"`d`.`keyed`": keyed, "`d`.`nokey`": nokey, "`d`.`counted`": counted}
    return job, state, tables, keyed_rows + nokey_rows + counted_rows


def goes_on(env, driver, *mydumper_options):
    job, state, tables, recorded = killed_import(env, driver, *mydumper_options)
    done = take_over(job, tables).expect(0, f"3 tables, .* {recorded} rows recorded",
                                         r"`d`.`keyed`: \d+ rows recorded", "applied twice",
                                         "replace")
    done.expect_not("ERROR")
    job.control("--checkpoint-list").expect(0, "from the upstream program", "`d`.`keyed` +pending .* 2400")
    job.run().expect(DONE, f"{recorded} rows had been loaded by earlier runs; 18000 in all")
    check_equal(env.server.table_state("d"), state)
    check(job.is_over(), "something of the checkpoint is left")


def test_sql_files_go_on_behind_what_upstream_recorded(env):
    """With replace each row of a table with a key is there once, checkpoint in a file."""
    goes_on(env, "file")


def test_sql_files_go_on_with_the_mysql_driver(env):
    """The same with the checkpoint on the target."""
    goes_on(env, "mysql")


def test_compressed_files_go_on(env):
    """Positions in gzip files are those of their content."""
    goes_on(env, "file", "-c")


def test_duplicates_fail_with_the_way_out(env):
    """Without replace the table fails as upstream does; the way out that is told works."""
    job, state, tables, _ = killed_import(env, "file")
    job.write({"conflict": {"strategy": "error"}})
    take_over(job, tables).expect(0)
    result = job.run()
    result.expect(FAILED, "`d`.`keyed`: the upstream program records its progress behind its data",
                  "1062|Duplicate entry", "--checkpoint-error-ignore='`d`.`(keyed|counted)`'")
    job.write({"conflict": {"strategy": "replace"}})
    job.control("--checkpoint-error-ignore=all").expect(0)
    job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def test_a_table_without_a_key_is_told(env):
    """Rows behind the position are loaded twice into a table without a key, and that is said."""
    folder, _ = three_tables(env, 1000)
    nokey, _ = half_loaded(env, folder, "nokey", 7)
    job = env.job(folder, "file", REPLACE)
    take_over(job, {"`d`.`nokey`": nokey}).expect(0)
    job.run().expect(DONE, "`d`.`nokey`: the table has no key", "loaded twice",
                     "loaded from zero.*keyed")
    check_equal(env.server.rows("d", "nokey"), 1007)
    check_equal(env.server.rows("d", "keyed"), 1000)


def over(env, job):
    """Whether the killed program had come to its end: what the server was at may still be committed,
    and a start behind the end makes an empty store. The store has the task until then."""
    wait_until(lambda: not env.server.loader_connections(), 30, "the end of the connections")
    if job.driver != "file" or not job.checkpoint.exists():
        return job.is_over()
    try:
        return job.sqlite("SELECT COUNT(*) FROM task_v2") == [(0,)]
    except sqlite3.Error:
        return True


def adopt_with_kills(env, driver):
    job, state, tables, _ = killed_import(env, driver)
    take_over(job, tables).expect(0)
    kills = 0
    while kills < 12:
        running = job.start()
        time.sleep(0.004 * 1.5 ** kills)
        if not running.alive():
            running.wait().expect(DONE, what=f"the run after {kills} kills")
            break
        running.kill()
        kills += 1
        if over(env, job):
            break
    if not job.is_over():
        job.run().expect(DONE, what=f"the run after {kills} kills")
    check_equal(env.server.table_state("d"), state, f"tables after {kills} kills")
    env.note(f"{kills} kills")


def test_kills_while_the_task_is_adopted(env):
    """SIGKILL earlier and later in the first start after the takeover, checkpoint in a file."""
    adopt_with_kills(env, "file")


def test_kills_while_it_is_adopted_with_the_mysql_driver(env):
    """The same with the checkpoint on the target."""
    adopt_with_kills(env, "mysql")


def csv_case(env, rows=400):
    folder = env.folder("dump")
    write_schema(folder, "d", "t", SMALL.format("`t`"))
    path = folder / "d.t.csv"
    write_csv(path, ("id", "a", "n"), small_rows(rows))
    load_schema(env.server, folder, "t")
    data = path.read_bytes()
    starts = [0]
    while starts[-1] < len(data):
        starts.append(data.index(b"\n", starts[-1]) + 1)
    return folder, path, starts  # starts[i]: where row i (from 1) begins; 0 is the header


def load_rows(env, first, last):
    write_inserts(env.dir / "rows.sql", "t", small_rows(last - first + 1, first))
    env.server.script((env.dir / "rows.sql").read_text(), "d")


def test_csv_goes_on_behind_a_row(env):
    """Upstream's position in a CSV file is behind the end of the line."""
    folder, path, starts = csv_case(env)
    load_rows(env, 1, 160)
    job = env.job(folder, "file", REPLACE)
    size = path.stat().st_size
    record = upstream.chunk(path.name, size, starts[151], 150, kind=upstream.CSV)
    take_over(job, {"`d`.`t`": upstream.table(30, [record])}).expect(0)
    job.run().expect(DONE, "150 rows had been loaded by earlier runs; 400 in all")
    check_equal(env.server.query("SELECT COUNT(*), SUM(n) FROM d.t"), [(400, 10 * 400 * 401 // 2)])


def slices(path, starts, loaded):
    """The records of a CSV file cut behind its header and each 100 rows; loaded: rows of each."""
    size, records = path.stat().st_size, {0: [], 1: []}
    for i, rows in enumerate(loaded):
        begin, end = starts[1 + 100 * i], starts[1 + 100 * (i + 1)]
        records[i // 2].append(upstream.chunk(path.name, size, starts[1 + 100 * i + rows], rows, begin,
                                              end, upstream.CSV))
    return records


def slices_go_on(env, driver, loaded):
    folder, path, starts = csv_case(env)
    for i, rows in enumerate(loaded):
        if rows:
            load_rows(env, 100 * i + 1, 100 * i + rows)
    job = env.job(folder, driver)
    records = slices(path, starts, loaded)
    take_over(job, {"`d`.`t`": upstream.table(30, [], engines=records)}).expect(
        0, f"1 tables, 1 files, {sum(loaded)} rows recorded")
    job.run().expect(DONE, f"{sum(loaded)} rows had been loaded by earlier runs; 400 in all").expect_not(
        "more rows up to the position")
    check_equal(env.server.query("SELECT COUNT(*), SUM(n) FROM d.t"), [(400, 10 * 400 * 401 // 2)])


def test_slices_of_a_csv_file_are_one_file(env):
    """A large CSV, cut into slices in two engines, each somewhere else: the gaps are loaded."""
    slices_go_on(env, "mysql", (100, 30, 0, 60))


def test_a_slice_may_be_loaded_to_the_end_of_the_file(env):
    """The last slice is complete, the others are not."""
    slices_go_on(env, "file", (3, 0, 100, 100))


def refused_case(env, change, *patterns):
    """change(folder, path, starts) gives the record and may spoil the source or the target."""
    folder, path, starts = csv_case(env)
    load_rows(env, 1, 150)
    job = env.job(folder, "file", REPLACE)
    record = change(path, starts)
    take_over(job, {"`d`.`t`": upstream.table(30, [record])}).expect(0)
    rows = env.server.rows("d", "t")
    job.run().expect(REFUSED, *patterns)
    check_equal(env.server.rows("d", "t"), rows)
    check_equal(env.server.committed_rows(), 0)
    return job


def record_of(path, pos, rows=150):
    return upstream.chunk(path.name, path.stat().st_size, pos, rows, kind=upstream.CSV)


def test_a_position_within_a_row_is_refused(env):
    """Nothing is loaded from the middle of a row."""
    refused_case(env, lambda path, starts: record_of(path, starts[151] + 2),
                 r"`d`.`t`.*byte \d+ of file d\.t\.csv", "checkpoint-remove='`d`.`t`'")


def test_more_rows_recorded_than_there_are_is_refused(env):
    """It is not the same file then."""
    refused_case(env, lambda path, starts: record_of(path, starts[151], 151), "more rows than")


def test_a_file_of_another_size_is_refused(env):
    """The source changed since upstream read it."""
    def change(path, starts):
        record = record_of(path, starts[151])
        with open(path, "a", encoding="utf-8") as out:
            out.write('401,"x",1\n')
        return record
    refused_case(env, change, r"file d\.t\.csv .* longer")


def test_a_target_without_the_rows_is_refused(env):
    """Another target, or one that was emptied, is not gone on with."""
    def change(path, starts):
        env.server.execute("TRUNCATE d.t")
        return record_of(path, starts[151])
    refused_case(env, change, "rows were loaded into table `d`.`t`, but the table is empty")


def test_a_failed_table_stays_failed_until_it_is_resolved(env):
    """Finished tables stay as they are; the failed one is named, destroyed and loaded anew."""
    folder = env.folder("dump")
    chunks = {}
    for table in ("good", "bad", "later"):
        write_schema(folder, "d", table, SMALL.format(f"`{table}`"))
        write_inserts(folder / f"d.{table}.sql", table, small_rows(50))
        size = (folder / f"d.{table}.sql").stat().st_size
        chunks[table] = upstream.chunk(f"d.{table}.sql", size, size if table == "good" else 0,
                                       50 if table == "good" else 0)
        load_schema(env.server, folder, table)
    env.server.script((folder / "d.good.sql").read_text(), "d")
    job = env.job(folder, "mysql")
    take_over(job, {"`d`.`good`": upstream.table(200, [chunks["good"]]),
                    "`d`.`bad`": upstream.table(6, [chunks["bad"]]),
                    "`d`.`later`": upstream.table(30, [], engines={})}).expect(
                        0, "1 more tables were not begun", "`d`.`bad`: failed in the upstream program")
    job.run().expect(REFUSED, "`d`.`bad`", "upstream program", "--checkpoint-error-destroy")
    job.control("--checkpoint-error-destroy=all").expect(0, "Dropping table: `d`.`bad`")
    job.run().expect(DONE, "50 rows had been loaded by earlier runs; 150 in all")
    check_equal([env.server.rows("d", t) for t in ("good", "bad", "later")], [50, 50, 50])


def test_what_is_there_already_is_not_written_over(env):
    """A store that has a task is refused; a dry run changes nothing."""
    folder, path, starts = csv_case(env)
    load_rows(env, 1, 150)
    job = env.job(folder)
    tables = {"`d`.`t`": upstream.table(30, [record_of(path, starts[151])])}
    (job.dir / "u.pb").write_bytes(upstream.checkpoint(tables, folder))
    job.control(f"--checkpoint-import={job.dir / 'u.pb'}", "--dry-run").expect(0, "would be done")
    check(not job.checkpoint.exists(), "a dry run made a checkpoint")
    take_over(job, tables).expect(0)
    take_over(job, tables).expect(REFUSED, "there is a checkpoint", "checkpoint-remove=all")
    job.control("--checkpoint-remove=all").expect(0)
    take_over(job, tables).expect(0)


def test_one_file_for_both_programs_is_told(env):
    """The default places of both programs' checkpoints are the same: the way out is named."""
    folder, path, starts = csv_case(env)
    job = env.job(folder)
    job.checkpoint.write_bytes(upstream.checkpoint(
        {"`d`.`t`": upstream.table(30, [record_of(path, starts[151])])}, folder))
    job.control(f"--checkpoint-import={job.checkpoint}").expect(
        REFUSED, "checkpoint of the upstream program", "--checkpoint-import=")


def test_files_of_another_kind_are_refused(env):
    """Empty, text, SQLite, cut off, another backend: each with its own words, and no store made."""
    folder, path, starts = csv_case(env)
    compress(path, "gz")
    job = env.job(folder)
    whole = upstream.checkpoint({"`d`.`t`": upstream.table(30, [
        upstream.chunk("d.t.csv.gz", 500, 0, 0, kind=upstream.CSV, compression=1)])}, folder)
    local = upstream.checkpoint({"`d`.`t`": upstream.table(30, [], engines={})}, folder,
                                backend="local")
    for data, code, words in ((b"", FAILED, "is empty"), (b"my notes\n", FAILED, "is not a"),
                              (b"SQLite format 3\0xx", FAILED, "SQLite"),
                              (whole[:-1], FAILED, "damaged or cut off"),
                              (whole + whole, FAILED, "more than one task record"),
                              (local, REFUSED, "backend = \"local\"")):
        (job.dir / "f.pb").write_bytes(data)
        job.control(f"--checkpoint-import={job.dir / 'f.pb'}").expect(code, "f.pb", words)
        check(not job.checkpoint.exists(), "a checkpoint was made")
    check_equal(starts[0], 0)


def test_the_store_is_lost_after_the_adoption(env):
    """Taken over a second time, with rows that this program has loaded since: none is doubled."""
    job, state, tables, _ = killed_import(env, "file", rows=12000)
    take_over(job, tables).expect(0)
    running = job.start()
    if running.reaches(env.server, 20000):
        running.kill()
        if over(env, job):
            return
        for path in job.dir.glob("checkpoint.sqlite*"):
            path.unlink()
        take_over(job, tables).expect(0)
        job.run().expect(DONE)
    check_equal(env.server.table_state("d"), state)


def is_half_there(job):
    """A task record that is not planned."""
    try:
        return job.sqlite("SELECT (SELECT COUNT(*) FROM task_v2),"
                          " (SELECT COUNT(*) FROM extra_v1 WHERE kind = 'planned')") == [(1, 0)]
    except sqlite3.Error:
        return False


def test_kills_of_the_takeover_itself(env):
    """The control program is killed: the loader refuses what is half there, a second try mends it."""
    folder, path, starts = csv_case(env)
    load_rows(env, 1, 150)
    job = env.job(folder, "file", REPLACE)
    tables = {f"`d`.`gone {i}`": upstream.table(200, [upstream.chunk(f"d.gone {i}.sql", 9, 9, 0)])
              for i in range(1500)}
    tables["`d`.`t`"] = upstream.table(30, [record_of(path, starts[151])])
    (job.dir / "u.pb").write_bytes(upstream.checkpoint(tables, folder))
    refused = 0
    for _ in range(4):
        running = Running([CONTROL, "--config", job.config,
                           f"--checkpoint-import={job.dir / 'u.pb'}"], job.log)
        wait_until(lambda: not running.alive() or is_half_there(job), 30, "the first records", 0.001)
        time.sleep(env.random.uniform(0, 0.03))
        running.kill()
        if is_half_there(job):
            refused += 1
            job.run().expect(REFUSED, "was interrupted", "--checkpoint-import")
            check_equal(env.server.rows("d", "t"), 150)
    result = job.control(f"--checkpoint-import={job.dir / 'u.pb'}")
    result.expect(result.code if result.code == REFUSED else DONE, "taken over|already")
    job.run().expect(DONE, "400 in all")
    check_equal(env.server.query("SELECT COUNT(*), SUM(n) FROM d.t"), [(400, 10 * 400 * 401 // 2)])
    env.note(f"{refused} of 4 kills in the middle")


def test_loaded_files_are_not_read(env):
    """Compressed files at upstream's end mark, and finished tables whose files are gone."""
    folder = env.folder("dump")
    write_schema(folder, "d", "t", SMALL.format("`t`"))
    load_schema(env.server, folder, "t")
    env.server.execute("CREATE TABLE d.old (id INT)", "INSERT INTO d.old VALUES (1), (2)")
    chunks = []
    for i in range(2):
        write_inserts(folder / f"d.t.{i}.sql", "t", small_rows(50, 1 + 50 * i))
        packed = compress(folder / f"d.t.{i}.sql", "gz")
        chunks.append(upstream.chunk(packed.name, packed.stat().st_size, 0 if i else upstream.TEN_TIB,
                                     0 if i else 50, compression=1))
    load_rows(env, 1, 50)
    job = env.job(folder, "mysql")
    old = upstream.chunk("d.old.sql", 77, 77, 2)
    take_over(job, {"`d`.`t`": upstream.table(30, chunks),
                    "`d`.`old`": upstream.table(210, [old])}).expect(0, "52 rows recorded")
    job.run().expect(DONE, "52 rows had been loaded by earlier runs; 102 in all")
    check_equal(env.server.query("SELECT COUNT(*), SUM(n) FROM d.t"), [(100, 10 * 100 * 101 // 2)])
