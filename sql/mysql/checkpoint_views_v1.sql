-- SPDX-License-Identifier: Apache-2.0
-- Views over the checkpoint tables, for people: nothing of the importer reads them. The same views,
-- with the same columns, stand in sql/sqlite; sql/README.md says what each column means. They are
-- made when a checkpoint is opened for writing, if the user has CREATE VIEW, and can be made by
-- hand. For MariaDB 10.6+, MySQL 5.7+ and TiDB: no CTE, no window function, no double quote, no
-- backslash. Differences of times are taken in seconds since 1970, which no time zone changes; the
-- factors before a division give it decimals whatever div_precision_increment is. Texts are
-- utf8mb4_bin, whatever the connection, so that they compare with every literal.

-- Every chunk: state, and how much of it is committed, in bytes of the file. A compressed file
-- counts with its compressed size, Parquet (whose positions are rows) by its share of rows.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW chunk_progress_v1 (table_name, engine_id, path,
    `offset`, type, compression, state, percent, pos, end_offset, bytes_total, bytes_done,
    rows_done, began, last_change, minutes_unchanged) AS
SELECT d.table_name, d.engine_id, d.path, d.`offset`,
    CONVERT(CASE d.type WHEN 3 THEN 'sql' WHEN 4 THEN 'csv' WHEN 5 THEN 'parquet' ELSE 'other' END
        USING utf8mb4) COLLATE utf8mb4_bin,
    CONVERT(CASE d.compression WHEN 0 THEN 'none' WHEN 1 THEN 'gzip' WHEN 2 THEN 'lz4'
        WHEN 3 THEN 'zstd' WHEN 4 THEN 'xz' WHEN 5 THEN 'lzo' WHEN 6 THEN 'snappy' ELSE 'other' END
        USING utf8mb4) COLLATE utf8mb4_bin,
    CONVERT(CASE WHEN d.done = 1 THEN 'done' WHEN d.failed = 1 THEN 'failed'
        WHEN d.begun = 1 THEN 'loading' ELSE 'not begun' END USING utf8mb4) COLLATE utf8mb4_bin,
    CAST(CASE WHEN d.done = 1 THEN 100 WHEN d.bytes_total <= 0 THEN 0
        ELSE FLOOR(1000.0 * d.bytes_done / d.bytes_total) * 0.1 END AS DECIMAL(4,1)),
    d.pos, d.end_offset, d.bytes_total, d.bytes_done, d.rows_done,
    CASE WHEN d.begun = 1 THEN d.create_time END, d.update_time,
    GREATEST(0, FLOOR((UNIX_TIMESTAMP() - UNIX_TIMESTAMP(d.update_time)) / 60))
FROM (SELECT s.table_name, s.engine_id, s.path, s.`offset`, s.type, s.compression, s.pos,
        s.end_offset, s.rows_done, s.create_time, s.update_time, s.failed, s.begun, s.done,
        s.bytes_total,
        CASE WHEN s.done = 1 THEN s.bytes_total
            WHEN s.compression > 0 THEN LEAST(GREATEST(s.real_pos, 0), s.bytes_total)
            WHEN s.type = 5 AND s.end_offset > 0 THEN CAST(FLOOR(1e0 * s.bytes_total
                * LEAST(GREATEST(s.pos, 0), s.end_offset) / s.end_offset) AS SIGNED)
            WHEN s.type = 5 THEN 0
            ELSE LEAST(GREATEST(s.pos - s.`offset`, 0), s.bytes_total) END AS bytes_done
    FROM (SELECT c.table_name, c.engine_id, c.path, c.`offset`, c.type, c.compression, c.pos,
            c.end_offset, c.real_pos, c.kvc_kvs AS rows_done,
            c.create_time, c.update_time,
            CASE WHEN t.status BETWEEN 1 AND 25 THEN 1 ELSE 0 END AS failed,
            CASE WHEN c.pos > c.`offset` OR c.kvc_kvs > 0 THEN 1 ELSE 0 END AS begun,
            CASE WHEN c.pos >= c.end_offset OR e.status >= 60 OR t.status >= 60 THEN 1 ELSE 0 END
                AS done,
            CASE WHEN c.compression > 0 OR c.type = 5 THEN GREATEST(c.file_size, 0)
                WHEN c.file_size > 0 AND c.end_offset > c.file_size
                    THEN GREATEST(c.file_size - c.`offset`, 0)
                ELSE GREATEST(c.end_offset - c.`offset`, 0) END AS bytes_total
        FROM chunk_v6 c
        LEFT JOIN table_v10 t ON t.table_name = c.table_name
        LEFT JOIN engine_v5 e ON e.table_name = c.table_name AND e.engine_id = c.engine_id) s) d;

-- Every table. Speeds are over the time from its first chunk to its last change. Paths are counted
-- by a digest: 100,000 of 2,048 characters would go to the disk.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW table_progress_v1 (task_id, table_name, status,
    status_name, state, percent, bytes_total, bytes_done, rows_done, bytes_per_second,
    rows_per_second, seconds_left, estimated_end, began, last_change, minutes_unchanged,
    files_total, files_done, chunks_total, chunks_done) AS
SELECT p.task_id, p.table_name, p.status,
    CONVERT(CASE p.status WHEN 0 THEN 'missing' WHEN 3 THEN 'failed at pending'
        WHEN 6 THEN 'failed at written'
        WHEN 7 THEN 'failed at duplicates detected' WHEN 8 THEN 'failed at index dropped'
        WHEN 9 THEN 'failed at closed' WHEN 12 THEN 'failed at imported'
        WHEN 14 THEN 'failed at index imported' WHEN 15 THEN 'failed at auto increment set'
        WHEN 17 THEN 'failed at checksum skipped' WHEN 18 THEN 'failed at checksummed'
        WHEN 19 THEN 'failed at index added' WHEN 20 THEN 'failed at done'
        WHEN 21 THEN 'failed at analyzed'
        WHEN 30 THEN 'pending' WHEN 60 THEN 'written' WHEN 70 THEN 'duplicates detected'
        WHEN 80 THEN 'index dropped' WHEN 90 THEN 'closed' WHEN 120 THEN 'imported'
        WHEN 140 THEN 'index imported' WHEN 150 THEN 'auto increment set'
        WHEN 170 THEN 'checksum skipped' WHEN 180 THEN 'checksummed' WHEN 190 THEN 'index added'
        WHEN 200 THEN 'done' WHEN 210 THEN 'analyzed'
        ELSE CASE WHEN p.status <= 25 THEN 'failed' ELSE 'unknown' END END
        USING utf8mb4) COLLATE utf8mb4_bin,
    CONVERT(p.state USING utf8mb4) COLLATE utf8mb4_bin,
    CAST(CASE WHEN p.state = 'done' THEN 100
        WHEN p.bytes_total > 0 THEN FLOOR(1000.0 * p.bytes_done / p.bytes_total) * 0.1
        ELSE 0 END AS DECIMAL(4,1)),
    p.bytes_total, p.bytes_done, p.rows_done,
    ROUND(1.0000 * p.bytes_done / p.seconds),
    ROUND(1.0000 * p.rows_done / p.seconds, 1), p.seconds_left,
    CASE WHEN p.state = 'done' THEN FROM_UNIXTIME(p.changed)
        ELSE FROM_UNIXTIME(UNIX_TIMESTAMP() + p.seconds_left) END,
    CASE WHEN p.state <> 'not begun' THEN FROM_UNIXTIME(p.began) END, FROM_UNIXTIME(p.changed),
    GREATEST(0, FLOOR((UNIX_TIMESTAMP() - p.changed) / 60)),
    p.files_total, p.files_done, p.chunks_total, p.chunks_done
FROM (SELECT s.task_id, s.table_name, s.status, s.state, s.bytes_total, s.bytes_done, s.rows_done,
        s.began, s.changed, s.files_total, s.files_done, s.chunks_total, s.chunks_done,
        GREATEST(1, s.changed - s.began) AS seconds,
        CASE WHEN s.state = 'done' OR (s.state = 'loading' AND s.bytes_done = s.bytes_total) THEN 0
            WHEN s.state = 'loading' THEN CAST(ROUND(1.0000 * (s.bytes_total - s.bytes_done)
                * GREATEST(1, s.changed - s.began) / NULLIF(s.bytes_done, 0)) AS SIGNED) END
            AS seconds_left
    FROM (SELECT g.task_id, g.table_name, g.status,
            CASE WHEN g.status BETWEEN 1 AND 25 THEN 'failed' WHEN g.status >= 200 THEN 'done'
                WHEN g.status > 30 OR g.chunks_begun > 0 THEN 'loading' ELSE 'not begun' END
                AS state, g.bytes_total, g.bytes_done, g.rows_done,
            COALESCE(g.began, g.created) AS began, GREATEST(g.updated, g.changed) AS changed,
            g.files_total, g.files_total - g.files_open AS files_done, g.chunks_total,
            g.chunks_done
        FROM (SELECT MAX(t.task_id) AS task_id, t.table_name,
                MAX(COALESCE(t.status, 30)) AS status,
                MAX(UNIX_TIMESTAMP(t.create_time)) AS created,
                MAX(UNIX_TIMESTAMP(t.update_time)) AS updated,
                MIN(UNIX_TIMESTAMP(c.began)) AS began,
                COALESCE(MAX(UNIX_TIMESTAMP(c.last_change)), 0) AS changed,
                COALESCE(SUM(c.bytes_total), 0) AS bytes_total,
                COALESCE(SUM(c.bytes_done), 0) AS bytes_done,
                COALESCE(SUM(c.rows_done), 0) AS rows_done,
                COUNT(c.began) AS chunks_begun, COUNT(DISTINCT SHA2(c.path, 224)) AS files_total,
                COUNT(DISTINCT CASE WHEN c.state <> 'done' THEN SHA2(c.path, 224) END)
                    AS files_open,
                COUNT(c.path) AS chunks_total,
                COUNT(CASE WHEN c.state = 'done' THEN c.path END) AS chunks_done
            FROM table_v10 t LEFT JOIN chunk_progress_v1 c ON c.table_name = t.table_name
            GROUP BY t.table_name) g) s) p;

-- The task, one row; none when there is neither a task nor a table. Speeds are over the life of the
-- task, from its plan to its last change, with every interruption in between. The time left is that
-- of the tables that have not failed.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW task_progress_v1 (task_id, source_dir, state, percent,
    bytes_total, bytes_done, rows_done, bytes_per_second, rows_per_second, seconds_left,
    estimated_end, began, last_change, minutes_unchanged, files_total, files_done, chunks_total,
    chunks_done, tables_total, tables_done, tables_failed) AS
SELECT q.task_id, q.source_dir, CONVERT(q.state USING utf8mb4) COLLATE utf8mb4_bin,
    CAST(CASE WHEN q.state = 'done' THEN 100
        WHEN q.bytes_total > 0 THEN FLOOR(1000.0 * q.bytes_done / q.bytes_total) * 0.1
        ELSE 0 END AS DECIMAL(4,1)),
    q.bytes_total, q.bytes_done, q.rows_done,
    ROUND(1.0000 * q.bytes_done / q.seconds),
    ROUND(1.0000 * q.rows_done / q.seconds, 1), q.seconds_left,
    CASE WHEN q.state = 'done' THEN FROM_UNIXTIME(q.changed)
        ELSE FROM_UNIXTIME(UNIX_TIMESTAMP() + q.seconds_left) END,
    FROM_UNIXTIME(q.began), FROM_UNIXTIME(q.changed),
    GREATEST(0, FLOOR((UNIX_TIMESTAMP() - q.changed) / 60)),
    q.files_total, q.files_done, q.chunks_total, q.chunks_done, q.tables_total, q.tables_done,
    q.tables_failed
FROM (SELECT r.task_id, r.source_dir, r.state, r.bytes_total, r.bytes_done, r.rows_done, r.began,
        r.changed, r.files_total, r.files_done, r.chunks_total, r.chunks_done, r.tables_total,
        r.tables_done, r.tables_failed,
        GREATEST(1, COALESCE(r.changed - r.began, 0)) AS seconds,
        CASE WHEN r.state = 'done' OR (r.state = 'loading' AND r.bytes_left = 0) THEN 0
            WHEN r.state = 'loading' THEN CAST(ROUND(1.0000 * r.bytes_left
                * GREATEST(1, COALESCE(r.changed - r.began, 0))
                / NULLIF(r.bytes_done, 0)) AS SIGNED) END AS seconds_left
    FROM (SELECT COALESCE(k.task_id, a.task_id) AS task_id, k.source_dir,
            CASE WHEN a.tables_total = 0 AND x.planned = 1 THEN 'done'
                WHEN a.tables_total = 0 THEN 'planning'
                WHEN a.tables_done = a.tables_total THEN 'done'
                WHEN a.tables_done + a.tables_failed = a.tables_total THEN 'failed'
                WHEN a.tables_begun > 0 THEN 'loading'
                WHEN x.planned = 0 THEN 'planning' ELSE 'not begun' END AS state,
            COALESCE(a.bytes_total, 0) AS bytes_total, COALESCE(a.bytes_done, 0) AS bytes_done,
            COALESCE(a.bytes_left, 0) AS bytes_left, COALESCE(a.rows_done, 0) AS rows_done,
            t.began, GREATEST(t.changed, COALESCE(c.changed, 0)) AS changed,
            COALESCE(a.files_total, 0) AS files_total, COALESCE(a.files_done, 0) AS files_done,
            COALESCE(a.chunks_total, 0) AS chunks_total, COALESCE(a.chunks_done, 0) AS chunks_done,
            a.tables_total, a.tables_done, a.tables_failed
        FROM (SELECT MIN(p.task_id) AS task_id, COUNT(*) AS tables_total,
                COUNT(CASE WHEN p.state = 'done' THEN 1 END) AS tables_done,
                COUNT(CASE WHEN p.state = 'failed' THEN 1 END) AS tables_failed,
                COUNT(CASE WHEN p.state <> 'not begun' THEN 1 END) AS tables_begun,
                SUM(p.bytes_total) AS bytes_total, SUM(p.bytes_done) AS bytes_done,
                SUM(CASE WHEN p.state <> 'failed' THEN p.bytes_total - p.bytes_done ELSE 0 END)
                    AS bytes_left,
                SUM(p.rows_done) AS rows_done, SUM(p.files_total) AS files_total,
                SUM(p.files_done) AS files_done, SUM(p.chunks_total) AS chunks_total,
                SUM(p.chunks_done) AS chunks_done
            FROM table_progress_v1 p) a
        CROSS JOIN (SELECT MIN(UNIX_TIMESTAMP(create_time)) AS began,
                MAX(UNIX_TIMESTAMP(update_time)) AS changed FROM table_v10) t
        CROSS JOIN (SELECT MAX(UNIX_TIMESTAMP(update_time)) AS changed FROM chunk_v6) c
        CROSS JOIN (SELECT COALESCE(MIN(planned), 1) AS planned FROM extra_v1 WHERE kind = 1) x
        LEFT JOIN task_v2 k ON k.id = 1
        WHERE k.id IS NOT NULL OR a.tables_total > 0) r) q;

-- Why tables failed: a row for each failure, and one for a failed table without a record of it. One
-- of the two commands resolves it, with the --config (or the options) of the import behind it; the
-- column meaning says what each does.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW failed_table_v1 (table_name, status, status_name, path,
    line, `offset`, `sqlstate`, code, message, hint, since, to_ignore, to_destroy, meaning) AS
SELECT p.table_name, p.status,
    CONVERT(CASE p.status WHEN 3 THEN 'failed at pending' WHEN 6 THEN 'failed at written'
        WHEN 7 THEN 'failed at duplicates detected' WHEN 8 THEN 'failed at index dropped'
        WHEN 9 THEN 'failed at closed' WHEN 12 THEN 'failed at imported'
        WHEN 14 THEN 'failed at index imported' WHEN 15 THEN 'failed at auto increment set'
        WHEN 17 THEN 'failed at checksum skipped' WHEN 18 THEN 'failed at checksummed'
        WHEN 19 THEN 'failed at index added' WHEN 20 THEN 'failed at done'
        WHEN 21 THEN 'failed at analyzed' ELSE 'failed' END USING utf8mb4) COLLATE utf8mb4_bin,
    CONVERT(COALESCE(f.path, '') USING utf8mb4) COLLATE utf8mb4_bin, COALESCE(f.line, 0),
    COALESCE(f.`offset`, -1),
    CONVERT(COALESCE(f.`sqlstate`, '') USING utf8mb4) COLLATE utf8mb4_bin, COALESCE(f.code, 0),
    CONVERT(COALESCE(f.message, 'not recorded here: see the log of the program') USING utf8mb4)
        COLLATE utf8mb4_bin,
    CONVERT(COALESCE(f.hint, '') USING utf8mb4) COLLATE utf8mb4_bin,
    COALESCE(f.`time`, p.update_time),
    CONVERT(CONCAT('tidb-lightning-ctl --checkpoint-error-ignore=''', p.quoted, '''')
        USING utf8mb4) COLLATE utf8mb4_bin,
    CONVERT(CONCAT('tidb-lightning-ctl --checkpoint-error-destroy=''', p.quoted, '''')
        USING utf8mb4) COLLATE utf8mb4_bin,
    CONVERT(CONCAT(CASE WHEN p.status IN (18, 21) THEN 'ignore: the table is accepted as it is'
        ELSE 'ignore: the next run goes on in it' END,
        '; destroy: it is dropped and loaded anew; add the --config of the import')
        USING utf8mb4) COLLATE utf8mb4_bin
FROM (SELECT t.table_name, t.status, t.update_time,
            REPLACE(t.table_name, '''', CONVERT(x'275C2727' USING utf8mb4)) AS quoted
        FROM table_v10 t WHERE t.status BETWEEN 1 AND 25) p
LEFT JOIN failure_v1 f ON f.table_name = p.table_name;

-- Chunks of unfinished tables that were begun and did not change for five minutes. While the rest
-- of the task moves (task_minutes_unchanged is small) they are stuck; else the whole import is, or
-- it does not run. Other times than five minutes: chunk_progress_v1.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW stalled_chunk_v1 (table_name, engine_id, path,
    `offset`, pos, end_offset, percent, rows_done, last_change, minutes_unchanged,
    task_last_change, task_minutes_unchanged) AS
SELECT c.table_name, c.engine_id, c.path, c.`offset`, c.pos, c.end_offset, c.percent, c.rows_done,
    c.last_change, c.minutes_unchanged, FROM_UNIXTIME(GREATEST(x.changed, y.changed)),
    GREATEST(0, FLOOR((UNIX_TIMESTAMP() - GREATEST(x.changed, y.changed)) / 60))
FROM chunk_progress_v1 c
CROSS JOIN (SELECT COALESCE(MAX(UNIX_TIMESTAMP(update_time)), 0) AS changed FROM table_v10) x
CROSS JOIN (SELECT COALESCE(MAX(UNIX_TIMESTAMP(update_time)), 0) AS changed FROM chunk_v6) y
WHERE c.state = 'loading' AND c.minutes_unchanged >= 5;

-- Failures by kind. Errors of a server are one kind a number; those of this program are alike when
-- only the table, the file and numbers in them differ.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW error_summary_v1 (kind, `sqlstate`, code, failures,
    tables, first_time, last_time, example, example_hint) AS
SELECT k.kind, k.`sqlstate`, k.code, COUNT(*), COUNT(DISTINCT k.table_name), MIN(k.since),
    MAX(k.since), MIN(k.message), MIN(k.hint)
FROM (SELECT f.table_name, f.`sqlstate`, f.code, f.since, f.message, f.hint,
        CONVERT(CASE WHEN f.code <> 0 THEN CONCAT('server error ', f.code)
            ELSE REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
                REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(f.message, f.table_name, '(table)'),
                f.path, '(file)'), '0', '#'), '1', '#'), '2', '#'), '3', '#'), '4', '#'), '5', '#'),
                '6', '#'), '7', '#'), '8', '#'), '9', '#'), '##', '#'), '##', '#'), '##', '#'),
                '##', '#') END USING utf8mb4) COLLATE utf8mb4_bin AS kind
    FROM failed_table_v1 f) k
GROUP BY k.kind, k.`sqlstate`, k.code;
