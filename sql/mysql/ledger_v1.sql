-- SPDX-License-Identifier: Apache-2.0
-- The ledger on the target: which batches are committed, and who may commit. Shared by all tasks of
-- this server; {schema} is checkpoint.ledger-schema. The engine must be the one of the data, since
-- a ledger row and its rows are one transaction.

-- One row a task, and the row 0 that every new task locks while it looks for tables in use.
CREATE TABLE IF NOT EXISTS {schema}.task_v1 (
    task_id BIGINT NOT NULL,
    token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    host VARCHAR(255) NOT NULL DEFAULT '',
    pid BIGINT NOT NULL DEFAULT 0,
    pid_start BIGINT UNSIGNED NOT NULL DEFAULT 0,
    boot_id VARCHAR(64) NOT NULL DEFAULT '',
    connection_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    since DATETIME(6) NOT NULL DEFAULT '1970-01-02 00:00:00',
    server_identity VARCHAR(160) NOT NULL DEFAULT '',
    server_start DOUBLE NOT NULL DEFAULT 0,
    source_dir TEXT NULL,
    intent TEXT NULL,
    PRIMARY KEY (task_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a connection that commits (0 = the recorder): every transaction updates its row first.
CREATE TABLE IF NOT EXISTS {schema}.writer_v1 (
    task_id BIGINT NOT NULL,
    writer_id INT UNSIGNED NOT NULL,
    token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    connection_id BIGINT UNSIGNED NOT NULL,
    seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (task_id, writer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a chunk: the key of its ranges, and what it stands for.
CREATE TABLE IF NOT EXISTS {schema}.chunk_v1 (
    task_id BIGINT NOT NULL,
    chunk_key BINARY(16) NOT NULL,
    table_name VARCHAR(270) NOT NULL,
    engine_id INT NOT NULL,
    path VARCHAR(4096) NOT NULL,
    `offset` BIGINT NOT NULL,
    PRIMARY KEY (task_id, chunk_key),
    KEY table_name (table_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

-- One row a committed byte range, with the state of the reader at its end.
CREATE TABLE IF NOT EXISTS {schema}.batch_v1 (
    chunk_key BINARY(16) NOT NULL,
    begin_pos BIGINT UNSIGNED NOT NULL,
    end_pos BIGINT UNSIGNED NOT NULL,
    row_count BIGINT UNSIGNED NOT NULL,
    byte_count BIGINT UNSIGNED NOT NULL,
    checksum BIGINT UNSIGNED NOT NULL,
    end_line BIGINT UNSIGNED NOT NULL,
    is_last TINYINT NOT NULL,
    in_statement TINYINT NOT NULL,
    head_offset BIGINT UNSIGNED NOT NULL,
    session_state TEXT NULL,
    PRIMARY KEY (chunk_key, begin_pos)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO {schema}.task_v1 (task_id) VALUES (0);
