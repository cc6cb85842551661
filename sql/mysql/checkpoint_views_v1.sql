-- SPDX-License-Identifier: Apache-2.0
-- Views over the checkpoint tables, for people: nothing of the importer reads them. They are made
-- when the tables are made, if the user has CREATE VIEW.

-- How far each table is. A compressed file counts with its compressed size and position.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW table_progress_v1 AS
SELECT t.table_name, t.status,
    CASE WHEN t.status <= 25 THEN 'failed' WHEN t.status >= 200 THEN 'done'
        WHEN SUM(c.pos > c.`offset`) > 0 THEN 'running' ELSE 'pending' END AS state,
    COUNT(c.path) AS chunks,
    COALESCE(SUM(c.pos >= c.end_offset), 0) AS chunks_done,
    COALESCE(SUM(c.kvc_kvs), 0) AS rows_done,
    COALESCE(SUM(CASE WHEN c.compression > 0 THEN c.file_size ELSE c.end_offset - c.`offset` END),
        0) AS bytes_total,
    COALESCE(SUM(CASE WHEN c.pos >= c.end_offset AND c.compression > 0 THEN c.file_size
        WHEN c.compression > 0 THEN c.real_pos ELSE c.pos - c.`offset` END), 0) AS bytes_done,
    MIN(c.create_time) AS began, MAX(c.update_time) AS last_update
FROM table_v10 t LEFT JOIN chunk_v6 c ON c.table_name = t.table_name
GROUP BY t.table_name, t.status;

-- The whole task, with its mean speed so far and the time left at that speed.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW task_progress_v1 AS
SELECT COUNT(*) AS `tables`, SUM(p.state = 'done') AS tables_done,
    SUM(p.state = 'failed') AS tables_failed, SUM(p.rows_done) AS rows_done,
    SUM(p.bytes_total) AS bytes_total, SUM(p.bytes_done) AS bytes_done,
    ROUND(100 * SUM(p.bytes_done) / NULLIF(SUM(p.bytes_total), 0), 1) AS percent,
    ROUND(SUM(p.bytes_done) / 1000000
        / NULLIF(TIMESTAMPDIFF(SECOND, MIN(p.began), MAX(p.last_update)), 0), 2) AS mb_per_second,
    ROUND((SUM(p.bytes_total) - SUM(p.bytes_done))
        * TIMESTAMPDIFF(SECOND, MIN(p.began), MAX(p.last_update))
        / NULLIF(SUM(p.bytes_done), 0)) AS seconds_left,
    MAX(p.last_update) AS last_update
FROM table_progress_v1 p;

-- Which tables failed, why, and the commands that resolve it (one of the two).
CREATE OR REPLACE SQL SECURITY INVOKER VIEW failed_table_v1 AS
SELECT t.table_name, t.status, f.path, f.line, f.`offset`, f.`sqlstate`, f.code, f.message,
    f.hint, f.`time` AS failed_at,
    CONCAT('tidb-lightning-ctl --checkpoint-error-ignore=''', REPLACE(t.table_name, '''',
        CONCAT('''', CHAR(92 USING utf8mb4), '''''')), '''') AS to_go_on,
    CONCAT('tidb-lightning-ctl --checkpoint-error-destroy=''', REPLACE(t.table_name, '''',
        CONCAT('''', CHAR(92 USING utf8mb4), '''''')), '''') AS to_begin_again
FROM table_v10 t LEFT JOIN failure_v1 f ON f.table_name = t.table_name
WHERE t.status <= 25;

-- Chunks that were begun, are not done, and were not updated for ten minutes.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW stalled_chunk_v1 AS
SELECT c.table_name, c.engine_id, c.path, c.`offset`, c.pos, c.end_offset, c.kvc_kvs AS rows_done,
    c.update_time, TIMESTAMPDIFF(SECOND, c.update_time, CURRENT_TIMESTAMP) AS seconds_ago
FROM chunk_v6 c JOIN table_v10 t ON t.table_name = c.table_name
WHERE c.pos > c.`offset` AND c.pos < c.end_offset AND t.status > 25 AND t.status < 200
    AND c.update_time < CURRENT_TIMESTAMP - INTERVAL 10 MINUTE;
